//! An old copy of the store, as a backup brings it back.

use std::collections::HashMap;

use ::store::{
    Batch, Fence, Store,
    port::{BaseTexts, LeaseAnswer, LeaseRequest},
    row::{Intent, IntentState, ProjectRow},
};
use engine::env::Env;
use sync_core::{
    Side,
    ids::{IntentKey, LinkId, Millis, ProjectLinkId, RunId},
    link::Link,
};

use super::{SimStore, World};

/// What the store held then.
pub(crate) struct StoreCopy {
    projects: Vec<ProjectRow>,
    links: Vec<(ProjectLinkId, Link)>,
    texts: HashMap<LinkId, BaseTexts>,
    write_id: Option<String>,
}

impl World {
    /// A copy of the store as it is now.
    pub(crate) async fn copy_store(&self) -> StoreCopy {
        let projects = self.store.projects().await.unwrap();
        let mut links = Vec::new();
        for row in &projects {
            let of_project = self.store.links(row.id).await.unwrap();
            links.extend(of_project.into_iter().map(|link| (row.id, link)));
        }
        let ids: Vec<LinkId> = links.iter().map(|(_, link)| link.id).collect();
        StoreCopy {
            texts: self.store.texts(&ids).await.unwrap(),
            write_id: self.store.newest_write_id().await.unwrap(),
            projects,
            links,
        }
    }

    /// Puts an old copy in the place of the store: the same id, and nothing of what was written since.
    pub(crate) async fn put_back(&mut self, copy: &StoreCopy) {
        let now = self.env.now();
        self.store = SimStore::new(self.seed, now).unwrap();
        let request = LeaseRequest {
            scope: "put back".into(),
            holder: "somebody".into(),
            host: "here".into(),
            pid: 1,
            ttl: Millis(60_000),
        };
        let answer = self.store.acquire(&request, now).await.unwrap();
        let LeaseAnswer::Granted { lease, .. } = answer else {
            panic!("{answer:?}");
        };
        let fence = Fence {
            scope: lease.scope,
            token: lease.token,
        };
        let journaled = copy.write_id.iter().map(|id| Intent {
            key: IntentKey(uuid::Uuid::from_u128(1)),
            project: copy.projects[0].id,
            link: None,
            side: Side::Huly,
            kind: "update".into(),
            state: IntentState::Done,
            payload: serde_json::Value::Null,
            prepared: None,
            write_id: Some(id.as_str().into()),
            attempt: 1,
            run: RunId(uuid::Uuid::from_u128(2)),
            planned_at: now,
            sent_at: Some(now),
            error: None,
        });
        let batch = Batch {
            projects: copy.projects.clone(),
            links: copy.links.clone(),
            texts: copy.texts.clone().into_iter().collect(),
            intents: journaled.collect(),
            ..Batch::default()
        };
        self.store.write(&fence, &batch).await.unwrap();
        self.store.release(&fence).await.unwrap();
    }
}
