//! Which statuses a project has: asked once, stored, asked again when a day is over or an unknown status shows up (design 3.3).

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use store::Store;
use sync_core::{
    Side,
    ids::{KindId, Millis, ProjectId, StatusId},
    item::{Item, Observation},
    lens::{Category, HulyStatus, Lens, LensProblem, Lenses, StatusNames},
};

use crate::{
    context::Context,
    error::Error,
    lease::millis,
    observe::Observed,
    port::{BoardProject, KindStatuses},
};

/// What the store keeps of a project's statuses.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    at: Millis,
    kinds: Vec<StoredKind>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredKind {
    kind: Option<KindId>,
    statuses: Vec<StoredStatus>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredStatus {
    id: StatusId,
    name: Arc<str>,
    category: Option<Word>,
}

/// A category as the store spells it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Backlog,
    Todo,
    Active,
    Won,
    Lost,
}

impl From<Category> for Word {
    fn from(category: Category) -> Word {
        match category {
            Category::Backlog => Word::Backlog,
            Category::Todo => Word::Todo,
            Category::Active => Word::Active,
            Category::Won => Word::Won,
            Category::Lost => Word::Lost,
        }
    }
}

impl From<Word> for Category {
    fn from(word: Word) -> Category {
        match word {
            Word::Backlog => Category::Backlog,
            Word::Todo => Category::Todo,
            Word::Active => Category::Active,
            Word::Won => Category::Won,
            Word::Lost => Category::Lost,
        }
    }
}

/// The status maps of one project, and what people should know of them.
#[derive(Debug)]
pub(crate) struct Workflow {
    pub(crate) lenses: Lenses,
    pub(crate) problems: Vec<LensProblem>,
    /// What people call the known statuses; another id means that the stored answer is old.
    pub(crate) names: BTreeMap<StatusId, Arc<str>>,
    /// What they mean, where Huly says one of the five.
    pub(crate) categories: BTreeMap<StatusId, Category>,
    kinds: Vec<KindId>,
}

impl Workflow {
    /// Whether an item shows a status or kind that is not known here.
    fn is_old_for(&self, item: &Item) -> bool {
        let status = item
            .values
            .status
            .as_ref()
            .is_some_and(|status| !self.names.contains_key(status));
        let kind = item
            .kind
            .as_ref()
            .is_some_and(|kind| !self.kinds.is_empty() && !self.kinds.contains(kind));
        status || kind
    }
}

fn key(project: &ProjectId) -> String {
    format!("statuses:{project}")
}

async fn stored(store: &dyn Store, key: &str) -> Result<Option<Stored>, Error> {
    let text = store.meta(key).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The workflow of a project as the store keeps it, with its statuses in board order; `None` before a run asked for them.
pub(crate) async fn kept(
    store: &dyn Store,
    names: &StatusNames,
    project: &ProjectId,
) -> Result<Option<(Workflow, Vec<KindStatuses>)>, Error> {
    let Some(stored) = stored(store, &key(project)).await? else {
        return Ok(None);
    };
    let kinds: Vec<KindStatuses> = stored.kinds.into_iter().map(restore).collect();
    Ok(Some((build(names, &kinds), kinds)))
}

/// The workflow of a project, from the store where it is fresh.
pub(crate) async fn of(
    ctx: &Context,
    project: &BoardProject,
    observed: &Observed,
) -> Result<Workflow, Error> {
    let key = key(&project.id);
    if let Some(stored) = stored(ctx.store.as_ref(), &key).await? {
        let age = ctx.now().0.saturating_sub(stored.at.0);
        let workflow = build(
            &ctx.settings.status_names,
            &stored.kinds.into_iter().map(restore).collect::<Vec<_>>(),
        );
        if (0..millis(ctx.settings.full_compare_every).0).contains(&age)
            && !shows_unknown(observed, &workflow)
        {
            return Ok(workflow);
        }
    }
    let kinds = ctx
        .board(Side::Huly)
        .statuses(project)
        .await
        .map_err(Error::service(Side::Huly))?;
    if ctx.lease.is_some() {
        let stored = Stored {
            at: ctx.now(),
            kinds: kinds.iter().map(stored_kind).collect(),
        };
        // Serialising plain strings cannot fail; were it ever to, the answer is simply asked for again.
        if let Ok(text) = serde_json::to_string(&stored) {
            ctx.store.set_meta(&key, &text).await?;
        }
    }
    Ok(build(&ctx.settings.status_names, &kinds))
}

fn shows_unknown(observed: &Observed, workflow: &Workflow) -> bool {
    let linked = observed.now.values().filter_map(|now| match &now.huly {
        Observation::Present(item) => Some(&**item),
        Observation::Gone | Observation::Unseen => None,
    });
    linked
        .chain(&observed.unlinked.huly)
        .any(|item| workflow.is_old_for(item))
}

/// What people call the statuses of some kinds of item.
pub(crate) fn status_names(kinds: &[KindStatuses]) -> impl Iterator<Item = Arc<str>> {
    kinds
        .iter()
        .flat_map(|kind| &kind.statuses)
        .map(|status| Arc::clone(&status.name))
}

fn build(names: &StatusNames, kinds: &[KindStatuses]) -> Workflow {
    let vibe = crate::vibe::statuses();
    let mut workflow = Workflow {
        lenses: Lenses::default(),
        problems: Vec::new(),
        names: BTreeMap::new(),
        categories: BTreeMap::new(),
        kinds: Vec::new(),
    };
    let mut default = None;
    for kind in kinds {
        let (lens, problems) = Lens::build(&kind.statuses, &vibe, names);
        workflow.names.extend(
            kind.statuses
                .iter()
                .map(|status| (status.id.clone(), Arc::clone(&status.name))),
        );
        workflow.categories.extend(
            kind.statuses
                .iter()
                .filter_map(|status| Some((status.id.clone(), status.category?))),
        );
        workflow.problems.extend(problems);
        if let Some(id) = &kind.kind {
            workflow.kinds.push(id.clone());
            workflow.lenses.by_kind.insert(id.clone(), lens.clone());
        }
        default.get_or_insert(lens);
    }
    workflow.lenses.default = default.unwrap_or_default();
    workflow
}

fn restore(kind: StoredKind) -> KindStatuses {
    let statuses = kind.statuses.into_iter().map(|status| HulyStatus {
        id: status.id,
        name: status.name,
        category: status.category.map(Category::from),
    });
    KindStatuses {
        kind: kind.kind,
        statuses: statuses.collect(),
    }
}

fn stored_kind(kind: &KindStatuses) -> StoredKind {
    let statuses = kind.statuses.iter().map(|status| StoredStatus {
        id: status.id.clone(),
        name: Arc::clone(&status.name),
        category: status.category.map(Word::from),
    });
    StoredKind {
        kind: kind.kind.clone(),
        statuses: statuses.collect(),
    }
}
