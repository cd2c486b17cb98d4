//! Writes without conditions: read, compare, write field by field, and read a description again.

use std::collections::BTreeMap;

use http_kit::{Error, Kind};
use huly_client::{
    bridge::{Form, Issue},
    codes as wire_codes, markup,
};
use sync_core::{
    ids::ItemId,
    item::{Field, FieldSet, Item, TextVersion, Value, Values},
    plan::Change,
};

use super::{
    BridgeBoard, ambiguous, conflict, convert::item, fault, unread, unsupported, unwritten,
};
use crate::{
    codes,
    port::{Answer, Removed, UpdateJob, Written},
    recover::same,
};

/// What became of the fields of one job.
#[derive(Default)]
struct Sent {
    taken: Vec<Change>,
    refused: Vec<(Field, Error)>,
}

impl BridgeBoard {
    pub(super) async fn update_issue(&self, job: &UpdateJob) -> Answer<Written> {
        if self.is_twin(&job.item) {
            return Err(ambiguous(&job.item));
        }
        let before = if job.only_confirms() {
            Item::new(job.item.clone(), job.expected.clone())
        } else {
            self.as_expected(job).await?
        };
        let sent = self.send(job).await?;
        let mut written = Written {
            item: before,
            refused: sent.refused,
            lost: Vec::new(),
        };
        for change in &sent.taken {
            written.item.values.put(change.field, &change.to);
        }
        if let Some(change) = sent
            .taken
            .iter()
            .find(|change| change.field == Field::Description)
        {
            let was = &job.expected.description;
            match self.written_text(&job.item, change, was).await {
                Ok(text) => {
                    written.item.values.description = TextVersion::of_text(&text);
                    written.item.text = Some(text.into());
                }
                Err(error) if sent.taken.len() == 1 => return Err(error),
                Err(error) => {
                    written.item.values.description = was.clone();
                    written.refused.push((Field::Description, error));
                }
            }
        }
        if let Some(note) = &job.note {
            written
                .lost
                .push(format!("the bridge takes no comment ({note})"));
        }
        Ok(written)
    }

    /// The item as it stands, if it stands as the caller takes it to.
    async fn as_expected(&self, job: &UpdateJob) -> Answer<Item> {
        let issue = self.read(&job.item).await?;
        let issue = issue.ok_or_else(|| conflict(format!("{} is not there any more", job.item)))?;
        let mut now = item(&issue);
        for change in &job.set {
            if !job.expected_is_known(change.field) {
                continue;
            }
            if now.unseen.contains(change.field) {
                // What cannot be read is not overwritten; what was empty and reads as empty is taken to be so.
                if change.field == Field::Description && !job.expected.description.is_none() {
                    return Err(unread(&job.item));
                }
                continue;
            }
            if !same(&now.values, &job.expected, change.field) {
                return Err(conflict(format!(
                    "{} of {} was changed meanwhile",
                    change.field, job.item
                )));
            }
        }
        now.fill(&job.expected);
        now.unseen = FieldSet::EMPTY;
        Ok(now)
    }

    async fn send(&self, job: &UpdateJob) -> Answer<Sent> {
        let sent = match self.client.form() {
            Form::First => self.one_by_one(job).await?,
            Form::Later => self.at_once(job).await?,
        };
        Ok(sent)
    }

    /// The first form takes one field at a time. What was written before a failure stands: only the rest is told as failed,
    /// except where its fate is not known.
    async fn one_by_one(&self, job: &UpdateJob) -> Answer<Sent> {
        let mut sent = Sent::default();
        for change in &job.set {
            let (field, value) = wire(change)?;
            match self.client.put(job.item.as_str(), field, &value).await {
                Ok(()) => sent.taken.push(change.clone()),
                Err(error) if error.kind() == Kind::Unknown => return Err(error),
                Err(error) if job.set.len() == 1 => return Err(gone_or(error, &job.item)),
                Err(error) => sent.refused.push((change.field, error)),
            }
        }
        nothing_taken(sent)
    }

