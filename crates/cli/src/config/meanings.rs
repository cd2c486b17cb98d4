//! What each key is for, in one line: printed in `docs/configuration.md` and in the schema. Form, bounds and default are
//! not repeated here: the reader's calls say them.

/// One line of documentation.
#[derive(Debug)]
pub(super) struct Meaning {
    /// The key; `*` stands for any one section.
    pub(super) key: &'static str,
    /// What it is for: no full stop, no bounds.
    pub(super) says: &'static str,
}

const fn row(key: &'static str, says: &'static str) -> Meaning {
    Meaning { key, says }
}

/// A line for every key; the order is of no importance, a section stays together.
#[rustfmt::skip]
pub(super) const MEANINGS: &[Meaning] = &[
    row("huly.url", "the address of Huly's web page, without a path"),
    row("huly.api", "by which way Huly is reached: its own services, or the predecessor's HTTP bridge (`docs/bridge.md`)"),
    row("huly.workspace", "its short name in the browser's address (after `workbench`), or its uuid"),
    row("huly.token", "a token of the account that hvs works as; or an e-mail address and a password"),
    row("huly.token_file", "the file that holds the token, in place of `token`"),
    row("huly.token_command", "the program that prints the token, run without a shell when it is needed, in place of `token`"),
    row("huly.email", "the e-mail address of the account that hvs works as"),
    row("huly.password", "its password"),
    row("huly.password_file", "the file that holds the password, in place of `password`"),
    row("huly.password_command", "the program that prints the password, in place of `password`"),
    row("huly.overlap", "how far a read of changes begins before the watermark"),
    row("huly.page_size", "issues in one page"),
    row("vibe.url", "the address of the local Vibe Kanban server"),
    row("vibe.repo_roots", "repositories of new Vibe projects must lie under one of these"),
    row("vibe.default_repo", "the repository of a project that names none; `{identifier}` stands for the Huly project's identifier"),
    row("*.http.read_timeout", "how long one try of a read may take"),
    row("*.http.write_timeout", "how long a write may take"),
    row("*.http.connect_timeout", "how long a connection may take to come about, TLS included"),
    row("*.http.idle_connections", "idle connections kept per host"),
    row("*.http.idle_timeout", "how long an idle connection is kept"),
    row("*.http.concurrency", "calls in flight"),
    row("*.http.write_concurrency", "writes in flight, at most `concurrency`"),
    row("*.http.rate", "calls in a `rate_window`; without it as many as there are"),
    row("*.http.rate_window", "the time in which `rate` counts"),
    row("*.http.body_cap", "the largest answer that is read, after decompression"),
    row("sync.create", "in which directions counterparts are made"),
    row("sync.projects_create", "whether Vibe projects are made for Huly projects without one"),
    row("sync.skip_empty", "make no Vibe project for a Huly project without issues; it is made in the run in which the first one appears"),
    row("sync.workers", "projects in work at once"),
    row("sync.run_deadline", "a run ends at a safe point after this"),
    row("sync.full_compare_every", "how often a project is compared in full"),
    row("sync.confirm_window", "within which the old value after our own write means a lost write"),
    row("fields.title", "who wins where both sides changed the title"),
    row("fields.status", "who wins where both sides changed the status"),
    row("fields.description", "who wins where both sides changed the description"),
    row("fields.direction.title", "which way changes of the title go"),
    row("fields.direction.status", "which way changes of the status go"),
    row("fields.direction.description", "which way changes of the description go"),
    row("filter.project", "only projects of these identifiers or names"),
    row("filter.status", "only issues whose status has one of these names; see docs/filtering.md"),
    row("filter.category", "only issues whose status means one of these; with `filter.status` one condition"),
    row("filter.label", "only issues with one of these labels, written exactly as in Huly"),
    row("filter.assignee", "only issues that are assigned to one of these people, by name or e-mail address"),
    row("filter.priority", "only issues of these priorities"),
    row("filter.max_age", "only issues that were changed within this time"),
    row("filter.identifier", "only these issues (HARB-12)"),
    row("status.to_vibe", "Huly's statuses by name, and Vibe's status for each; others go by their category"),
    row("status.to_huly.*", "the name of Huly's status for this status of Vibe"),
    row("delete.policy", "what happens to the counterpart of a deleted item: it is cancelled, deleted too, or left alone"),
    row("guard.removals_min", "removals in a project are held back above the larger of this number"),
    row("guard.removals_share", "and this share of the project's links"),
    row("guard.removals_run", "removals are held back above this number in a whole run"),
    row("guard.creates_min", "creates in a project (its first sync apart) are held back above the larger of this number"),
    row("guard.creates_share", "and this share of the project's links"),
    row("guard.rewrites_share", "rewrites are held back above this share of a project's descriptions or statuses"),
    row("store.path", "the database; left out, `$XDG_DATA_HOME/hvs/hvs.db`, else `~/.local/share/hvs/hvs.db`"),
    row("store.history_keep", "how long history is kept"),
    row("lease.ttl", "how long the right to write lasts; at least the longer `write_timeout` + 2 x `heartbeat` + 5 s"),
    row("lease.heartbeat", "how often it is renewed"),
    row("retry.max_attempts", "how often a failing item is tried"),
    row("retry.give_up_after", "how long a failing item is tried"),
    row("retry.late_create", "how long after `write_timeout` a create without an answer may still take effect"),
    row("log.format", "the form of log lines on stderr"),
    row("log.level", "the least level of log lines"),
    row("log.slow", "a call that takes longer is a warning in the log"),
    row("health.stale_after", "without a run for longer than this, `hvs status` says `stopped`"),
    row("project", "pairs and exceptions: `[[project]]`, as often as needed"),
    row("project.huly", "identifier or name of the Huly project"),
    row("project.vibe", "name or id of the Vibe project; left out, by name"),
    row("project.repo", "its repository, under one of `vibe.repo_roots`"),
    row("project.fields", "which way changes of title, status and description go in this project; others as in `[fields.direction]`"),
    row("project.skip", "leave this project alone"),
];
