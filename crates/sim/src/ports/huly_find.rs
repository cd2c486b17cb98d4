//! Reading from the model of Huly: queries, pages, descriptions.

use engine::port::{Answer, Cursor};
use http_kit::{Effect, Error, Kind};
use serde_json::{Value, json};
use sync_core::ids::{ItemId, Millis};

use super::call::{Ask, Route};
use super::huly::HulyPort;
use super::{failure, issue};
use crate::huly::{Doc, Find, FindOptions, Huly, Mode, Ordered, Session};

pub(super) const FIND: Route = Route {
    service: "huly",
    method: "POST",
    template: "/transactor/api/v1/find-all/{ws}",
    shown: "/api/v1/find-all/{workspace}",
    effect: Effect::Read,
};
const BLOB: Route = Route {
    service: "huly",
    method: "GET",
    template: "/transactor/api/v1/blob",
    shown: "/api/v1/blob",
    effect: Effect::Read,
};

/// The class of issues.
pub(super) const ISSUE: &str = "tracker:class:Issue";
/// The class of projects.
pub(super) const PROJECT: &str = "tracker:class:Project";
/// How many ids are asked for at once.
const IDS_AT_ONCE: usize = 200;

/// A query without order or limit, archived ones shown.
pub(super) fn find(class: &str, query: Value) -> Find {
    Find {
        class: class.to_owned(),
        query: match query {
            Value::Object(query) => query,
            _ => Doc::new(),
        },
        options: FindOptions {
            show_archived: Some(true),
            ..FindOptions::default()
        },
    }
}

/// A page and where the next one begins.
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    pub(super) next: Option<Cursor>,
}

impl HulyPort {
    /// Opens a session, as each request does.
    pub(super) fn admit(&self, huly: &Huly, route: Route) -> Answer<Session> {
        let mode = huly.workspace().mode;
        if mode != Mode::Active {
            let opens_again = matches!(mode, Mode::Upgrading);
            return Err(failure::no_session(route, !opens_again));
        }
        huly.session(&self.account)
            .ok_or_else(|| failure::no_session(route, false))
    }

    /// The documents of a query, each as `read` sees it.
    pub(super) async fn find<T>(&self, find: &Find, read: impl Fn(&Doc) -> T) -> Answer<Vec<T>> {
        let ask = Ask {
            route: FIND,
            operation: last_word(&find.class),
            body: || json!({ "_class": find.class, "query": find.query }).to_string(),
        };
        self.caller
            .read(ask, |huly, cap| {
                huly.settle();
                let who = self.admit(huly, FIND)?;
                let (found, _) = huly
                    .select(&who, find)
                    .map_err(|error| failure::of_huly(FIND, error))?;
                Ok(found.into_iter().take(cap).map(&read).collect())
            })
            .await
    }

    /// One page of a query, in the order of stamps and ids. The query must not be on either.
    pub(super) async fn page<T>(
        &self,
        mut find: Find,
        from: Cursor,
        read: impl Fn(&Doc) -> T,
    ) -> Answer<Rows<T>> {
        let size = usize::try_from(self.page_size.get()).unwrap_or(usize::MAX);
        narrow(&mut find, &from, size);
        let rows = self
            .find(&find, |doc| {
                let at = issue::stamp(doc, "modifiedOn").unwrap_or(0);
                (Millis(at), ItemId::from(issue::id(doc)), read(doc))
            })
            .await?;
        Ok(absorb(&from, rows, size))
    }

