//! A project's digest, from the store alone: no service is asked, whatever an agent is told.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{
    Store,
    agents::Facts,
    row::{ConflictRow, DeadLetter, HistoryRow, LetterState, ProjectRow},
};
use sync_core::{
    Pair, Side,
    digest::{
        self, Board, Change, ChangeKind, Clash, Digest, DigestItem, HulyColumn, HulyState, Letter,
        OwnTexts, ProjectFacts, VibeColumn, VibeState, Waiting,
    },
    ids::{ItemId, LinkId, Millis, ProjectId, StatusId},
    item::{Field, FieldSet},
    link::{Link, Phase},
    project::path_of,
};

use super::{InformSettings, sink::BlockDraft, task::World};
use crate::{
    error::Error,
    port::{BoardProject, KindStatuses},
    settings::Settings,
    workflow::{self, Workflow},
};

/// History rows that a change log is made of.
const MAX_HISTORY: u32 = 200;
/// Conflicts and letters that are told.
const MAX_TOLD: u32 = 200;
/// Items that are counted as waiting; more are told as so many.
const MAX_WAITING: u32 = 1_000;

/// What the boards say of a project beside its row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    description: Option<Arc<str>>,
    #[serde(default)]
    repository: Option<Arc<str>>,
}

impl About {
    pub(super) fn of(boards: &Pair<BoardProject>) -> About {
        let text = boards
            .huly
            .description
            .as_deref()
            .unwrap_or_default()
            .trim();
        About {
            description: Some(text.into()).filter(|_| !text.is_empty()),
            repository: boards
                .vibe
                .repository
                .clone()
                .or_else(|| path_of(text).map(Arc::from)),
        }
    }

    pub(super) fn key(project: &ProjectId) -> String {
        format!("about:{project}")
    }
}

/// Names everything besides the boards that decides what agents are told: another name, and all are told anew.
pub(super) fn rules(inform: &InformSettings, settings: &Settings) -> Arc<str> {
    let said = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        inform.digest,
        inform.places,
        settings.status_names,
        settings.policies,
        settings.deletion,
        settings.create,
        settings.projects,
        env!("CARGO_PKG_VERSION"),
    );
    hex::encode(Sha256::digest(said.as_bytes())).into()
}

/// What an agent's blocks are to say now.
pub(super) async fn blocks(world: &World, row: &ProjectRow) -> Result<Vec<BlockDraft>, Error> {
    let digest = read(world, row).await?;
    let blocks = digest::blocks(&digest, &world.informing.settings.digest);
    Ok(blocks
        .into_iter()
        .map(|block| BlockDraft {
            label: block.label.as_str().into(),
            value: block.value.into(),
            description: block.description.into(),
            limit: block.limit,
            read_only: true,
        })
        .collect())
}

/// Blocks that an agent is made with and that are its own from then on.
pub(super) fn own(texts: &OwnTexts, row: &ProjectRow) -> Vec<BlockDraft> {
    digest::own_blocks(&row.name, texts)
        .into_iter()
        .map(|block| BlockDraft {
            label: block.label.as_str().into(),
            value: block.value.into(),
            description: block.description.into(),
            limit: block.limit,
            read_only: false,
        })
        .collect()
}

async fn read(world: &World, row: &ProjectRow) -> Result<Digest, Error> {
    let World {
        store, settings, ..
    } = world;
    let links = store.links(row.id).await?;
    let facts = store.facts(row.id).await?;
    let history = store.history_of_project(row.id, MAX_HISTORY).await?;
    let conflicts = store.conflicts_of_project(row.id, MAX_TOLD).await?;
    let letters = store.letters(Some(row.id), MAX_TOLD).await?;
    let known = match &row.projects.huly {
        Some(huly) => workflow::kept(store.as_ref(), &settings.status_names, huly).await?,
        None => None,
    };
    let texts = texts(world, &links).await?;
    let labels = links
        .iter()
        .filter_map(|link| Some((link.items.huly.as_ref()?, link.label.as_ref()?)))
        .collect();
    let items = Items {
        labels,
        facts: &facts,
        texts: &texts,
        workflow: known.as_ref().map(|(workflow, _)| workflow),
    };
    Ok(Digest {
        project: project(world, row).await?,
        board: board(settings, row, known.as_ref()),
        items: links.iter().map(|link| items.item(link)).collect(),
        changes: history.iter().filter_map(|row| items.change(row)).collect(),
        conflicts: conflicts.iter().map(clash).collect(),
        letters: letters.iter().filter_map(letter).collect(),
        held: super::held::held(store.as_ref(), row.id).await?,
        waiting: waiting(store.as_ref(), row).await?,
    })
}

