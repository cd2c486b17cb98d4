//! What can be looked at on this machine: the store's place and the repositories.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use engine::{check::Severity, codes, report::Exit};
use sync_core::{ids::WorkspaceId, project::KnownPair};
use url::Url;

use super::{Told, Topic, place};
use crate::{config::Config, connect, failure::Failure};

/// What was found, and what is wrong with it.
pub(super) type Looked = (Option<String>, Vec<Told>);

/// The store: can it be opened and written, or made? And the pairs that it knows.
pub(super) async fn store(
    config: &Config,
    workspace: Option<WorkspaceId>,
) -> Result<(Looked, Vec<KnownPair>), Failure> {
    let path = &config.store.path;
    let shown = path.display();
    let wrong = |what: String, code: &str, remedy: Option<String>, exit: Exit| {
        vec![at(
            "store.path",
            config,
            Severity::Error,
            code,
            what,
            remedy,
            exit,
        )]
    };
    let unwritable = |error: std::io::Error, place: &Path| {
        let what = format!(
            "the store {shown} cannot be written: {error} ({})",
            place.display()
        );
        let remedy = crate::codes::remedy(codes::CHECK_STORE);
        wrong(what, codes::CHECK_STORE, remedy, Exit::Usage)
    };
    let store = match connect::find_store(config).await {
        Ok(Some(store)) => store,
        Ok(None) => {
            let findings = makeable(path)
                .map_or_else(|(place, error)| unwritable(error, &place), |()| Vec::new());
            return Ok((
                (Some(format!("{shown}: is made by the first run")), findings),
                Vec::new(),
            ));
        }
        Err(failure) => {
            let hints = (!failure.hints.is_empty()).then(|| failure.hints.join("; "));
            let code = failure.code.clone();
            let code = code.unwrap_or_else(|| codes::CHECK_STORE.to_owned());
            let mut findings = wrong(failure.what, &code, hints, failure.exit);
            if code == store::codes::STORE_OLDER {
                // the next run moves it on by itself
                for told in &mut findings {
                    told.severity = Severity::Warning;
                }
            }
            return Ok(((Some(shown.to_string()), findings), Vec::new()));
        }
    };
    let mut findings = Vec::new();
    let api = connect::is_own_api(store.as_ref(), config.huly.api, path).await;
    // by another way a workspace has another name space: that alone is told
    let owned = match (api, workspace) {
        (Ok(()), Some(workspace)) => connect::is_own(store.as_ref(), workspace, path).await,
        (Ok(()), None) => Ok(()),
        (Err(failure), _) => Err(failure),
    };
    if let Err(failure) = owned {
        findings.extend(wrong(
            failure.what,
            codes::CHECK_STORE,
            failure.hints.first().cloned(),
            Exit::Usage,
        ));
    }
    // opening for writing changes nothing
    if let Err(error) = fs::OpenOptions::new().append(true).open(path) {
        findings.extend(unwritable(error, path));
    } else if let Err((place, error)) = makeable(path) {
        findings.extend(unwritable(error, &place));
    }
    let rows = store.projects().await?;
    let found = format!("{shown}: {} projects", rows.len());
    Ok(((Some(found), findings), engine::check::known_pairs(&rows)))
}

/// Whether files can be made beside the store, or where its missing directories begin. Tried with a file that has no name and
/// is gone at once.
pub(super) fn makeable(path: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    let mut place = path.parent().unwrap_or(path);
    while let (Err(error), Some(parent)) = (fs::metadata(place), place.parent()) {
        if error.kind() != ErrorKind::NotFound {
            return Err((place.to_owned(), error));
        }
        place = parent;
    }
    tempfile::tempfile_in(place)
        .map(drop)
        .map_err(|error| (place.to_owned(), error))
}

/// Whether an address is one of this machine.
pub(super) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The repositories to look at.
pub(super) struct Paths<'c> {
    pub config: &'c Config,
    /// Of projects that a run would make: the project, the path.
    pub made: Vec<(String, Arc<str>)>,
    /// They stand on another machine.
    pub remote: bool,
}

