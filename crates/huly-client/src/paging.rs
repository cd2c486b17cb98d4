//! Paging that loses nothing: by `(modifiedOn, _id)`, with a walk through ties.
//!
//! There is no `skip`. The next page begins at the last stamp seen, and what was seen at that stamp is dropped. Where
//! a whole page has one stamp (a mass update), it is walked by `_id`. What changes meanwhile moves to the end and comes
//! again, which is wanted. A page and the ids at its last stamp are all that is held.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use serde_json::json;

use crate::find::Find;
use crate::ids::{DocRef, Millis};
use crate::types::{Issue, IssueKey, TxRow};

/// The page size where the caller has no wish of its own.
pub const PAGE_SIZE: NonZeroU32 = match NonZeroU32::new(200) {
    Some(size) => size,
    None => NonZeroU32::MIN,
};

/// What is read in pages.
pub trait PageRow {
    /// Its id.
    fn id(&self) -> &DocRef;
    /// Its stamp; `None` where the answer has none, which ends the reading with an error.
    fn stamp(&self) -> Option<Millis>;
}

/// Where a page begins. A value: it can be kept and gone on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// At or after a stamp, without those seen at exactly this stamp.
    From {
        /// The stamp.
        at: Millis,
        /// Ids that were given out at this stamp.
        seen: BTreeSet<DocRef>,
    },
    /// Among those of one stamp, after an id.
    Ties {
        /// The stamp.
        at: Millis,
        /// The last id given out.
        after: DocRef,
    },
    /// After a stamp whose ties were all given out.
    Past {
        /// The stamp.
        at: Millis,
    },
}

/// A page: what had not been seen, and where the next one begins (`None`: this was the last).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in order. May be empty though there is a next page.
    pub rows: Vec<T>,
    /// Where to go on.
    pub next: Option<Position>,
}

/// A row of a page has no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row without a stamp")]
pub struct NoStamp;

impl Position {
    /// The beginning of everything at or after a stamp.
    pub fn since(at: Millis) -> Self {
        Position::From {
            at,
            seen: BTreeSet::new(),
        }
    }

    /// The query for one page here. The query's own conditions must not be on `modifiedOn` or `_id`.
    pub fn narrow(&self, find: Find, size: NonZeroU32) -> Find {
        let find = find.limited(size);
        match self {
            Position::From { at, .. } => find
                .with("modifiedOn", json!({"$gte": at}))
                .sorted("modifiedOn")
                .sorted("_id"),
            Position::Past { at } => find
                .with("modifiedOn", json!({"$gt": at}))
                .sorted("modifiedOn")
                .sorted("_id"),
            Position::Ties { at, after } => find
                .with("modifiedOn", json!(at))
                .with("_id", json!({"$gt": after}))
                .sorted("_id"),
        }
    }

    /// What is new in the page that was asked for here, and where the next one begins. `total` is how many rows fit from
    /// here on, where the server told: a server that caps pages lower than asked must not end the reading.
    pub fn absorb<T: PageRow>(
        self,
        rows: Vec<T>,
        size: NonZeroU32,
        total: Option<u64>,
    ) -> Result<Page<T>, NoStamp> {
        let asked = u32::try_from(rows.len()).unwrap_or(u32::MAX) >= size.get();
        let full = asked || total.is_some_and(|total| total > rows.len() as u64);
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            let next = self.after_the_last_page();
            return Ok(Page { rows, next });
        };
        let (first_at, last_at) = (first.stamp().ok_or(NoStamp)?, last.stamp().ok_or(NoStamp)?);
        let last_id = last.id().clone();
        let next = match (&self, full) {
            (_, false) => self.after_the_last_page(),
            (Position::Ties { at, .. }, true) => Some(Position::Ties {
                at: *at,
                after: last_id,
            }),
            (Position::From { .. } | Position::Past { .. }, true) if first_at == last_at => {
                Some(Position::Ties {
                    at: last_at,
                    after: last_id,
                })
            }
            (Position::From { .. } | Position::Past { .. }, true) => Some(Position::From {
                at: last_at,
                seen: seen_at(&rows, last_at),
            }),
        };
        let rows = match self {
            Position::From { at, seen } => rows
                .into_iter()
                .filter(|row| row.stamp() != Some(at) || !seen.contains(row.id()))
                .collect(),
            Position::Ties { .. } | Position::Past { .. } => rows,
        };
        Ok(Page { rows, next })
    }

    /// After a page that was not full: the ties of one stamp end before all that is later.
    fn after_the_last_page(&self) -> Option<Position> {
        match self {
            Position::Ties { at, .. } => Some(Position::Past { at: *at }),
            Position::From { .. } | Position::Past { .. } => None,
        }
    }
}

fn seen_at<T: PageRow>(rows: &[T], at: Millis) -> BTreeSet<DocRef> {
    let tied = rows.iter().filter(|row| row.stamp() == Some(at));
    tied.map(|row| row.id().clone()).collect()
}

