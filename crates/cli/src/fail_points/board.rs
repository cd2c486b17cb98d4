//! A board with a point before and after each request that changes something.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    sync::Arc,
};

use async_trait::async_trait;
use engine::port::{
    Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, Marks, Names, NewProject, Page,
    Removed, Traffic, UpdateJob, Written,
};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId},
    item::{Item, Values},
    rules::Capabilities,
};

use super::{Moment, Points};

/// See the module.
pub(super) struct Watched {
    board: Arc<dyn Board>,
    points: Points,
}

impl Watched {
    pub(super) fn new(board: Arc<dyn Board>, points: Points) -> Watched {
        Watched { board, points }
    }

    async fn send<T>(&self, about: &[&str], sent: impl Future<Output = T>) -> T {
        let side = self.board.side().as_str();
        let names: Vec<String> = about
            .iter()
            .map(|about| format!("send/{side}-{about}"))
            .collect();
        self.points.pass(Moment::Before, &names);
        let answer = sent.await;
        self.points.pass(Moment::After, &names);
        answer
    }
}

#[async_trait]
impl Board for Watched {
    fn side(&self) -> Side {
        self.board.side()
    }
    fn capabilities(&self) -> Capabilities {
        self.board.capabilities()
    }
    fn traffic(&self) -> Traffic {
        self.board.traffic()
    }
    fn hosts(&self) -> Vec<http_kit::HostStats> {
        self.board.hosts()
    }
    fn set_permit(&self, permit: Arc<dyn http_kit::Permit>) {
        self.board.set_permit(permit);
    }
    fn server_time(&self) -> Option<http_kit::ServerTime> {
        self.board.server_time()
    }
    fn describe(&self) -> String {
        self.board.describe()
    }
    fn role(&self) -> Option<String> {
        self.board.role()
    }
    fn needs_repository(&self) -> bool {
        self.board.needs_repository()
    }
    async fn begin_run(&self) {
        self.board.begin_run().await;
    }
    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        self.board.projects().await
    }
    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        self.board.project(id).await
    }
    async fn create_project(&self, new: &NewProject) -> Answer<BoardProject> {
        self.send(&["create_project"], self.board.create_project(new))
            .await
    }
    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        self.board.statuses(project).await
    }
    async fn list(&self, project: &ProjectId, from: Option<Cursor>) -> Answer<Page> {
        self.board.list(project, from).await
    }
    async fn changes(&self, from: Cursor) -> Answer<Page> {
        self.board.changes(from).await
    }
    async fn removals(&self, since: Millis) -> Answer<Vec<ItemId>> {
        self.board.removals(since).await
    }
    async fn newest_write(&self, since: Millis) -> Answer<Option<Arc<str>>> {
        self.board.newest_write(since).await
    }
    async fn carried_out(&self, write_ids: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        self.board.carried_out(write_ids).await
    }
    async fn newest(&self) -> Answer<Option<Millis>> {
        self.board.newest().await
    }
    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        self.board.get(items).await
    }
    async fn was_moved(&self, item: &ItemId) -> Answer<bool> {
        self.board.was_moved(item).await
    }
    async fn has_items(&self, project: &ProjectId) -> Answer<bool> {
        self.board.has_items(project).await
    }
    async fn called(&self, identifier: &str) -> Answer<Vec<(ProjectId, Item)>> {
        self.board.called(identifier).await
    }
    async fn marks(&self, labels: &[Arc<str>], people: &[Arc<str>]) -> Answer<Marks> {
        self.board.marks(labels, people).await
    }
    async fn names(&self) -> Answer<Names> {
        self.board.names().await
    }
    async fn text(&self, item: &Item) -> Answer<Arc<str>> {
        self.board.text(item).await
    }
    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        self.send(&["prepare"], self.board.prepare(project, jobs))
            .await
    }
    fn create_batch(&self) -> usize {
        self.board.create_batch()
    }
    fn creates_at_once(&self) -> usize {
        self.board.creates_at_once()
    }
    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        self.send(&["create"], self.board.create(project, jobs))
            .await
    }
    async fn find_created(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        self.board.find_created(project, jobs, taken).await
    }
    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        let fields: Vec<&str> = match &job.note {
            Some(_) => vec!["cancel"],
            None => job.set.iter().map(|change| change.field.as_str()).collect(),
        };
        self.send(&fields, self.board.update(job)).await
    }
    async fn remove_footer(&self, item: &ItemId) -> Answer<bool> {
        self.send(&["footer"], self.board.remove_footer(item)).await
    }
    async fn remove(&self, item: &ItemId, expected: &Values, write_id: &str) -> Answer<Removed> {
        let removed = self.board.remove(item, expected, write_id);
        self.send(&["remove"], removed).await
    }
}
