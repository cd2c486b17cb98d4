//! Holds what the services answered against the settings. Pure.

mod filter;
mod projects;
mod statuses;

use std::sync::Arc;

use sync_core::project::ProjectAction;

use super::{Finding, Held, Seen, is_skipped, rights, title};

/// Everything that is not as the settings have it, errors first.
pub fn judge(seen: &Seen, held: Held<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(huly) = &seen.huly {
        findings.extend(rights::judge(huly));
        findings.extend(projects::named(huly, seen.vibe.as_ref(), held.settings));
        findings.extend(projects::membership(huly, held.settings));
        findings.extend(statuses::judge(huly, held.settings));
        findings.extend(filter::judge(huly, held.settings));
    }
    if let (Some(huly), Some(vibe)) = (&seen.huly, &seen.vibe) {
        findings.extend(projects::pairs(huly, vibe, held));
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Repositories of the Vibe projects that a run would make: the Huly project as people know it, and the path.
pub fn repositories(seen: &Seen, held: Held<'_>) -> Vec<(String, Arc<str>)> {
    let (Some(huly), Some(vibe)) = (&seen.huly, &seen.vibe) else {
        return Vec::new();
    };
    let actions = projects::actions(huly, vibe, held);
    let made = actions.into_iter().filter_map(|action| {
        let ProjectAction::Create { huly: id, path, .. } = action else {
            return None;
        };
        let project = huly.projects.iter().find(|project| project.id == id)?;
        (!is_skipped(held.settings, project)).then_some((title(project), path?))
    });
    made.collect()
}

#[cfg(test)]
mod tests;
