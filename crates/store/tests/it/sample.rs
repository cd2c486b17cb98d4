//! Rows to test with.

use std::sync::Arc;

use serde_json::json;
use store::{
    Batch, Fence, Store,
    port::{LeaseAnswer, LeaseRequest, Upkeep},
    row::{
        ConflictRow, DeadLetter, Dirty, HistoryRow, Intent, IntentState, LetterState, ProjectPhase,
        ProjectRow, RunRow,
    },
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::{
    Pair, Side,
    ids::{
        Generation, IntentKey, ItemId, LinkId, Millis, ProjectId, ProjectLinkId, RulesVersion,
        RunId,
    },
    item::{Field, FieldSet, TextVersion, Value, Values},
    link::{Link, Phase},
};
use uuid::Uuid;

pub(crate) const PROJECT: ProjectLinkId = ProjectLinkId(Uuid::from_u128(0xaa));
pub(crate) const RUN: RunId = RunId(Uuid::from_u128(0xbb));

pub(crate) fn options() -> OpenOptions {
    OpenOptions::new(Millis(1_000), Uuid::from_u128(0x1d))
}

/// A store in memory whose lease is held and which knows one project.
pub(crate) async fn ready() -> (SqliteStore, Fence) {
    let store = SqliteStore::open_in_memory(&options()).await.unwrap();
    let fence = take(&store, "one", Millis(0)).await;
    store
        .write(
            &fence,
            &Batch {
                projects: vec![project(PROJECT)],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    (store, fence)
}

pub(crate) fn request(holder: &str) -> LeaseRequest {
    LeaseRequest {
        scope: "w".into(),
        holder: holder.into(),
        host: "here".into(),
        pid: 7,
        ttl: Millis(60_000),
    }
}

pub(crate) async fn take(store: &SqliteStore, holder: &str, now: Millis) -> Fence {
    match store.acquire(&request(holder), now).await.unwrap() {
        LeaseAnswer::Granted { lease, .. } => Fence {
            scope: lease.scope,
            token: lease.token,
        },
        LeaseAnswer::Held(by) => panic!("held by {by:?}"),
    }
}

pub(crate) fn project(id: ProjectLinkId) -> ProjectRow {
    ProjectRow {
        id,
        projects: Pair {
            huly: Some(ProjectId::new(format!("h{id}"))),
            vibe: None,
        },
        label: "HARB".into(),
        name: "Harbour".into(),
        phase: ProjectPhase::Active,
        reason: "".into(),
        first_sync_done: false,
        watermark: Millis(1),
        compared_at: Millis(2),
        synced_at: Millis(3),
        fingerprint: "f".into(),
    }
}

pub(crate) fn link_id(n: u128) -> LinkId {
    LinkId(Uuid::from_u128(n))
}

pub(crate) fn values(title: &str) -> Values {
    Values {
        title: title.into(),
        description: TextVersion::of_text(title),
        status: Some("todo".into()),
        extra: sync_core::item::Extra::default(),
    }
}

/// A link with an item on both sides.
pub(crate) fn link(n: u128, version: u64) -> Link {
    Link {
        id: link_id(n),
        origin: Side::Huly,
        items: Pair {
            huly: Some(ItemId::new(format!("h{n}"))),
            vibe: Some(ItemId::new(format!("v{n}"))),
        },
        label: Some(format!("HARB-{n}").into()),
        base: Pair {
            huly: values("title"),
            vibe: values("title"),
        },
        generation: Pair {
            huly: Generation::FIRST,
            vibe: Generation::FIRST,
        },
        frozen: FieldSet::EMPTY,
        phase: Phase::Active,
        rebuilt: false,
        made: Millis(1_000),
        stamp: Some(Millis(2_000)),
        last_write: Pair {
            huly: None,
            vibe: None,
        },
        rules: RulesVersion(u64::MAX),
        version,
    }
}

pub(crate) fn links(rows: impl IntoIterator<Item = Link>) -> Batch {
    Batch {
        links: rows.into_iter().map(|link| (PROJECT, link)).collect(),
        ..Batch::default()
    }
}

pub(crate) fn intent(n: u128, link: u128, side: Side, state: IntentState) -> Intent {
    Intent {
        key: IntentKey(Uuid::from_u128(n)),
        project: PROJECT,
        link: Some(link_id(link)),
        side,
        kind: "update".into(),
        state,
        payload: json!({ "set": [{ "title": "a \u{0} b" }], "n": n.to_string() }),
        prepared: None,
        write_id: None,
        attempt: 0,
        run: RUN,
        planned_at: Millis(i64::try_from(n).unwrap()),
        sent_at: None,
        error: None,
    }
}

pub(crate) fn dirty(item: &str, since: i64, next_try: i64) -> Dirty {
    Dirty {
        project: PROJECT,
        side: Side::Vibe,
        item: item.into(),
        since: Millis(since),
        next_try: Millis(next_try),
        tries: 1,
        code: "NET_TIMEOUT".into(),
    }
}

pub(crate) fn letter(link: u128, side: Side, field: Option<Field>, code: &str) -> DeadLetter {
    DeadLetter {
        project: PROJECT,
        link: link_id(link),
        side,
        field,
        code: code.into(),
        message: "too long: shorten it".into(),
        since: Millis(5),
        run: RUN,
        value_hash: "h".into(),
        label: "HARB-1 title".into(),
        state: LetterState::Dead,
        tries: 1,
        next_try: Millis(0),
        version: 1,
    }
}

pub(crate) fn conflict(link: u128, cause: &str, open: bool) -> ConflictRow {
    ConflictRow {
        id: 0,
        project: PROJECT,
        link: link_id(link),
        run: RUN,
        at: Millis(9),
        field: Field::Title,
        winner: Some(Side::Huly),
        values: Pair {
            huly: Value::Text("ours".into()),
            vibe: Value::Text("theirs \u{0}".into()),
        },
        base: Some(Value::Unset),
        cause: cause.into(),
        open,
        label: "HARB-1 title".into(),
        item: None,
        version: 1,
        decision: None,
        pending: false,
    }
}

pub(crate) fn history(link: u128, at: i64) -> HistoryRow {
    HistoryRow {
        at: Millis(at),
        run: RUN,
        project: PROJECT,
        link: link_id(link),
        side: Side::Vibe,
        kind: "update".into(),
        field: Some(Field::Status),
        old: Some("todo".into()),
        new: None,
    }
}

pub(crate) fn run(n: u128, started_at: i64) -> RunRow {
    RunRow {
        id: RunId(Uuid::from_u128(n)),
        kind: "sync".into(),
        started_at: Millis(started_at),
        ended_at: None,
        exit_code: None,
        summary: json!({ "calls": 3 }),
    }
}

/// Keeps everything for so long.
pub(crate) fn keeping(span: i64) -> Upkeep {
    Upkeep {
        history: Millis(span),
        conflicts: Millis(span),
        runs: Millis(span),
        backup: None,
    }
}

pub(crate) fn text(words: &str) -> Arc<str> {
    words.into()
}
