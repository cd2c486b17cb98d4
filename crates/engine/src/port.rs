//! The port: what the engine needs of a service. Adapters implement it over the clients, the simulation over its models.
//!
//! Decisions depend on [`Board::capabilities`], never on a product's name. Errors are `http_kit::Error`s, of the five kinds of
//! design 4.5: a refused precondition is [`Kind::Conflict`](http_kit::Kind), a write without an answer is
//! [`Kind::Unknown`](http_kit::Kind).

mod sent;
mod traffic;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use sync_core::{
    Side,
    footer::Footer,
    ids::{IntentKey, ItemId, KindId, Millis, ProjectId},
    item::{Field, Item, Values},
    lens::HulyStatus,
    plan::{Change, Draft, Why},
    rules::Capabilities,
};

pub use traffic::Traffic;

/// The answer of a service, or an error of one of the five kinds.
pub type Answer<T> = Result<T, http_kit::Error>;

/// A project as its service shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardProject {
    /// The service's id.
    pub id: ProjectId,
    /// The short identifier, where the service has one (`HARB`).
    pub label: Option<Arc<str>>,
    /// As shown.
    pub name: Arc<str>,
    /// Plain text, where the service has one: the repository's path may stand in it.
    pub description: Option<Arc<str>>,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether our account may see its items: where not, an empty list proves nothing.
    pub member: bool,
    /// The repository's path, where the service keeps one.
    pub repository: Option<Arc<str>>,
    /// The service's own stamp.
    pub modified: Option<Millis>,
}

/// A page of items. `next` continues; `None` means that the list is complete.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Items with the project they are in.
    pub items: Vec<(ProjectId, Item)>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// Where a page begins, by modification time and id, both the service's own. A value: it can be kept and gone on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// At or after a stamp, without those seen at exactly this stamp.
    From {
        /// The stamp.
        at: Millis,
        /// What was given out at this stamp already.
        seen: Vec<ItemId>,
    },
    /// Among those of one stamp, after an id.
    Ties {
        /// The stamp.
        at: Millis,
        /// The last id given out.
        after: ItemId,
    },
    /// After a stamp whose ties were all given out.
    Past {
        /// The stamp.
        at: Millis,
    },
}

impl Cursor {
    /// The beginning of everything at or after a stamp.
    pub const fn since(at: Millis) -> Cursor {
        Cursor::From {
            at,
            seen: Vec::new(),
        }
    }
}

/// The statuses of one kind of item, in board order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindStatuses {
    /// Which kind; `None` where the service has only one.
    pub kind: Option<KindId>,
    /// Its statuses.
    pub statuses: Vec<HulyStatus>,
}

/// A create to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateJob {
    /// Its intent.
    pub key: IntentKey,
    /// What to make.
    pub draft: Draft,
    /// What stands below the description, where the service shows footers.
    pub footer: Option<Footer>,
    /// What [`Board::prepare`] gave; journaled before the create is sent.
    pub prepared: Option<serde_json::Value>,
    /// The id of the transaction that carries it, where the service keeps such ids.
    pub write_id: Arc<str>,
}

/// An update to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateJob {
    /// Where.
    pub project: ProjectId,
    /// Which item.
    pub item: ItemId,
    /// What to write.
    pub set: Vec<Change>,
    /// What the written fields are taken to hold: anything else there is a [`Kind::Conflict`](http_kit::Kind).
    pub expected: Values,
    /// What stands below the description from now on, where the service shows footers; only used where a description is written
    /// or `note` is set.
    pub footer: Option<Footer>,
    /// A line for people that says why (the item was cancelled because its counterpart was deleted).
    pub note: Option<Arc<str>>,
    /// The id of the transaction that carries it.
    pub write_id: Arc<str>,
}

/// What a write found or left.
#[derive(Debug)]
pub struct Written {
    /// The item by the write's own answer, with the text of its description where it was written.
    pub item: Item,
    /// Fields that were refused while the others were written.
    pub refused: Vec<(Field, http_kit::Error)>,
    /// What could not be kept in the target's form, in words (markup that markdown cannot say).
    pub lost: Vec<String>,
}

