//! The predecessor's databases, made here from the statements of each of its versions.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::predecessor::{Error, IssueState, Letta, State, read};
use sync_core::{Pair, ids::Millis};
use tempfile::TempDir;
use uuid::Uuid;

/// The first schema.
const BASE: &str = "
CREATE TABLE sync_metadata (key TEXT PRIMARY KEY, value TEXT, updated_at INTEGER);
CREATE TABLE projects (identifier TEXT PRIMARY KEY, name TEXT NOT NULL, huly_id TEXT, vibe_id INTEGER, last_sync_at INTEGER,
  issue_count INTEGER DEFAULT 0, last_checked_at INTEGER, filesystem_path TEXT, git_url TEXT, status TEXT DEFAULT 'active',
  created_at INTEGER, updated_at INTEGER);
CREATE TABLE issues (identifier TEXT PRIMARY KEY, project_identifier TEXT NOT NULL, huly_id TEXT, vibe_task_id INTEGER,
  title TEXT NOT NULL, description TEXT, status TEXT, priority TEXT, last_sync_at INTEGER, created_at INTEGER,
  updated_at INTEGER, FOREIGN KEY (project_identifier) REFERENCES projects (identifier));
CREATE TABLE sync_history (id INTEGER PRIMARY KEY AUTOINCREMENT, started_at INTEGER NOT NULL, completed_at INTEGER,
  projects_processed INTEGER, projects_failed INTEGER, issues_synced INTEGER, errors TEXT, duration_ms INTEGER);
CREATE INDEX idx_issues_project ON issues (project_identifier);
";
/// What was added later, in order.
const ADDED: [&str; 7] = [
    "ALTER TABLE projects ADD COLUMN letta_agent_id TEXT; ALTER TABLE projects ADD COLUMN letta_folder_id TEXT;
     ALTER TABLE projects ADD COLUMN letta_source_id TEXT; ALTER TABLE projects ADD COLUMN letta_last_sync_at INTEGER;",
    "ALTER TABLE projects ADD COLUMN description_hash TEXT;",
    "ALTER TABLE issues ADD COLUMN huly_modified_at INTEGER; ALTER TABLE issues ADD COLUMN vibe_modified_at INTEGER;",
    "ALTER TABLE issues ADD COLUMN vibe_status TEXT;",
    "ALTER TABLE issues ADD COLUMN deleted_from_huly INTEGER DEFAULT 0;",
    "UPDATE issues SET huly_id = 'huly-' || identifier WHERE huly_id IS NULL;",
    "ALTER TABLE issues ADD COLUMN parent_huly_id TEXT; ALTER TABLE issues ADD COLUMN parent_vibe_id TEXT;
     ALTER TABLE issues ADD COLUMN sub_issue_count INTEGER; ALTER TABLE issues ADD COLUMN content_hash TEXT;
     ALTER TABLE projects ADD COLUMN huly_sync_cursor TEXT; ALTER TABLE issues ADD COLUMN deleted_from_vibe INTEGER DEFAULT 0;
     CREATE TABLE bookstack_pages (id INTEGER PRIMARY KEY);",
];
/// Rows as the first version left them: a UUID in a column of integers, a spoiled row, two claims, a missing project.
const ROWS: &str = "
INSERT INTO sync_metadata VALUES ('last_sync', '1763000000000', 0);
INSERT INTO projects (identifier, name, vibe_id, filesystem_path) VALUES
  ('HARB', 'Harbor', '0a1b2c3d-0000-4000-8000-000000000001', '/opt/stacks/harbor'), ('P2ABC', 'Digits', NULL, ' ');
INSERT INTO issues (identifier, project_identifier, vibe_task_id, title, description, status, priority) VALUES
  ('HARB-1', 'HARB', '11111111-0000-4000-8000-000000000001', 'Dock', 'Text', 'Todo', 'medium'),
  ('HARB-2', 'HARB', '22222222-0000-4000-8000-000000000001', 'HARB-2', '', 'unknown', 'medium'),
  ('HARB-3', 'HARB', '22222222-0000-4000-8000-000000000001', 'Crane', '', 'Done', 'medium'),
  ('P2ABC-7', 'P2ABC', NULL, 'Digits', '', 'Todo', 'medium'),
  ('LOST-1', 'LOST', '33333333-0000-4000-8000-000000000001', 'No project', '', 'Todo', 'medium');
