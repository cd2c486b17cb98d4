//! `hvs db`: the store's own file. No service is asked.

use std::path::Path;

use engine::{
    env::{Env, System},
    report::Exit,
};
use store::{
    codes,
    sqlite::{BackupFile, SqliteStore},
};

use crate::{
    args::db::{Backup, Db, Restore},
    command::person,
    config::Config,
    connect,
    failure::{self, Failure},
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
    let (found, restored_at) = (store.check().await?, store.restored_at().await?);
    output::db::checked(path, &found, restored_at, json)
}

async fn back_up(path: &Path, asked: Backup) -> Result<Exit, Failure> {
    let store = existing(path).await?;
    if let Some(to) = &asked.to
        && connect::exists(to)?
    {
        let what = format!("there is something at `{}` already", to.display());
        return Err(Failure::usage(what).hint(
            "no backup overwrites anything: name another file, or none to have it beside the store",
        ));
    }
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
    let restored = Box::pin(SqliteStore::restore(path, &from, &options))
        .await
        .map_err(|error| unusable(&from, error))?;
    let deed = person::deed(
        "restore",
        &from.display().to_string(),
        "put in the store's place",
    );
    person::note(&writable(path).await?, vec![deed]).await?;
    output::db::restored(path, &from, &restored, json.json)
}

/// Where it is the file to be put back that is wrong, the store's own remedies would mislead.
fn unusable(from: &Path, error: store::Error) -> Failure {
    let why = match reason(from, &error) {
        Some(store::Error::Missing) => "it is empty".to_owned(),
        Some(reason) => failure::chain(reason),
        None if error.code() == codes::STORE_MISSING => "there is no such file".to_owned(),
        None => return error.into(),
    };
    let what = format!("`{}` cannot be put back: {why}", from.display());
    Failure {
        code: Some(error.code().to_owned()),
        ..Failure::usage(what)
    }
    .hint("the store is as it was; `hvs db restore --list` shows the backups beside it")
}

/// What is wrong with this file; `None` where it is another one, or nothing of the kind.
fn reason<'a>(file: &Path, error: &'a store::Error) -> Option<&'a store::Error> {
    match error {
        store::Error::Open { path, source } if path == file => Some(source),
        store::Error::Open { source, .. } => reason(file, source),
        _ => None,
    }
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
