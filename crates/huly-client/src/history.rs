//! The history of transactions: removals, moves, and a store's own rows.
//!
//! A row is a request carried out **or tried**, and what the server derived has none: sub-issues that went or moved
//! with their parent, issues that went with their project. So neither a row nor its absence is a proof; confirm by
//! id and by the membership of the project.

use std::num::NonZeroU32;

use http_kit::Error;
use serde_json::json;

use crate::client::Huly;
use crate::find::Find;
use crate::ids::{DocRef, Millis, TxId};
use crate::paging::{PAGE_SIZE, Page, Position};
use crate::types::{TxRow, class};

/// How many documents are asked about at once.
const IDS_AT_ONCE: usize = 200;

impl Huly {
    /// One page of the removals of issues. Bound it by a stamp: the class of the document has no index.
    pub async fn removals(&self, from: Position, size: NonZeroU32) -> Result<Page<TxRow>, Error> {
        let find = Find::of(class::TX_REMOVE).with("objectClass", json!(class::ISSUE));
        self.page(find, from, size).await
    }

    /// One page of the moves of issues to another project. The rows of other changes are read and left out, so a page
    /// may be empty though there is a next one. A move whose client wrote a project that the account is no member of
    /// cannot be seen.
    pub async fn moves(&self, from: Position, size: NonZeroU32) -> Result<Page<TxRow>, Error> {
        let find = Find::of(class::TX_UPDATE).with("objectClass", json!(class::ISSUE));
        let mut page = self.page(only_moves(find), from, size).await?;
        page.rows.retain(|row: &TxRow| row.moved_to().is_some());
        Ok(page)
    }

    /// The rows that removed one of these issues, or tried to.
    pub async fn removals_of(&self, issues: &[DocRef]) -> Result<Vec<TxRow>, Error> {
        let mut rows = Vec::new();
        for some in issues.chunks(IDS_AT_ONCE) {
            let find = Find::of(class::TX_REMOVE).with("objectId", json!({"$in": some}));
            rows.extend(self.find::<TxRow>(&find.sorted("modifiedOn")).await?);
        }
        Ok(rows)
    }

    /// The rows that moved one of these issues to another project, of all time.
    pub async fn moves_of(&self, issues: &[DocRef]) -> Result<Vec<TxRow>, Error> {
        let mut rows = Vec::new();
        for some in issues.chunks(IDS_AT_ONCE) {
            let mut next = Some(Position::since(Millis(0)));
            while let Some(from) = next {
                let find = Find::of(class::TX_UPDATE).with("objectId", json!({"$in": some}));
                let page: Page<TxRow> = self.page(only_moves(find), from, PAGE_SIZE).await?;
                rows.extend(page.rows.into_iter().filter(|row| row.moved_to().is_some()));
                next = page.next;
            }
        }
        Ok(rows)
    }

    /// Rows whose transaction bears a store's tag, in the order of their ids, after one of them where given. Cheap: a
    /// range of the key.
    pub async fn own_rows(
        &self,
        tag: u32,
        after: Option<TxId>,
        limit: NonZeroU32,
    ) -> Result<Vec<TxRow>, Error> {
        let find = own(tag, after).sorted("_id").limited(limit);
        self.find(&find).await
    }

    /// The newest row whose transaction bears a store's tag, by the server's clock, at or after a stamp. Newer than the
    /// store's journal: the store is an old copy.
    pub async fn newest_own_row(&self, tag: u32, since: Millis) -> Result<Option<TxRow>, Error> {
        let find = own(tag, None).with("modifiedOn", json!({"$gte": since}));
        let find = find.sorted_down("modifiedOn").sorted_down("_id");
        Ok(self.find(&find.limited(NonZeroU32::MIN)).await?.pop())
    }

    /// The rows of these transactions. One that was carried out has a row, and so has one that failed on a document that
    /// was there or was not; one that its own conditions refused has none.
    pub async fn rows_of(&self, txes: &[TxId]) -> Result<Vec<TxRow>, Error> {
        let mut rows = Vec::new();
        for some in txes.chunks(IDS_AT_ONCE) {
            let find = Find::of(class::TX_CUD).with("_id", json!({"$in": some}));
            rows.extend(self.find::<TxRow>(&find.only(&["objectId"])).await?);
        }
        Ok(rows)
    }
}

fn only_moves(find: Find) -> Find {
    find.only(&[
        "objectId",
        "objectSpace",
        "modifiedOn",
        "modifiedBy",
        "operations",
    ])
}

/// The query for the rows of a tag.
fn own(tag: u32, after: Option<TxId>) -> Find {
    let (lower, first) = match after {
        Some(after) => ("$gt", after),
        None => ("$gte", TxId::tagged(tag, [0; 8])),
    };
    let (upper, last) = match tag.checked_add(1) {
        Some(next) => ("$lt", TxId::tagged(next, [0; 8])),
        None => ("$lte", TxId::tagged(tag, [0xff; 8])),
    };
    Find::of(class::TX_CUD)
        .with("_id", json!({lower: first, upper: last}))
        .only(&[
            "objectId",
            "objectClass",
            "objectSpace",
            "modifiedOn",
            "operations",
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_tag_are_a_range_of_ids_up_to_the_last_tag_of_all() {
        let text = |find: &Find| serde_json::to_string(find).expect("json");
        let range = text(&own(0xa1ee_0daf, None));
        assert!(
            range.contains(r#""$gte":"a1ee0daf0000000000000000""#),
            "{range}"
        );
        assert!(
            range.contains(r#""$lt":"a1ee0db00000000000000000""#),
            "{range}"
        );
        let last = text(&own(u32::MAX, Some(TxId::tagged(u32::MAX, [1; 8]))));
        assert!(
            last.contains(r#""$gt":"ffffffff0101010101010101""#),
            "{last}"
        );
        assert!(
            last.contains(r#""$lte":"ffffffffffffffffffffffff""#),
            "{last}"
        );
    }
}
