//! Ctrl-C and SIGTERM: the first asks the run to end at a safe point, the second ends the process at once.

use engine::{Stop, report::Exit};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{failure::Failure, output};

/// Tells whether somebody asked to stop.
#[derive(Debug)]
pub(crate) struct Interrupt {
    /// What runs look at.
    pub stop: Stop,
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let unheard =
            |error| Failure::new(Exit::Bug, format!("cannot listen for signals: {error}"));
        let (interrupt, terminate) = (interrupt.map_err(unheard)?, terminate.map_err(unheard)?);
        let (sender, asked) = watch::channel(false);
        let stop = Stop::default();
        tokio::spawn(wait(interrupt, terminate, stop.clone(), sender));
        Ok(Self { stop, asked })
    }

    /// Ends when somebody asked to stop.
    pub(crate) async fn asked(&self) {
        let mut asked = self.asked.clone();
        // an error means that nobody listens any more, so nobody will ever ask
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Does `work`, which may be dropped at any moment, unless somebody asks to stop first.
    pub(crate) async fn or<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = work => done,
            () = self.asked() => Err(Failure::new(Exit::Items, "stopped before anything was done")),
        }
    }
}

async fn wait(
    mut interrupt: Signal,
    mut terminate: Signal,
    stop: Stop,
    asked: watch::Sender<bool>,
) {
    next(&mut interrupt, &mut terminate).await;
    stop.ask();
    asked.send_replace(true);
    // a closed stderr is no reason not to stop
    drop(output::tell(
        "stopping at the next safe point; once more to end at once",
    ));
    next(&mut interrupt, &mut terminate).await;
    std::process::exit(i32::from(Exit::Items.code()));
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
