//! What a look at everything finds: one entry a thing that is not as it should be, with what becomes of it.

use std::sync::Arc;

use serde::Serialize;
use store::row::ProjectRow;
use sync_core::{
    Side,
    item::{FieldSet, Item, Observation},
    link::{Link, Phase},
};

use crate::{
    context::Context,
    lease::millis,
    observe::Observed,
    report::{ProjectReport, Recovered},
};

/// Findings of one project that are kept; a lost store is one finding, however many items it has.
pub const MAX_FINDINGS: usize = 10_000;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Writes that an interrupted run left without an answer.
    Unfinished,
    /// An issue that a create of ours made, and that no run has settled.
    HalfMade,
    /// A link whose item is proven gone.
    Gone,
    /// A linked item that is missing without proof of a deletion.
    Missing,
    /// A second task of one issue.
    Duplicate,
    /// An item that differs from what is known of it though no run saw a change.
    Drift,
    /// The store was lost, is an old copy, or another one works on these boards.
    Store,
    /// A project that waits for a person.
    Project,
}

impl Class {
    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Unfinished => "unfinished",
            Class::HalfMade => "half made",
            Class::Gone => "gone",
            Class::Missing => "missing",
            Class::Duplicate => "duplicate",
            Class::Drift => "drift",
            Class::Store => "store",
            Class::Project => "project",
        }
    }
}

/// What becomes of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "why", rename_all = "snake_case")]
pub enum Fate {
    /// It was mended.
    Done,
    /// `--repair` mends it.
    Mendable,
    /// It stays until something else happens, in words.
    Left(Arc<str>),
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub class: Class,
    /// Huly's identifier of the project; empty where it is about all of them.
    pub project: Arc<str>,
    /// The side it is about.
    pub side: Option<Side>,
    /// For people: identifier and title, or a count.
    pub item: Arc<str>,
    /// Tells it from others of its kind: an item's or link's id.
    pub id: Arc<str>,
    /// What was found.
    pub found: Arc<str>,
    /// What becomes of it.
    pub fate: Fate,
}

impl Finding {
    /// Whether two looks found the same thing.
    fn is_same(&self, other: &Finding) -> bool {
        (self.class, &self.project, &self.id) == (other.class, &other.project, &other.id)
    }
}

/// The findings of a look before a repair, each with what became of it by a look after it; and what only the second one shows.
pub fn judge(before: &[Finding], after: &[Finding]) -> Vec<Finding> {
    let judged = before.iter().map(|finding| {
        let still = after.iter().find(|other| other.is_same(finding));
        let fate = match still.map(|still| &still.fate) {
            None | Some(Fate::Done) => Fate::Done,
            Some(Fate::Left(why)) => Fate::Left(Arc::clone(why)),
            Some(Fate::Mendable) => {
                Fate::Left("it was not reached, or a guard holds it back".into())
            }
        };
        Finding {
            fate,
            ..finding.clone()
        }
    });
    let news = after
        .iter()
        .filter(|finding| !before.iter().any(|other| other.is_same(finding)));
    judged.chain(news.cloned()).collect()
}

/// What became of the writes of an interrupted run.
pub(super) fn of_recovered(recovered: &Recovered) -> Option<Finding> {
    let Recovered {
        dropped,
        settled,
        sent_again,
        replanned,
        left,
    } = *recovered;
    let all = dropped + settled + sent_again + replanned + left;
    (all > 0).then(|| Finding {
        class: Class::Unfinished,
        project: "".into(),
        side: None,
        item: format!("{all} writes").into(),
        id: "".into(),
        found: format!(
            "{settled} had been carried out, {sent_again} were sent again, {dropped} were never sent, {replanned} are planned afresh"
        )
        .into(),
        fate: if left == 0 {
            Fate::Done
        } else {
            Fate::Left(format!("{left} could not be looked for: the next run tries again").into())
        },
    })
}

