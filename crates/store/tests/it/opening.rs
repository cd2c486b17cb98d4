//! Opening: files, modes, versions, and everything that is no store of ours.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{
    Error, Kind, Store,
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::ids::{Millis, StoreId};
use uuid::Uuid;

use crate::sample::{PROJECT, link, links, options, project, request, take};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
        }
    }
    fn path(&self) -> PathBuf {
        self.directory.path().join("hvs.db")
    }
    async fn open(&self) -> Result<SqliteStore, Error> {
        Ok(SqliteStore::open(&self.path(), &options()).await?.store)
    }
    /// Why it cannot be opened.
    async fn refusal(&self) -> Error {
        match self.open().await.unwrap_err() {
            Error::Open { path, source } => {
                assert_eq!(path, self.path());
                *source
            }
            other => panic!("{other:?}"),
        }
    }
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

async fn raw(path: &Path, statement: &str) {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_store_takes_the_given_id_and_keeps_it() {
    let place = Place::new();
    let store = place.open().await.unwrap();
    let id = StoreId(options().new_id);
    assert_eq!((store.id(), store.path()), (id, Some(&*place.path())));
    store.close().await.unwrap();
    let again = SqliteStore::open(
        &place.path(),
        &OpenOptions::new(Millis(9), Uuid::from_u128(99)),
    )
    .await
    .unwrap();
    assert_eq!((again.store.id(), again.backed_up), (id, None));
}

#[tokio::test]
async fn the_files_are_for_their_owner_only_and_so_are_directories_that_had_to_be_made() {
    let place = Place::new();
    let path = place.directory.path().join("a/b/hvs.db");
    let store = SqliteStore::open(&path, &options()).await.unwrap().store;
    take(&store, "one", Millis(0)).await;
    for file in ["hvs.db", "hvs.db-wal", "hvs.db-shm"] {
        assert_eq!(mode(&path.with_file_name(file)), 0o600, "{file}");
    }
    assert_eq!(
        (
            mode(&place.directory.path().join("a")),
            mode(&place.directory.path().join("a/b"))
        ),
        (0o700, 0o700)
    );
}

#[tokio::test]
async fn others_rights_are_taken_off_an_existing_store() {
    let place = Place::new();
    place.open().await.unwrap().close().await.unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).unwrap();
    place.open().await.unwrap();
    assert_eq!(mode(&place.path()), 0o600);
}

#[tokio::test]
async fn closing_leaves_one_file_and_later_use_is_an_error() {
    let place = Place::new();
    let store = place.open().await.unwrap();
    take(&store, "one", Millis(0)).await;
    store.close().await.unwrap();
    assert_eq!(place.names(), ["hvs.db"]);
    assert!(matches!(store.projects().await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_new_store_is_opened_by_many_at_once_and_all_see_one_id() {
    // Many rounds: each meets the maker of the store at another moment.
    for _ in 0..30 {
        let place = Place::new();
        let opened = futures::future::join_all((0..8).map(|n| {
            let path = place.path();
            async move {
                SqliteStore::open(&path, &OpenOptions::new(Millis(0), Uuid::from_u128(n)))
                    .await
                    .unwrap()
                    .store
            }
        }))
        .await;
        let first = opened[0].id();
        assert!(opened.iter().all(|store| store.id() == first));
    }
}

#[tokio::test]
async fn a_newer_store_is_refused_with_both_versions_and_left_alone() {
    let place = Place::new();
    place.open().await.unwrap().close().await.unwrap();
    raw(&place.path(), "PRAGMA user_version = 99").await;
    let before = fs::read(place.path()).unwrap();
    let error = place.refusal().await;
    assert!(matches!(
        error,
        Error::Newer {
            found: 99,
            supported: 1
        }
    ));
    assert!(
        error.to_string().contains("99") && error.to_string().contains("use the newer hvs"),
        "{error}"
    );
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, "STORE_NEWER"));
    assert_eq!(fs::read(place.path()).unwrap(), before);
    assert_eq!(place.names(), ["hvs.db"]);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let place = Place::new();
    raw(&place.path(), "CREATE TABLE songs (title TEXT)").await;
    let before = fs::read(place.path()).unwrap();
    assert_eq!(place.refusal().await.code(), "STORE_FOREIGN");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = Place::new();
    let garbage = "not a database, but long enough to be looked at ".repeat(100);
    fs::write(place.path(), &garbage).unwrap();
    assert_eq!(place.refusal().await.code(), "STORE_NOT_A_DATABASE");
    assert_eq!(fs::read_to_string(place.path()).unwrap(), garbage);
}

#[tokio::test]
async fn a_directory_in_its_place_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    assert_eq!(place.refusal().await.code(), "STORE_FILE");
}