/// How a removal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone now, or was before.
    Gone,
    /// It has items below it, so it stays (design 3.6: cancel instead).
    HasChildren,
    /// The service cannot delete items, or cannot tell whether there are some below it: it stays.
    Unable,
}

/// A project to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Its name.
    pub name: Arc<str>,
    /// The repository's path on the service's machine; `None` where the service allows a project without.
    pub repository: Option<Arc<str>>,
}

/// What a filter needs to know that items do not tell by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The items that bear any of the labels that were asked for, with those of them.
    pub labels: HashMap<ItemId, BTreeSet<Arc<str>>>,
    /// For each person, as items name their assignee, everything they are called; only those that were asked for.
    pub people: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

/// Every name that a filter may use. `None` where the service does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Labels that are on any item.
    pub labels: Option<Vec<Arc<str>>>,
    /// Names and addresses of people.
    pub people: Option<Vec<Arc<str>>>,
}

impl UpdateJob {
    /// Whether the job only sets what the create did not take: whatever stands there is overwritten, so a service without
    /// conditional writes need not be asked first.
    pub fn only_confirms(&self) -> bool {
        let confirms =
            |change: &Change| change.field == Field::Status && change.why == Why::Confirm;
        self.note.is_none() && self.set.iter().all(confirms)
    }

    /// Whether the caller knows what a field holds: an unset status is written whatever stands there.
    pub const fn expected_is_known(&self, field: Field) -> bool {
        match field {
            Field::Status => self.expected.status.is_some(),
            Field::Title
            | Field::Description
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate => true,
        }
    }
}

/// What the engine needs of one service.
#[async_trait]
pub trait Board: Send + Sync {
    /// Which side it is.
    fn side(&self) -> Side;
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// Calls and bytes so far.
    fn traffic(&self) -> Traffic;
    /// How the hosts stand that it calls.
    fn hosts(&self) -> Vec<http_kit::HostStats> {
        Vec::new()
    }
    /// From now on writes are handed to a socket only while this permit says so: asked for each request, after all waits. A
    /// write that is not permitted fails with `NET_PERMIT`, unsent.
    fn set_permit(&self, permit: Arc<dyn http_kit::Permit>);
    /// The clock that stamps its items, now; `None` where the service does not tell. It is as exact as its `within` says.
    fn server_time(&self) -> Option<http_kit::ServerTime> {
        None
    }
    /// For people: product and version.
    fn describe(&self) -> String;
    /// What the service calls our account's rights (`OWNER`, `GUEST` ...); `None` where it knows no such word.
    fn role(&self) -> Option<String> {
        None
    }
    /// Whether a project can only be made with a repository's path.
    fn needs_repository(&self) -> bool;

    /// A run begins on this connection, which may have had others before: what was only good for one of them is forgotten.
    async fn begin_run(&self) {}
    /// All projects that can be seen, archived ones included.
    async fn projects(&self) -> Answer<Vec<BoardProject>>;
    /// One project by its own read; `None` only where the service says that there is none.
    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>>;
    /// Makes a project. After a lost answer the caller looks with [`Board::projects`].
    async fn create_project(&self, new: &NewProject) -> Answer<BoardProject>;
    /// The statuses that apply in a project, by kind of item.
    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>>;