    async fn at_once(&self, job: &UpdateJob) -> Answer<Sent> {
        let mut fields = BTreeMap::new();
        for change in &job.set {
            let (field, value) = wire(change)?;
            fields.insert(field, value);
        }
        if fields.is_empty() {
            return Ok(Sent::default());
        }
        let answer = self
            .client
            .patch(job.item.as_str(), &fields)
            .await
            .map_err(|error| gone_or(error, &job.item))?;
        let mut sent = Sent::default();
        for change in &job.set {
            match answer.refusal(change.field.as_str()) {
                None => sent.taken.push(change.clone()),
                Some(words) => {
                    let code = match change.field {
                        Field::Status => wire_codes::HULY_BRIDGE_STATUS,
                        Field::Title
                        | Field::Description
                        | Field::Priority
                        | Field::Parent
                        | Field::Labels
                        | Field::Assignee
                        | Field::DueDate => wire_codes::HULY_BRIDGE_REFUSED,
                    };
                    sent.refused
                        .push((change.field, fault(Kind::Rejected, code, words)));
                }
            }
        }
        nothing_taken(sent)
    }

    /// The description after it was written, which the bridge says even where it failed.
    async fn written_text(
        &self,
        id: &ItemId,
        change: &Change,
        was: &TextVersion,
    ) -> Answer<String> {
        let Value::Text(wanted) = &change.to else {
            return Err(conflict(format!(
                "no text was planned for the description of {id}"
            )));
        };
        let issue = self.read(id).await?;
        let issue = issue.ok_or_else(|| conflict(format!("{id} is not there any more")))?;
        match issue.description {
            None if wanted.trim().is_empty() => Ok(String::new()),
            None => Err(unwritten(id)),
            Some(now) => {
                let is_old = TextVersion::of_text(&now) == *was;
                if is_old && markup::normal_form(&now) != markup::normal_form(wanted) {
                    return Err(unwritten(id));
                }
                Ok(now)
            }
        }
    }

    pub(super) async fn remove_issue(&self, id: &ItemId, expected: &Values) -> Answer<Removed> {
        if self.is_twin(id) {
            return Err(ambiguous(id));
        }
        if self.client.form() == Form::First {
            return Ok(Removed::Unable);
        }
        let Some(issue) = self.read(id).await? else {
            return Ok(Removed::Gone);
        };
        as_known(&issue, id, expected)?;
        match issue.sub_issue_count {
            None => Ok(Removed::Unable),
            Some(0) => {
                self.client.delete(id.as_str()).await?;
                Ok(Removed::Gone)
            }
            Some(_) => Ok(Removed::HasChildren),
        }
    }
}

/// An issue is only deleted as it is known.
fn as_known(issue: &Issue, id: &ItemId, expected: &Values) -> Answer<()> {
    let now = item(issue);
    if now.unseen.contains(Field::Description) && !expected.description.is_none() {
        return Err(unread(id));
    }
    let known = Field::ALL
        .into_iter()
        .filter(|field| !now.unseen.contains(*field));
    for field in known {
        if FieldSet::COMMON.contains(field) && !same(&now.values, expected, field) {
            return Err(conflict(format!("{id} was changed meanwhile")));
        }
    }
    Ok(())
}

/// Where every field was refused, the write as a whole was.
fn nothing_taken(mut sent: Sent) -> Answer<Sent> {
    if sent.taken.is_empty() && !sent.refused.is_empty() {
        let (_, first) = sent.refused.swap_remove(0);
        return Err(first);
    }
    Ok(sent)
}

/// An issue that went away is planned afresh.
fn gone_or(error: Error, id: &ItemId) -> Error {
    if error.code() == wire_codes::HULY_BRIDGE_NOT_FOUND {
        Error::new(
            Kind::Conflict,
            codes::PRECONDITION,
            error.service(),
            error.route(),
        )
        .with_detail(format!("{id} is not there any more"))
        .with_source(error)
    } else {
        error
    }
}

/// A change as the bridge wants it.
fn wire(change: &Change) -> Answer<(&'static str, String)> {
    match (change.field, &change.to) {
        (Field::Title | Field::Description, Value::Text(text)) => {
            Ok((change.field.as_str(), text.to_string()))
        }
        (Field::Status, Value::Status(status)) => {
            Ok((change.field.as_str(), status.as_str().to_owned()))
        }
        (
            Field::Title
            | Field::Description
            | Field::Status
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate,
            _,
        ) => Err(unsupported()),
    }
}
