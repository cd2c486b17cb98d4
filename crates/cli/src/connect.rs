//! From a configuration to an engine that can run: store, services, settings.

mod reach;

use std::{
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use engine::{
    away::AwayBoard,
    connect::Hosts,
    env::{Env, System},
    inform::{self, DirSink, Informing},
    port::Board,
    report::Exit,
    run::Engine,
    settings::Settings,
};
use store::{
    Store,
    row::RunRow,
    sqlite::{OpenOptions, Opened, SqliteStore},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, RunId, WorkspaceId},
};

use crate::{
    config::{Choice, Config, Form, HulyApi, Sink},
    failure::Failure,
    output, settings, words,
};

use reach::Unreached;
pub(crate) use reach::{Reached, huly, vibe};

/// The store's row that says which Huly workspace it belongs to: also the scope of the lease.
pub(crate) const WORKSPACE: &str = "workspace";

/// The store's row that says by which way its workspace is reached.
const HULY_API: &str = "huly_api";

/// The hosts that this process calls: what is known of them (stuck, failing, busy, their clocks) outlives every connection.
pub(crate) static HOSTS: LazyLock<Hosts> = LazyLock::new(Hosts::default);

/// How long a store may take to close at the end of a command.
const CLOSING: Duration = Duration::from_secs(5);

/// Stores that the command has opened: one, or two where it also looked for it first.
static OPENED: Mutex<Vec<SqliteStore>> = Mutex::new(Vec::new());

/// Closes what the command has opened, so that one file is left where SQLite had three. Where that fails nothing is lost: the next
/// opening takes up the files.
pub(crate) async fn close_stores() {
    let opened = std::mem::take(&mut *OPENED.lock().unwrap_or_else(PoisonError::into_inner));
    for store in opened {
        match tokio::time::timeout(CLOSING, store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the store could not be closed"),
            Err(_) => tracing::debug!("the store was still in use at the end"),
        }
    }
}

pub(crate) fn closed_at_the_end(store: &SqliteStore) {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    opened.push(store.clone());
}

/// Opens the store that the configuration names, and makes it where there is none. An older one is moved on, which is told.
pub(crate) async fn open_store(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let store = make_store(config).await?;
    closed_at_the_end(&store);
    #[cfg(feature = "fail-points")]
    let store = crate::fail_points::store(store)?;
    Ok(Arc::new(store))
}

/// The same for a part of a command, as the demo's story has: it is closed when it is dropped.
pub(crate) async fn make_store(config: &Config) -> Result<SqliteStore, Failure> {
    let Opened {
        store,
        backed_up,
        checked,
    } = SqliteStore::open(&config.store.path, &options()).await?;
    if checked {
        tracing::info!(
            "the last use of the store did not end cleanly; it was looked through and is sound"
        );
    }
    if let Some(backup) = backed_up {
        let head = words::styled(words::WARN.bold(), "note:");
        output::tell(&format!(
            "{head} the store was of an older version; it is kept as {}",
            backup.display()
        ))?;
    }
    Ok(store)
}

/// The store for a plan, which changes nothing: where there is none yet, the plan is that of a first run.
pub(crate) async fn store_for_plan(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    match find_store(config).await? {
        Some(store) => Ok(store),
        None => Ok(Arc::new(SqliteStore::open_in_memory(&options()).await?)),
    }
}

/// Opens the store to look into it, if there is one.
pub(crate) async fn find_store(config: &Config) -> Result<Option<Arc<dyn Store>>, Failure> {
    let path = &config.store.path;
    if !exists(path)? {
        return Ok(None);
    }
    let store = SqliteStore::open_existing(path, &options()).await?;
    closed_at_the_end(&store);
    Ok(Some(Arc::new(store)))
}

pub(crate) fn options() -> OpenOptions {
    OpenOptions::new(System.now(), engine::env::Env::random_id(&System))
}

pub(crate) fn exists(path: &Path) -> Result<bool, Failure> {
    path.try_exists().map_err(|error| {
        Failure::usage(format!(
            "the store cannot be looked for at `{}`: {error}",
            path.display()
        ))
        .hint("set `path` in [store], or HVS_STORE_PATH, to a place that can be read")
    })
}

/// Reaches Huly by the way that the configuration names, finds Vibe Kanban, and puts an engine together.
pub(crate) async fn engine(
    config: &Config,
    store: Arc<dyn Store>,
    settings: Settings,
) -> Result<Engine, Failure> {
    let reached = reach::both(config, store.as_ref()).await?;
    let (huly, vibe) = (reached.huly?, reached.vibe?);
    whole(config, store, settings, huly, vibe).await
}

