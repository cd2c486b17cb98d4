//! Where a finding stands in the configuration.

use engine::check::Subject;
use serde::{Serializer, ser::SerializeMap};
use sync_core::Side;

use super::Topic;
use crate::config::{Config, Origin};

/// The keys that say who we are at Huly, in the order in which they are looked for.
const ACCOUNT: [&str; 2] = ["huly.token", "huly.email"];

pub(super) const fn topic(subject: &Subject) -> Topic {
    match subject {
        Subject::Service(Side::Huly) => Topic::Huly,
        Subject::Service(Side::Vibe) => Topic::Vibe,
        Subject::Account => Topic::Rights,
        Subject::Project(_) | Subject::Partner(_) | Subject::Projects => Topic::Projects,
        Subject::Repository(_) | Subject::Roots => Topic::Repositories,
        Subject::ToVibe(_) | Subject::ToHuly(_) | Subject::Statuses => Topic::Statuses,
        Subject::Filter(_) => Topic::Filter,
    }
}

/// The key that a refusal of Huly's is about.
pub(super) fn of_refusal(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "HULY_TOKEN_REFUSED"
        | "HULY_LOGIN_REFUSED"
        | "HULY_LOGIN_LOCKED"
        | "HULY_LOGIN_TWO_FACTOR" => "account",
        "HULY_WORKSPACE_WRONG"
        | "HULY_WORKSPACE_UNKNOWN"
        | "HULY_NOT_A_MEMBER"
        | "HULY_SESSION_REFUSED"
        | "HULY_WORKSPACE_UPGRADING"
        | "HULY_WORKSPACE_CLOSED" => "huly.workspace",
        _ => "huly.url",
    }
}

/// The key and where it is set; `account` stands for whatever says who we are.
pub(super) fn of_key(config: &Config, key: &str) -> (Option<String>, Option<Origin>) {
    let said = |key: &str| {
        config
            .origins
            .of(key)
            .filter(|origin| **origin != Origin::Default)
            .cloned()
    };
    if key == "account" {
        let found = ACCOUNT.iter().find_map(|key| Some((*key, said(key)?)));
        return found.map_or((None, None), |(key, origin)| {
            (Some(key.to_owned()), Some(origin))
        });
    }
    (Some(key.to_owned()), said(key))
}

pub(super) fn of_subject(config: &Config, subject: &Subject) -> (Option<String>, Option<Origin>) {
    let entry = |name: &str, key: &str| {
        let at = config
            .projects
            .iter()
            .position(|project| project.huly == name);
        at.map_or((None, None), |at| {
            of_key(config, &format!("project.{at}.{key}"))
        })
    };
    match subject {
        Subject::Service(Side::Huly) => of_key(config, "huly.url"),
        Subject::Service(Side::Vibe) => of_key(config, "vibe.url"),
        Subject::Account => of_key(config, "account"),
        Subject::Project(name) => entry(name, "huly"),
        Subject::Partner(name) => entry(name, "vibe"),
        Subject::Repository(name) => entry(name, "repo"),
        Subject::Roots => of_key(config, "vibe.repo_roots"),
        Subject::ToVibe(name) => of_key(config, &format!("status.to_vibe.{:?}", &**name)),
        Subject::ToHuly(name) => of_key(config, &format!("status.to_huly.{name}")),
        Subject::Filter(key) => of_key(config, key),
        Subject::Projects => (Some("project".to_owned()), None),
        Subject::Statuses => (Some("status.to_vibe".to_owned()), None),
    }
}

/// `file` and `line` for programs, and `origin` in words; all `null` where nobody set the key.
#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
pub(super) fn as_file_and_line<S: Serializer>(
    origin: &Option<Origin>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let (file, line) = match origin {
        Some(Origin::File { path, line }) => (Some(path.display().to_string()), Some(*line)),
        Some(
            Origin::Default
            | Origin::Credential { .. }
            | Origin::Environment { .. }
            | Origin::Flag { .. },
        )
        | None => (None, None),
    };
    let mut map = serializer.serialize_map(Some(3))?;
    map.serialize_entry("file", &file)?;
    map.serialize_entry("line", &line)?;
    map.serialize_entry("origin", &origin.as_ref().map(ToString::to_string))?;
    map.end()
}
