//! What earlier writes of this store left: rows of the history under its tag, and items that its creates made.

use std::{collections::HashSet, sync::Arc};

use huly_client::{DocRef, TxId};
use sync_core::{ids::Millis, item::Item};

use super::{HulyBoard, item};
use crate::port::{Answer, CreateJob};

impl HulyBoard {
    pub(super) async fn newest_own(&self, since: Millis) -> Answer<Option<Arc<str>>> {
        let since = huly_client::Millis(since.0);
        let row = self.client.newest_own_row(self.tag, since).await?;
        Ok(row.map(|row| row.id.as_str().into()))
    }

    pub(super) async fn in_history(&self, write_ids: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        let ids: Vec<TxId> = write_ids.iter().filter_map(|id| id.parse().ok()).collect();
        let rows = self.client.rows_of(&ids).await?;
        Ok(rows.iter().map(|row| row.id.as_str().into()).collect())
    }

    /// The issues that these creates made, each finished where its run was killed before it came to the text.
    pub(super) async fn made_by(&self, jobs: &[CreateJob]) -> Answer<Vec<Answer<Option<Item>>>> {
        let ids: Vec<DocRef> = jobs
            .iter()
            .map(|job| DocRef::from(job.key.document_id().as_str()))
            .collect();
        let there = self.client.issues_by_ids(&ids).await?;
        let mut found = Vec::with_capacity(jobs.len());
        for (id, job) in ids.iter().zip(jobs) {
            let issue = there.iter().find(|issue| issue.id == *id);
            found.push(match issue {
                Some(issue) if job.prepared.is_some() => self.finish(job, issue).await.map(Some),
                Some(issue) => Ok(Some(item(issue))),
                None => Ok(None),
            });
        }
        Ok(found)
    }
}