#[tokio::test]
async fn a_damaged_store_is_told_as_one() {
    let place = Place::new();
    let store = place.open().await.unwrap();
    let fence = take(&store, "one", Millis(0)).await;
    let mut batch = links((1..2_000).map(|n| link(n, 1)));
    batch.projects.push(project(PROJECT));
    store.write(&fence, &batch).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = fs::read(place.path()).unwrap();
    // The schema's page stays whole.
    for byte in bytes.iter_mut().skip(16_384) {
        *byte ^= 0x5a;
    }
    fs::write(place.path(), bytes).unwrap();
    let error = match place.open().await {
        Ok(store) => store.links(PROJECT).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, "STORE_CORRUPT"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_existing_store_is_read_without_being_changed_and_refuses_writes() {
    let place = Place::new();
    let store = place.open().await.unwrap();
    let fence = take(&store, "one", Millis(0)).await;
    store.close().await.unwrap();
    let before = fs::read(place.path()).unwrap();

    let reader = SqliteStore::open_existing(&place.path(), &options())
        .await
        .unwrap();
    assert_eq!(reader.lease("w").await.unwrap().unwrap().token, 1);
    let writes = [
        reader.set_meta("a", "b").await.unwrap_err(),
        reader
            .write(&fence, &links([link(1, 1)]))
            .await
            .unwrap_err(),
        reader
            .acquire(&request("two"), Millis(99_999_999))
            .await
            .unwrap_err(),
    ];
    assert_eq!(writes.map(|error| error.code()), ["STORE_READ_ONLY"; 3]);
    reader.close().await.unwrap();
    assert_eq!(
        (fs::read(place.path()).unwrap(), place.names()),
        (before, vec!["hvs.db".to_owned()])
    );
}

#[tokio::test]
async fn reading_where_there_is_no_store_makes_none() {
    let place = Place::new();
    let error = SqliteStore::open_existing(&place.path(), &options())
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, "STORE_MISSING"));
    assert_eq!(place.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_store_that_another_process_keeps_locked_is_told_as_a_passing_error() {
    let place = Place::new();
    let mut impatient = options();
    impatient.busy_timeout = Duration::ZERO;
    let store = SqliteStore::open(&place.path(), &impatient)
        .await
        .unwrap()
        .store;
    let other = SqliteConnectOptions::new().filename(place.path());
    let mut other = SqliteConnection::connect_with(&other).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.acquire(&request("one"), Millis(0)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, "STORE_LOCKED")
    );
    assert_eq!(store.projects().await.unwrap(), [], "reading goes on");
    lock.rollback().await.unwrap();
    take(&store, "one", Millis(0)).await;
}

#[tokio::test]
async fn every_error_that_opening_gives_has_its_code_in_the_list() {
    let listed: Vec<_> = store::codes::CODES.iter().map(|(code, ..)| *code).collect();
    let place = Place::new();
    let missing = SqliteStore::open_existing(&place.path(), &options())
        .await
        .unwrap_err();
    assert!(listed.contains(&missing.code()));
    assert!(missing.to_string().contains("hvs.db") && !missing.to_string().ends_with('.'));
}
