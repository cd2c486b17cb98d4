//! `hvs db`: the store's own file. No service is asked.

use std::path::Path;

use engine::{
    env::{Env, System},
    report::Exit,
};
use store::sqlite::{BackupFile, SqliteStore};

use crate::{
    args::db::{Backup, Db, Restore},
    command::person,
    config::Config,
    connect,
    failure::Failure,
    output,
};

/// Does one of them.
pub(crate) async fn run(config: &Config, command: Db) -> Result<Exit, Failure> {
    let path = &config.store.path;
    match command {
        Db::Check(json) => check(path, json.json).await,
        Db::Backup(asked) => back_up(path, asked).await,
        Db::Restore(asked) => restore(path, asked).await,
        Db::Vacuum(json) => vacuum(path, json.json).await,
    }
}

async fn check(path: &Path, json: bool) -> Result<Exit, Failure> {
    let store = existing(path).await?;
    let found = store.check().await?;
    output::db::checked(path, &found, json)
}

async fn back_up(path: &Path, asked: Backup) -> Result<Exit, Failure> {
    let store = existing(path).await?;
    let to = store.back_up(asked.to.as_deref(), System.now()).await?;
    output::db::backed_up(&to, asked.json.json)
}

async fn restore(path: &Path, asked: Restore) -> Result<Exit, Failure> {
    let Restore {
        from,
        newest: _,
        list,
        json,
    } = asked;
    if list {
        return output::db::backups(&beside(path)?, json.json);
    }
    let from = match from {
        Some(from) => from,
        None => newest(path)?,
    };
    let options = connect::options();
    let restored = Box::pin(SqliteStore::restore(path, &from, &options)).await?;
    let deed = person::deed(
        "restore",
        &from.display().to_string(),
        "put in the store's place",
    );
    person::note(&writable(path).await?, vec![deed]).await?;
    output::db::restored(path, &from, &restored, json.json)
}

async fn vacuum(path: &Path, json: bool) -> Result<Exit, Failure> {
    is_there(path)?;
    let store = writable(path).await?;
    let before = store.check().await?;
    store.vacuum(System.now()).await?;
    let after = store.check().await?;
    output::db::vacuumed(path, &before, &after, json)
}

async fn writable(path: &Path) -> Result<SqliteStore, Failure> {
    let store = SqliteStore::open(path, &connect::options()).await?.store;
    connect::closed_at_the_end(&store);
    Ok(store)
}

async fn existing(path: &Path) -> Result<SqliteStore, Failure> {
    is_there(path)?;
    let store = SqliteStore::open_existing(path, &connect::options()).await?;
    connect::closed_at_the_end(&store);
    Ok(store)
}

fn is_there(path: &Path) -> Result<(), Failure> {
    if connect::exists(path)? {
        return Ok(());
    }
    let what = format!("there is no store at `{}`", path.display());
    Err(Failure::usage(what).hint("check `path` in [store]: `hvs config show` prints it"))
}

/// The backups that were made beside the store; none where not even its directory is there.
fn beside(path: &Path) -> Result<Vec<BackupFile>, Failure> {
    let directory = path.parent().unwrap_or(path);
    if !connect::exists(directory)? {
        return Ok(Vec::new());
    }
    Ok(SqliteStore::backups(path)?)
}

fn newest(path: &Path) -> Result<std::path::PathBuf, Failure> {
    let newest = beside(path)?.into_iter().next();
    newest.map(|backup| backup.path).ok_or_else(|| {
        Failure::usage(format!("there is no backup beside `{}`", path.display()))
            .hint("name the file: `hvs db restore FILE`")
            .hint("without any backup, `hvs sync once` finds the pairs again: docs/recovery.md")
    })
}