impl Paths<'_> {
    /// Looks at roots, at the repositories of the configuration, and at those of projects that would be made.
    pub(super) fn check(&self) -> Looked {
        let config = self.config;
        if self.remote {
            return (
                Some("not looked at: Vibe Kanban runs elsewhere".to_owned()),
                Vec::new(),
            );
        }
        let roots = &config.vibe.repo_roots;
        let mut findings = Vec::new();
        for root in roots.iter().filter(|root| !root.is_dir()) {
            let what = format!(
                "`vibe.repo_roots` names {}, which is no directory on this machine",
                root.display()
            );
            findings.push(self.told("vibe.repo_roots", Severity::Warning, what));
        }
        let mut looked = 0;
        let mut named = Vec::new();
        for (index, project) in config.projects.iter().enumerate() {
            let Some(repo) = project.repo.as_ref().filter(|_| !project.skip) else {
                continue;
            };
            looked += 1;
            named.push(repo.display().to_string());
            if let Some(why) = unusable(repo, roots) {
                let what = format!(
                    "the repository {} of {} {why}",
                    repo.display(),
                    project.huly
                );
                findings.push(self.told(&format!("project.{index}.repo"), Severity::Error, what));
            }
        }
        for (project, path) in self
            .made
            .iter()
            .filter(|(_, path)| !named.iter().any(|named| **named == **path))
        {
            looked += 1;
            if let Some(why) = unusable(Path::new(&**path), roots) {
                let what = format!(
                    "the repository {path} of {project} {why}: its project in Vibe Kanban cannot be made"
                );
                findings.push(self.told("project", Severity::Warning, what));
            }
        }
        (
            Some(format!("{looked} looked at, below {} roots", roots.len())),
            findings,
        )
    }

    fn told(&self, key: &str, severity: Severity, what: String) -> Told {
        let remedy = crate::codes::remedy(codes::CHECK_REPOSITORY)
            .map(|remedy| format!("{remedy}; with Vibe Kanban in a container: `--remote-paths`"));
        let told = at(
            key,
            self.config,
            severity,
            codes::CHECK_REPOSITORY,
            what,
            remedy,
            Exit::Usage,
        );
        Told {
            topic: Topic::Repositories,
            ..told
        }
    }
}

/// Why Vibe Kanban would refuse a path: as it checks paths itself, and whether a link leads out of the roots.
fn unusable(path: &Path, roots: &[PathBuf]) -> Option<String> {
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Some("does not exist".to_owned());
        }
        Err(error) => return Some(format!("cannot be looked at: {error}")),
    };
    if !real.is_dir() {
        return Some("is no directory".to_owned());
    }
    if !real.join(".git").exists() {
        return Some("is no git repository".to_owned());
    }
    let inside = roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .any(|root| real.starts_with(root));
    (!inside).then(|| "leads out of `vibe.repo_roots` by a link".to_owned())
}

fn at(
    key: &str,
    config: &Config,
    severity: Severity,
    code: &str,
    what: String,
    remedy: Option<String>,
    exit: Exit,
) -> Told {
    let (key, origin) = place::of_key(config, key);
    Told {
        severity,
        code: code.to_owned(),
        topic: Topic::Store,
        what,
        key,
        origin,
        remedy,
        exit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_judged_as_the_server_would() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repos");
        let good = root.join("good");
        let outside = dir.path().join("outside");
        for repo in [&good, &outside] {
            fs::create_dir_all(repo.join(".git")).unwrap();
        }
        fs::create_dir_all(root.join("bare")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        let roots = [root.clone()];
        let why = |path: &Path| unusable(path, &roots);
        assert_eq!(why(&good), None);
        assert_eq!(why(&root.join("none")).as_deref(), Some("does not exist"));
        assert_eq!(
            why(&root.join("bare")).as_deref(),
            Some("is no git repository")
        );
        assert_eq!(why(&root.join("file")).as_deref(), Some("is no directory"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
            let why = why(&root.join("link"));
            assert!(why.is_some_and(|why| why.contains("leads out")));
        }
    }

    #[test]
    fn a_store_can_be_made_below_directories_that_are_not_there_yet_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        makeable(&dir.path().join("a/b/hvs.db")).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(makeable(&dir.path().join("file/hvs.db")).is_err());
    }

    #[test]
    fn only_loopback_is_here() {
        let here = |url: &str| is_here(&url.parse().unwrap());
        assert!(
            here("http://127.0.0.1:3000") && here("http://localhost:1") && here("http://[::1]:1")
        );
        assert!(!here("http://10.0.0.1:3000") && !here("https://vibe.example.org"));
    }
}
