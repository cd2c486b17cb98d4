//! What every stage of a run shares.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use store::{Fence, Store, port::BaseTexts, row::RunRow};
use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, ProjectLinkId, RunId, WorkspaceId},
    item::Field,
    link::Link,
    rules::Directions,
};

use crate::{
    batch::BatchSize,
    choosing::Target,
    env::Env,
    error::Error,
    inform::{Informer, Informing},
    journal::FooterTexts,
    lease::{Lease, millis},
    letters::Letters,
    port::{Board, Marks},
    progress::Progress,
    report::Report,
    settings::Settings,
    slots::Slots,
};

/// Asks a run to end at the next safe point: everything journaled, nothing half done.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What every stage of one run shares.
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Arc<dyn Env>,
    pub(crate) boards: Pair<Arc<dyn Board>>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) run: RunId,
    /// What the run is for, as its row says.
    pub(crate) kind: &'static str,
    /// Set once the run has its row.
    pub(crate) begun: tokio::sync::OnceCell<()>,
    /// `None` in a run that only reads.
    pub(crate) lease: Option<Lease>,
    pub(crate) stop: Stop,
    /// For those who watch.
    pub(crate) progress: Arc<Progress>,
    pub(crate) started_at: Millis,
    /// Cancels and deletions of this run so far, over all projects (design 3.7).
    pub(crate) removals: tokio::sync::Mutex<usize>,
    /// Which way fields go in each pair of projects; set once the pairs are known.
    pub(crate) directions: OnceLock<HashMap<ProjectLinkId, Directions>>,
    /// The items that this run is about; empty where it is about everything.
    pub(crate) targets: Vec<Target>,
    /// What the filter needs to know beyond the items: asked for once, by the first project that needs it.
    pub(crate) marks: tokio::sync::OnceCell<Marks>,
    /// Whether the store was found to be an old copy, in a run that cannot mark its links.
    pub(crate) rebuilt: AtomicBool,
    /// How often items that are dirty have failed before this run; bounded by what a turn takes up.
    pub(crate) failures: Mutex<HashMap<ItemId, u32>>,
    /// Values that a side did not take, and what this run did about them.
    pub(crate) letters: Letters,
    /// How many projects are gone through at once.
    pub(crate) slots: Slots,
    /// Lets one project at a time read the descriptions of items that get a counterpart.
    pub(crate) reading: tokio::sync::Semaphore,
    /// How many creates one call carries.
    pub(crate) create_batches: Pair<BatchSize>,
    /// Where agents are told how their projects stand.
    pub(crate) informing: Option<Informing>,
    /// Who tells them, in a run that may.
    pub(crate) informer: Option<Informer>,
}

impl Context {
    pub(crate) fn board(&self, side: Side) -> &dyn Board {
        self.boards.side(side).as_ref()
    }

    /// Labels and people of the filter; nothing is asked where it names none.
    pub(crate) async fn marks(&self) -> Result<&Marks, Error> {
        let filter = &self.settings.filter;
        self.marks
            .get_or_try_init(|| async {
                if filter.labels.is_empty() && filter.assignees.is_empty() {
                    return Ok(Marks::default());
                }
                let asked = self
                    .board(Side::Huly)
                    .marks(&filter.labels, &filter.assignees);
                asked.await.map_err(Error::service(Side::Huly))
            })
            .await
    }

    /// Which way fields go in one pair of projects.
    pub(crate) fn directions(&self, project: ProjectLinkId) -> Directions {
        let known = self.directions.get();
        known
            .and_then(|known| known.get(&project).copied())
            .unwrap_or(self.settings.policies.direction)
    }

    /// A link's row as it may be stored: nothing of a field that is off.
    pub(crate) fn kept(&self, project: ProjectLinkId, link: &Link) -> Link {
        let directions = self.directions(project);
        Link {
            base: link.base.as_ref().map(|values| directions.kept(values)),
            ..link.clone()
        }
    }

