//! A run that is no sync: lease, context and row as every run, and work of its own.

use sync_core::ids::RunId;
use tracing::Instrument as _;

use super::{Engine, Memory, empty, fail, finish::finish};
use crate::{
    context::{Context, Stop},
    error::Error,
    lease::{Asked, Lease},
    report::{Exit, Report},
};

impl Engine {
    /// Does `work` as a run of this kind. With `writes` it holds the workspace's lease and leaves a row; without, nothing
    /// can be written. Whatever goes wrong is in the report, beside what the work came to.
    pub(crate) async fn aside<T: Default>(
        &self,
        kind: &'static str,
        writes: bool,
        stop: &Stop,
        work: impl AsyncFnOnce(&Context, &mut Report, &mut T) -> Result<(), Error>,
    ) -> (Report, T) {
        let run = RunId(self.env.ordered_id());
        let started_at = self.env.now();
        let mut report = empty(run, kind, started_at);
        let mut done = T::default();
        let span = tracing::info_span!("run", %run, kind);
        async {
            let lease = match self.asked(writes, &mut report).await {
                Ok(lease) => lease,
                Err(exit) => {
                    report.exit = report.exit.and(exit);
                    report.ended_at = self.env.now();
                    return;
                }
            };
            let ctx = self.context(run, kind, lease, stop, started_at);
            let ended = match ctx.begun().await {
                Ok(()) => work(&ctx, &mut report, &mut done).await,
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                fail(&mut report, &error);
            }
            finish(ctx, &mut Memory::default(), &mut report).await;
        }
        .instrument(span)
        .await;
        (report, done)
    }

    async fn asked(&self, writes: bool, report: &mut Report) -> Result<Option<Lease>, Exit> {
        if !writes {
            return Ok(None);
        }
        let scope = self.workspace.to_string();
        let holder = self.env.ordered_id().to_string().into();
        match Lease::acquire(&self.store, &self.env, &scope, holder, self.settings.lease).await {
            Ok(Asked::Granted(lease)) => {
                self.permit(&lease);
                Ok(Some(lease))
            }
            Ok(Asked::Held(row)) => {
                report.lease_held_by = Some(row);
                Err(Exit::Lease)
            }
            Err(error) => {
                fail(report, &Error::Store(error));
                Err(Exit::Service)
            }
        }
    }
}
