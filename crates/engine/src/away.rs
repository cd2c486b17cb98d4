//! A board of a service that could not be reached: it answers everything with why.
//!
//! With it a run can still look at the other service.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use http_kit::{Error, Permit};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId},
    item::{FieldSet, Item, Values},
    rules::{Capabilities, Limits},
};
use url::Url;

use crate::port::{
    Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, Marks, Names, NewProject, Page,
    Removed, Traffic, UpdateJob, Written,
};

/// See the module.
#[derive(Debug)]
pub struct AwayBoard {
    side: Side,
    why: Error,
    /// The same in words, with the address and the causes.
    words: String,
}

impl AwayBoard {
    /// A board for this side, which could not be reached at this address because of this.
    pub fn new(side: Side, address: &Url, why: Error) -> AwayBoard {
        let mut words = format!("{address} cannot be used: {}", why.detail());
        let mut next = std::error::Error::source(&why);
        while let Some(cause) = next {
            let told = cause.to_string();
            if !words.contains(&told) {
                words.push_str(": ");
                words.push_str(&told);
            }
            next = cause.source();
        }
        AwayBoard { side, why, words }
    }

    /// The same error once more; its cause, which is no value, in its words.
    fn why<T>(&self) -> Answer<T> {
        let why = &self.why;
        let error = Error::new(why.kind(), why.code(), why.service(), why.route())
            .with_detail(&self.words)
            .with_retry_after(why.retry_after())
            .with_tries(why.tries());
        Err(match why.status() {
            Some(status) => error.with_status(status),
            None => error,
        })
    }
}

#[async_trait]
impl Board for AwayBoard {
    fn side(&self) -> Side {
        self.side
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: FieldSet::COMMON,
            conditional_write: false,
            client_ids: false,
            changes: false,
            status_at_create: false,
            footer: false,
            limits: Limits {
                title_chars: None,
                description_bytes: None,
                blank_title: false,
                nul: false,
            },
        }
    }

    /// The call that was to reach it, with its repeats.
    fn traffic(&self) -> Traffic {
        let tries = u64::from(self.why.tries().max(1));
        Traffic {
            requests: tries,
            retries: tries - 1,
            failed: 1,
            ..Traffic::default()
        }
    }

    fn set_permit(&self, _: Arc<dyn Permit>) {}

    fn describe(&self) -> String {
        format!("{}, which could not be reached", self.side.title())
    }

    fn needs_repository(&self) -> bool {
        false
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        self.why()
    }

    async fn project(&self, _: &ProjectId) -> Answer<Option<BoardProject>> {
        self.why()
    }

    async fn create_project(&self, _: &NewProject) -> Answer<BoardProject> {
        self.why()
    }

    async fn statuses(&self, _: &BoardProject) -> Answer<Vec<KindStatuses>> {
        self.why()
    }

    async fn list(&self, _: &ProjectId, _: Option<Cursor>) -> Answer<Page> {
        self.why()
    }

    async fn changes(&self, _: Cursor) -> Answer<Page> {
        self.why()
    }

    async fn removals(&self, _: Millis) -> Answer<Vec<ItemId>> {
        self.why()
    }

    async fn newest_write(&self, _: Millis) -> Answer<Option<Arc<str>>> {
        self.why()
    }

    async fn carried_out(&self, _: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        self.why()
    }

    async fn newest(&self) -> Answer<Option<Millis>> {
        self.why()
    }

    async fn get(&self, _: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        self.why()
    }

    async fn was_moved(&self, _: &ItemId) -> Answer<bool> {
        self.why()
    }

    async fn called(&self, _: &str) -> Answer<Vec<(ProjectId, Item)>> {
        self.why()
    }

    async fn marks(&self, _: &[Arc<str>], _: &[Arc<str>]) -> Answer<Marks> {
        self.why()
    }

    async fn names(&self) -> Answer<Names> {
        self.why()
    }

    async fn text(&self, _: &Item) -> Answer<Arc<str>> {
        self.why()
    }

    async fn prepare(&self, _: &BoardProject, _: &[CreateJob]) -> Answer<Vec<serde_json::Value>> {
        self.why()
    }

    fn create_batch(&self) -> usize {
        1
    }

    async fn create(&self, _: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        jobs.iter().map(|_| self.why()).collect()
    }

    async fn find_created(
        &self,
        _: &ProjectId,
        _: &[CreateJob],
        _: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        self.why()
    }

    async fn update(&self, _: &UpdateJob) -> Answer<Written> {
        self.why()
    }

    async fn remove_footer(&self, _: &ItemId) -> Answer<bool> {
        self.why()
    }

    async fn remove(&self, _: &ItemId, _: &Values, _: &str) -> Answer<Removed> {
        self.why()
    }
}