    /// Documents by their ids, archived or not.
    pub(super) async fn by_ids<T>(
        &self,
        class: &str,
        field: &str,
        ids: &[&str],
        read: impl Fn(&Doc) -> T,
    ) -> Answer<Vec<T>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(IDS_AT_ONCE) {
            found.extend(
                self.find(&self::find(class, json!({ field: { "$in": some } })), &read)
                    .await?,
            );
        }
        Ok(found)
    }

    /// One document by its id.
    pub(super) async fn by_id<T>(
        &self,
        class: &str,
        id: &str,
        read: impl Fn(&Doc) -> T,
    ) -> Answer<Option<T>> {
        Ok(self
            .find(&find(class, json!({ "_id": id })), read)
            .await?
            .pop())
    }

    /// A stored description.
    pub(super) async fn blob(&self, name: &str) -> Answer<String> {
        let ask = Ask {
            route: BLOB,
            operation: "",
            body: String::new,
        };
        let stored = self
            .caller
            .read(ask, |huly, _| {
                self.admit(huly, BLOB)?;
                Ok(huly.blob_text(name))
            })
            .await?;
        stored.ok_or_else(|| conflict(format!("the description {name} is not stored any more")))
    }
}

/// A failed precondition: observe and plan again.
pub(super) fn conflict(words: String) -> Error {
    Error::new(
        Kind::Conflict,
        engine::codes::PRECONDITION,
        "huly",
        "(issue)",
    )
    .with_detail(words)
}

/// The last part of a class's name, by which calls are counted.
fn last_word(class: &str) -> &'static str {
    match class {
        "core:class:TxCreateDoc" => "TxCreateDoc",
        "core:class:TxUpdateDoc" => "TxUpdateDoc",
        "core:class:TxRemoveDoc" => "TxRemoveDoc",
        "core:class:TxCUD" => "TxCUD",
        "task:class:ProjectType" => "ProjectType",
        "task:class:TaskType" => "TaskType",
        "tracker:class:IssueStatus" => "IssueStatus",
        PROJECT => "Project",
        ISSUE => "Issue",
        _ => "",
    }
}

fn narrow(find: &mut Find, from: &Cursor, size: usize) {
    let by_stamp = ["modifiedOn", "_id"]
        .map(|field| (field.to_owned(), 1))
        .to_vec();
    let (condition, sort) = match from {
        Cursor::From { at, .. } => (json!({ "$gte": at.0 }), by_stamp),
        Cursor::Past { at } => (json!({ "$gt": at.0 }), by_stamp),
        Cursor::Ties { at, after } => {
            find.query
                .insert("_id".into(), json!({ "$gt": after.as_str() }));
            (json!(at.0), vec![("_id".to_owned(), 1)])
        }
    };
    find.query.insert("modifiedOn".into(), condition);
    find.options.sort = Some(Ordered(sort));
    find.options.limit = i64::try_from(size).ok();
}

/// What is new in a page, and where the next one begins. A whole page of one stamp is walked by id.
fn absorb<T>(from: &Cursor, rows: Vec<(Millis, ItemId, T)>, size: usize) -> Rows<T> {
    let is_full = rows.len() >= size;
    let last_page = match from {
        Cursor::Ties { at, .. } => Some(Cursor::Past { at: *at }),
        Cursor::From { .. } | Cursor::Past { .. } => None,
    };
    let next = match (rows.first(), rows.last(), from) {
        (Some(_), Some((_, last, _)), Cursor::Ties { at, .. }) if is_full => Some(Cursor::Ties {
            at: *at,
            after: last.clone(),
        }),
        (Some((first, ..)), Some((at, last, _)), _) if is_full && first == at => {
            Some(Cursor::Ties {
                at: *at,
                after: last.clone(),
            })
        }
        (Some(_), Some((at, ..)), _) if is_full => Some(Cursor::From {
            at: *at,
            seen: rows
                .iter()
                .filter(|(stamp, ..)| stamp == at)
                .map(|(_, id, _)| id.clone())
                .collect(),
        }),
        (_, _, _) => last_page,
    };
    let is_new = |stamp: Millis, id: &ItemId| match from {
        Cursor::From { at, seen } => stamp != *at || !seen.contains(id),
        Cursor::Ties { .. } | Cursor::Past { .. } => true,
    };
    Rows {
        rows: rows
            .into_iter()
            .filter(|(stamp, id, _)| is_new(*stamp, id))
            .map(|(_, _, row)| row)
            .collect(),
        next,
    }
}
