//! The task that informs beside the turns: projects are named to it as their turns end, and it looks them up in the store.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http_kit::Kind;
use store::{Fence, Store};
use sync_core::ids::ProjectLinkId;
use tokio::{sync::Notify, task::JoinHandle};
use tracing::Instrument as _;

use super::{
    Informing, codes,
    pass::Pass,
    told::{Informed, Waits},
};
use crate::{env::Env, run::Engine, settings::Settings};

/// What a pass needs.
pub(super) struct World {
    pub(super) informing: Informing,
    pub(super) store: Arc<dyn Store>,
    pub(super) env: Arc<dyn Env>,
    pub(super) settings: Arc<Settings>,
    pub(super) fence: Fence,
    /// Whether runs follow each other by themselves, so that what failed can wait for its time; in a single run it is tried once,
    /// whatever its time is.
    pub(super) is_watch: bool,
}

/// What the task and those who name projects to it share.
#[derive(Default)]
pub(super) struct Shared {
    /// Projects to be looked at: as many as there are at most.
    due: Mutex<BTreeSet<ProjectLinkId>>,
    wake: Notify,
    is_closing: AtomicBool,
    /// Set while a pass is under way.
    is_busy: AtomicBool,
    told: Mutex<Informed>,
    /// Projects whose agent could not be told since the task began.
    failed: Mutex<BTreeSet<ProjectLinkId>>,
}

impl Shared {
    fn take(&self) -> BTreeSet<ProjectLinkId> {
        std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether projects are looked at, or are to be.
    fn has_work(&self) -> bool {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        !due.is_empty() || self.is_busy.load(Ordering::Acquire)
    }

    /// Has a project looked at again after this pass.
    pub(super) fn again(&self, project: ProjectLinkId) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.insert(project);
    }

    /// Remembers that a project's agent could not be told.
    pub(super) fn failed(&self, project: ProjectLinkId) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.insert(project);
    }

    pub(super) fn has_failed(&self, project: ProjectLinkId) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.contains(&project)
    }

    pub(super) fn note(&self, note: impl FnOnce(&mut Informed)) {
        note(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The task. Dropped, it ends where it waits next, as a process that is killed there.
pub(crate) struct Informer {
    shared: Arc<Shared>,
    fence: Fence,
    handle: JoinHandle<()>,
}

impl std::fmt::Debug for Informer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Informer").finish_non_exhaustive()
    }
}

impl Drop for Informer {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Informer {
    /// For the runs of this engine under one lease; `None` where there is nobody to tell.
    pub(crate) fn of(engine: &Engine, fence: &Fence, is_watch: bool) -> Option<Informer> {
        let informing = engine.informing.clone()?;
        Some(Informer::start(World {
            informing,
            store: Arc::clone(&engine.store),
            env: Arc::clone(&engine.env),
            settings: Arc::clone(&engine.settings),
            fence: fence.clone(),
            is_watch,
        }))
    }

    fn start(world: World) -> Informer {
        let shared = Arc::<Shared>::default();
        let fence = world.fence.clone();
        let task = serve(world, Arc::clone(&shared)).in_current_span();
        Informer {
            shared,
            fence,
            handle: tokio::spawn(task),
        }
    }

    /// Whether it still works, under this lease.
    pub(crate) fn works_under(&self, fence: &Fence) -> bool {
        self.fence == *fence && !self.handle.is_finished()
    }

    /// Has these projects looked at.
    pub(crate) fn look_at(&self, projects: impl IntoIterator<Item = ProjectLinkId>) {
        let mut due = self
            .shared
            .due
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        due.extend(projects);
        drop(due);
        self.shared.wake.notify_one();
    }

    /// What was done since the last time that somebody asked.
    pub(crate) fn report(&self) -> Informed {
        let mut told = Informed::default();
        self.shared.note(|since| told = std::mem::take(since));
        told
    }

    /// Lets it end what is to be looked at, within `deadline`, and reports.
    pub(crate) async fn close(mut self, deadline: Duration) -> Informed {
        self.shared.is_closing.store(true, Ordering::Release);
        self.shared.wake.notify_one();
        let ended = tokio::time::timeout(deadline, &mut self.handle).await;
        let mut told = self.report();
        let left = match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("telling agents ended early: {error}")),
            Err(_) if !self.shared.has_work() => None,
            Err(_) => Some(format!(
                "not everything was told within {} s after the boards were done",
                deadline.as_secs()
            )),
        };
        if let Some(message) = left {
            let waits = Waits {
                kind: Kind::Transient,
                code: codes::INFORM_DEADLINE.into(),
                message: message.into(),
                dead: false,
            };
            told.waits.insert("".into(), waits);
        }
        told
    }
}

async fn serve(world: World, shared: Arc<Shared>) {
    loop {
        let due = shared.take();
        if due.is_empty() {
            if shared.is_closing.load(Ordering::Acquire) {
                return;
            }
            shared.wake.notified().await;
            continue;
        }
        shared.is_busy.store(true, Ordering::Release);
        let done = Pass::new(&world, &shared).over(due).await;
        shared.is_busy.store(false, Ordering::Release);
        if let Err(error) = done {
            let waits = Waits {
                kind: error.kind(),
                code: error.code().into(),
                message: crate::run::chain(&error).into(),
                dead: false,
            };
            tracing::warn!(
                code = error.code(),
                "agents cannot be told: {}",
                waits.message
            );
            shared.note(|told| {
                told.waits.insert("".into(), waits);
            });
            return;
        }
    }
}
