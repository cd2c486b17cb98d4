//! What is needed before any service can be read: from flags, the environment, the predecessor's `.env`, what can be found,
//! and, last, from the person at the terminal.

use std::path::{Path, PathBuf};

use engine::connect as services;
use url::Url;

use super::{
    FromEnv,
    ask::Answers,
    door::{self, Door},
    file::{Basics, Who},
    find::{self, Candidate},
    from_env::Becomes,
};
use crate::{
    args::{HulyWay, Init},
    connect,
    failure::Failure,
};

/// How long a place where a service may be has for its answer.
pub(super) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// A variable of the environment that is not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}

/// Everything, or every flag that is missing.
pub(super) async fn basics(
    init: &Init,
    from_env: FromEnv,
    person: &mut dyn Answers,
) -> Result<Basics, Failure> {
    let mut missing = Missing::default();
    let mut from_env = from_env;
    let Door { way, url, said_by } = door::find(init, &mut from_env, || {
        missing.or_ask(
            None,
            person,
            "Huly's address in the browser, or the bridge's",
            None,
            "--huly-url URL",
        )
    })
    .await;
    let (huly_url, named) = find::front(&url);
    let workspace = init
        .workspace
        .clone()
        .or_else(|| variable("HVS_HULY_WORKSPACE"))
        .or(named);
    let (workspace, who) = match way {
        HulyWay::Platform => {
            let workspace = missing.or_ask(
                workspace,
                person,
                "The workspace's name in that address",
                None,
                "--workspace NAME",
            );
            (workspace, who(init, person, &mut missing))
        }
        HulyWay::Bridge => (
            workspace.unwrap_or_default(),
            door::without_account(init).map(|()| Who::Nobody),
        ),
    };
    let found = vibe(init, &from_env).await;
    let (vibe_url, vibe_said_by) = match found {
        Some(found) => (found.url, found.said_by),
        None => (
            missing.or_ask(
                None,
                person,
                "Vibe Kanban's address",
                None,
                "--vibe-url URL",
            ),
            String::new(),
        ),
    };
    missing.told()?;
    let mut repo_roots = Vec::new();
    for root in &init.repo_root {
        repo_roots.push(absolute(root)?);
    }
    Ok(Basics {
        huly_url,
        huly_api: way,
        huly_said_by: said_by,
        workspace,
        who: who?,
        vibe_url,
        vibe_said_by,
        repo_roots,
        store: init.store.as_deref().map(absolute).transpose()?,
        from_env,
    })
}

/// What nobody said, and nobody is there to say.
#[derive(Default)]
struct Missing {
    flags: Vec<String>,
    failure: Option<Failure>,
}

impl Missing {
    fn or_ask(
        &mut self,
        said: Option<String>,
        person: &mut dyn Answers,
        question: &str,
        default: Option<&str>,
        flag: &str,
    ) -> String {
        if let Some(said) = said {
            return said.trim().to_owned();
        }
        match person.ask(question, default) {
            Ok(answer) => answer,
            Err(failure) => {
                self.flags.push(flag.to_owned());
                self.failure = Some(failure);
                String::new()
            }
        }
    }

    /// One error that names every flag.
    fn told(&self) -> Result<(), Failure> {
        if self.flags.is_empty() {
            return Ok(());
        }
        let what = format!("`hvs init` needs to know more: {}", self.flags.join(", "));
        let failure = Failure::usage(what)
            .hint("give these flags, or run `hvs init` at a terminal without --yes, which asks");
        let vibe = self.flags.iter().any(|flag| flag.starts_with("--vibe-url"));
        Err(if vibe {
            failure.hint("Vibe Kanban was looked for by VIBE_BACKEND_URL, HOST, BACKEND_PORT, PORT and its port file: does it run?")
        } else {
            failure
        })
    }
}

/// Who hvs is at Huly: files and variables are named, secrets themselves are neither asked for nor written.
fn who(init: &Init, person: &mut dyn Answers, missing: &mut Missing) -> Result<Who, Failure> {
    if let Some(file) = &init.token_file {
        return Ok(Who::TokenFile(absolute(file)?));
    }
    if let Some(email) = &init.email {
        return with_email(
            email.clone(),
            init.password_file.as_deref(),
            person,
            missing,
        );
    }
    let set = ["HVS_HULY_TOKEN", "HVS_HULY_TOKEN_FILE", "HVS_HULY_EMAIL"];
    let credential = variable("CREDENTIALS_DIRECTORY")
        .is_some_and(|dir| Path::new(&dir).join("huly_token").exists());
    if credential || set.iter().any(|name| variable(name).is_some()) {
        return Ok(Who::Environment);
    }
    let question = "A file that holds a token of the account, or the account's e-mail address";
    let flag = "--token-file FILE (or --email ADDRESS --password-file FILE, or HVS_HULY_TOKEN in the environment)";
    let answer = missing.or_ask(None, person, question, None, flag);
    if answer.contains('@') && !answer.contains('/') {
        return with_email(answer, None, person, missing);
    }
    Ok(Who::TokenFile(absolute(Path::new(&answer))?))
}

