//! Coming from the predecessor: its database and the tasks that it made, as it would have left them.

use std::collections::BTreeMap;

use serde_json::Value;
use sim::vibe::{Generation, Status};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use crate::{
    transcript::Page,
    world::{GENERATIONS, World},
};

/// The first schema of the predecessor's, without what nobody reads.
const SCHEMA: &str = "
CREATE TABLE sync_metadata (key TEXT PRIMARY KEY, value TEXT, updated_at INTEGER);
CREATE TABLE projects (identifier TEXT PRIMARY KEY, name TEXT NOT NULL, huly_id TEXT, vibe_id INTEGER, last_sync_at INTEGER,
  issue_count INTEGER DEFAULT 0, filesystem_path TEXT, status TEXT DEFAULT 'active');
CREATE TABLE issues (identifier TEXT PRIMARY KEY, project_identifier TEXT NOT NULL, huly_id TEXT, vibe_task_id INTEGER,
  title TEXT NOT NULL, description TEXT, status TEXT, priority TEXT, last_sync_at INTEGER);
";

/// The predecessor's database in a world.
struct Database<'a> {
    world: &'a World,
    statements: String,
}

impl Database<'_> {
    fn new(world: &World) -> Database<'_> {
        Database {
            world,
            statements: SCHEMA.to_owned(),
        }
    }

    fn run(&mut self, statement: &str) {
        self.statements.push_str(statement);
        self.statements.push(';');
    }

    fn project(&mut self, identifier: &str, name: &str, vibe: Uuid) {
        self.run(&format!("INSERT INTO projects (identifier, name, vibe_id, filesystem_path) VALUES ('{identifier}', '{name}', '{vibe}', '/opt/stacks/{identifier}')"));
    }

    /// A row of which only the ids are left, as its upserts spoiled them.
    fn spoiled(&mut self, identifier: &str, task: Uuid) {
        let project = identifier.rsplit_once('-').unwrap().0;
        self.run(&format!(
            "INSERT INTO issues (identifier, project_identifier, vibe_task_id, title, description, status, priority) \
             VALUES ('{identifier}', '{project}', '{task}', '{identifier}', '', 'unknown', 'medium')"
        ));
    }

    async fn write(self) {
        let options = SqliteConnectOptions::new()
            .filename(self.world.path("sync-state.db"))
            .create_if_missing(true)
            .foreign_keys(false);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(self.statements))
            .execute(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
    }
}

/// Title, description and status of each task.
type Tasks = BTreeMap<Uuid, (String, String, Status)>;

/// What stands on both boards, by id: everything but the footers' own bytes.
fn boards(world: &World) -> (Vec<Value>, Tasks) {
    let issues = world
        .issues()
        .iter()
        .map(|issue| {
            serde_json::json!([
                issue.identifier,
                issue.title,
                issue.status_name,
                issue.description
            ])
        })
        .collect();
    let tasks = world
        .tasks()
        .into_iter()
        .map(|task| {
            (
                task.id,
                (
                    task.title,
                    task.description.unwrap_or_default(),
                    task.status,
                ),
            )
        })
        .collect();
    (issues, tasks)
}

/// Every footer, spoiled rows, two claims, a doubled task, equal titles, an identifier with digits.
pub(crate) async fn left_behind(world: &World) -> Vec<Uuid> {
    let harbor = world.huly_project("HARB", "Harbor");
    let digits = world.huly_project("P2ABC", "Digits");
    // The Huly project was renamed since: only the predecessor's own ids still say which board it is.
    let board = world.vibe_project("Old harbor", "harb");
    let other = world.vibe_project("Digits", "p2abc");
    let mut database = Database::new(world);
    database.run("INSERT INTO sync_metadata VALUES ('last_sync', '1763000000000', 0)");
    database.project("HARB", "Harbor", board);
    database.project("P2ABC", "Digits", other);
    let mut tasks = Vec::new();
    for (at, (status, moved)) in [
        ("Todo", Status::Todo),
        ("Backlog", Status::Todo),
        ("InProgress", Status::InProgress),
        ("Done", Status::Done),
        ("Canceled", Status::Cancelled),
    ]
    .into_iter()
    .enumerate()
    {
        let number = at + 1;
        let text = if at % 2 == 0 { "Some text." } else { "" };
        world.issue(&harbor, "Same title", text, status);
        let footer = match (at, text) {
            (4, _) => format!("{text}\n\n---\nHuly Issue: HARB-{number}\nHuly Parent: none"),
            (3, _) => format!(
                "Synced from Huly: HARB-{number}\n\n---\nHuly Issue: HARB-{number}\nHuly Parent: none"
            ),
            (_, "") => format!("Synced from Huly: HARB-{number}"),
            (_, _) => format!("{text}\n\n---\nHuly Issue: HARB-{number}"),
        };
        let task = world.task(board, "Same title", Some(&footer), moved);
        database.spoiled(&format!("HARB-{number}"), task);
        tasks.push(task);
    }
    // One more task in every run: the database knows the last of them.
    world.issue(&harbor, "Doubled", "", "Done");
    world.task(
        board,
        "Doubled",
        Some("Synced from Huly: HARB-6"),
        Status::Done,
    );
    let last = world.task(
        board,
        "Doubled",
        Some("Synced from Huly: HARB-6"),
        Status::Done,
    );
    database.spoiled("HARB-6", last);
    tasks.push(last);
    // Two issues of one title shared a task: only the title and the footer are left to say whose it is.
    world.issue(&harbor, "Shared", "", "Todo");
    world.issue(&harbor, "Shared, later", "", "Todo");
    let shared = world.task(board, "Shared", None, Status::Todo);
    database.spoiled("HARB-7", shared);
    database.spoiled("HARB-8", shared);
    tasks.push(shared);
    // No database row, and an identifier with a digit.
    world.issue(&digits, "Digits", "", "InProgress");
    tasks.push(world.task(
        other,
        "Renamed in Vibe",
        Some("Synced from Huly: P2ABC-1"),
        Status::InProgress,
    ));
    // An issue that is gone: its task is left as it is.
    world.task(
        other,
        "Of a deleted issue",
        Some("Synced from Huly: P2ABC-9"),
        Status::Todo,
    );
    database.spoiled("LOST-1", Uuid::from_u128(9));
    database.write().await;
    tasks
}

