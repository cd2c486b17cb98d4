//! `hvs db check`: what is told of rows that cannot be read.

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{Store, row::IntentState, sqlite::SqliteStore};
use sync_core::{Side, ids::Millis};

use crate::sample::{PROJECT, intent, link, links, options, project, take};

#[tokio::test]
async fn a_look_goes_through_every_table_whatever_stands_in_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    let store = SqliteStore::open(&path, &options()).await.unwrap().store;
    let fence = take(&store, "one", Millis(0)).await;
    let mut batch = links([link(1, 1)]);
    batch.projects.push(project(PROJECT));
    batch
        .intents
        .push(intent(1, 1, Side::Vibe, IntentState::Sent));
    store.write(&fence, &batch).await.unwrap();
    store.close().await.unwrap();
    let file = SqliteConnectOptions::new().filename(&path);
    let mut conn = SqliteConnection::connect_with(&file).await.unwrap();
    for table in ["links SET body", "intents SET payload"] {
        let spoil = sqlx::AssertSqlSafe(format!("UPDATE {table} = 'no JSON at all'"));
        sqlx::raw_sql(spoil).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
    let store = SqliteStore::open_existing(&path, &options()).await.unwrap();
    let found = store.check().await.unwrap().findings;
    for table in ["links", "intents"] {
        let told = format!("a row of {table} holds what this hvs cannot read: ");
        let tells = |finding: &String| finding.starts_with(&told) && finding.len() > told.len();
        assert!(found.iter().any(tells), "{table}: {found:?}");
    }
}
