//! Reading issues.

use std::num::NonZeroU32;

use http_kit::Error;
use serde_json::json;

use crate::client::Huly;
use crate::find::Find;
use crate::ids::DocRef;
use crate::paging::{Page, Position};
use crate::types::{Issue, IssueKey, Label, class};

/// How many ids are asked for at once.
const IDS_AT_ONCE: usize = 200;

impl Huly {
    /// One page of the issues that changed, in every project the account is a member of, archived ones excluded. Let
    /// the first position lie 60 s before the watermark: rows become visible late, and stamps step back.
    pub async fn issues_changed(
        &self,
        from: Position,
        size: NonZeroU32,
    ) -> Result<Page<Issue>, Error> {
        self.page(Find::of(class::ISSUE), from, size).await
    }

    /// One page of a project's issues, archived or not. **An empty page proves nothing without membership.**
    pub async fn issues_of(
        &self,
        project: &DocRef,
        from: Position,
        size: NonZeroU32,
    ) -> Result<Page<Issue>, Error> {
        let find = Find::of(class::ISSUE).with("space", json!(project));
        self.page(find.archived_too(), from, size).await
    }

    /// One page of the names of a project's issues: ids, titles, identifiers, statuses. As [`Huly::issues_of`].
    pub async fn issue_keys_of(
        &self,
        project: &DocRef,
        from: Position,
        size: NonZeroU32,
    ) -> Result<Page<IssueKey>, Error> {
        let fields = [
            "identifier",
            "title",
            "status",
            "description",
            "space",
            "modifiedOn",
        ];
        let find = Find::of(class::ISSUE).with("space", json!(project));
        self.page(find.only(&fields).archived_too(), from, size)
            .await
    }

    /// Issues by their ids, archived or not, 200 per call. Those that are missing in the answer are gone, or in a
    /// project that the account is no member of.
    pub async fn issues_by_ids(&self, ids: &[DocRef]) -> Result<Vec<Issue>, Error> {
        let mut issues = Vec::with_capacity(ids.len());
        for some in ids.chunks(IDS_AT_ONCE) {
            let find = Find::of(class::ISSUE).with("_id", json!({"$in": some}));
            issues.extend(self.find::<Issue>(&find.archived_too()).await?);
        }
        Ok(issues)
    }

    /// One issue by its id, archived or not. `None` proves nothing without membership, as with a list.
    pub async fn issue(&self, id: &DocRef) -> Result<Option<Issue>, Error> {
        let find = Find::of(class::ISSUE).with("_id", json!(id)).archived_too();
        Ok(self.find(&find).await?.pop())
    }

    /// The labels of some issues, 200 issues per call.
    pub async fn labels_of(&self, issues: &[DocRef]) -> Result<Vec<Label>, Error> {
        let mut labels = Vec::new();
        for some in issues.chunks(IDS_AT_ONCE) {
            let find = Find::of(class::TAG_REFERENCE)
                .with("attachedTo", json!({"$in": some}))
                .sorted("_id");
            labels.extend(self.find::<Label>(&find.archived_too()).await?);
        }
        Ok(labels)
    }
}
