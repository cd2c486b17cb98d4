//! A complete list, page by page.

use sync_core::{Side, ids::ProjectId, item::Item};

use crate::{context::Context, error::Error, port::Cursor};

/// Most pages of one list: a server that never ends its list is an error, not an endless loop.
pub(crate) const MAX_PAGES: usize = 100_000;

/// Every item of one project on one side, page by page.
pub(crate) async fn list(
    ctx: &Context,
    side: Side,
    project: &ProjectId,
) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut from: Option<Cursor> = None;
    for _ in 0..MAX_PAGES {
        ctx.check_stop()?;
        let page = ctx
            .board(side)
            .list(project, from.take())
            .await
            .map_err(Error::service(side))?;
        items.extend(page.items.into_iter().map(|(_, item)| item));
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(items),
        }
    }
    Err(endless(side))
}

/// A list that does not end.
fn endless(side: Side) -> Error {
    Error::Service {
        side,
        source: http_kit::Error::new(
            http_kit::Kind::Fatal,
            crate::codes::ENDLESS_LIST,
            side.as_str(),
            "list",
        )
        .with_detail("the list does not end"),
    }
}