";

struct Fixture {
    directory: TempDir,
}

impl Fixture {
    async fn new(statements: &[&str]) -> Fixture {
        let fixture = Fixture {
            directory: tempfile::tempdir().unwrap(),
        };
        let mut conn = fixture.open().await;
        for statement in statements {
            run(&mut conn, statement).await;
        }
        conn.close().await.unwrap();
        fixture
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("sync-state.db")
    }

    async fn open(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .foreign_keys(false);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    async fn read(&self) -> Result<State, Error> {
        read(
            &self.path(),
            Uuid::new_v5(
                &Uuid::NAMESPACE_OID,
                self.path().as_os_str().as_encoded_bytes(),
            ),
        )
        .await
    }

    /// Every file in the directory, with its bytes.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

async fn run(conn: &mut SqliteConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(conn)
        .await
        .unwrap();
}

fn issue<'a>(state: &'a State, identifier: &str) -> &'a IssueState {
    let found = state
        .issues
        .iter()
        .find(|issue| issue.identifier == identifier);
    found.unwrap()
}

#[tokio::test]
async fn every_version_of_the_schema_is_read_and_nothing_of_it_changes() {
    for added in 0..=ADDED.len() {
        let mut statements = vec![BASE, ROWS];
        statements.extend(&ADDED[..added]);
        let fixture = Fixture::new(&statements).await;
        let before = fixture.files();
        let state = fixture.read().await.unwrap();
        assert_eq!(fixture.files(), before, "version {added}");
        assert_eq!(state.last_sync, Some(Millis(1_763_000_000_000)));
        assert_eq!(
            (state.projects.len(), state.issues.len(), state.unusable),
            (2, 5, 0)
        );
        let harbor = &state.projects[0];
        assert_eq!(
            harbor.vibe.as_deref(),
            Some("0a1b2c3d-0000-4000-8000-000000000001")
        );
        assert_eq!(harbor.path.as_deref(), Some("/opt/stacks/harbor"));
        assert_eq!(state.projects[1].path, None, "a blank path is none");
        assert_eq!(issue(&state, "HARB-2").task, issue(&state, "HARB-3").task);
        assert_eq!(issue(&state, "P2ABC-7").task, None);
        assert_eq!(issue(&state, "LOST-1").project, "LOST");
        let filled_in = (added >= 6).then(|| "huly-HARB-1".to_owned());
        assert_eq!(issue(&state, "HARB-1").huly, filled_in);
        let names = [0, 1, 2, 3, 4, 5, 5, 8][added];
        assert_eq!(
            state.additions.len(),
            names,
            "{added}: {:?}",
            state.additions
        );
    }
}

#[tokio::test]
async fn what_later_versions_added_is_read() {
    let mut statements = vec![BASE, ROWS];
    statements.extend(ADDED);
    statements.push(
        "UPDATE issues SET deleted_from_vibe = 1 WHERE identifier = 'HARB-1';
         UPDATE issues SET deleted_from_huly = 1 WHERE identifier = 'HARB-2';
         UPDATE projects SET letta_agent_id = 'agent-1', letta_source_id = 'source-1' WHERE identifier = 'HARB';
         ALTER TABLE issues ADD COLUMN of_a_later_time TEXT; CREATE TABLE of_a_later_time (a);",
    );
    let state = Fixture::new(&statements).await.read().await.unwrap();
    assert_eq!(
        issue(&state, "HARB-1").deleted,
        Pair {
            huly: false,
            vibe: true
        }
    );
    assert_eq!(
        issue(&state, "HARB-2").deleted,
        Pair {
            huly: true,
            vibe: false
        }
    );
    let letta = Letta {
        agent: Some("agent-1".into()),
        folder: None,
        source: Some("source-1".into()),
    };
    assert_eq!(state.projects[0].letta, letta);
    assert!(state.projects[1].letta.is_empty());
}