    /// A page of one project's items, all of them, archived shown.
    async fn list(&self, project: &ProjectId, from: Option<Cursor>) -> Answer<Page>;
    /// A page of the items of every project that changed at or after `from` (only where `capabilities().changes`).
    async fn changes(&self, from: Cursor) -> Answer<Page>;
    /// Items whose removal or move the history shows at or after `since`: a hint, never a proof.
    async fn removals(&self, since: Millis) -> Answer<Vec<ItemId>>;
    /// The id of the newest transaction under this store's tag that the service's history has at or after a stamp; `None` where
    /// there is none, or the service keeps no such ids.
    async fn newest_write(&self, _since: Millis) -> Answer<Option<Arc<str>>> {
        Ok(None)
    }
    /// Which of these writes the service's own history says it carried out: none where it keeps no such ids.
    async fn carried_out(&self, _write_ids: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        Ok(HashSet::new())
    }
    /// The newest stamp of any item that can be seen; `None` where there is no item (only where `capabilities().changes`).
    async fn newest(&self) -> Answer<Option<Millis>>;
    /// Some items by their own read, archived shown; absent ones are missing in the answer.
    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>>;
    /// Whether the history proves that the item was moved to another project rather than removed (design 3.6 c).
    async fn was_moved(&self, item: &ItemId) -> Answer<bool>;
    /// Whether a project has any item; archived ones count.
    async fn has_items(&self, project: &ProjectId) -> Answer<bool> {
        let page = self.list(project, None).await?;
        Ok(!page.items.is_empty() || page.next.is_some())
    }
    /// Items by the identifier that people say (`HARB-12`), in every project: several may bear one.
    async fn called(&self, identifier: &str) -> Answer<Vec<(ProjectId, Item)>> {
        let words = format!("{} cannot look for {identifier} here", self.side().title());
        Err(unsupported(self.side(), words))
    }
    /// Which items bear any of these labels, and who bears any of these names. A service without labels refuses a question for some;
    /// one that names people by their address alone is that the names are theirs.
    async fn marks(&self, labels: &[Arc<str>], people: &[Arc<str>]) -> Answer<Marks> {
        if !labels.is_empty() {
            let words = format!(
                "{} does not tell labels here: leave `filter.label` out",
                self.side().title()
            );
            return Err(unsupported(self.side(), words));
        }
        let people = people
            .iter()
            .map(|name| (Arc::clone(name), vec![Arc::clone(name)]));
        Ok(Marks {
            labels: HashMap::new(),
            people: people.collect(),
        })
    }
    /// Every name that [`Board::marks`] can be asked for.
    async fn names(&self) -> Answer<Names> {
        Ok(Names::default())
    }
    /// The description's text, as markdown without footer, at the version the item shows.
    async fn text(&self, item: &Item) -> Answer<Arc<str>>;

    /// What must be made or reserved before creates and not be lost with a crash (a description's blob, numbers); one value a job.
    /// A crash after it costs nothing but a number.
    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>>;
    /// How many creates one call may carry.
    fn create_batch(&self) -> usize;
    /// How many creates of one project may be under way at once (Huly stands still above about ten writes; design 7: four).
    fn creates_at_once(&self) -> usize {
        4
    }
    /// Makes items; one answer a job, in order.
    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>>;
    /// Looks for items that earlier creates with these keys may have made; one answer a job, in order, so that one that cannot be
    /// told, or be finished where it is half made, holds up no other. `taken` are the items that
    /// links have already: never the answer where a create can only be told by its content.
    async fn find_created(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>>;
    /// Writes fields of an item.
    async fn update(&self, job: &UpdateJob) -> Answer<Written>;
    /// Takes our own footer out of an item's description and changes nothing else; whether there was one. Only asked where
    /// `capabilities().footer`.
    async fn remove_footer(&self, item: &ItemId) -> Answer<bool> {
        let error = http_kit::Error::new(
            http_kit::Kind::Fatal,
            crate::codes::UNSUPPORTED,
            self.side().as_str(),
            "footer",
        );
        Err(error.with_detail(format!("{item} has no footer: this service shows none")))
    }
    /// Deletes an item without items below it; `expected` are the values it is taken to hold.
    async fn remove(&self, item: &ItemId, expected: &Values, write_id: &str) -> Answer<Removed>;
}

fn unsupported(side: Side, words: String) -> http_kit::Error {
    http_kit::Error::new(
        http_kit::Kind::Rejected,
        crate::codes::UNSUPPORTED,
        side.as_str(),
        "(filter)",
    )
    .with_detail(words)
}
