//! What is written before the power is cut: every kind of batch, checkpoints, ends and starts.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use rand::{Rng, rngs::StdRng};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{
    Batch, Fence, Store,
    port::Upkeep,
    row::{Intent, IntentState},
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::{Pair, Side, ids::Millis};
use tempfile::TempDir;
use uuid::Uuid;

use super::disk::{Image, Stretch, Writes};
use crate::sample::{
    PROJECT, conflict, dirty, history, intent, letter, link, link_id, links, project, run, take,
};

/// Bytes of the log's head (<https://sqlite.org/fileformat2.html#walformat>).
const HEAD: usize = 32;
/// Steps of one story.
const STEPS: u64 = 40;

pub(super) struct Story {
    directory: TempDir,
    store: SqliteStore,
    fence: Fence,
    /// Another connection, which reads all rows and brings the log into the database as the store itself does.
    beside: SqliteConnection,
    /// The numbers and versions of the links there are.
    links: Vec<(u128, u64)>,
    /// Intents that are planned or sent.
    live: Vec<Intent>,
    next: u128,
    seed: u64,
}

/// All rows of all tables, in a text.
pub(super) async fn rows(path: &Path) -> String {
    let mut conn = connect(path).await;
    let text = all_rows(&mut conn).await;
    conn.close().await.unwrap();
    text
}

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn all_rows(conn: &mut SqliteConnection) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut text = String::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
            .bind(&table)
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        let quoted: Vec<String> = columns
            .iter()
            .map(|column| format!("quote({column})"))
            .collect();
        let select = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join("||','||"));
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select))
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        writeln!(text, "{table}\n{}", found.join("\n")).unwrap();
    }
    text
}

impl Story {
    pub(super) async fn new(seed: u64) -> Story {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hvs.db");
        let store = open(&path, seed).await;
        let fence = take(&store, "one", Millis(0)).await;
        let batch = Batch {
            projects: vec![project(PROJECT)],
            ..Batch::default()
        };
        store.write(&fence, &batch).await.unwrap();
        let beside = connect(&path).await;
        Story {
            directory,
            store,
            fence,
            beside,
            links: Vec::new(),
            live: Vec::new(),
            next: 1,
            seed,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("hvs.db")
    }

    /// Tells the story; every stretch of time in which the power could have been cut.
    pub(super) async fn told(mut self, rng: &mut StdRng) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut image = Image::of(&self.path(), None);
        let mut rows = Arc::new(all_rows(&mut self.beside).await);
        for _ in 0..STEPS {
            if rng.random_bool(0.1) {
                self.upkeep().await;
                image = Image::of(&self.path(), Some(&image));
                rows = Arc::new(all_rows(&mut self.beside).await);
            }
            let writes = if rng.random_bool(0.2) {
                self.checkpoint(rng).await;
                Writes::Checkpoint
            } else {
                self.commit(rng).await;
                Writes::Commit
            };
            let now = Image::of(&self.path(), Some(&image));
            let found = Arc::new(all_rows(&mut self.beside).await);
            if writes == Writes::Checkpoint {
                assert_eq!(found, rows, "a checkpoint changes no row");
            }
            stretches.extend(between(writes, (&image, &now), (&rows, &found)));
            (image, rows) = (now, found);
        }
        stretches
    }

    async fn commit(&mut self, rng: &mut StdRng) {
        match rng.random_range(0..8) {
            0 | 1 => self.new_links(rng).await,
            2 | 3 => self.changed_links(rng).await,
            4 => self.planned(rng).await,
            5 => self.sent().await,
            6 => self.settled(rng).await,
            _ => self.other(rng).await,
        }
    }

    async fn write(&self, batch: &Batch) {
        self.store.write(&self.fence, batch).await.unwrap();
    }

    async fn new_links(&mut self, rng: &mut StdRng) {
        let first = self.next;
        self.next += rng.random_range(1..120);
        let new: Vec<u128> = (first..self.next).collect();
        let mut batch = links(new.iter().map(|n| link(*n, 1)));
        batch.texts = new.iter().map(|n| (link_id(*n), text(rng))).collect();
        self.write(&batch).await;
        self.links.extend(new.into_iter().map(|n| (n, 1)));
    }

    async fn changed_links(&mut self, rng: &mut StdRng) {
        let mut batch = Batch::default();
        for (n, version) in &mut self.links {
            if rng.random_bool(0.3) {
                *version += 1;
                batch.links.push((PROJECT, link(*n, *version)));
                batch.texts.push((link_id(*n), text(rng)));
            }
        }
        batch.dirty.push(dirty("v1", 1, 1));
        self.write(&batch).await;
    }

    async fn planned(&mut self, rng: &mut StdRng) {
        if !self.live.is_empty() {
            return self.sent().await;
        }
        let count = rng.random_range(1..30);
        self.live = (0..count)
            .map(|at| {
                intent(
                    self.next + at,
                    10_000 + at,
                    Side::Vibe,
                    IntentState::Planned,
                )
            })
            .collect();
        self.next += count;
        let batch = Batch {
            intents: self.live.clone(),
            ..Batch::default()
        };
        self.write(&batch).await;
    }

    /// What must be on the disk before anything leaves the machine.
    async fn sent(&mut self) {
        for intent in &mut self.live {
            intent.state = IntentState::Sent;
            intent.attempt += 1;
            intent.sent_at = Some(Millis(i64::from(intent.attempt)));
            intent.write_id = Some(format!("{}-{}", intent.key, intent.attempt).into());
        }
        self.store.advance(&self.fence, &self.live).await.unwrap();
    }

