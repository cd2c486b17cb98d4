//! `hvs sync watch`: run after run, as a service.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{
    env::{Env, System},
    report::Exit,
    run::Engine,
    watch::{Host, News, Refused, Times, watch},
};
use store::Store;

use crate::{
    args::{Global, Watch, filter::Filter},
    config::Config,
    connect,
    failure::Failure,
    output::{self, watch::Printer},
    settings, signals,
};

/// Runs until a signal ends it.
pub(crate) async fn run(config: Config, global: &Global, asked: &Watch) -> Result<Exit, Failure> {
    let events = signals::events()?;
    let store = connect::open_store(&config).await?;
    let times = settings::times(&config);
    let mut host = Service {
        printer: Printer::new(asked.json, global.clone()),
        config,
        global: global.clone(),
        only: asked.project.clone(),
        store,
    };
    let env: Arc<dyn Env> = Arc::new(System);
    Ok(Box::pin(watch(&mut host, env, times, events)).await)
}

/// The surroundings of the loop: the configuration that holds now, the store, and the terminal.
struct Service {
    config: Config,
    global: Global,
    only: Vec<String>,
    store: Arc<dyn Store>,
    printer: Printer,
}

#[async_trait]
impl Host for Service {
    async fn connect(&mut self) -> Result<Engine, Refused> {
        let settings = settings::settings(&self.config, &self.only);
        let store = Arc::clone(&self.store);
        let engine = Box::pin(connect::engine_for_sync(&self.config, store, settings)).await;
        self.remembered(engine, &self.config)
            .await
            .map_err(|failure| refused(&failure))
    }

    async fn reload(&mut self) -> Result<(Engine, Times), Refused> {
        let config =
            super::read(&self.global, &Filter::default()).map_err(|failure| refused(&failure))?;
        let engine = self
            .engine(&config)
            .await
            .map_err(|failure| refused(&failure))?;
        for key in unchangeable(&self.config, &config) {
            let text =
                format!("note: `{key}` changed; it holds from the next start of the process on");
            // a closed stderr is no reason to keep the old configuration
            drop(output::tell(&text));
        }
        let times = settings::times(&config);
        self.config = config;
        Ok((engine, times))
    }

    fn tell(&mut self, news: News<'_>) {
        if let Err(failure) = self.printer.tell(&news) {
            tracing::error!(%failure, "what happened could not be printed");
        }
    }
}

impl Service {
    /// For a new configuration: it is not taken over before both services were reached by it.
    async fn engine(&self, config: &Config) -> Result<Engine, Failure> {
        let settings = settings::settings(config, &self.only);
        let engine = Box::pin(connect::engine(config, Arc::clone(&self.store), settings)).await;
        self.remembered(engine, config).await
    }

    async fn remembered(
        &self,
        engine: Result<Engine, Failure>,
        config: &Config,
    ) -> Result<Engine, Failure> {
        let engine = engine?;
        connect::remember(&engine, config.huly.api).await?;
        Ok(engine)
    }
}

/// Keys whose new value takes a new process: the store stays open, and the log goes where it went.
fn unchangeable(old: &Config, new: &Config) -> Vec<&'static str> {
    let rows = [
        ("store.path", old.store.path != new.store.path),
        ("log.format", old.log.format != new.log.format),
        ("log.level", old.log.level != new.log.level),
    ];
    rows.into_iter()
        .filter_map(|(key, changed)| changed.then_some(key))
        .collect()
}

fn refused(failure: &Failure) -> Refused {
    Refused {
        exit: failure.exit,
        message: failure.to_string(),
    }
}
