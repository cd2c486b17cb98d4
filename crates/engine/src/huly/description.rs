//! A changed description goes through the collaborator, after a look at the live text (design 4.2).

use http_kit::{Error, Kind};
use huly_client::{BlobName, DocRef, markup};
use sync_core::{
    item::{Item, TextVersion, Value},
    plan::Change,
};

use super::{HulyBoard, conflict, convert::item};
use crate::{
    codes,
    port::{Answer, UpdateJob},
};

impl HulyBoard {
    /// Asks for the live text first, which makes the collaborator save what is being typed; a name that changed thereby means that
    /// somebody types, and the field is planned afresh later (design 4.2).
    pub(super) async fn write_description(
        &self,
        job: &UpdateJob,
        id: &DocRef,
        change: &Change,
    ) -> Answer<(Item, Vec<String>)> {
        let Value::Text(wanted) = &change.to else {
            return Err(conflict(format!(
                "no text was planned for the description of {id}"
            )));
        };
        let observed = (!job.expected.description.is_none())
            .then(|| BlobName::new(job.expected.description.as_str()));
        let live = self.client.live_description(id, observed.as_ref()).await?;
        let issue = self.client.issue(id).await?;
        let issue = issue.ok_or_else(|| conflict(format!("issue {id} is not there any more")))?;
        let name = issue
            .description
            .as_ref()
            .map_or_else(TextVersion::default, |name| {
                TextVersion::named(name.as_str())
            });
        if name != job.expected.description {
            return Err(
                Error::new(Kind::Conflict, codes::BEING_TYPED, "huly", "(description)")
                    .with_detail(format!(
                        "the description of {id} was changed or is being typed"
                    )),
            );
        }
        let current = match live {
            Some(text) => parse(&text)?,
            None => self.blob(&name).await?,
        };
        let patched = markup::patch(&current, wanted);
        self.client
            .update_description(id, &markup::wire(&patched.node))
            .await?;
        let issue = self.client.issue(id).await?;
        let issue = issue.ok_or_else(|| conflict(format!("issue {id} is not there any more")))?;
        let mut item = item(&issue);
        let (sent, stored) = (
            markup::to_markdown(&patched.node),
            markup::to_markdown(&self.blob(&item.values.description).await?),
        );
        // The old name: the write did nothing, whatever its answer was. A new one with another text: somebody wrote between
        // our write and this look, so the base is what we sent, and theirs is an edit.
        let overtaken = stored != sent && item.values.description != name;
        if overtaken {
            item.values.description = TextVersion::of_text(&sent);
        }
        item.text = Some(if overtaken { sent } else { stored }.into());
        Ok((item, patched.lost.iter().map(lost).collect()))
    }
}

/// What could not be kept, in words.
fn lost(lost: &markup::Lost) -> String {
    format!("{} ({})", lost.name, lost.text)
}

/// The tree of a stored description.
pub(super) fn parse(text: &str) -> Answer<markup::Node> {
    match markup::Source::read(text) {
        Ok(source) => Ok(source.into_node()),
        Err(error) => Err(
            Error::new(Kind::Rejected, codes::MARKUP, "huly", "/api/v1/blob")
                .with_detail("a description is not in a form that can be read")
                .with_source(error),
        ),
    }
}
