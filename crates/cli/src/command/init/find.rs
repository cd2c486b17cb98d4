//! Where the services are: what people paste, Vibe Kanban's variables and its port file.

use std::path::Path;

use serde::Deserialize;
use url::Url;

/// A place where Vibe Kanban may be, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub url: String,
    pub said_by: String,
}

/// Huly's front and workspace, as somebody pastes them out of the browser.
///
/// `https://huly.example/workbench/harbour/tracker` is the front `https://huly.example/` and the workspace `harbour`.
pub(crate) fn front(pasted: &str) -> (String, Option<String>) {
    let Ok(mut url) = Url::parse(pasted.trim()) else {
        return (pasted.trim().to_owned(), None);
    };
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().to_owned();
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let before: Vec<&str> = segments
        .by_ref()
        .take_while(|segment| *segment != "workbench")
        .collect();
    let workspace = segments.next().map(str::to_owned);
    if workspace.is_some() {
        url.set_path(&before.join("/"));
    }
    (url.to_string().trim_end_matches('/').to_owned(), workspace)
}

/// Where Vibe Kanban may be, in the order of its own helper programs: `VIBE_BACKEND_URL`; host and port of its variables; the
/// port file that it writes at its start. The file may be of a server that has ended: ask before believing it.
pub(crate) fn vibe(variable: impl Fn(&str) -> Option<String>, temporary: &Path) -> Vec<Candidate> {
    let mut found = Vec::new();
    let first = |names: &[&str]| {
        let set = names
            .iter()
            .find_map(|name| Some(((*name).to_owned(), variable(name)?)));
        set.filter(|(_, value)| !value.trim().is_empty())
    };
    if let Some((name, url)) = first(&["VIBE_BACKEND_URL"]) {
        found.push(Candidate { url, said_by: name });
    }
    let host = first(&["MCP_HOST", "HOST"])
        .map_or_else(|| "127.0.0.1".to_owned(), |(_, host)| reachable(&host));
    if let Some((name, port)) = first(&["MCP_PORT", "BACKEND_PORT", "PORT"])
        && let Ok(port) = port.trim().parse::<u16>()
    {
        found.push(Candidate {
            url: format!("http://{host}:{port}"),
            said_by: name,
        });
    }
    let file = temporary.join("vibe-kanban").join("vibe-kanban.port");
    if let Some(port) = std::fs::read_to_string(&file)
        .ok()
        .as_deref()
        .and_then(port)
    {
        found.push(Candidate {
            url: format!("http://{host}:{port}"),
            said_by: format!("the port file {}", file.display()),
        });
    }
    found
}

/// A server that listens everywhere is asked here.
fn reachable(host: &str) -> String {
    match host.trim() {
        "0.0.0.0" | "::" | "[::]" => "127.0.0.1".to_owned(),
        host => host.to_owned(),
    }
}

#[derive(Deserialize)]
struct Ports {
    main_port: u16,
}

/// The port in a port file: plain to v0.1.14, JSON after it.
fn port(text: &str) -> Option<u16> {
    let text = text.trim();
    let json = || Some(serde_json::from_str::<Ports>(text).ok()?.main_port);
    text.parse().ok().or_else(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_address_names_front_and_workspace() {
        let table = [
            ("https://h.example", "https://h.example", None),
            ("https://h.example/", "https://h.example", None),
            (
                "https://h.example/workbench/harbour/tracker/x?y#z",
                "https://h.example",
                Some("harbour"),
            ),
            (
                "https://h.example/base/workbench/harbour",
                "https://h.example/base",
                Some("harbour"),
            ),
            (
                "https://h.example/workbench",
                "https://h.example/workbench",
                None,
            ),
            (" not an address ", "not an address", None),
        ];
        for (pasted, url, workspace) in table {
            let expected = (url.to_owned(), workspace.map(str::to_owned));
            assert_eq!(front(pasted), expected, "{pasted}");
        }
    }

    fn said(variables: &[(&str, &str)], file: Option<&str>) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::create_dir(dir.path().join("vibe-kanban")).unwrap();
            std::fs::write(dir.path().join("vibe-kanban/vibe-kanban.port"), text).unwrap();
        }
        let variable = |name: &str| {
            let set = variables.iter().find(|(known, _)| *known == name);
            set.map(|(_, value)| (*value).to_owned())
        };
        vibe(variable, dir.path())
            .into_iter()
            .map(|candidate| candidate.url)
            .collect()
    }

    #[test]
    fn vibe_kanban_is_looked_for_as_its_own_programs_do() {
        assert_eq!(said(&[], None), Vec::<String>::new());
        assert_eq!(said(&[], Some("4321\n")), ["http://127.0.0.1:4321"]);
        let json = r#"{"main_port":4321,"preview_proxy_port":4322}"#;
        assert_eq!(
            said(&[("HOST", "0.0.0.0")], Some(json)),
            ["http://127.0.0.1:4321"]
        );
        assert_eq!(
            said(
                &[
                    ("VIBE_BACKEND_URL", "http://v:1"),
                    ("PORT", "2"),
                    ("BACKEND_PORT", "3"),
                    ("HOST", "v")
                ],
                Some("4")
            ),
            ["http://v:1", "http://v:3", "http://v:4"]
        );
        assert_eq!(
            said(&[("PORT", "many")], Some("not a port")),
            Vec::<String>::new()
        );
    }
}
