//! Creates without an id of ours: one at a time, and looked for by number and content where the answer is missing.

use std::collections::HashSet;

use huly_client::{bridge::Issue, markup};
use serde::{Deserialize, Serialize};
use sync_core::{
    ids::{ItemId, ProjectId, StatusId},
    item::{Extra, Field, FieldSet, Item, TextVersion, Values},
};

use super::{BridgeBoard, ambiguous, convert};
use crate::port::{Answer, CreateJob};

/// What is journaled before a create is sent: what it makes has a higher number than this.
#[derive(Debug, Serialize, Deserialize)]
struct Prepared {
    after: i64,
}

impl BridgeBoard {
    /// Remembers the highest number before anything is sent. A create that was prepared before keeps its older one: the
    /// first try may have landed.
    pub(super) async fn prepare_creates(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        let issues = self.issues(project).await?;
        let highest = issues.iter().filter_map(number).max().unwrap_or(0);
        Ok(jobs
            .iter()
            .map(|job| {
                let after = prepared(job).map_or(highest, |after| after.min(highest));
                serde_json::json!(Prepared { after })
            })
            .collect())
    }

    /// Makes one issue. Its status is what the bridge says, not what was wanted; its description is read again, since the
    /// bridge answers success without it.
    pub(super) async fn create_one(&self, project: &ProjectId, job: &CreateJob) -> Answer<Item> {
        let draft = &job.draft;
        let made = self
            .client
            .create(project.as_str(), &draft.title, &draft.text)
            .await?;
        let id = ItemId::from(made.identifier.as_str());
        let mut unseen = FieldSet::EMPTY;
        if made.status.is_none() {
            unseen.insert(Field::Status);
        }
        let mut item = Item {
            label: Some(made.identifier.as_str().into()),
            text: Some(draft.text.clone()),
            unseen,
            ..Item::new(
                id.clone(),
                Values {
                    title: draft.title.clone(),
                    description: TextVersion::default(),
                    status: made.status.as_deref().map(StatusId::from),
                    extra: Extra::default(),
                },
            )
        };
        if draft.text.trim().is_empty() {
            return Ok(item);
        }
        // The create itself was carried out: a look that fails must not make it doubtful.
        let text = match self.read(&id).await {
            Ok(Some(issue)) if issue.title == *draft.title => issue.description,
            Ok(_) | Err(_) => None,
        };
        match text {
            Some(text) => {
                item.values.description = TextVersion::of_text(&text);
                item.text = Some(text.into());
            }
            None => owe(&mut item),
        }
        Ok(item)
    }

    /// The issues that earlier creates of these jobs may have made: of a number after the one that was journaled, of the same
    /// title, and of no other link. The text tells several of one title apart; it need not be equal, for the bridge has its own
    /// markdown, and may have lost it.
    pub(super) async fn find_by_content(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Option<Item>>> {
        let mut issues = self.issues(project).await?;
        issues.retain(|issue| !taken.contains(&ItemId::from(issue.identifier.as_str())));
        issues.sort_by_key(number);
        let mut found = Vec::with_capacity(jobs.len());
        for job in jobs {
            let after = prepared(job).unwrap_or(0);
            let is_title = |issue: &&Issue| {
                number(issue).is_none_or(|number| number > after)
                    && issue.title.trim() == job.draft.title.trim()
            };
            let wanted = markup::normal_form(&job.draft.text);
            let is_text = |issue: &&Issue| {
                let text = issue.description.as_deref().unwrap_or_default();
                markup::normal_form(text) == wanted
            };
            let best = issues
                .iter()
                .filter(is_title)
                .find(is_text)
                .or_else(|| issues.iter().find(is_title));
            let Some(issue) = best.cloned() else {
                found.push(None);
                continue;
            };
            let mut item = convert::item(&issue);
            if self.is_twin(&item.id) {
                return Err(ambiguous(&item.id));
            }
            if item.unseen.contains(Field::Description) && !job.draft.text.trim().is_empty() {
                owe(&mut item);
            }
            issues.retain(|other| other.identifier != issue.identifier);
            found.push(Some(item));
        }
        Ok(found)
    }
}

/// The description was asked for and is not shown: the next plan sends it.
fn owe(item: &mut Item) {
    item.values.description = convert::owed();
    item.text = Some("".into());
    item.unseen.insert(Field::Description);
}

/// An issue's number; from its identifier where the bridge does not tell it.
fn number(issue: &Issue) -> Option<i64> {
    let behind = || issue.identifier.rsplit_once('-')?.1.parse().ok();
    issue.number.or_else(behind)
}

fn prepared(job: &CreateJob) -> Option<i64> {
    let prepared = job.prepared.clone()?;
    let Prepared { after } = serde_json::from_value(prepared).ok()?;
    Some(after)
}
