//! Import: pairs that the predecessor left behind, in its database and in the footers of its tasks, become links.
//!
//! Nothing is written to a service. What a row or a footer claims is judged against what stands on the boards now
//! ([`sync_core::link::claims`]); the base of a new link is what both sides hold now, so nothing that the predecessor
//! remembered of values is used: its rows were spoiled too often. Where the two sides differ, Huly's value stands and the
//! next run writes it; Vibe's is kept as a conflict's.

mod pairs;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde::Serialize;
use store::predecessor::{Letta, State};
use sync_core::{
    Side,
    ids::ItemId,
    link::claims::{By, Claim, Left},
};

use crate::{
    context::{Context, Stop},
    error::Error,
    report::{ProjectReport, Report},
    run::Engine,
};

/// The store's fact that keeps what the predecessor had for Letta, by project, as JSON.
pub const LETTA: &str = "predecessor:letta";

/// What an import came to.
#[derive(Debug, Default, Serialize)]
pub struct Imported {
    /// One entry a pair of projects, by identifier.
    pub projects: Vec<ImportedProject>,
    /// Projects of the predecessor that are not on both boards, with how many of its rows name them.
    pub unpaired: BTreeMap<Arc<str>, u64>,
    /// Repository paths that neither Huly nor the configuration names, by identifier.
    pub paths: BTreeMap<Arc<str>, Arc<str>>,
    /// Projects whose Letta ids the store keeps from now on.
    pub letta_kept: u64,
    /// Projects whose Letta ids the database has.
    pub letta_found: u64,
    /// Things people should know.
    pub notices: Vec<Arc<str>>,
}

/// What became of one pair of projects.
#[derive(Debug, Default, Serialize)]
pub struct ImportedProject {
    /// Huly's identifier.
    pub label: Arc<str>,
    /// Huly's name.
    pub name: Arc<str>,
    /// Vibe's name.
    pub vibe: Arc<str>,
    /// Whether the pair itself is new to the store.
    pub is_new: bool,
    /// New links.
    pub links: Vec<NewLink>,
    /// Pairs that the store had already.
    pub known: u64,
    /// Rows of which neither item is there any more.
    pub gone: u64,
    /// Claims that link nothing.
    pub left: Vec<LeftItem>,
    /// What the next run will write, what lost, and what went wrong.
    pub report: ProjectReport,
}

/// One new link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewLink {
    /// Identifier and title.
    pub label: Arc<str>,
    /// What named it; `None` for an issue whose task was deleted by a person: it gets no other one.
    pub by: Option<By>,
    /// Whether the two differ: the next run writes Huly's values to Vibe.
    pub differs: bool,
}

/// One claim that links nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftItem {
    /// Where the item stands.
    pub side: Side,
    /// The item's title.
    pub title: Arc<str>,
    /// The item.
    pub item: ItemId,
    /// The identifier that was named.
    pub label: Arc<str>,
    /// Why.
    #[serde(flatten)]
    pub why: Left,
}

impl Imported {
    /// New links over all projects.
    pub fn links(&self) -> usize {
        self.projects
            .iter()
            .map(|project| project.links.len())
            .sum()
    }
}

impl Engine {
    /// Imports what the predecessor left. Without `keep` nothing is stored. `show` is given each project before anything of
    /// it is stored. Repeated, it finds nothing new.
    pub async fn import(
        &self,
        state: &State,
        keep: bool,
        stop: &Stop,
        mut show: impl FnMut(&ImportedProject),
    ) -> (Report, Imported) {
        self.aside(
            "import",
            keep,
            stop,
            async |ctx, report, imported: &mut Imported| {
                projects(ctx, state, report, imported, &mut show).await
            },
        )
        .await
    }
}

async fn projects(
    ctx: &Context,
    state: &State,
    report: &mut Report,
    imported: &mut Imported,
    show: &mut impl FnMut(&ImportedProject),
) -> Result<(), Error> {
    let found = pairs::find(ctx, state).await?;
    imported.notices.extend(found.notices);
    imported.paths = found.paths;
    let claims = Claims::of(state);
    let mut named: BTreeSet<Arc<str>> = BTreeSet::new();
    for pair in found.pairs {
        ctx.check_stop()?;
        named.insert(Arc::clone(&pair.row.label));
        let project = survey::project(ctx, &pair, &claims, show).await?;
        report.exit = report.exit.and(project.report.exit);
        imported.projects.push(project);
    }
    imported.unpaired = claims.unpaired(&named);
    letta(ctx, state, imported).await
}

/// Letta's ids are of no use before hvs speaks with Letta: the store keeps them.
async fn letta(ctx: &Context, state: &State, imported: &mut Imported) -> Result<(), Error> {
    let kept: BTreeMap<&str, &Letta> = state
        .projects
        .iter()
        .filter(|project| !project.letta.is_empty())
        .map(|project| (project.identifier.as_str(), &project.letta))
        .collect();
    imported.letta_found = kept.len() as u64;
    if kept.is_empty() || ctx.lease.is_none() {
        return Ok(());
    }
    // Maps of plain texts can always be written.
    if let Ok(text) = serde_json::to_string(&kept) {
        ctx.store.set_meta(LETTA, &text).await?;
        imported.letta_kept = imported.letta_found;
    }
    Ok(())
}

/// The database's issues, by the project they belonged to and by the id that Huly gave them.
#[derive(Debug, Default)]
struct Claims {
    by_project: HashMap<Arc<str>, Vec<Claim>>,
    by_issue: HashMap<ItemId, Vec<(Arc<str>, Claim)>>,
}

impl Claims {
    fn of(state: &State) -> Claims {
        let mut claims = Claims::default();
        for row in &state.issues {
            // The identifier says it better than the column, which may name a row that is missing.
            let project = match row.identifier.rsplit_once('-') {
                Some((project, _)) => project,
                None => &row.project,
            };
            let project: Arc<str> = project.into();
            let claim = Claim {
                label: row.identifier.as_str().into(),
                issue: row.huly.as_deref().map(ItemId::from),
                task: row.task.as_deref().map(ItemId::from),
                task_deleted: row.deleted.vibe,
            };
            if let Some(issue) = &claim.issue {
                let entry = (Arc::clone(&project), claim.clone());
                claims
                    .by_issue
                    .entry(issue.clone())
                    .or_default()
                    .push(entry);
            }
            claims.by_project.entry(project).or_default().push(claim);
        }
        claims
    }

    /// The claims on one project: its own, and those on issues that came to it from another one.
    fn on<'a>(&self, label: &str, issues: impl Iterator<Item = &'a ItemId>) -> Vec<Claim> {
        let mut claims = self.by_project.get(label).cloned().unwrap_or_default();
        let moved = issues
            .filter_map(|issue| self.by_issue.get(issue))
            .flatten()
            .filter(|(project, _)| **project != *label)
            .map(|(_, claim)| claim.clone());
        claims.extend(moved);
        claims
    }

    fn unpaired(&self, named: &BTreeSet<Arc<str>>) -> BTreeMap<Arc<str>, u64> {
        self.by_project
            .iter()
            .filter(|(project, _)| !named.contains(*project))
            .map(|(project, claims)| (Arc::clone(project), claims.len() as u64))
            .collect()
    }
}