#[tokio::test]
async fn rows_that_stand_in_the_write_ahead_log_only_are_read() {
    let fixture = Fixture::new(&[BASE]).await;
    let mut conn = fixture.open().await;
    run(
        &mut conn,
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;",
    )
    .await;
    run(&mut conn, ROWS).await;
    // The connection stays open, as of a service that was killed or still runs: nothing is merged.
    let before = fixture.files();
    assert!(
        before
            .iter()
            .any(|(path, bytes)| path.ends_with("sync-state.db-wal") && !bytes.is_empty())
    );
    let state = fixture.read().await.unwrap();
    assert_eq!(state.issues.len(), 5);
    assert_eq!(fixture.files(), before, "no file appears, goes or changes");
    conn.close().await.unwrap();
}

#[tokio::test]
async fn rows_that_say_nothing_or_are_no_text_are_tolerated() {
    let fixture = Fixture::new(&[
        BASE,
        "INSERT INTO projects (identifier, name) VALUES ('', 'Blank'), (x'ff41', 'Bytes');
         INSERT INTO issues (identifier, project_identifier, vibe_task_id, title) VALUES (NULL, 'A', 1, 'x'), ('A-1', 'A', 42, 'x');
         INSERT INTO sync_metadata VALUES ('last_sync', 'soon', 0);",
    ])
    .await;
    let state = fixture.read().await.unwrap();
    assert_eq!(state.unusable, 2);
    assert_eq!(state.projects[0].identifier, "\u{FFFD}A");
    assert_eq!(state.issues[0].task.as_deref(), Some("42"));
    assert_eq!(state.last_sync, None);
}

async fn refused(path: &Path) -> Error {
    read(
        path,
        Uuid::new_v5(&Uuid::NAMESPACE_URL, path.as_os_str().as_encoded_bytes()),
    )
    .await
    .unwrap_err()
}

#[tokio::test]
async fn what_is_not_the_predecessors_is_refused_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (directory.path().join("missing"), "IMPORT_FILE"),
        (directory.path().to_owned(), "IMPORT_FILE"),
        (file("empty", b""), "IMPORT_NOT_A_DATABASE"),
        (file("text", b"hello"), "IMPORT_NOT_A_DATABASE"),
        (file("state", b" {\"lastSync\": 1}"), "IMPORT_OLD_STATE"),
        (
            file("half", b"SQLite format 3\0 and then nothing of the kind"),
            "IMPORT_NOT_A_DATABASE",
        ),
    ];
    for (path, code) in cases {
        let error = refused(&path).await;
        assert_eq!(error.code(), code, "{}: {error}", path.display());
    }
    for (statements, code, words) in [
        (
            "CREATE TABLE notes (a)",
            "IMPORT_FOREIGN",
            "no table `projects`",
        ),
        (
            "CREATE TABLE projects (identifier, name)",
            "IMPORT_FOREIGN",
            "no table `issues`",
        ),
        (
            "CREATE TABLE projects (identifier, name); CREATE TABLE issues (identifier, title)",
            "IMPORT_FOREIGN",
            "no column `vibe_task_id`",
        ),
        (
            "PRAGMA application_id = 0x68767331; CREATE TABLE projects (identifier, name)",
            "IMPORT_OWN_STORE",
            "a store of hvs",
        ),
    ] {
        let error = Fixture::new(&[statements]).await.read().await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_database_is_told_as_one() {
    let fixture = Fixture::new(&[BASE, ROWS]).await;
    let mut bytes = std::fs::read(fixture.path()).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0x5a);
    std::fs::write(fixture.path(), &bytes).unwrap();
    assert_eq!(fixture.read().await.unwrap_err().code(), "IMPORT_DAMAGED");
}

#[tokio::test]
async fn the_private_copy_is_removed_whatever_happens() {
    let fixture = Fixture::new(&[BASE, ROWS]).await;
    let unique = Uuid::from_u128(0x1234_5678);
    read(&fixture.path(), unique).await.unwrap();
    let other = Fixture::new(&["CREATE TABLE notes (a)"]).await;
    read(&other.path(), unique).await.unwrap_err();
    let copy = std::env::temp_dir().join(format!("hvs-import-{unique}"));
    assert!(!copy.exists());
}