fn with_email(
    email: String,
    file: Option<&Path>,
    person: &mut dyn Answers,
    missing: &mut Missing,
) -> Result<Who, Failure> {
    if let Some(file) = file {
        let file = absolute(file)?;
        return Ok(Who::PasswordFile { email, file });
    }
    if variable("HVS_HULY_PASSWORD").is_some() || variable("HVS_HULY_PASSWORD_FILE").is_some() {
        return Ok(Who::Password { email });
    }
    let flag = "--password-file FILE (or HVS_HULY_PASSWORD in the environment)";
    let answer = missing.or_ask(
        None,
        person,
        "A file that holds the account's password",
        None,
        flag,
    );
    let file = absolute(Path::new(&answer))?;
    Ok(Who::PasswordFile { email, file })
}

/// Where Vibe Kanban is: what is said counts as it is; what is only found counts where somebody answers there.
async fn vibe(init: &Init, from_env: &FromEnv) -> Option<Candidate> {
    let said = |url: String| Candidate {
        url,
        said_by: String::new(),
    };
    if let Some(url) = init.vibe_url.clone().or_else(|| variable("HVS_VIBE_URL")) {
        return Some(said(url));
    }
    let mut candidates: Vec<Candidate> = from_env
        .rows
        .iter()
        .filter_map(|row| match &row.becomes {
            Becomes::Vibe { addresses } => Some((row, addresses)),
            Becomes::Key { .. } | Becomes::Bridge { .. } | Becomes::Nothing(_) => None,
        })
        .flat_map(|(row, addresses)| {
            addresses.iter().map(|url| Candidate {
                url: url.clone(),
                said_by: format!("from {}", row.variable),
            })
        })
        .collect();
    let found = find::vibe(variable, &std::env::temp_dir());
    candidates.extend(found.into_iter().map(|found| Candidate {
        said_by: format!("found by {}", found.said_by),
        ..found
    }));
    for candidate in candidates {
        let Ok(url) = candidate.url.parse::<Url>() else {
            continue;
        };
        // What is asked holds no secret: whether the address is taken into the configuration is decided there.
        let settings = services::HttpSettings {
            allow_insecure: true,
            ..services::vibe_settings()
        };
        let answer = services::vibe(url, settings, &connect::HOSTS);
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, answer).await {
            return Some(candidate);
        }
    }
    None
}

/// An empty path stays one: it is told as missing.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    if path.as_os_str().is_empty() {
        return Ok(PathBuf::new());
    }
    super::absolute(path)
}

#[cfg(test)]
mod tests {
    use super::{super::ask::Person, *};

    #[tokio::test]
    async fn a_person_is_asked_for_what_no_flag_says_and_for_no_secret() {
        let init = Init {
            vibe_url: Some("http://127.0.0.1:9".to_owned()),
            ..Init::default()
        };
        let mut person = Person {
            from:
                "https://h.example/workbench/harbour/tracker\nme@example.org\n/run/secrets/huly\n"
                    .as_bytes(),
            to: Vec::new(),
        };
        let made = basics(&init, FromEnv::default(), &mut person)
            .await
            .unwrap();
        assert_eq!(
            (made.huly_url.as_str(), made.workspace.as_str()),
            ("https://h.example", "harbour")
        );
        let expected = Who::PasswordFile {
            email: "me@example.org".to_owned(),
            file: "/run/secrets/huly".into(),
        };
        assert_eq!(made.who, expected);
    }

    #[tokio::test]
    async fn nobody_is_there_so_every_missing_flag_is_told_at_once() {
        let init = Init {
            vibe_url: Some("http://127.0.0.1:9".to_owned()),
            ..Init::default()
        };
        let failure = basics(&init, FromEnv::default(), &mut super::super::Nobody)
            .await
            .unwrap_err();
        for flag in [
            "--huly-url",
            "--workspace",
            "--token-file",
            "--password-file",
        ] {
            assert!(failure.what.contains(flag), "{flag}: {}", failure.what);
        }
    }
}
