-- What hvs remembers. Times are UTC milliseconds. Ids of ours are UUIDs of 16 bytes, ids of services are text as they
-- wrote it. A side is 'huly' or 'vibe'. The store's id is in meta under 'store_id'; PRAGMA user_version is the number
-- of the last migration that ran, PRAGMA application_id says that the file is ours.

CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A released lease keeps its row, so that tokens only ever grow.
CREATE TABLE leases (
    scope    TEXT    NOT NULL PRIMARY KEY,
    token    INTEGER NOT NULL,
    holder   TEXT    NOT NULL,
    host     TEXT    NOT NULL,
    pid      INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    released INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
    id              BLOB    NOT NULL PRIMARY KEY,
    huly            TEXT,
    vibe            TEXT,
    label           TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    phase           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    first_sync_done INTEGER NOT NULL,
    watermark       INTEGER NOT NULL,
    compared_at     INTEGER NOT NULL,
    synced_at       INTEGER NOT NULL,
    fingerprint     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- body: both bases and what else no query asks for, as compact JSON (store::sqlite::links). Rows lie in the order in which
-- they came, so that many new ones are appended and a project's lie together: under their random ids they would be spread
-- over all pages. The three unique indexes are promises: a link once, and an item in one link.
CREATE TABLE links (
    seq     INTEGER PRIMARY KEY,
    id      BLOB    NOT NULL UNIQUE,
    project BLOB    NOT NULL REFERENCES projects (id),
    huly    TEXT,
    vibe    TEXT,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL
) STRICT;
CREATE INDEX links_project ON links (project);
CREATE UNIQUE INDEX links_huly ON links (huly) WHERE huly IS NOT NULL;
CREATE UNIQUE INDEX links_vibe ON links (vibe) WHERE vibe IS NOT NULL;

-- Base texts are large and seldom read, so they have a table of their own.
CREATE TABLE texts (
    link BLOB NOT NULL PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
    huly TEXT,
    vibe TEXT
) STRICT;

-- The journal. live: planned or sent, that is: may still have an effect.
CREATE TABLE intents (
    key        BLOB    NOT NULL PRIMARY KEY,
    project    BLOB    NOT NULL REFERENCES projects (id),
    link       BLOB,
    side       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    live       INTEGER NOT NULL,
    payload    TEXT    NOT NULL,
    prepared   TEXT,
    write_id   TEXT,
    attempt    INTEGER NOT NULL,
    run        BLOB    NOT NULL,
    planned_at INTEGER NOT NULL,
    sent_at    INTEGER,
    error      TEXT
) STRICT;
CREATE UNIQUE INDEX intents_one_per_side ON intents (link, side) WHERE live = 1 AND link IS NOT NULL;
CREATE INDEX intents_live ON intents (live, planned_at, key) WHERE live = 1;
CREATE INDEX intents_sent ON intents (link, kind) WHERE state = 'sent' AND link IS NOT NULL;
CREATE INDEX intents_project ON intents (project, live, planned_at, key);
CREATE INDEX intents_finished ON intents (planned_at) WHERE live = 0;
CREATE INDEX intents_state ON intents (state);

-- Every id of a remote transaction that was ever journaled: an intent that is sent again takes a new one, and the old
-- one must still be known when the history of the service shows it (detection of rollback).
CREATE TABLE write_ids (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id  TEXT    NOT NULL UNIQUE,
    at  INTEGER NOT NULL
) STRICT;
CREATE INDEX write_ids_at ON write_ids (at);

CREATE TABLE dirty (
    project  BLOB    NOT NULL REFERENCES projects (id),
    side     TEXT    NOT NULL,
    item     TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    next_try INTEGER NOT NULL,
    tries    INTEGER NOT NULL,
    code     TEXT    NOT NULL,
    PRIMARY KEY (project, side, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX dirty_next ON dirty (project, next_try);

-- Items that a write without an answer may still change, until then: whatever else is remembered of them, and in whichever pair
-- of projects they are by then.
CREATE TABLE late (
    side  TEXT    NOT NULL,
    item  TEXT    NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (side, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX late_until ON late (until);

CREATE TABLE conflicts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project    BLOB    NOT NULL,
    link       BLOB    NOT NULL,
    run        BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    field      TEXT    NOT NULL,
    winner     TEXT,
    huly       TEXT    NOT NULL,
    vibe       TEXT    NOT NULL,
    base       TEXT,
    cause      TEXT    NOT NULL,
    open       INTEGER NOT NULL,
    label      TEXT    NOT NULL,
    item       TEXT    NOT NULL,
    -- of item and both values: the same loss is kept once in a run, another one beside it
    digest     BLOB    NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    pending    INTEGER NOT NULL DEFAULT 0,
    decision   TEXT,
    UNIQUE (link, run, field, cause, digest)
) STRICT;
CREATE INDEX conflicts_settled ON conflicts (at) WHERE open = 0 AND pending = 0;
CREATE INDEX conflicts_open ON conflicts (open, id) WHERE open = 1;
CREATE INDEX conflicts_open_project ON conflicts (project) WHERE open = 1;

-- pending: a person has decided (decision, as JSON), and no run has carried it out yet.
CREATE INDEX conflicts_pending ON conflicts (project, id) WHERE pending = 1;

-- Values that a side did not take. field: '' for the whole item. state: 'waiting' (sent again at next_try), 'dead' (waits for a
-- person), 'dropped' (a person knows of it; it is not told any more). value_hash names the value: another one is sent at once.
CREATE TABLE dead_letters (
    link       BLOB    NOT NULL,
    side       TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    project    BLOB    NOT NULL,
    code       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    run        BLOB    NOT NULL,
    value_hash TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    next_try   INTEGER NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (link, side, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_letters_project ON dead_letters (project, since);

CREATE TABLE history (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    run     BLOB    NOT NULL,
    project BLOB    NOT NULL,
    link    BLOB    NOT NULL,
    side    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    field   TEXT,
    old     TEXT,
    new     TEXT
) STRICT;
CREATE INDEX history_at ON history (at);
CREATE INDEX history_link ON history (link, at);
CREATE INDEX history_project ON history (project, at);

-- What people did with hvs: rows are only ever added.
CREATE TABLE deeds (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    project BLOB,
    link    BLOB,
    item    TEXT    NOT NULL,
    effect  TEXT    NOT NULL
) STRICT;
CREATE INDEX deeds_link ON deeds (link, id) WHERE link IS NOT NULL;
CREATE TRIGGER deeds_stay_as_they_are BEFORE UPDATE ON deeds BEGIN SELECT RAISE(ABORT, 'deeds are only added'); END;
CREATE TRIGGER deeds_stay BEFORE DELETE ON deeds BEGIN SELECT RAISE(ABORT, 'deeds are only added'); END;

CREATE TABLE held (
    hash        TEXT    NOT NULL PRIMARY KEY,
    project     BLOB    NOT NULL,
    class       TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    pairs       TEXT    NOT NULL,
    accepted_at INTEGER
) STRICT;
CREATE INDEX held_accepted ON held (project) WHERE accepted_at IS NOT NULL;

CREATE TABLE runs (
    id         BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    exit_code  INTEGER,
    summary    TEXT    NOT NULL
) STRICT;
CREATE INDEX runs_started ON runs (started_at);

-- How often what an agent may be told of a pair of projects was changed: one step a batch, so that a run need not look through
-- the links to see that there is nothing to tell.
CREATE TABLE changes (
    project BLOB    NOT NULL PRIMARY KEY,
    count   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The agent of a pair of projects. phase: 'wanted', 'making', 'present', 'detached', 'left'. told: how many of the changes.
-- state, here and of blocks: 'waiting', 'dead', 'dropped', as of dead letters. traits: what it was last made to be, as JSON.
CREATE TABLE agents (
    project    BLOB    NOT NULL PRIMARY KEY REFERENCES projects (id),
    agent      TEXT,
    phase      TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    sent_at    INTEGER,
    told       INTEGER NOT NULL,
    rules      TEXT    NOT NULL,
    checked_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    failing_since INTEGER,
    next_try   INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    traits     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- A block of an agent: confirmed and wanted are SHA-256 of values. While they differ, the block waits to be sent.
CREATE TABLE blocks (
    project   BLOB    NOT NULL REFERENCES projects (id),
    label     TEXT    NOT NULL,
    block     TEXT,
    confirmed BLOB,
    wanted    BLOB    NOT NULL,
    tries     INTEGER NOT NULL,
    failing_since INTEGER,
    code      TEXT    NOT NULL,
    message   TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (project, label)
) STRICT, WITHOUT ROWID;

-- What a board says of an issue beside what its link keeps (store::agents::Facts, as JSON); only where agents are told.
CREATE TABLE facts (
    issue   TEXT NOT NULL PRIMARY KEY,
    project BLOB NOT NULL REFERENCES projects (id),
    body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX facts_project ON facts (project);