    /// Texts as they may be stored: none where the description is off.
    pub(crate) fn kept_texts(&self, project: ProjectLinkId, texts: BaseTexts) -> BaseTexts {
        if self.directions(project).off().contains(Field::Description) {
            return BaseTexts::default();
        }
        texts
    }

    pub(crate) fn now(&self) -> Millis {
        self.env.now()
    }

    /// What batches name; an error in a run that only reads, where nothing may be written.
    pub(crate) fn fence(&self) -> Result<&Fence, Error> {
        self.lease
            .as_ref()
            .map(Lease::fence)
            .ok_or(Error::LeaseLost)
    }

    /// Whether a remote write may start now (design 4.6).
    pub(crate) fn may_write(&self) -> Result<(), Error> {
        match &self.lease {
            Some(lease) if lease.outlives(self.env.as_ref(), self.settings.write_deadline) => {
                Ok(())
            }
            Some(_) | None => Err(Error::LeaseLost),
        }
    }

    /// The figures of a report as the run's row keeps them.
    pub(crate) fn figures(&self, report: &Report) -> serde_json::Value {
        let mut summary = report.summary();
        if let Some(figures) = summary.as_object_mut() {
            // such a run says nothing about the other projects
            let limited = !self.settings.only.is_empty() || !self.targets.is_empty();
            figures.insert("limited".to_owned(), limited.into());
            let services = Side::ALL.map(|side| (side.as_str().to_owned(), self.service(side)));
            figures.insert("services".to_owned(), services.into_iter().collect());
        }
        summary
    }

    /// How one service stands, as far as this run's calls have shown it.
    fn service(&self, side: Side) -> serde_json::Value {
        let board = self.board(side);
        let ahead = board.server_time().map(|time| time.ahead_of(self.now().0));
        serde_json::json!({ "hosts": board.hosts(), "clock_ahead_ms": ahead })
    }

    /// Gives the run its row, once, before anything that names it is written; a run that only reads has none.
    pub(crate) async fn begun(&self) -> Result<(), Error> {
        if self.lease.is_none() {
            return Ok(());
        }
        let row = RunRow {
            id: self.run,
            kind: self.kind.into(),
            started_at: self.started_at,
            ended_at: None,
            exit_code: None,
            summary: self.figures(&crate::run::empty(self.run, self.kind, self.started_at)),
        };
        let put = || async { self.store.put_run(&row).await };
        self.begun.get_or_try_init(put).await?;
        Ok(())
    }

    /// Whether the run must end at this safe point.
    pub(crate) fn check_stop(&self) -> Result<(), Error> {
        let late = self
            .settings
            .run_deadline
            .is_some_and(|limit| self.now().0 >= self.started_at.0.saturating_add(millis(limit).0));
        match (self.stop.asked(), late) {
            (true, _) => Err(Error::Stopped),
            (false, true) => Err(Error::Deadline),
            (false, false) => Ok(()),
        }
    }

    /// A fresh id for a remote transaction: 24 hex digits that begin with the store's tag (design 4.2).
    pub(crate) fn write_id(&self) -> Arc<str> {
        format!(
            "{:08x}{:016x}",
            store_tag(self.store.as_ref()),
            self.env.random()
        )
        .into()
    }

    /// Remembers how often an item failed in earlier runs.
    pub(crate) fn failed_before(&self, item: &ItemId, tries: u32) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(item.clone(), tries);
    }

    /// How often an item has failed, this time included.
    pub(crate) fn failures(&self, item: &ItemId) -> u32 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(item).copied().unwrap_or(0).saturating_add(1)
    }

    /// How footers are written on one side.
    pub(crate) fn footers(&self, side: Side) -> FooterTexts<'_> {
        FooterTexts {
            wanted: self.board(side).capabilities().footer,
            browse: self.settings.huly_browse.as_deref(),
        }
    }
}

/// The first 8 hex digits of the store's id: every transaction id of this store begins with them.
pub(crate) fn store_tag(store: &dyn Store) -> u32 {
    store.id().0.as_fields().0
}