async fn row_04_05_06_18_the_boards_stay_as_they_are(generation: Generation) {
    let world = World::new(generation).await;
    let linked = left_behind(&world).await;
    let before = boards(&world);
    world.count_afresh();

    let dry = world.hvs(&["import", "sync-state.db", "--dry-run"]).await.exits(0).prints(&[
        "would import: 8 links in 2 projects; 1 differ; 3 left alone; nothing written to Huly or Vibe Kanban",
        "HARB Harbor = Old harbor: 7 new links (6 by row and footer, 1 by row)",
        "update Vibe title: Renamed in Vibe -> Digits (adopted)",
        "P2ABC-9 is not in this project any more",
        "a duplicate, left as it is",
    ]);
    assert_eq!(world.writes(), 0, "{dry}");
    assert!(
        !world.path("hvs.db").exists(),
        "a dry run makes no store: {dry}"
    );
    let shown = format!("{}{}", dry.err, dry.out).replace("sync-state.db", "logs/sync-state.db");
    Page::read("docs/moving-from-the-predecessor.md")
        .shows("hvs import logs/sync-state.db --dry-run", &shown);

    let ran = world
        .hvs(&["import", "sync-state.db"])
        .await
        .exits(0)
        .prints(&["imported: 8 links in 2 projects"]);
    ran.tells(&["LOST (1)", "`hvs plan` shows what the first run will write"]);
    assert_eq!(
        (world.writes(), boards(&world)),
        (0, before.clone()),
        "no service is written to"
    );
    assert_eq!(world.links().await.len(), linked.len());
    let again = world
        .hvs(&["import", "sync-state.db", "--json"])
        .await
        .exits(0)
        .json();
    assert_eq!(
        again["imported"]["projects"][0]["links"],
        serde_json::json!([]),
        "{again:#}"
    );
    assert_eq!(again["imported"]["projects"][0]["known"], 7, "{again:#}");

    world.sync().await;
    let (issues, mut tasks) = boards(&world);
    let renamed = linked[linked.len() - 1];
    assert_eq!(
        tasks.get(&renamed).unwrap().0,
        "Digits",
        "Huly's title stands"
    );
    assert_eq!(issues, before.0, "Huly is as it was");
    // One issue had shared its task with another one: it gets its own. Nothing else is made.
    let made = tasks.keys().filter(|id| !before.1.contains_key(id)).count();
    assert_eq!(made, 1, "{tasks:#?}");
    tasks.retain(|id, _| before.1.contains_key(id) && *id != renamed);
    for (id, task) in tasks {
        assert_eq!(
            Some(&task),
            before.1.get(&id),
            "no status is reset, no text changed"
        );
    }
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_05_06_18_an_import_doubles_nothing_and_resets_nothing() {
    for generation in GENERATIONS {
        row_04_05_06_18_the_boards_stay_as_they_are(generation).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_task_that_a_person_deleted_is_not_made_again() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    world.issue(&project, "Deleted in Vibe", "", "Todo");
    world.issue(&project, "Still there", "", "Todo");
    let there = world.task(
        board,
        "Still there",
        Some("Synced from Huly: HARB-2"),
        Status::Todo,
    );
    let mut database = Database::new(&world);
    database.run("ALTER TABLE issues ADD COLUMN deleted_from_vibe INTEGER DEFAULT 0");
    database.project("HARB", "Harbor", board);
    database.spoiled("HARB-1", Uuid::from_u128(1));
    database.spoiled("HARB-2", there);
    database.run("UPDATE issues SET deleted_from_vibe = 1 WHERE identifier = 'HARB-1'");
    database.write().await;
    world
        .hvs(&["import", "sync-state.db"])
        .await
        .exits(0)
        .prints(&["1 whose task was deleted by a person: it stays deleted"]);
    world.sync().await;
    assert_eq!(world.tasks().len(), 1);
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_44_a_store_that_is_lost_after_an_import_finds_the_same_pairs_again() {
    let world = World::new(Generation::L2).await;
    left_behind(&world).await;
    world.hvs(&["import", "sync-state.db"]).await.exits(0);
    world.sync().await;
    let (issues, tasks) = boards(&world);
    for file in ["hvs.db", "hvs.db-wal", "hvs.db-shm"] {
        if world.path(file).exists() {
            std::fs::remove_file(world.path(file)).unwrap();
        }
    }
    world.hvs(&["import", "sync-state.db"]).await.exits(0);
    assert_eq!(boards(&world), (issues, tasks));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_imported_is_told_and_nothing_is_made() {
    let world = World::new(Generation::L2).await;
    std::fs::write(world.path("state.json"), "{}").unwrap();
    for (file, code) in [
        ("missing.db", "IMPORT_FILE"),
        ("hvs.toml", "IMPORT_NOT_A_DATABASE"),
        ("state.json", "IMPORT_OLD_STATE"),
    ] {
        world
            .hvs(&["import", file])
            .await
            .exits(2)
            .tells(&[code, "hint:"]);
    }
    assert!(!world.path("hvs.db").exists());
}
