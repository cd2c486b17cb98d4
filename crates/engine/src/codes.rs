//! Stable codes of outcomes that the engine itself raises; each with its meaning and what to do.

/// Every code that a user can meet, of every crate: code, meaning, remedy; by code.
///
/// ```
/// let (_, meaning, _) = engine::codes::find("LIST_ENDLESS").expect("it is in the table");
/// assert!(meaning.contains("list"));
/// ```
pub fn find(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    all().into_iter().find(|(known, _, _)| *known == code)
}

/// All tables together, sorted by code.
pub fn all() -> Vec<(&'static str, &'static str, &'static str)> {
    let tables = [
        CODES,
        crate::inform::codes::CODES,
        http_kit::codes::CODES,
        huly_client::codes::CODES,
        vibe_client::codes::CODES,
        letta_client::codes::CODES,
        store::codes::CODES,
        store::predecessor::CODES,
        sync_core::validate::CODES,
    ];
    let mut all: Vec<_> = tables.into_iter().flatten().copied().collect();
    all.sort_unstable();
    all
}

/// Code, meaning, remedy.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        LEASE_HELD,
        "another run holds the right to write to this workspace",
        "nothing was done; wait for that run to end, or until the time named if it is dead",
    ),
    (
        VANISHED,
        "an item is missing from a complete list, but nothing proves that it was deleted",
        "nothing is done; look at the item, or run `hvs reconcile`",
    ),
    (
        UNCONFIRMED,
        "a write was answered, but the confirming list does not show it",
        "nothing: the next run compares again and repeats the write",
    ),
    (
        NOT_A_MEMBER,
        "the account is no member of a Huly project, so Huly shows none of its issues",
        "join the project in Huly with the account that hvs uses",
    ),
    (
        FOREIGN_STORE,
        "a task carries the marker of another hvs store",
        "make sure that no second hvs works on these boards; where the other store is lost: `hvs reconcile --full --repair`",
    ),
    (
        ROLLED_BACK,
        "the services show writes of this store that its journal does not know: it is an old copy of itself",
        "nothing: every link is compared afresh, and what gives way is kept as a conflict; see docs/reconcile.md for what an old copy cannot know",
    ),
    (
        GAVE_UP,
        "a value kept failing in at least `retry.max_attempts` runs and for `retry.give_up_after`",
        "read the last error in the message, mend it, and say `hvs dlq retry`; or change the item",
    ),
    (
        NOT_TAKEN,
        "a service answered a write well and kept the old value of a field",
        "nothing at first: two more runs try again; then look at the item there, and say `hvs dlq retry` once it can be changed",
    ),
    (
        DECISION_CHANGED,
        "an item was changed after a person was shown a conflict of it and before the decision could be written",
        "look at the conflict again (`hvs conflicts show`) and decide about what the two sides hold now",
    ),
    (
        DECISION_WAITS,
        "what a person decided about a conflict could not be written yet",
        "nothing: the next run tries again",
    ),
    (
        PROJECT_GONE,
        "a whole project is gone on one side",
        "nothing is done to its counterpart until you choose: `hvs project list` shows the choices",
    ),
    (
        CHOICE_REFUSED,
        "what was chosen for a pair of projects cannot be done as it stands",
        "nothing was done; `hvs project list` shows the pairs, those that wait for you, and what can be chosen",
    ),
    (
        SERVICE_RESTORED,
        "a service shows an older state than before: it was restored from a backup",
        "nothing is done in this project until you choose: `hvs project list` shows the choices; see docs/reconcile.md",
    ),
    (
        PROJECTS_DIFFER,
        "two lists of Vibe's projects, one right after the other, differ: one was cut short, or somebody made a project",
        "nothing: the next run looks again",
    ),
    (
        PROJECT_PATH,
        "no usable repository path is known for a project that must be made in Vibe",
        "set `repo` for this project, or a `Path:` line in Huly's project description, under one of `vibe.repo_roots`",
    ),
    (
        REMOVE_HAS_CHILDREN,
        "an issue with sub-issues is not deleted",
        "nothing: it was set to cancelled instead",
    ),
    (
        MARKUP_LOST,
        "a part of a Huly description that markdown cannot say was edited, so its formatting is gone",
        "nothing; the text itself is kept",
    ),
    (
        BAD_ID,
        "an id in the store is not of the form that the service uses",
        "the store belongs to another service; check the configuration",
    ),
    (
        BRIDGE_UNREAD,
        "a description that was there reads as empty through the bridge: it could not be read, or somebody emptied it",
        "nothing is overwritten; the next run reads it again. If it was emptied in Huly, empty it in Vibe too and write a word there",
    ),
    (
        BRIDGE_UNWRITTEN,
        "the bridge said that a description was written, but does not show it",
        "the next run writes it again; while somebody has the issue open in Huly, only the platform API can change its text",
    ),
    (
        BRIDGE_TWINS,
        "two Huly issues have one identifier, so the bridge cannot tell them apart",
        "give one of them another number in Huly, or use the platform API; neither is touched until then",
    ),
    (
        UNSUPPORTED,
        "something was asked of a service that it cannot do",
        "this is a bug: please report it",
    ),
    (
        STATUS_WORD,
        "a status is none of the five that Vibe Kanban knows",
        "correct the status map in the configuration",
    ),
    (
        PRECONDITION,
        "an item was changed between the look and the write",
        "nothing: it is observed and planned again",
    ),
    (
        MARKUP,
        "a Huly description is stored in a form that is not markup",
        "open and save the description in Huly",
    ),
    (
        NO_STATUS,
        "a Huly project has no status for new issues",
        "set the project's default status in Huly, or map Vibe's status in the configuration",
    ),
    (
        BEING_TYPED,
        "a Huly description was changed or is being typed while it was about to be written",
        "nothing: it is merged again a little later",
    ),
    (
        OTHER_SERVER,
        "none of the linked Vibe projects exists on the server that answers",
        "correct `vibe.url`; if the server was set up anew, start with a new store",
    ),
    (
        ENDLESS_LIST,
        "a list went on without an end",
        "look at the server: it repeats its pages",
    ),
    (
        LATE,
        "a write without an answer may still take effect, so nothing else is written to its item until it no longer can",
        "nothing: it is written by a run a little later",
    ),
    (
        INTERRUPTED,
        "a planned write of an interrupted run was never sent",
        "nothing: it is planned afresh",
    ),
    (
        UNSETTLED,
        "an interrupted run left writes whose outcome is not known",
        "run `hvs reconcile`, which settles them, and then this command again",
    ),
    (
        SERVICE_AWAY,
        "the item changed while the other service was away",
        "nothing: it is carried over when that service is back, what waited longest first",
    ),
    (
        RUN_LEASE_LOST,
        "the lease ran out or was taken over in the middle of a run",
        "nothing: the next run settles what was in flight",
    ),
    (
        RUN_STOPPED,
        "the run was asked to stop and ended at a safe point",
        "nothing: the next run goes on",
    ),
    (
        RUN_DEADLINE,
        "the run reached `sync.run_deadline`",
        "nothing: the next run starts with the projects that were not reached",
    ),
    (
        ACCOUNT_RIGHTS,
        "the account's role in the Huly workspace may not do what a run does",
        "have an owner of the workspace give the account the role USER",
    ),
    (
        CHECK_PROJECT_UNKNOWN,
        "the configuration names a project that does not exist",
        "correct the name; the nearest ones are told",
    ),
    (
        CHECK_PROJECT_AMBIGUOUS,
        "several projects have the same name",
        "name one by its id in a `[[project]]` entry, or leave it alone with `skip = true`",
    ),
    (
        CHECK_PROJECT_TAKEN,
        "the configuration gives one project to two",
        "name another project, or take one of the entries out",
    ),
    (
        CHECK_PROJECT_ARCHIVED,
        "the configuration names a project that is archived",
        "nothing: it is left alone until it is opened again",
    ),
    (
        CHECK_STATUS_UNKNOWN,
        "the configuration names a status that no project has",
        "correct the name; the nearest ones are told",
    ),
    (
        CHECK_STATUS_UNMAPPED,
        "a status in Huly has no category and no entry, so the status of its issues is not synced",
        "map it in `[status.to_vibe]`",
    ),
    (
        CHECK_STATUS_AGAINST,
        "an entry of `[status.to_huly]` names a status that means something else",
        "name a status that means the same, or map that status in `[status.to_vibe]` too",
    ),
    (
        CHECK_REPOSITORY,
        "a repository of the configuration cannot be used",
        "correct the path, or make a git repository there",
    ),
    (
        CHECK_STORE,
        "the store could not be made or written at its place",
        "correct `store.path`, or give this user the right to write there",
    ),
    (
        CHECK_CLOCK,
        "the clock of a service and the one of this machine differ",
        "set both by a time server; decisions do not hang on it, but times in logs and reports do",
    ),
    (
        FILTER_NAME,
        "the filter names a project, status, label or person that does not exist in Huly",
        "write the name as Huly shows it; the nearest names are in the message",
    ),
    (
        ITEM_UNKNOWN,
        "an item was asked for that is not there, or whose project has no counterpart yet",
        "name an issue by its identifier (HARB-12) or a task by its id; an account sees only the projects that it is a member of",
    ),
];

