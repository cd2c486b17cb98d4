//! How fast links are stored, durably: batches of new links and of changed ones, against the fastest plain loop over a
//! bare table. One line of JSON per measure, for `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock; no run of hvs depends on it"
)]

mod sent;

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use store::port::{LeaseAnswer, LeaseRequest};
use store::row::{ProjectPhase, ProjectRow};
use store::sqlite::{OpenOptions, SqliteStore};
use store::{Batch, Fence, Store};
use sync_core::{
    Pair, Side,
    ids::{Generation, LinkId, Millis, ProjectLinkId, RulesVersion},
    item::{FieldSet, TextVersion, Values},
    link::{Link, Phase},
};
use uuid::Uuid;

/// All links of one round: a large project, or the first sync of some.
const LINKS: usize = 20_000;
/// Links of one durable transaction.
const BATCH: usize = 10_000;
/// Rows of one statement that the plain loop is tried with.
const SIZES: [usize; 4] = [20, 100, 500, 2_000];
/// Design section 7.
const PER_SECOND: f64 = 200_000.0;

type Done<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Done<()> {
    let links: Vec<Link> = (0..LINKS).map(link).collect();
    let changed: Vec<Link> = links
        .iter()
        .map(|link| Link {
            version: link.version + 1,
            ..link.clone()
        })
        .collect();
    let dir = tempfile::tempdir()?;
    let store = Stored::open(&dir.path().join("hvs.db")).await?;
    let new = store.write(&links).await?;
    let again = store.write(&changed).await?;
    let sent = sent::measure(&store).await?;
    store.store.close().await?;
    sent::print(&sent, &dir.path().join("wait"))?;
    let rows = rows(&dir.path().join("hvs.db"), &links).await?;
    let mean = rows.iter().map(Row::bytes).sum::<usize>() / rows.len().max(1);
    let (size, floor) = fastest(dir.path(), &rows).await?;
    let goal = format!(
        ">= {PER_SECOND:.0}/s; the fastest plain loop over a bare table ({size} rows a statement) does {:.0}/s new, {:.0}/s changed",
        rate(floor.0),
        rate(floor.1)
    );
    for (what, took, floor) in [("new", new, floor.0), ("changed", again, floor.1)] {
        println!(
            "{}",
            serde_json::json!({ "measure": format!("store, durable upserts of {what} links, rows of {mean} bytes, {BATCH} a transaction"),
                "value": format!("{:.0}/s", rate(took)), "goal": goal,
                "ratio": took.as_secs_f64() / floor.as_secs_f64(), "reached": rate(took) >= PER_SECOND })
        );
    }
    Ok(())
}

