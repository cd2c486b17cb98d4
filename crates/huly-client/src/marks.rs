//! What hangs on issues or names their people: labels, persons, addresses. Read in pages by `_id`.

use std::num::NonZeroU32;

use http_kit::{Effect, Error};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::Huly;
use crate::find::{FIND_ROUTE, Find};
use crate::ids::DocRef;
use crate::types::{Label, Person, SocialIdentity, class};

/// Rows of one page.
const PAGE: NonZeroU32 = match NonZeroU32::new(2_000) {
    Some(size) => size,
    None => NonZeroU32::MIN,
};
/// Most pages of one list: a server that never ends its list is not followed for ever.
const MAX_PAGES: usize = 10_000;

impl Huly {
    /// The attachments of labels with one of these titles, exactly as shown, in every project that can be seen.
    pub async fn labelled(&self, titles: &[&str]) -> Result<Vec<Label>, Error> {
        let find = Find::of(class::TAG_REFERENCE)
            .with("title", json!({ "$in": titles }))
            .only(&["attachedTo", "title"]);
        self.by_id(&find, |label: &Label| &label.id).await
    }

    /// Every label that is attached to anything, with its title: what a name of a label can mean.
    pub async fn labels(&self) -> Result<Vec<Label>, Error> {
        let find = Find::of(class::TAG_REFERENCE).only(&["title"]);
        self.by_id(&find, |label: &Label| &label.id).await
    }

    /// The people of the workspace.
    pub async fn persons(&self) -> Result<Vec<Person>, Error> {
        let find = Find::of(class::PERSON).only(&["name", "personUuid"]);
        self.by_id(&find, |person: &Person| &person.id).await
    }

    /// The e-mail addresses by which people are known, given up ones apart.
    pub async fn addresses(&self) -> Result<Vec<SocialIdentity>, Error> {
        let find = Find::of(class::SOCIAL_IDENTITY).with("type", json!("email"));
        let all = self
            .by_id(&find, |address: &SocialIdentity| &address.id)
            .await?;
        Ok(all
            .into_iter()
            .filter(|address| !address.is_deleted)
            .collect())
    }

    /// Every row of a query, page by page.
    async fn by_id<T: DeserializeOwned>(
        &self,
        find: &Find,
        id: impl Fn(&T) -> &DocRef,
    ) -> Result<Vec<T>, Error> {
        let mut rows: Vec<T> = Vec::new();
        let mut after: Option<Value> = None;
        for _ in 0..MAX_PAGES {
            let mut page = find
                .clone()
                .sorted("_id")
                .limited(PAGE)
                .counted()
                .archived_too();
            if let Some(after) = after.take() {
                page = page.with("_id", json!({ "$gt": after }));
            }
            let reply = self
                .wire()
                .post(FIND_ROUTE, "find-all", &page, Effect::Read);
            let body = reply.await?.body;
            let found: Vec<T> = page.read(&body)?;
            let total = Find::read_total(&body)?.unwrap_or_default();
            // a server may cap its pages lower than asked: only the count says that this was the last one
            let full = total > found.len() as u64
                || u32::try_from(found.len()).unwrap_or(u32::MAX) >= PAGE.get();
            after = found.last().map(|row| json!(id(row)));
            rows.extend(found);
            if !full || after.is_none() {
                break;
            }
        }
        Ok(rows)
    }
}