impl PageRow for Issue {
    fn id(&self) -> &DocRef {
        &self.id
    }

    fn stamp(&self) -> Option<Millis> {
        Some(self.modified_on)
    }
}

impl PageRow for IssueKey {
    fn id(&self) -> &DocRef {
        &self.id
    }

    fn stamp(&self) -> Option<Millis> {
        self.modified_on
    }
}

impl PageRow for TxRow {
    fn id(&self) -> &DocRef {
        &self.id
    }

    fn stamp(&self) -> Option<Millis> {
        self.modified_on
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Row(DocRef, Millis);

    impl PageRow for Row {
        fn id(&self) -> &DocRef {
            &self.0
        }

        fn stamp(&self) -> Option<Millis> {
            Some(self.1)
        }
    }

    /// A server of documents by id, which answers pages as the real one does.
    type Model = BTreeMap<DocRef, Millis>;

    fn answer(model: &Model, position: &Position, size: NonZeroU32, cap: usize) -> (Vec<Row>, u64) {
        let rows = model.iter().map(|(id, at)| Row(id.clone(), *at));
        let mut rows: Vec<Row> = match position {
            Position::From { at, .. } => rows.filter(|row| row.1 >= *at).collect(),
            Position::Past { at } => rows.filter(|row| row.1 > *at).collect(),
            Position::Ties { at, after } => {
                rows.filter(|row| row.1 == *at && row.0 > *after).collect()
            }
        };
        rows.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let total = rows.len() as u64;
        rows.truncate((size.get() as usize).min(cap));
        (rows, total)
    }

    proptest! {
        #[test]
        fn every_document_is_given_out_at_its_last_stamp_whatever_changes_while_paging(
            stamps in prop::collection::vec(0_i64..6, 0..40),
            size in 1_u32..6,
            cap in 1_usize..6,
            since in 0_i64..4,
            changes in prop::collection::vec((0_usize..40, 0_u8..4), 0..30),
        ) {
            let size = NonZeroU32::new(size).expect("not zero");
            let id = |n: usize| DocRef::new(format!("{n:03}"));
            let mut model: Model = stamps.iter().enumerate().map(|(n, at)| (id(n), Millis(*at))).collect();
            let (mut clock, mut given, mut pages) = (10, Model::new(), 0);
            let mut changes = changes.into_iter();
            let mut next = Some(Position::since(Millis(since)));
            while let Some(position) = next {
                let (rows, total) = answer(&model, &position, size, cap);
                let page = position.clone().absorb(rows, size, Some(total)).expect("stamped");
                given.extend(page.rows.into_iter().map(|row| (row.0, row.1)));
                next = page.next;
                pages += 1;
                prop_assert!(pages < 500, "paging comes to an end");
                // Between two pages one document is changed, made or removed.
                if next.is_none() {
                    break;
                }
                if let Some((n, what)) = changes.next() {
                    match what {
                        0 => drop(model.remove(&id(n))),
                        _ => drop(model.insert(id(n), Millis(clock))),
                    }
                    clock += i64::from(what);
                }
            }
            for (id, at) in model.iter().filter(|(_, at)| at.0 >= since) {
                prop_assert_eq!(given.get(id), Some(at), "{}", id);
            }
        }

        #[test]
        fn without_changes_nothing_comes_twice(
            stamps in prop::collection::vec(0_i64..4, 0..40), size in 1_u32..6, cap in 1_usize..6,
        ) {
            let size = NonZeroU32::new(size).expect("not zero");
            let model: Model = stamps.iter().enumerate().map(|(n, at)| (DocRef::new(format!("{n:03}")), Millis(*at))).collect();
            let (mut given, mut next) = (Vec::new(), Some(Position::since(Millis(0))));
            while let Some(position) = next {
                let (rows, total) = answer(&model, &position, size, cap);
                let page = position.clone().absorb(rows, size, Some(total)).expect("stamped");
                given.extend(page.rows);
                next = page.next;
            }
            let mut expected: Vec<Row> = model.into_iter().map(|(id, at)| Row(id, at)).collect();
            expected.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
            prop_assert_eq!(given, expected);
        }
    }

    #[test]
    fn a_page_of_one_stamp_is_walked_by_id_and_then_left_behind() {
        let size = NonZeroU32::new(2).expect("not zero");
        let rows = |ids: &[&str]| {
            ids.iter()
                .map(|id| Row((*id).into(), Millis(5)))
                .collect::<Vec<_>>()
        };
        let page = Position::since(Millis(1))
            .absorb(rows(&["a", "b"]), size, None)
            .expect("stamped");
        let ties = page.next.expect("more");
        assert_eq!(
            ties,
            Position::Ties {
                at: Millis(5),
                after: "b".into()
            }
        );
        let page = ties.absorb(rows(&["c"]), size, None).expect("stamped");
        assert_eq!(page.next, Some(Position::Past { at: Millis(5) }));
    }
}
