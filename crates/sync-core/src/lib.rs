//! The pure heart of a two-way sync: three trees in, a plan out. No I/O, no clock, no chance, no async.
//!
//! You have two services with items, and somewhere to keep rows. This crate decides what must be written to make both services
//! agree; reading, writing and storing are yours. It answers with values that can be printed, hashed, stored and tested, and
//! never with an error for what is merely odd: what cannot be sent is an entry of the plan.
//!
//! # The model
//!
//! * A **link** ([`link::Link`]) is a pair of items, one on each [`Side`], that are kept the same. Its id is derived from the item
//!   that was there first, so a store that was lost arrives at the same links again.
//! * The **three trees**: the *base*, which is what each side held when the two last agreed ([`link::Link::base`]), and what each
//!   side holds now. Each side is compared with *its own* past only: one side's wording, formatting or list of statuses is never
//!   an edit of the other's. The two sides are compared with each other once, when a link is made.
//! * An **observation** ([`item::Observation`]) is what one side says now about one item: `Present`, `Gone` or `Unseen`. `Gone` is
//!   a proof, such as a read of this one item that says so. A list that does not show an item proves nothing: that is `Unseen`,
//!   which is planned as unchanged.
//! * A **plan** ([`plan::LinkPlan`]) is what brings the two together: updates, a counterpart that is made, cancelled or removed;
//!   also what is only stored (both say the same by now), conflicts with both values whole, and problems (a field that the other
//!   side would refuse). Edits of different fields both arrive; edits of one field are merged or decided by a
//!   [policy](rules::Policies).
//! * To **settle** ([`plan::settle`]) is to move the link's row on after an action was confirmed, by the write's own answer. The base
//!   of a field moves only then: a write that got lost, or was not taken, is planned again.
//! * A **guard** ([`guard::check`]) holds back a whole class of actions where there are suspiciously many: what looks like an
//!   accident waits for a person.
//!
//! # The loop
//!
//! ```text
//!  observe ──> plan::needs ──> plan::link  ──> guard::check ──> write down, send ──> plan::settle ──> store
//!     items without a link ──> link::decide ──> link::adopt | link::create ──┘
//! ```
//!
//! A run right after a run plans nothing: that is the law to test an embedding by.
//!
//! # A whole example
//!
//! A task was renamed; the issue gets the new name. Services and store are three variables here.
//!
//! ```
//! use sync_core::{
//!     Pair, Side,
//!     ids::{Millis, RulesVersion, StatusId, StoreId, WorkspaceId},
//!     item::{FieldSet, Item, Observation, Values},
//!     lens::{Category, HulyStatus, Lens, Lenses, StatusNames},
//!     link::{self, How},
//!     plan::{self, Action, LinkInput},
//!     rules::{Capabilities, Creation, Deletion, Limits, Policies, Rules},
//! };
//!
//! // What the two services can do, how their statuses map, and who wins.
//! let can = Capabilities {
//!     fields: FieldSet::COMMON,
//!     conditional_write: true,
//!     client_ids: true,
//!     changes: true,
//!     status_at_create: true,
//!     footer: false,
//!     limits: Limits { title_chars: Some(200), nul: true, ..Limits::default() },
//! };
//! let statuses = [("h1", "Todo", Category::Todo), ("h2", "Done", Category::Won)]
//!     .map(|(id, name, category)| HulyStatus { id: id.into(), name: name.into(), category: Some(category) });
//! let (lens, problems) = Lens::build(&statuses, &["todo", "done"].map(StatusId::from), &StatusNames::default());
//! assert!(problems.is_empty());
//! let lenses = Lenses { default: lens, ..Lenses::default() };
//! let rules = Rules {
//!     workspace: WorkspaceId(uuid::Uuid::from_u128(1)),
//!     store: StoreId(uuid::Uuid::from_u128(2)),
//!     policies: Policies::default(),
//!     lenses: &lenses,
//!     deletion: Deletion::Cancel,
//!     create: Creation::Both,
//!     capabilities: Pair { huly: can, vibe: can },
//!     normal_form: str::to_owned,
//!     confirm_window: Millis(30_000),
//!     confirm_tries: 3,
//!     now: Millis(0), // your clock
//!     version: RulesVersion(1),
//! };
//!
//! // The two services, and what the store remembers once the two items were found to be a pair.
//! let item = |id: &str, title: &str, status: &str| {
//!     let values = Values { title: title.into(), status: Some(status.into()), ..Values::default() };
//!     Item { text: Some("".into()), ..Item::new(id.into(), values) }
//! };
//! let mut issue = item("issue", "Dock", "h1");
//! let mut task = item("task", "Dock", "todo");
//! let (mut row, plan) = link::adopt(&rules, &issue, &task, How::Title);
//! assert!(plan.actions.iter().all(|action| action.target().is_none())); // they agree: nothing is sent
//! for action in &plan.actions {
//!     row = plan::settle(&row, action, None, &can, rules.now);
//! }
//!
//! // A person renames the task. Observe and plan.
//! task.values.title = "Dry dock".into();
//! let see = |item: &Item| Observation::Present(Box::new(item.clone()));
//! let seen = Pair { huly: see(&issue), vibe: see(&task) };
//! assert_eq!(plan::needs(&rules, &row, seen.as_ref()), plan::Needs::default());
//! let input = LinkInput { link: &row, now: seen.as_ref(), base_texts: Pair::default() };
//! let plan = plan::link(&rules, &input);
//! assert_eq!(
//!     plan::text(std::slice::from_ref(&plan)),
//!     "Dock\n  ~ update Huly title: Dock -> Dry dock\n1 to update\n",
//! );
//!
//! // Apply and settle.
//! for action in &plan.actions {
//!     if let Action::Update(update) = action {
//!         assert_eq!(update.side, Side::Huly);
//!         for change in &update.set {
//!             issue.values.put(change.field, &change.to);
//!         }
//!         row = plan::settle(&row, action, Some(&issue), &can, rules.now);
//!     }
//! }
//!
//! // The next run over the same boards plans nothing.
//! let seen = Pair { huly: see(&issue), vibe: see(&task) };
//! let input = LinkInput { link: &row, now: seen.as_ref(), base_texts: Pair::default() };
//! assert!(plan::link(&rules, &input).actions.is_empty());
//! ```
//!
//! A tool with boards, a store and every kind of action is in the repository at `tests/embed`; `docs/embedding.md` leads through it.
//!
//! # Where to look
//!
//! | to | look at |
//! | --- | --- |
//! | say what is decided by you: who wins, what a deletion does, what a service can do | [`rules`] |
//! | turn what a service says into items, fields and text versions | [`item`] |
//! | know what to read before a plan, make one, carry it on | [`plan`]: [`needs`](plan::needs), [`link`](plan::link()), [`settle`](plan::settle()) |
//! | keep the texts that a merge of descriptions needs | [`plan::base_texts`] |
//! | print a plan, or give it to a program | [`plan::text`], [`plan::json`], [`plan::hash`] |
//! | find the partner of an item without a link | [`link::wants`], [`link::decide`], then [`link::adopt`] or [`link::create`] |
//! | take over pairs that another tool has made | [`link::claims`] |
//! | map statuses onto each other | [`lens`] |
//! | merge two descriptions | [`merge`] |
//! | mark the items that you make, and read the marks again | [`footer`] |
//! | hold back what looks like an accident, and let a person accept it | [`guard`] |
//! | choose which items are synced, and let the others sleep | [`filter`], [`plan::sleep`], [`plan::wake`] |
//! | pair whole projects | [`project`] |
//! | tell an agent, or a person, how a project stands | [`digest`] |
//! | know what a service will refuse before it is asked | [`validate`] |
//! | derive ids and keys that survive a lost store | [`ids`] |
//! | write code that treats both sides alike | [`Side`], [`Pair`] |

pub mod digest;
pub mod filter;
pub mod footer;
pub mod guard;
pub mod ids;
pub mod item;
pub mod lens;
pub mod link;
pub mod merge;
pub mod plan;
pub mod project;
pub mod rules;
pub mod side;
pub mod signs;
pub mod validate;

pub use side::{Pair, Side};
