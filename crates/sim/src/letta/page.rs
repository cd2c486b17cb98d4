//! Order, cursors and limits of lists.

use serde::{Deserialize, Serialize};

use super::Refusal;

/// Direction of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    Desc,
}

/// Which part of a list is wanted; what is none is the list's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Rows, at most; 0 for all, negative is refused.
    pub limit: Option<i64>,
    /// Goes on behind this one; ignored where it does not exist.
    pub after: Option<String>,
    /// Ends before this one; ignored where it does not exist.
    pub before: Option<String>,
    /// Direction.
    pub order: Option<Order>,
}

impl Page {
    /// The first `limit` rows in the order of creation.
    pub fn oldest(limit: i64) -> Self {
        Self {
            limit: Some(limit),
            order: Some(Order::Asc),
            ..Self::default()
        }
    }
}

/// What a list does where it is not told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub limit: i64,
    pub order: Order,
}

/// The page of `rows`. `place` is a row's place in ascending order, `cursor` the place of a cursor where it has one.
///
/// A cursor need not pass the list's filters; one that does not exist changes nothing, so the first page comes again.
pub(super) fn paged<T, K: Ord>(
    mut rows: Vec<T>,
    place: impl Fn(&T) -> K,
    cursor: impl Fn(&str) -> Option<K>,
    page: &Page,
    defaults: Defaults,
) -> Result<Vec<T>, Refusal> {
    let limit = page.limit.unwrap_or(defaults.limit);
    if limit < 0 {
        return Err(Refusal::Broken("A database error occurred.".into()));
    }
    let order = page.order.unwrap_or(defaults.order);
    let after = page.after.as_deref().and_then(&cursor);
    let before = page.before.as_deref().and_then(&cursor);
    rows.retain(|row| {
        let place = place(row);
        let (first, last) = match order {
            Order::Asc => (after.as_ref(), before.as_ref()),
            Order::Desc => (before.as_ref(), after.as_ref()),
        };
        first.is_none_or(|bound| place > *bound) && last.is_none_or(|bound| place < *bound)
    });
    rows.sort_by_key(|row| place(row));
    if order == Order::Desc {
        rows.reverse();
    }
    if limit > 0 {
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(rows)
}

/// RFC 3339 UTC with microseconds, as this server prints its stamps.
pub(super) fn micros(stamp: i64) -> String {
    jiff::Timestamp::from_microsecond(stamp).map_or_else(
        |_| String::from("1970-01-01T00:00:00.000000Z"),
        |stamp| format!("{stamp:.6}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(page: &Page) -> Vec<i32> {
        let known = |id: &str| id.parse().ok().filter(|id| (1..=5).contains(id));
        let defaults = Defaults {
            limit: 2,
            order: Order::Desc,
        };
        paged(vec![3, 1, 2, 5, 4], |row| *row, known, page, defaults).unwrap()
    }

    #[test]
    fn limits_cursors_and_orders_are_as_recorded() {
        let page = |limit, after: Option<&str>, order| Page {
            limit,
            after: after.map(str::to_owned),
            before: None,
            order,
        };
        let asc = Some(Order::Asc);
        let rows: &[(&str, Page, &[i32])] = &[
            ("defaults", page(None, None, None), &[5, 4]),
            ("no limit", page(Some(0), None, None), &[5, 4, 3, 2, 1]),
            ("second page", page(None, Some("4"), None), &[3, 2]),
            ("ascending", page(None, Some("2"), asc), &[3, 4]),
            ("behind the last", page(None, Some("5"), asc), &[]),
            ("unknown cursor", page(None, Some("9"), asc), &[1, 2]),
            ("garbage", page(None, Some("garbage"), None), &[5, 4]),
        ];
        for (name, page, wanted) in rows {
            assert_eq!(pages(page), *wanted, "{name}");
        }
        let before = Page {
            before: Some("3".into()),
            ..Page::oldest(0)
        };
        assert_eq!(pages(&before), [1, 2]);
    }

    #[test]
    fn stamps_have_six_decimals() {
        assert_eq!(micros(1_795_245_290_420_007), "2026-11-21T07:14:50.420007Z");
    }
}