/// What the observation of one pair of projects shows.
pub(crate) fn of_observed(
    ctx: &Context,
    row: &ProjectRow,
    observed: &Observed,
    report: &mut ProjectReport,
) {
    for link in observed.links.values() {
        if link.phase == Phase::Tombstone || observed.made.contains(&link.id) {
            continue;
        }
        gone(row, observed, link, report);
        drift(ctx, row, observed, link, report);
    }
    for (link, issue) in &observed.landed {
        push(
            report,
            Finding {
                class: Class::HalfMade,
                project: Arc::clone(&row.label),
                side: Some(Side::Huly),
                item: name(issue),
                id: link.to_string().into(),
                found: "a create of this store made it, and no run has settled it".into(),
                fate: Fate::Mendable,
            },
        );
    }
    for (side, item) in &observed.vanished {
        push(
            report,
            Finding {
                class: Class::Missing,
                project: Arc::clone(&row.label),
                side: Some(*side),
                item: item.as_str().into(),
                id: item.as_str().into(),
                found: format!(
                    "it is missing in {}, and nothing proves that it was deleted",
                    side.title()
                )
                .into(),
                fate: Fate::Left("nothing is done without proof: look where it is".into()),
            },
        );
    }
    let is_rebuilt = |link: &&Link| link.rebuilt && link.phase == Phase::Active;
    let rebuilt = observed.links.values().filter(is_rebuilt).count();
    if rebuilt > 0 {
        push(
            report,
            Finding {
                class: Class::Store,
                project: Arc::clone(&row.label),
                side: None,
                item: format!("{rebuilt} links").into(),
                id: "rebuilt".into(),
                found: "rebuilt after the store was lost or rolled back: not in confirmed agreement since".into(),
                fate: Fate::Mendable,
            },
        );
    }
    report
        .found
        .sort_by(|a, b| (a.class, &a.item, &a.id).cmp(&(b.class, &b.item, &b.id)));
}

fn gone(row: &ProjectRow, observed: &Observed, link: &Link, report: &mut ProjectReport) {
    let now = observed.of(&link.id);
    for side in Side::ALL {
        if **now.side(side) != Observation::Gone {
            continue;
        }
        let found = format!(
            "its {} item was deleted, and no run has carried that over",
            side.title()
        );
        push(
            report,
            Finding {
                class: Class::Gone,
                project: Arc::clone(&row.label),
                side: Some(side),
                item: label(link),
                id: link.id.to_string().into(),
                found: found.into(),
                fate: Fate::Mendable,
            },
        );
    }
}

/// Huly's items are read by their stamps: one that differs and whose stamp lies behind the watermark was seen by no run. Vibe's are
/// listed whole in every run, so that a difference there is news.
fn drift(
    ctx: &Context,
    row: &ProjectRow,
    observed: &Observed,
    link: &Link,
    report: &mut ProjectReport,
) {
    let Observation::Present(issue) = observed.of(&link.id).huly else {
        return;
    };
    let seen_until = row
        .watermark
        .0
        .saturating_sub(millis(ctx.settings.overlap).0);
    let is_old = issue.modified.is_some_and(|at| at.0 <= seen_until);
    let base = &link.base.huly;
    let differs = !base.differing(&issue.values, FieldSet::COMMON).is_empty();
    if !is_old || !differs || link.rebuilt || link.phase != Phase::Active {
        return;
    }
    push(
        report,
        Finding {
            class: Class::Drift,
            project: Arc::clone(&row.label),
            side: Some(Side::Huly),
            item: name(issue),
            id: issue.id.as_str().into(),
            found: "it differs from what was last agreed on, and no run saw a change".into(),
            fate: Fate::Mendable,
        },
    );
}

/// An item that carries a marker of ours which leads to no place of its own.
pub(crate) fn held(item: &Item, reason: &Arc<str>, report: &mut ProjectReport) {
    let project = Arc::clone(&report.label);
    push(
        report,
        Finding {
            class: Class::Duplicate,
            project,
            side: Some(Side::Vibe),
            item: name(item),
            id: item.id.as_str().into(),
            found: "a task with a footer that leads to no issue of its own".into(),
            fate: Fate::Left(Arc::clone(reason)),
        },
    );
}

/// One more task with the marker of another store.
pub(crate) fn foreign(report: &mut ProjectReport) {
    report.foreign += 1;
    let finding = Finding {
        class: Class::Store,
        project: Arc::clone(&report.label),
        side: Some(Side::Vibe),
        item: format!("{} tasks", report.foreign).into(),
        id: "foreign".into(),
        found: "they carry the marker of another store: a lost one, or one that is in use beside this one".into(),
        fate: Fate::Mendable,
    };
    push(report, finding);
}

/// Keeps a finding; a second one of the same thing takes the place of the first.
pub(crate) fn push(report: &mut ProjectReport, finding: Finding) {
    if let Some(known) = report
        .found
        .iter_mut()
        .find(|known| known.is_same(&finding))
    {
        *known = finding;
    } else if report.found.len() < MAX_FINDINGS {
        report.found.push(finding);
    }
}

/// Identifier and title.
pub(crate) fn name(item: &Item) -> Arc<str> {
    match &item.label {
        Some(label) => format!("{label} {}", item.values.title).into(),
        None => Arc::clone(&item.values.title),
    }
}

fn label(link: &Link) -> Arc<str> {
    let title = &link.base.huly.title;
    let title = if title.is_empty() {
        &link.base.vibe.title
    } else {
        title
    };
    match &link.label {
        Some(label) => format!("{label} {title}").into(),
        None => Arc::clone(title),
    }
}
