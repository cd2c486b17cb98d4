//! Ctrl-C and SIGTERM: the first asks the run to end at a safe point, the second ends the process at once.
//! SIGHUP asks a watch to read its configuration again; elsewhere it ends the process, as the system has it.

use engine::{Stop, report::Exit, watch::Event};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
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
        let (interrupt, terminate) = (
            interrupt.map_err(|error| unheard(&error))?,
            terminate.map_err(|error| unheard(&error))?,
        );
        let (sender, asked) = watch::channel(false);
        let stop = Stop::default();
        let asked_stop = stop.clone();
        let ask = async move {
            asked_stop.ask();
            sender.send_replace(true);
        };
        tokio::spawn(end(interrupt, terminate, ask));
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

/// Events that wait for a watch at most; the system itself keeps one signal of each kind, however often it is sent.
const WAITING: usize = 4;

/// The signals that a watch lives by, from now on.
pub(crate) fn events() -> Result<mpsc::Receiver<Event>, Failure> {
    let [interrupt, terminate, hang_up] = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(|kind| signal(kind).map_err(|error| unheard(&error)));
    let (interrupt, terminate, mut hang_up) = (interrupt?, terminate?, hang_up?);
    let (sender, events) = mpsc::channel(WAITING);
    let reloads = sender.clone();
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() && reloads.send(Event::Reload).await.is_ok() {}
    });
    let stop = async move {
        // a watch that has ended needs no telling
        sender.send(Event::Stop).await.ok();
    };
    tokio::spawn(end(interrupt, terminate, stop));
    Ok(events)
}

fn unheard(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Bug, format!("cannot listen for signals: {error}"))
}

/// The first signal asks, the second ends.
async fn end(mut interrupt: Signal, mut terminate: Signal, ask: impl Future<Output = ()>) {
    next(&mut interrupt, &mut terminate).await;
    // a closed stderr is no reason not to stop
    drop(output::tell(
        "stopping at the next safe point; once more to end at once",
    ));
    // asking may wait for a loop that is busy: the second signal does not
    let again = async {
        next(&mut interrupt, &mut terminate).await;
        std::process::exit(i32::from(Exit::Items.code()));
    };
    tokio::join!(ask, again);
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
