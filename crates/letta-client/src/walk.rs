//! Lists, to their end.
//!
//! Oldest first, page after page, each after the last id of the one before: what comes meanwhile comes at the end. A
//! page shorter than asked for is not taken for the last one (a server may cap lower): only an empty one is, or one that
//! holds nothing new while it is so short that nothing can be behind it.

use std::collections::BTreeSet;

use http_kit::{Call, Error, Kind};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{AgentSummary, Block, Folder, FolderFile, Letta, SERVICE, Tool, codes};

/// Rows that are asked for at once.
pub const PAGE: usize = 100;
/// Most pages of one list; one more is an error.
pub const PAGES_MAX: usize = 200;
/// The least that a server gives by itself: a page of fewer rows is all there is, even where our query was dropped.
const DEFAULT_PAGE: usize = 50;

/// What comes in pages.
pub(crate) trait Row {
    /// The id to go on after.
    fn cursor(&self) -> String;
}

impl Row for AgentSummary {
    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl Row for Block {
    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl Row for Tool {
    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl Row for Folder {
    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl Row for FolderFile {
    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl Letta {
    /// All rows of a list, each once. `query` is what narrows it; whether the server kept to it is for the caller to
    /// check.
    pub(crate) async fn walk<T: Row + DeserializeOwned>(
        &self,
        route: &'static str,
        address: Url,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let url = page_url(&address, query, after.as_deref());
            let page: Vec<T> = self.fetch(Call::get(route, url)).await?;
            let (size, known) = (page.len(), rows.len());
            after = page.last().map(Row::cursor);
            rows.extend(page.into_iter().filter(|row| seen.insert(row.cursor())));
            if size == 0 || (rows.len() == known && size < DEFAULT_PAGE) {
                return Ok(rows);
            }
            if rows.len() == known {
                let why = format!("the place to go on from is ignored after {known} rows");
                return Err(endless(route, why));
            }
        }
        Err(endless(route, format!("more than {PAGES_MAX} pages")))
    }
}

fn page_url(address: &Url, query: &[(&str, &str)], after: Option<&str>) -> Url {
    let mut url = address.clone();
    url.query_pairs_mut()
        .extend_pairs(query)
        .append_pair("order", "asc")
        .append_pair("limit", &PAGE.to_string());
    if let Some(after) = after {
        url.query_pairs_mut().append_pair("after", after);
    }
    url
}

fn endless(route: &'static str, why: String) -> Error {
    Error::new(Kind::Fatal, codes::LETTA_LIST_ENDLESS, SERVICE, route).with_detail(why)
}