/// Descriptions, where they may be looked at.
async fn texts(world: &World, links: &[Link]) -> Result<HashMap<LinkId, Arc<str>>, Error> {
    let exclude = &world.informing.settings.digest.exclude;
    if exclude.fields.contains(Field::Description) {
        return Ok(HashMap::new());
    }
    let ids: Vec<LinkId> = links.iter().map(|link| link.id).collect();
    let texts = world.store.texts(&ids).await?;
    Ok(texts
        .into_iter()
        .filter_map(|(link, texts)| Some((link, texts.huly.or(texts.vibe)?)))
        .collect())
}

async fn waiting(store: &dyn Store, row: &ProjectRow) -> Result<Waiting, Error> {
    let dirty = store.dirty(row.id, Millis(i64::MAX), MAX_WAITING).await?;
    let writes = store.live_intents(Some(row.id), MAX_WAITING).await?;
    Ok(Waiting {
        dirty: dirty.len(),
        writes: writes.len(),
    })
}

async fn project(world: &World, row: &ProjectRow) -> Result<ProjectFacts, Error> {
    let places = &world.informing.settings.places;
    let about = match &row.projects.huly {
        Some(huly) => world.store.meta(&About::key(huly)).await?,
        None => None,
    };
    let about: About = about
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let id = |side: Side| {
        let id = row.projects.side(side).as_ref();
        id.map(|id| Arc::<str>::from(id.as_str()))
    };
    let page = places.huly.as_deref().map(|place| {
        format!(
            "{}/tracker/{}/issues",
            place.trim_end_matches('/'),
            row.label
        )
    });
    Ok(ProjectFacts {
        name: Arc::clone(&row.name),
        identifier: Arc::clone(&row.label),
        description: about.description,
        huly_id: id(Side::Huly).unwrap_or_default(),
        huly_url: page.map(Arc::from),
        vibe_id: id(Side::Vibe),
        vibe_api_url: places.vibe.clone(),
        repository_path: about.repository,
        git_url: None,
    })
}

fn board(
    settings: &Settings,
    row: &ProjectRow,
    known: Option<&(Workflow, Vec<KindStatuses>)>,
) -> Board {
    let of_project = settings
        .projects
        .get(&row.label)
        .or_else(|| settings.projects.get(&row.name));
    let mut policies = settings.policies;
    if let Some(said) = of_project {
        policies.direction = said.fields.over(policies.direction);
    }
    let (huly, vibe) = known.map_or_else(Default::default, |(workflow, kinds)| {
        (columns(workflow, kinds), written(workflow))
    });
    Board {
        huly,
        vibe,
        policies,
        fields: FieldSet::COMMON,
        deletion: settings.deletion,
        creation: settings.create,
        workflow: None,
        agreements: Vec::new(),
    }
}