fn rate(took: Duration) -> f64 {
    f64::from(u32::try_from(LINKS).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// A store with a lease and a project.
struct Stored {
    store: SqliteStore,
    fence: Fence,
    project: ProjectLinkId,
}

impl Stored {
    async fn open(path: &Path) -> Done<Self> {
        let now = Millis(1_795_245_000_000);
        let options = OpenOptions::new(now, Uuid::from_u128(7));
        let store = SqliteStore::open(path, &options).await?.store;
        let request = LeaseRequest {
            scope: "bench".into(),
            holder: "bench".into(),
            host: "bench".into(),
            pid: 1,
            ttl: Millis(3_600_000),
        };
        let LeaseAnswer::Granted { lease, .. } = store.acquire(&request, now).await? else {
            return Err("the lease of a fresh store is held".into());
        };
        let fence = Fence {
            scope: request.scope,
            token: lease.token,
        };
        let project = ProjectLinkId(Uuid::from_u128(9));
        let row = ProjectRow {
            id: project,
            projects: Pair::default(),
            label: "HARB".into(),
            name: "Harbor".into(),
            phase: ProjectPhase::Active,
            reason: "".into(),
            first_sync_done: false,
            watermark: Millis(0),
            compared_at: Millis(0),
            synced_at: Millis(0),
            fingerprint: "".into(),
        };
        let batch = Batch {
            projects: vec![row],
            ..Batch::default()
        };
        store.write(&fence, &batch).await?;
        Ok(Self {
            store,
            fence,
            project,
        })
    }

    async fn write(&self, links: &[Link]) -> Done<Duration> {
        let batches: Vec<Batch> = links
            .chunks(BATCH)
            .map(|links| Batch {
                links: links
                    .iter()
                    .map(|link| (self.project, link.clone()))
                    .collect(),
                ..Batch::default()
            })
            .collect();
        let start = Instant::now();
        for batch in &batches {
            self.store.write(&self.fence, batch).await?;
        }
        Ok(start.elapsed())
    }
}

/// A link's row as the store wrote it.
struct Row {
    id: Vec<u8>,
    project: Vec<u8>,
    huly: Arc<str>,
    vibe: Arc<str>,
    version: i64,
    body: Arc<str>,
}

impl Row {
    fn bytes(&self) -> usize {
        self.id.len() + self.project.len() + self.huly.len() + self.vibe.len() + 1 + self.body.len()
    }
}

/// The rows in the order in which the links were given.
async fn rows(path: &Path, links: &[Link]) -> Done<Vec<Row>> {
    type Columns = (Vec<u8>, Vec<u8>, String, String, i64, String);
    let mut conn = SqliteConnectOptions::new().filename(path).connect().await?;
    let statement = "SELECT id, project, huly, vibe, version, body FROM links";
    let stored: Vec<Columns> = sqlx::query_as(statement).fetch_all(&mut conn).await?;
    conn.close().await?;
    let row = |(id, project, huly, vibe, version, body): Columns| Row {
        id,
        project,
        huly: huly.into(),
        vibe: vibe.into(),
        version,
        body: body.into(),
    };
    let mut by_id: HashMap<Vec<u8>, Row> = stored
        .into_iter()
        .map(row)
        .map(|row| (row.id.clone(), row))
        .collect();
    links
        .iter()
        .map(|link| by_id.remove(link.id.0.as_bytes().as_slice()))
        .collect::<Option<_>>()
        .ok_or_else(|| "a link that was written is not stored".into())
}

/// The fastest of the plain loops: rows of a statement, time of new rows and of changed ones.
async fn fastest(dir: &Path, rows: &[Row]) -> Done<(usize, (Duration, Duration))> {
    let mut best: Option<(usize, (Duration, Duration))> = None;
    for size in SIZES {
        let path = dir.join(format!("plain-{size}.db"));
        let mut conn = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        sqlx::raw_sql(
            "CREATE TABLE links (id BLOB NOT NULL PRIMARY KEY, project BLOB, huly TEXT, vibe TEXT, version INTEGER, body TEXT) WITHOUT ROWID",
        )
        .execute(&mut conn)
        .await?;
        let times = (
            plain(&mut conn, rows, size).await?,
            plain(&mut conn, rows, size).await?,
        );
        conn.close().await?;
        if best.is_none_or(|(_, known)| times.0 + times.1 < known.0 + known.1) {
            best = Some((size, times));
        }
    }
    best.ok_or_else(|| "no loop was tried".into())
}

async fn plain(conn: &mut SqliteConnection, rows: &[Row], size: usize) -> Done<Duration> {
    let list = vec!["(?,?,?,?,?,?)"; size].join(",");
    let text: &'static str = format!("INSERT OR REPLACE INTO links VALUES {list}").leak();
    let start = Instant::now();
    for batch in rows.chunks(BATCH) {
        // Sorted is fastest.
        let mut batch: Vec<&Row> = batch.iter().collect();
        batch.sort_unstable_by(|left, right| left.id.cmp(&right.id));
        let mut tx = conn.begin().await?;
        for chunk in batch.chunks(size) {
            let mut query = sqlx::query(text);
            for row in chunk {
                query = query
                    .bind(row.id.clone())
                    .bind(row.project.clone())
                    .bind(Arc::clone(&row.huly))
                    .bind(Arc::clone(&row.vibe))
                    .bind(row.version)
                    .bind(Arc::clone(&row.body));
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
    }
    Ok(start.elapsed())
}

/// A link whose ids are spread as derived ones are.
fn link(at: usize) -> Link {
    let name = at.to_be_bytes();
    let id = LinkId(Uuid::new_v5(&Uuid::NAMESPACE_OID, &name));
    let vibe = Uuid::new_v5(&Uuid::NAMESPACE_URL, &name);
    let title: Arc<str> = format!("Issue {at}: paint the boat").into();
    let values = |side: Side| Values {
        title: Arc::clone(&title),
        description: match side {
            Side::Huly => TextVersion::named(&format!(
                "6b0144aca1b2c3d4e{at:07}-description-1795245000000"
            )),
            Side::Vibe => TextVersion::of_text(&format!("text {at}")),
        },
        status: Some(
            match side {
                Side::Huly => "tracker:status:Todo",
                Side::Vibe => "todo",
            }
            .into(),
        ),
        ..Values::default()
    };
    Link {
        id,
        origin: Side::Huly,
        items: Pair {
            huly: Some(format!("6b0144aca1b2c3d4e{at:07}").as_str().into()),
            vibe: Some(vibe.to_string().as_str().into()),
        },
        label: Some(format!("HARB-{at}").into()),
        base: Pair::by(values),
        generation: Pair::by(|_| Generation::default()),
        frozen: FieldSet::EMPTY,
        phase: Phase::Active,
        rebuilt: false,
        made: Millis(1_795_245_290_000),
        stamp: Some(Millis(1_795_245_290_000)),
        last_write: Pair::default(),
        rules: RulesVersion(1),
        version: 1,
    }
}
