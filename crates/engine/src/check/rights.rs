//! The least rights that the accounts need, and whether they are there. Nothing is tried: only what the services say of
//! themselves is looked at.

use serde::Serialize;

use super::{Finding, HulySeen, Seen, Subject, is_skipped};
use crate::{codes, settings::Settings};

/// One right that a run needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Right {
    /// What is needed, and where.
    pub need: String,
    /// What is there.
    pub has: String,
    /// Whether that is enough; `None` where the service does not say.
    pub enough: Option<bool>,
}

/// What Huly's roles allow, as far as its source says (`READONLYGUEST` and `DocGuest` write no issues; a `GUEST` only what the
/// workspace's rules give to guests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    All,
    Little,
    Nothing,
    Unknown,
}

fn writes(role: Option<&str>) -> Writes {
    let Some(role) = role else {
        return Writes::Unknown;
    };
    match role.to_uppercase().as_str() {
        "OWNER" | "MAINTAINER" | "USER" | "ADMIN" => Writes::All,
        "GUEST" => Writes::Little,
        "DOCGUEST" | "READONLYGUEST" => Writes::Nothing,
        _ => Writes::Unknown,
    }
}

/// The rights that a run with these settings needs, with what was seen of them.
pub fn rights(seen: &Seen, settings: &Settings) -> Vec<Right> {
    let mut rights = Vec::new();
    if let Some(huly) = &seen.huly {
        rights.push(Right {
            need: "Huly: role USER or above in the workspace".to_owned(),
            has: huly.role.clone().unwrap_or_else(|| "not told".to_owned()),
            enough: match writes(huly.role.as_deref()) {
                Writes::All => Some(true),
                Writes::Little | Writes::Nothing => Some(false),
                Writes::Unknown => None,
            },
        });
        let (member, all) = membership(huly, settings);
        rights.push(Right {
            need: "Huly: member of every project that is to be kept the same".to_owned(),
            has: format!("{member} of {all}"),
            enough: Some(member == all),
        });
    }
    if let Some(vibe) = &seen.vibe {
        rights.push(Right {
            need: "Vibe Kanban: its port can be reached (it knows no accounts)".to_owned(),
            has: format!("{} projects read", vibe.projects.len()),
            enough: Some(true),
        });
    }
    rights
}

/// How many of the projects that are to be kept the same we are a member of.
fn membership(huly: &HulySeen, settings: &Settings) -> (usize, usize) {
    let wanted = huly
        .projects
        .iter()
        .filter(|project| !project.archived && !is_skipped(settings, project));
    wanted.fold((0, 0), |(member, all), project| {
        (member + usize::from(project.member), all + 1)
    })
}

/// What is wrong with the account's role.
pub(super) fn judge(huly: &HulySeen) -> Option<Finding> {
    let role = huly.role.as_deref();
    let name = role.unwrap_or_default();
    let remedy = "have an owner of the workspace give the account the role USER";
    match writes(role) {
        Writes::All | Writes::Unknown => None,
        Writes::Nothing => Some(
            Finding::error(
                codes::ACCOUNT_RIGHTS,
                Subject::Account,
                format!("the account's role in the workspace is {name}: it may not create or change issues"),
            )
            .remedy(remedy)
            .refused(),
        ),
        Writes::Little => Some(
            Finding::warning(
                codes::ACCOUNT_RIGHTS,
                Subject::Account,
                format!("the account's role in the workspace is {name}: it may be refused to create or change issues"),
            )
            .remedy(remedy),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Severity;

    fn seen(role: Option<&str>) -> HulySeen {
        HulySeen {
            role: role.map(str::to_owned),
            projects: Vec::new(),
            statuses: Vec::new(),
            names: sync_core::filter::Known::default(),
        }
    }

    #[test]
    fn guests_are_told_before_the_first_write_and_members_are_not() {
        let weight = |role| judge(&seen(role)).map(|finding| (finding.severity, finding.refused));
        for role in ["OWNER", "MAINTAINER", "USER", "user", "ADMIN"] {
            assert_eq!(weight(Some(role)), None, "{role}");
        }
        for role in ["READONLYGUEST", "DocGuest"] {
            assert_eq!(weight(Some(role)), Some((Severity::Error, true)), "{role}");
        }
        assert_eq!(weight(Some("GUEST")), Some((Severity::Warning, false)));
        // a role of tomorrow, or a service that tells none, is no reason to stop
        assert_eq!((weight(Some("CAPTAIN")), weight(None)), (None, None));
    }

    #[test]
    fn a_service_that_was_not_reached_has_no_row() {
        let all = Seen {
            huly: Some(seen(Some("USER"))),
            vibe: None,
        };
        let rights = rights(&all, &Settings::default());
        assert_eq!(rights.len(), 2);
        assert!(rights.iter().all(|right| right.enough == Some(true)));
    }
}
