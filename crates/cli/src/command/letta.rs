//! `hvs letta`: the agents, what they know, and whose they are.

use std::sync::Arc;

use engine::{
    connect::Kind,
    env::System,
    inform::{self, Kept, OperateError, Operator},
    report::Exit,
};
use store::Store;
use sync_core::ids::WorkspaceId;

use super::person;
use crate::{
    args::letta::{Adopt, Detach, Letta, Show},
    config::Config,
    connect,
    failure::{Failure, chain},
    output, settings,
};

/// What follows where there is no store.
const NO_AGENTS: &str = "no project has an agent";

/// Lists, shows, takes over, or takes away.
pub(crate) async fn run(config: &Config, asked: Letta) -> Result<Exit, Failure> {
    match asked {
        Letta::List(json) => {
            let store = person::store(config, NO_AGENTS).await?;
            let rules = operator(config, &store).await?.map(|it| it.rules());
            let kept = inform::kept(store.as_ref()).await?;
            output::letta::list(&kept, rules.as_deref(), json.json)?;
            Ok(Exit::Done)
        }
        Letta::Show(asked) => show(config, &asked).await,
        Letta::Adopt(asked) => adopt(config, &asked).await,
        Letta::Detach(asked) => detach(config, &asked).await,
    }
}

async fn show(config: &Config, asked: &Show) -> Result<Exit, Failure> {
    let store = person::store(config, NO_AGENTS).await?;
    let kept = find(store.as_ref(), &asked.project).await?;
    let operator = must(operator(config, &store).await?)?;
    let blocks = operator.preview(&kept.project).await;
    let mut blocks = blocks.map_err(|error| engine_failed(&error))?;
    if let Some(label) = &asked.block {
        let known: Vec<String> = blocks.iter().map(|block| block.label.to_string()).collect();
        blocks.retain(|block| *block.label == **label);
        if blocks.is_empty() {
            return Err(Failure::usage(format!("no block is called `{label}`"))
                .hint(format!("there are {}", known.join(", "))));
        }
    }
    output::letta::show(&kept, &blocks, asked.json.json)?;
    Ok(Exit::Done)
}

async fn adopt(config: &Config, asked: &Adopt) -> Result<Exit, Failure> {
    let store = person::writable(config, NO_AGENTS).await?;
    let kept = find(store.as_ref(), &asked.project).await?;
    let operator = must(operator(config, &store).await?)?;
    let Some(agent) = &asked.agent else {
        let found = operator.candidates(&kept.project).await.map_err(failed)?;
        output::letta::candidates(&kept, &found)?;
        return Ok(Exit::Done);
    };
    let found = operator.adopt(&kept, agent).await.map_err(failed)?;
    let effect = format!("agent {} is told of it from now on", found.id);
    note(store.as_ref(), &kept, "letta adopt", &effect).await?;
    output::tell(&format!("{}: {effect}", kept.project.label))?;
    Ok(Exit::Done)
}

async fn detach(config: &Config, asked: &Detach) -> Result<Exit, Failure> {
    let store = person::writable(config, NO_AGENTS).await?;
    let kept = find(store.as_ref(), &asked.project).await?;
    let operator = must(operator(config, &store).await?)?;
    operator.detach(&kept).await.map_err(failed)?;
    let effect = "its agent stays as it is and is told nothing from now on";
    note(store.as_ref(), &kept, "letta detach", effect).await?;
    output::tell(&format!("{}: {effect}", kept.project.label))?;
    Ok(Exit::Done)
}

async fn note(store: &dyn Store, kept: &Kept, kind: &str, effect: &str) -> Result<(), Failure> {
    let mut deed = person::deed(kind, &kept.project.label, effect);
    deed.project = Some(kept.project.id);
    person::note(store, vec![deed]).await
}

async fn find(store: &dyn Store, name: &str) -> Result<Kept, Failure> {
    let is = |text: &str| name.trim().to_lowercase() == text.trim().to_lowercase();
    let mut all = inform::kept(store).await?;
    all.retain(|kept| is(&kept.project.label) || is(&kept.project.name));
    match all.len() {
        0 => Err(person::none(
            name,
            "no linked project is called",
            "hvs letta list",
        )),
        1 => Ok(all.remove(0)),
        _ => Err(
            Failure::usage(format!("several linked projects are called `{name}`"))
                .hint("name the one that is meant by its identifier"),
        ),
    }
}

/// Who acts; `None` where no place for agents is configured.
async fn operator(config: &Config, store: &Arc<dyn Store>) -> Result<Option<Operator>, Failure> {
    let known = store.meta(connect::WORKSPACE).await?;
    let Some(workspace) = known.and_then(|known| known.parse().ok()).map(WorkspaceId) else {
        return Err(person::no_store(NO_AGENTS));
    };
    let informing = connect::informing(config, workspace)?;
    Ok(informing.map(|informing| Operator {
        store: Arc::clone(store),
        env: Arc::new(System),
        settings: Arc::new(settings::settings(config, &[])),
        informing,
        workspace,
    }))
}

fn must(operator: Option<Operator>) -> Result<Operator, Failure> {
    operator.ok_or_else(|| {
        Failure::usage("no place for agents is configured: `letta.sink` is \"none\"")
            .hint("set `sink` in [letta] to \"letta\" or \"directory\"; docs/letta.md says what else they need")
    })
}

fn engine_failed(error: &engine::Error) -> Failure {
    Failure::new(Exit::Service, chain(error)).code(error.code())
}

fn failed(error: OperateError) -> Failure {
    match error {
        OperateError::Held(lease) => Failure::new(
            Exit::Lease,
            format!(
                "another run holds the lease on this workspace: {} on {}, process {}",
                lease.holder, lease.host, lease.pid
            ),
        )
        .hint("wait for it to end, or stop the watch, and say it again"),
        OperateError::Store(error) => error.into(),
        OperateError::Engine(error) => engine_failed(&error),
        OperateError::Sink(error) => {
            let exit = match error.kind() {
                Kind::Rejected => Exit::Usage,
                Kind::Transient | Kind::Unknown | Kind::Conflict | Kind::Fatal => Exit::Service,
            };
            Failure::new(exit, chain(&error)).code(error.code())
        }
    }
}
