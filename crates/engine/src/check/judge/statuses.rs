//! Status names of the configuration against the statuses of all projects that are kept the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sync_core::{
    lens::{HulyStatus, Lens, LensProblem},
    link::fold,
};

use crate::{
    check::{Finding, HulySeen, Subject},
    codes, propose,
    settings::Settings,
};

/// At most so many projects are named in one finding.
const NAMED: usize = 5;

pub(super) fn judge(huly: &HulySeen, settings: &Settings) -> Vec<Finding> {
    let names = &settings.status_names;
    let known: BTreeMap<String, Arc<str>> = statuses(huly)
        .map(|(_, status)| (fold(&status.name), Arc::clone(&status.name)))
        .collect();
    if known.is_empty() {
        // no project can be read: that is told, and nothing can be said of names
        return Vec::new();
    }
    let all: Vec<Arc<str>> = known.values().cloned().collect();
    let missing = |subject: Subject, name: &str| {
        let what = format!("no project in Huly has a status {name}");
        Finding::error(codes::CHECK_STATUS_UNKNOWN, subject, what).unknown(name, all.clone())
    };
    let mut findings = Vec::new();
    for name in names
        .to_vibe
        .keys()
        .filter(|name| !known.contains_key(&fold(name)))
    {
        findings.push(missing(Subject::ToVibe(name.as_str().into()), name));
    }
    for (vibe, name) in names
        .to_huly
        .iter()
        .filter(|(_, name)| !known.contains_key(&fold(name)))
    {
        findings.push(missing(Subject::ToHuly(vibe.as_str().into()), name));
    }
    findings.extend(maps(huly, settings));
    findings
}

fn statuses(huly: &HulySeen) -> impl Iterator<Item = (&str, &HulyStatus)> {
    huly.statuses.iter().flat_map(|(id, kinds)| {
        let project = huly.projects.iter().find(|project| project.id == *id);
        let label = project.map_or(id.as_str(), |project| {
            project.label.as_deref().unwrap_or(&project.name)
        });
        let statuses = kinds.iter().flat_map(|kind| &kind.statuses);
        statuses.map(move |status| (label, status))
    })
}

/// What the map of each project leaves open, told once for all projects where it is so.
fn maps(huly: &HulySeen, settings: &Settings) -> Vec<Finding> {
    let vibe = crate::vibe::statuses();
    let mut unmapped: BTreeMap<Arc<str>, BTreeSet<&str>> = BTreeMap::new();
    let mut against: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, kinds) in &huly.statuses {
        let project = huly.projects.iter().find(|project| project.id == *id);
        let label = project.map_or(id.as_str(), |project| {
            project.label.as_deref().unwrap_or(&project.name)
        });
        for kind in kinds {
            let (lens, problems) = Lens::build(&kind.statuses, &vibe, &settings.status_names);
            for problem in problems {
                match problem {
                    LensProblem::Unmapped { name, .. } => {
                        unmapped.entry(name).or_default().insert(label);
                    }
                    LensProblem::Contradiction { vibe, huly, means } => {
                        let what = format!("{} means {means} there", lens.name_of(&huly));
                        against.entry(vibe.to_string()).or_default().insert(what);
                    }
                    // told once for all projects, and the configuration's reader knows Vibe's five
                    LensProblem::NoSuchHuly { .. } | LensProblem::NoSuchVibe { .. } => {}
                }
            }
        }
    }
    let unmapped = unmapped.into_iter().map(|(name, projects)| {
        let proposed = propose::by_name(&name).unwrap_or("todo");
        let what = format!(
            "the status {name} of {} has no counterpart: the status of its issues is not synced",
            some(&projects)
        );
        Finding::warning(codes::CHECK_STATUS_UNMAPPED, Subject::Statuses, what).remedy(format!(
            "write {name:?} = \"{proposed}\" (or another of Vibe's five) below [status.to_vibe]"
        ))
    });
    let against = against.into_iter().map(|(vibe, words)| {
        let words: Vec<String> = words.into_iter().collect();
        let what = format!(
            "status.to_huly.{vibe} counts for nothing: {}",
            words.join("; ")
        );
        Finding::warning(
            codes::CHECK_STATUS_AGAINST,
            Subject::ToHuly(vibe.as_str().into()),
            what,
        )
        .remedy("name a status that means the same, or map that status in [status.to_vibe] too")
    });
    unmapped.chain(against).collect()
}

fn some(projects: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = projects.iter().copied().take(NAMED).collect();
    match projects.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