/// As [`engine`], but where one service is away for the moment and the store knows what to look for in the other one, that one is
/// looked at all the same: the run says what is away, and notes what waits for it.
pub(crate) async fn engine_for_sync(
    config: &Config,
    store: Arc<dyn Store>,
    settings: Settings,
) -> Result<Engine, Failure> {
    let reached = reach::both(config, store.as_ref()).await?;
    let known = match store.meta(WORKSPACE).await? {
        Some(workspace) if !store.projects().await?.is_empty() => workspace.parse().ok(),
        Some(_) | None => None,
    };
    let way = config.way()?;
    let (huly, vibe) = match (reached.huly, reached.vibe, known) {
        (
            Ok(huly),
            Err(Unreached {
                away: Some(why), ..
            }),
            Some(_),
        ) => (
            huly,
            Arc::new(AwayBoard::new(Side::Vibe, way.vibe_url(), why)) as Arc<dyn Board>,
        ),
        (
            Err(Unreached {
                away: Some(why), ..
            }),
            Ok(vibe),
            Some(workspace),
        ) => {
            let huly: Arc<dyn Board> = Arc::new(AwayBoard::new(Side::Huly, way.huly_url(), why));
            ((huly, WorkspaceId(workspace)), vibe)
        }
        (huly, vibe, _) => (huly?, vibe?),
    };
    whole(config, store, settings, huly, vibe).await
}

async fn whole(
    config: &Config,
    store: Arc<dyn Store>,
    settings: Settings,
    (huly, workspace): Reached,
    vibe: Arc<dyn Board>,
) -> Result<Engine, Failure> {
    is_own(store.as_ref(), workspace, &config.store.path).await?;
    let boards = Pair { huly, vibe };
    #[cfg(feature = "fail-points")]
    let boards = crate::fail_points::boards(boards)?;
    Ok(Engine {
        store,
        env: Arc::new(System),
        boards,
        settings: Arc::new(settings),
        workspace,
        informing: informing(config, workspace)?,
    })
}

/// Where agents are told, if anywhere. Nobody is asked for it here: what cannot be reached delays no board.
pub(crate) fn informing(
    config: &Config,
    workspace: WorkspaceId,
) -> Result<Option<Informing>, Failure> {
    let sink: Arc<dyn inform::Sink> = match config.letta.sink {
        Sink::None => return Ok(None),
        Sink::Letta => {
            let Some(connection) = settings::letta(config)? else {
                return Ok(None);
            };
            Arc::new(
                engine::connect::letta(connection, &HOSTS, workspace)
                    .map_err(|error| Failure::letta(&error))?,
            )
        }
        Sink::Directory => {
            let extension = match config.letta.form {
                Form::Markdown => "md",
                Form::Json => "json",
            };
            let Some(directory) = &config.letta.dir else {
                return Ok(None);
            };
            Arc::new(DirSink::new(directory, workspace.0, extension))
        }
    };
    Ok(Some(Informing {
        sink,
        settings: settings::informing(config),
    }))
}

/// The keys of items differ between the ways to Huly: with another one, everything would look new.
pub(crate) async fn is_own_api(
    store: &dyn Store,
    api: HulyApi,
    path: &Path,
) -> Result<(), Failure> {
    if store.meta(WORKSPACE).await?.is_none() {
        return Ok(());
    }
    let known = store.meta(HULY_API).await?;
    // A store of before there were two ways.
    let known = known.unwrap_or_else(|| HulyApi::Platform.word().to_owned());
    if known == api.word() {
        return Ok(());
    }
    let what = format!(
        "the store `{}` was made with `huly.api = \"{known}\"`, and the configuration says \"{}\"",
        path.display(),
        api.word()
    );
    let hint =
        "set `api` in [huly] back, or start a store of its own: docs/bridge.md says how to move";
    Err(Failure::usage(what).hint(hint))
}

/// A store belongs to one workspace: with another one, everything would look deleted.
pub(crate) async fn is_own(
    store: &dyn Store,
    workspace: WorkspaceId,
    path: &Path,
) -> Result<(), Failure> {
    let known = store.meta(WORKSPACE).await?;
    let Some(known) = known.filter(|known| *known != workspace.to_string()) else {
        return Ok(());
    };
    let what = format!(
        "the store `{}` belongs to the Huly workspace {known}, not to {workspace}",
        path.display()
    );
    Err(Failure::usage(what).hint("give each workspace a store of its own: `path` in [store]"))
}

/// A run that did not come to work because a service refused or could not be reached leaves a row, too, so that `hvs runs` and
/// `hvs status` know of it.
pub(crate) async fn not_begun(
    store: &dyn Store,
    kind: &str,
    started_at: Millis,
    failure: &Failure,
) -> Result<(), Failure> {
    if failure.exit != Exit::Service {
        return Ok(());
    }
    let row = RunRow {
        id: RunId(System.ordered_id()),
        kind: kind.into(),
        started_at,
        ended_at: Some(System.now()),
        exit_code: Some(i32::from(failure.exit.code())),
        summary: serde_json::json!({
            "problems": [{
                "kind": "fatal", "code": failure.code, "side": failure.side, "item": "", "message": failure.what,
            }],
        }),
    };
    Ok(store.put_run(&row).await?)
}

/// Makes the store remember its workspace, and the way to it, before the first run that writes.
pub(crate) async fn remember(engine: &Engine, api: HulyApi) -> Result<(), Failure> {
    if engine.store.meta(WORKSPACE).await?.is_none() {
        engine.store.set_meta(HULY_API, api.word()).await?;
        engine
            .store
            .set_meta(WORKSPACE, &engine.workspace.to_string())
            .await?;
    }
    Ok(())
}