    async fn settled(&mut self, rng: &mut StdRng) {
        let mut batch = Batch {
            history: (0..rng.random_range(1..50))
                .map(|at| history(at, 7))
                .collect(),
            ..Batch::default()
        };
        for mut intent in std::mem::take(&mut self.live) {
            intent.state = IntentState::Done;
            batch.intents.push(intent);
        }
        batch.clean.push((PROJECT, Side::Vibe, "v1".into()));
        self.write(&batch).await;
    }

    async fn other(&mut self, rng: &mut StdRng) {
        self.next += 1;
        let n = i64::try_from(self.next).unwrap();
        match rng.random_range(0..5) {
            0 => self.store.put_run(&run(self.next, n)).await.unwrap(),
            1 => {
                let value = "x".repeat(rng.random_range(0..20_000));
                self.store.set_meta("fact", &value).await.unwrap();
            }
            2 => {
                let forget = rng.random_range(0..=self.links.len() / 2);
                let batch = Batch {
                    forget: self
                        .links
                        .drain(..forget)
                        .map(|(n, _)| link_id(n))
                        .collect(),
                    ..Batch::default()
                };
                self.write(&batch).await;
            }
            3 => {
                let mut batch = Batch::default();
                batch
                    .conflicts
                    .push(conflict(self.next, "both_changed", true));
                batch
                    .dead_letters
                    .push(letter(self.next, Side::Huly, None, "X"));
                self.write(&batch).await;
            }
            _ => {
                self.write(&Batch {
                    history: vec![history(self.next, n)],
                    ..Batch::default()
                })
                .await;
            }
        }
    }

    /// Deletes what is old and gives pages back: many commits, which are not cut into; what follows begins there.
    async fn upkeep(&self) {
        let upkeep = Upkeep {
            history: Millis(1),
            conflicts: Millis(1),
            runs: Millis(1),
            backup: None,
        };
        self.store.upkeep(&upkeep, Millis(5)).await.unwrap();
    }

    async fn checkpoint(&mut self, rng: &mut StdRng) {
        let pragma = match rng.random_range(0..4) {
            0 => "PRAGMA wal_checkpoint(PASSIVE)",
            1 => "PRAGMA wal_checkpoint(RESTART)",
            2 => "PRAGMA wal_checkpoint(TRUNCATE)",
            _ => return self.again().await,
        };
        sqlx::raw_sql(pragma)
            .execute(&mut self.beside)
            .await
            .unwrap();
    }

    /// The end of a process, and the start of the next one.
    async fn again(&mut self) {
        let path = self.path();
        let beside = std::mem::replace(&mut self.beside, connect(Path::new(":memory:")).await);
        beside.close().await.unwrap();
        self.store.close().await.unwrap();
        self.store = open(&path, self.seed).await;
        self.beside = connect(&path).await;
    }
}

async fn open(path: &Path, seed: u64) -> SqliteStore {
    let options = OpenOptions::new(Millis(1), Uuid::from_u64_pair(seed, 1));
    SqliteStore::open(path, &options).await.unwrap().store
}

fn text(rng: &mut StdRng) -> Pair<Option<Arc<str>>> {
    let mut one = || Some("word ".repeat(rng.random_range(0..400)).into());
    Pair {
        huly: one(),
        vibe: one(),
    }
}

/// The stretches between two images. A commit writes the log and may be followed by a checkpoint of its own; where it begins
/// the log anew, it writes its head first and waits for the disk. A checkpoint writes the database first and the log's end
/// only after.
fn between(
    writes: Writes,
    (from, to): (&Image, &Image),
    (before, after): (&Arc<String>, &Arc<String>),
) -> Vec<Stretch> {
    let stretch = |writes, safe: &Image, written: &Image, before, after| Stretch {
        writes,
        safe: safe.clone(),
        written: written.clone(),
        before: Arc::clone(before),
        after: Arc::clone(after),
    };
    let stretches = match writes {
        Writes::Commit => {
            let begun = Image {
                log: begun(&from.log, &to.log),
                ..from.clone()
            };
            let logged = Image {
                log: Arc::clone(&to.log),
                ..from.clone()
            };
            vec![
                stretch(Writes::Checkpoint, from, &begun, before, before),
                stretch(Writes::Commit, &begun, &logged, before, after),
                stretch(Writes::Checkpoint, &logged, to, after, after),
            ]
        }
        Writes::Checkpoint => {
            let copied = Image {
                database: Arc::clone(&to.database),
                ..from.clone()
            };
            vec![
                stretch(Writes::Checkpoint, from, &copied, after, after),
                stretch(Writes::Checkpoint, &copied, to, after, after),
            ]
        }
    };
    stretches
        .into_iter()
        .filter(|stretch| stretch.safe != stretch.written)
        .collect()
}

/// The log with its new head, where it begins anew.
fn begun(from: &Arc<Vec<u8>>, to: &Arc<Vec<u8>>) -> Arc<Vec<u8>> {
    let head = &to[..HEAD.min(to.len())];
    if from.get(..HEAD) == Some(head) {
        return Arc::clone(from);
    }
    let mut begun = from.to_vec();
    begun.resize(begun.len().max(head.len()), 0);
    begun[..head.len()].copy_from_slice(head);
    Arc::new(begun)
}