/// Huly's statuses, each name once: the kinds of item of one board mostly share theirs.
fn columns(workflow: &Workflow, kinds: &[KindStatuses]) -> Vec<HulyColumn> {
    let mut columns: Vec<HulyColumn> = Vec::new();
    for kind in kinds {
        let lens = workflow.lenses.of(kind.kind.as_ref());
        for status in &kind.statuses {
            let column = HulyColumn {
                name: Arc::clone(&status.name),
                category: status.category,
                means: lens.to_vibe(&status.id).cloned(),
            };
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    columns
}

fn written(workflow: &Workflow) -> Vec<VibeColumn> {
    let lens = &workflow.lenses.default;
    crate::vibe::statuses()
        .into_iter()
        .map(|status| VibeColumn {
            written: lens
                .to_huly(&status, None)
                .and_then(|huly| workflow.names.get(huly).cloned()),
            status,
        })
        .collect()
}

/// What the items of one project are made of.
struct Items<'a> {
    labels: HashMap<&'a ItemId, &'a Arc<str>>,
    facts: &'a HashMap<ItemId, Facts>,
    texts: &'a HashMap<LinkId, Arc<str>>,
    workflow: Option<&'a Workflow>,
}

impl Items<'_> {
    fn item(&self, link: &Link) -> DigestItem {
        let facts = link.items.huly.as_ref().and_then(|id| self.facts.get(id));
        let extra = facts.map_or(&link.base.huly.extra, |facts| &facts.extra);
        let huly = link.items.huly.is_some().then(|| self.huly(link));
        let vibe = link.items.vibe.is_some().then(|| VibeState {
            status: link.base.vibe.status.clone(),
        });
        let title = match &link.items.huly {
            Some(_) => &link.base.huly.title,
            None => &link.base.vibe.title,
        };
        DigestItem {
            huly,
            vibe,
            priority: extra.priority,
            labels: extra.labels.clone(),
            // a person's id says nothing to an agent, and names are not kept
            assignee: None,
            due_date: extra.due_date,
            parent: extra
                .parent
                .as_ref()
                .and_then(|parent| self.labels.get(parent))
                .map(|label| Arc::clone(label)),
            description: self.texts.get(&link.id).cloned(),
            in_status_since: since(link, facts),
            last_change: link.stamp,
            created: Some(link.made).filter(|made| made.0 > 0),
            asleep: link.phase != Phase::Active,
            ..DigestItem::new(link.id, link.label.as_deref(), title)
        }
    }

    fn huly(&self, link: &Link) -> HulyState {
        let Some((status, workflow)) = link.base.huly.status.as_ref().zip(self.workflow) else {
            return HulyState::default();
        };
        let mut lenses = workflow.lenses.by_kind.values();
        let means = lenses.find_map(|lens| lens.to_vibe(status));
        HulyState {
            status: workflow.names.get(status).cloned(),
            category: workflow.categories.get(status).copied(),
            means: means
                .or_else(|| workflow.lenses.default.to_vibe(status))
                .cloned(),
        }
    }

    fn change(&self, row: &HistoryRow) -> Option<Change> {
        let kind = ChangeKind::of(&row.kind)?;
        let came_from = match kind {
            ChangeKind::Create | ChangeKind::Update | ChangeKind::Cancel | ChangeKind::Remove => {
                Some(row.side.opposite())
            }
            ChangeKind::Adopt | ChangeKind::Forget | ChangeKind::Relink | ChangeKind::Resolve => {
                None
            }
        };
        Some(Change {
            at: row.at,
            link: row.link,
            label: None,
            kind,
            field: row.field,
            from: self.said(row, row.old.as_ref()),
            to: self.said(row, row.new.as_ref()),
            came_from,
            written: row.side,
        })
    }

    /// A value of the history in words: Huly's statuses stand there by their ids.
    fn said(&self, row: &HistoryRow, value: Option<&Arc<str>>) -> Option<Arc<str>> {
        let value = value?;
        let is_status = row.field == Some(Field::Status) && row.side == Side::Huly;
        let named = self
            .workflow
            .filter(|_| is_status)
            .and_then(|workflow| workflow.names.get(&StatusId::from(&**value)));
        Some(Arc::clone(named.unwrap_or(value)))
    }
}

/// Since when an issue is in its status: as it was seen, or as the answer of our own write said, where that is newer.
fn since(link: &Link, facts: Option<&Facts>) -> Option<Millis> {
    match facts {
        Some(facts) if facts.status == link.base.huly.status => facts.since,
        Some(_) | None => link.stamp,
    }
}

fn clash(row: &ConflictRow) -> Clash {
    Clash {
        at: row.at,
        link: row.link,
        label: Some(Arc::clone(&row.label)),
        field: row.field,
        cause: Arc::clone(&row.cause),
        winner: row.winner,
        open: row.open,
    }
}

fn letter(row: &DeadLetter) -> Option<Letter> {
    let retried = match row.state {
        LetterState::Waiting => true,
        LetterState::Dead => false,
        LetterState::Dropped => return None,
    };
    Some(Letter {
        since: row.since,
        link: row.link,
        label: Some(Arc::clone(&row.label)),
        side: row.side,
        field: row.field,
        code: Arc::clone(&row.code),
        message: Arc::clone(&row.message),
        retried,
    })
}
