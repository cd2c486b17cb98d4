//! The workspace as a whole: what is stored, and the ways to put something in without asking the server's rules.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use serde_json::{Value, json};

use super::account::{Account, Mode, Role};
use super::classes::Domain;
use super::collab::Live;
use super::table::Table;
use super::{Doc, text};
use crate::clock::Clock;

/// The author of what the server made itself.
pub(crate) const SYSTEM: &str = "core:account:System";
const MODEL_TIME: i64 = 1_795_244_765_733;

/// A workspace's names and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Uuid, in every path and token.
    pub uuid: String,
    /// The short name in the browser's address.
    pub url: String,
    /// Whether sessions can be opened.
    pub mode: Mode,
}

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// As told when it was put.
    pub content_type: String,
    /// Unix milliseconds.
    pub stored_on: i64,
}

/// When the server counts an activity entry for a change. It writes the change's own stamp once more then, so a
/// change in between ends below its own time: the clock of a document goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bookkeeping {
    /// In the same instant: stamps never go back.
    AtOnce,
    /// So many milliseconds later.
    Late {
        /// Milliseconds by the server's clock.
        after_ms: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub at: i64,
    pub domain: Domain,
    pub id: String,
    pub modified_on: i64,
    pub modified_by: String,
}

/// A workspace of a simulated Huly, with the accounts of its installation. A clone is a backup of all of it, to be put
/// back later.
#[derive(Clone, Debug)]
pub struct Huly {
    pub(crate) clock: Clock,
    pub(crate) rng: StdRng,
    pub(crate) workspace: Workspace,
    pub(crate) accounts: Vec<Account>,
    /// Role by account uuid; who is not in here is no member.
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) tables: BTreeMap<Domain, Table>,
    pub(crate) blobs: BTreeMap<String, Blob>,
    /// Live descriptions by issue id.
    pub(crate) live: BTreeMap<String, Live>,
    /// Highest rank given, by project.
    pub(crate) ranks: BTreeMap<String, String>,
    pub(crate) due: Vec<Due>,
    pub(crate) bookkeeping: Bookkeeping,
    pub(crate) last_tx: Option<String>,
    pub(crate) secret: String,
    pub(crate) token_epoch: u64,
}