/// See [`CODES`].
pub const ACCOUNT_RIGHTS: &str = "ACCOUNT_RIGHTS";
/// See [`CODES`].
pub const CHECK_PROJECT_UNKNOWN: &str = "CHECK_PROJECT_UNKNOWN";
/// See [`CODES`].
pub const CHECK_PROJECT_AMBIGUOUS: &str = "CHECK_PROJECT_AMBIGUOUS";
/// See [`CODES`].
pub const CHECK_PROJECT_TAKEN: &str = "CHECK_PROJECT_TAKEN";
/// See [`CODES`].
pub const CHECK_PROJECT_ARCHIVED: &str = "CHECK_PROJECT_ARCHIVED";
/// See [`CODES`].
pub const CHECK_STATUS_UNKNOWN: &str = "CHECK_STATUS_UNKNOWN";
/// See [`CODES`].
pub const CHECK_STATUS_UNMAPPED: &str = "CHECK_STATUS_UNMAPPED";
/// See [`CODES`].
pub const CHECK_STATUS_AGAINST: &str = "CHECK_STATUS_AGAINST";
/// See [`CODES`].
pub const CHECK_REPOSITORY: &str = "CHECK_REPOSITORY";
/// See [`CODES`].
pub const CHECK_STORE: &str = "CHECK_STORE";
/// See [`CODES`].
pub const CHECK_CLOCK: &str = "CHECK_CLOCK";
/// See [`CODES`].
pub const VANISHED: &str = "ITEM_VANISHED";
/// See [`CODES`].
pub const UNCONFIRMED: &str = "WRITE_UNCONFIRMED";
/// See [`CODES`].
pub const NOT_A_MEMBER: &str = "PROJECT_NOT_A_MEMBER";
/// See [`CODES`].
pub const FOREIGN_STORE: &str = "MARKER_FOREIGN_STORE";
/// See [`CODES`].
pub const ROLLED_BACK: &str = "STORE_ROLLED_BACK";
/// See [`CODES`].
pub const GAVE_UP: &str = "ITEM_GAVE_UP";
/// A service answered a write well and kept the old value.
pub const NOT_TAKEN: &str = "FIELD_NOT_TAKEN";
/// An item was changed between a conflict's being shown and the decision's being written.
pub const DECISION_CHANGED: &str = "DECISION_CHANGED";
/// A decision could not be written yet.
pub const DECISION_WAITS: &str = "DECISION_WAITS";
/// See [`CODES`].
pub const PROJECT_GONE: &str = "PROJECT_GONE";
/// A choice for a pair of projects cannot be done as it stands.
pub const CHOICE_REFUSED: &str = "CHOICE_REFUSED";
/// See [`CODES`].
pub const SERVICE_RESTORED: &str = "SERVICE_RESTORED";
/// See [`CODES`].
pub const PROJECTS_DIFFER: &str = "PROJECTS_DIFFER";
/// See [`CODES`].
pub const PROJECT_PATH: &str = "PROJECT_PATH";
/// See [`CODES`].
pub const REMOVE_HAS_CHILDREN: &str = "REMOVE_HAS_CHILDREN";
/// See [`CODES`].
pub const MARKUP_LOST: &str = "MARKUP_LOST";
/// See [`CODES`].
pub const SERVICE_AWAY: &str = "SERVICE_AWAY";
/// See [`CODES`].
pub const RUN_LEASE_LOST: &str = "RUN_LEASE_LOST";
/// See [`CODES`].
pub const RUN_DEADLINE: &str = "RUN_DEADLINE";
/// See [`CODES`].
pub const ENDLESS_LIST: &str = "LIST_ENDLESS";
/// See [`CODES`].
pub const BAD_ID: &str = "ID_MALFORMED";
/// A description that was there reads as empty through the bridge.
pub const BRIDGE_UNREAD: &str = "BRIDGE_UNREAD";
/// The bridge said that a description was written, but does not show it.
pub const BRIDGE_UNWRITTEN: &str = "BRIDGE_UNWRITTEN";
/// Two Huly issues have one identifier.
pub const BRIDGE_TWINS: &str = "BRIDGE_TWINS";
/// See [`CODES`].
pub const UNSUPPORTED: &str = "SERVICE_UNSUPPORTED";
/// See [`CODES`].
pub const STATUS_WORD: &str = "VIBE_STATUS_WORD";
/// See [`CODES`].
pub const PRECONDITION: &str = "WRITE_PRECONDITION";
/// See [`CODES`].
pub const MARKUP: &str = "HULY_MARKUP";
/// See [`CODES`].
pub const NO_STATUS: &str = "HULY_NO_STATUS";
/// See [`CODES`].
pub const BEING_TYPED: &str = "HULY_BEING_TYPED";
/// A write without an answer may still take effect.
pub const LATE: &str = "WRITE_LATE";
/// See [`CODES`].
pub const INTERRUPTED: &str = "RUN_INTERRUPTED";
/// See [`CODES`].
pub const OTHER_SERVER: &str = "VIBE_OTHER_SERVER";
/// See [`CODES`].
pub const RUN_STOPPED: &str = "RUN_STOPPED";
/// See [`CODES`].
pub const LEASE_HELD: &str = "LEASE_HELD";
/// See [`CODES`].
pub const UNSETTLED: &str = "WRITES_UNSETTLED";
/// The filter names what is not there.
pub const FILTER_NAME: &str = "FILTER_NAME";
/// An item that was asked for is not there.
pub const ITEM_UNKNOWN: &str = "ITEM_UNKNOWN";
