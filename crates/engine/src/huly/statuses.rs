//! Statuses and types of the workspace, on a connection that may outlive a run.

use std::sync::Arc;

use huly_client::{
    Huly,
    types::{Project, Workflow},
};
use tokio::sync::Mutex;

use crate::port::Answer;

/// Asked for once a run, by the first project that needs them.
#[derive(Debug, Default)]
pub(super) struct Statuses(Mutex<Known>);

/// As last told.
#[derive(Debug, Default)]
struct Known {
    last: Option<Arc<Workflow>>,
    /// Whether they were asked for in this run.
    is_fresh: bool,
}

impl Statuses {
    /// What was told in an earlier run is asked for again by the first who needs it fresh.
    pub(super) async fn begin_run(&self) {
        self.0.lock().await.is_fresh = false;
    }

    /// As they are now, or were earlier in this run, with all that this project's issues need: what a list left out was
    /// asked for by its id.
    pub(super) async fn fresh(&self, client: &Huly, project: &Project) -> Answer<Arc<Workflow>> {
        // Held while it is asked for, so that the projects of one run ask once.
        let mut known = self.0.lock().await;
        let mut workflow = match (known.is_fresh, &known.last) {
            (true, Some(workflow)) => Arc::clone(workflow),
            (true, None) | (false, _) => Arc::new(client.workflow().await?),
        };
        if workflow.lacks(project) {
            client
                .complete(Arc::make_mut(&mut workflow), project)
                .await?;
        }
        *known = Known {
            last: Some(Arc::clone(&workflow)),
            is_fresh: true,
        };
        Ok(workflow)
    }

    /// As last told, however long ago; `None` where nobody asked yet.
    pub(super) async fn last(&self) -> Option<Arc<Workflow>> {
        self.0.lock().await.last.clone()
    }
}