impl Huly {
    /// An empty workspace `acme` with the classic project type and its five statuses; no account, no project.
    /// Ids follow from the seed.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let mut huly = Self {
            clock,
            rng: StdRng::seed_from_u64(seed),
            workspace: Workspace {
                uuid: String::new(),
                url: "acme".into(),
                mode: Mode::Active,
            },
            accounts: Vec::new(),
            roles: BTreeMap::new(),
            tables: Domain::ALL
                .into_iter()
                .map(|domain| (domain, Table::default()))
                .collect(),
            blobs: BTreeMap::new(),
            live: BTreeMap::new(),
            ranks: BTreeMap::new(),
            due: Vec::new(),
            bookkeeping: Bookkeeping::AtOnce,
            last_tx: None,
            secret: String::new(),
            token_epoch: 0,
        };
        huly.workspace.uuid = huly.new_uuid();
        huly.secret = huly.new_id();
        huly.load_classic_model();
        huly
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Renames the workspace (uuid and short name).
    pub fn set_workspace(&mut self, uuid: &str, url: &str) {
        self.workspace.uuid = uuid.into();
        self.workspace.url = url.into();
    }

    /// Opens or closes the workspace for sessions.
    pub fn set_mode(&mut self, mode: Mode) {
        self.workspace.mode = mode;
    }

    /// Chooses when activity is counted.
    pub fn set_bookkeeping(&mut self, bookkeeping: Bookkeeping) {
        self.bookkeeping = bookkeeping;
    }

    /// The server's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Puts another clock in, such as one that is skewed against the other servers.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The id of the last transaction since the server opened the workspace.
    pub fn last_tx(&self) -> Option<&str> {
        self.last_tx.as_deref()
    }

    /// A fresh id of 24 hex digits.
    pub fn new_id(&mut self) -> String {
        let mut bytes = [0_u8; 12];
        self.rng.fill_bytes(&mut bytes);
        hex::encode(bytes)
    }

    /// A fresh random uuid.
    pub fn new_uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    pub(crate) fn table(&self, domain: Domain) -> impl Iterator<Item = &Doc> {
        self.tables.get(&domain).into_iter().flat_map(Table::iter)
    }

    pub(crate) fn table_mut(&mut self, domain: Domain) -> &mut Table {
        self.tables.entry(domain).or_default()
    }

    pub(crate) fn get(&self, domain: Domain, id: &str) -> Option<&Doc> {
        self.tables.get(&domain).and_then(|table| table.get(id))
    }

    /// Stores a document as it is, by its `_class`, past all rules and without a row in the history.
    /// A document of an unknown class is not stored; answers whether it was.
    pub fn load(&mut self, mut doc: Doc) -> bool {
        let Some(domain) = Domain::of(text(&doc, "_class")) else {
            return false;
        };
        if !matches!(domain, Domain::Model | Domain::Tx) && !doc.contains_key("%hash%") {
            let stamp = doc.get("modifiedOn").and_then(Value::as_i64).unwrap_or(0);
            doc.insert("%hash%".into(), json!(format!("{stamp:x}")));
        }
        if domain == Domain::Task {
            self.remember_rank(text(&doc, "space"), text(&doc, "rank"));
        }
        self.table_mut(domain).put(doc);
        true
    }

    /// Takes a document out, past all rules and without a trace; answers it.
    pub fn unload(&mut self, class: &str, id: &str) -> Option<Doc> {
        self.table_mut(Domain::of(class)?).remove(id)
    }

    /// A document as it is stored.
    pub fn stored(&self, class: &str, id: &str) -> Option<&Doc> {
        self.get(Domain::of(class)?, id)
    }

    /// Stores a file.
    pub fn put_blob(&mut self, name: &str, bytes: Vec<u8>, content_type: &str) {
        let stored_on = self.clock.now();
        self.blobs.insert(
            name.into(),
            Blob {
                bytes,
                content_type: content_type.into(),
                stored_on,
            },
        );
    }

    /// A stored file.
    pub fn blob(&self, name: &str) -> Option<&Blob> {
        self.blobs.get(name)
    }

    pub(crate) fn remember_rank(&mut self, project: &str, rank: &str) {
        if self
            .ranks
            .get(project)
            .is_none_or(|last| last.as_str() < rank)
            && !rank.is_empty()
        {
            self.ranks.insert(project.into(), rank.into());
        }
    }

    fn load_classic_model(&mut self) {
        let categories = [
            ("UnStarted", "Backlog", 21, "StateBacklog"),
            ("ToDo", "Todo", 23, "StateUnstarted"),
            ("Active", "New state", 11, "StateActive"),
            ("Won", "Won", 17, "DoneStatesWon"),
            ("Lost", "Lost", 22, "DoneStatesLost"),
        ];
        for (order, (name, default, color, label)) in categories.into_iter().enumerate() {
            let body = json!({ "label": format!("task:string:{label}"), "icon": "task:icon:TaskState", "color": color,
                "defaultStatusName": default, "order": order, "ofAttribute": "task:attribute:State" });
            self.load_model(
                "core:class:StatusCategory",
                &format!("task:statusCategory:{name}"),
                body,
            );
        }
        let statuses = [
            ("Backlog", "Backlog", 21, "UnStarted"),
            ("Todo", "Todo", 23, "ToDo"),
            ("InProgress", "In Progress", 11, "Active"),
            ("Done", "Done", 17, "Won"),
            ("Canceled", "Canceled", 22, "Lost"),
        ];
        for (id, name, color, category) in statuses {
            let body = json!({ "ofAttribute": "tracker:attribute:IssueStatus", "name": name, "color": color,
                "category": format!("task:statusCategory:{category}") });
            self.load_model(
                "tracker:class:IssueStatus",
                &format!("tracker:status:{id}"),
                body,
            );
        }
        let ids: Vec<String> = statuses
            .iter()
            .map(|(id, ..)| format!("tracker:status:{id}"))
            .collect();
        self.load_type(
            "tracker:ids:ClassingProjectType",
            "Classic project",
            "tracker:taskTypes:Issue",
            &ids,
            true,
        );
    }

    /// A project type with one task type `Issue` that has these statuses, in board order.
    pub(crate) fn load_type(
        &mut self,
        id: &str,
        name: &str,
        task_type: &str,
        statuses: &[String],
        classic: bool,
    ) {
        let refs: Vec<Value> = statuses
            .iter()
            .map(|status| json!({ "_id": status, "taskType": task_type }))
            .collect();
        self.load_model("task:class:ProjectType", id, json!({ "name": name, "descriptor": "tracker:descriptors:ProjectType",
            "description": "", "tasks": [task_type], "roles": 0, "classic": classic, "statuses": refs,
            "targetClass": "tracker:mixin:ClassicProjectTypeData" }));
        let categories: Vec<String> = ["UnStarted", "ToDo", "Active", "Won", "Lost"]
            .map(|name| format!("task:statusCategory:{name}"))
            .into();
        self.load_model("task:class:TaskType", task_type, json!({ "parent": id, "statuses": statuses,
            "descriptor": "tracker:descriptors:Issue", "name": "Issue", "kind": "both", "ofClass": "tracker:class:Issue",
            "targetClass": "tracker:mixin:IssueTypeData", "statusClass": "tracker:class:IssueStatus",
            "statusCategories": categories, "allowedAsChildOf": [task_type], "icon": "tracker:icon:Issue" }));
    }

    pub(crate) fn load_model(&mut self, class: &str, id: &str, body: Value) {
        let mut doc = if let Value::Object(doc) = body {
            doc
        } else {
            Doc::new()
        };
        stamp(&mut doc, id, class, "core:space:Model", MODEL_TIME, SYSTEM);
        self.load(doc);
    }
}

/// Fills in what every document has, as just made.
pub(crate) fn stamp(doc: &mut Doc, id: &str, class: &str, space: &str, now: i64, author: &str) {
    let fields = [
        ("_id", json!(id)),
        ("_class", json!(class)),
        ("space", json!(space)),
        ("modifiedBy", json!(author)),
        ("createdBy", json!(author)),
        ("modifiedOn", json!(now)),
        ("createdOn", json!(now)),
    ];
    for (field, value) in fields {
        doc.insert(field.into(), value);
    }
}
