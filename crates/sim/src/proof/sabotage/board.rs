//! A board with a defect.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::port::{
    Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, Marks, Names, NewProject, Page,
    Removed, Traffic, UpdateJob, Written,
};
use http_kit::Kind;
use sync_core::{
    Side,
    ids::{IntentKey, ItemId, Millis, ProjectId},
    item::{Field, Item, TextVersion, Value, Values},
    rules::Capabilities,
};

use super::Defect;

/// What a defect remembers of earlier calls.
#[derive(Default)]
struct Memory {
    texts: HashMap<ItemId, Arc<str>>,
    listed: HashSet<ItemId>,
    any_list: bool,
}

/// A board as an engine with a defect uses it.
pub(in crate::proof) struct Broken {
    board: Arc<dyn Board>,
    defect: Defect,
    memory: Mutex<Memory>,
}

impl Broken {
    /// The board with a defect; the board itself where there is none.
    pub(in crate::proof) fn with(board: Arc<dyn Board>, defect: Option<Defect>) -> Arc<dyn Board> {
        match defect {
            None => board,
            Some(defect) => Arc::new(Broken {
                board,
                defect,
                memory: Mutex::default(),
            }),
        }
    }

    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, page: &Page) {
        let mut memory = self.memory();
        memory.any_list = true;
        let ids = page.items.iter().map(|(_, item)| item.id.clone());
        memory.listed.extend(ids);
    }

    /// The jobs as the defect sends them.
    fn spoiled(&self, jobs: &[CreateJob]) -> Vec<CreateJob> {
        let mut jobs = jobs.to_vec();
        for job in &mut jobs {
            if self.is(Defect::MarkerLeftOut) {
                job.footer = None;
            }
            if self.is(Defect::KeyOfValues) {
                let name =
                    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, job.draft.title.as_bytes());
                job.key = IntentKey(name);
            }
        }
        jobs
    }

    /// An update on whatever stands there.
    async fn forced(&self, job: &UpdateJob) -> Answer<UpdateJob> {
        let now = self.board.get(std::slice::from_ref(&job.item)).await?;
        let mut job = job.clone();
        if let Some((_, item)) = now.get(&job.item) {
            job.expected = item.values.clone();
        }
        Ok(job)
    }

    /// An update without one of its fields, answered as if it had been written.
    async fn without(&self, job: &UpdateJob, field: Field) -> Answer<Written> {
        let mut less = job.clone();
        less.set.retain(|change| change.field != field);
        let mut written = if less.set.is_empty() && less.note.is_none() {
            self.pretended(job).await?
        } else {
            self.board.update(&less).await?
        };
        pretend(&mut written.item, job);
        Ok(written)
    }

    async fn pretended(&self, job: &UpdateJob) -> Answer<Written> {
        let now = self.board.get(std::slice::from_ref(&job.item)).await?;
        let missing =
            || http_kit::Error::new(Kind::Conflict, "VIBE_NOT_FOUND", "sabotage", "(item)");
        let (_, mut item) = now.get(&job.item).cloned().ok_or_else(missing)?;
        pretend(&mut item, job);
        Ok(Written {
            item,
            refused: Vec::new(),
            lost: Vec::new(),
        })
    }
}

/// Puts into an item what was asked for.
fn pretend(item: &mut Item, job: &UpdateJob) {
    for change in &job.set {
        match (&change.field, &change.to) {
            (Field::Title, Value::Text(text)) => item.values.title = Arc::clone(text),
            (Field::Description, Value::Text(text)) => {
                item.values.description = TextVersion::of_text(text);
                item.text = Some(Arc::clone(text));
            }
            (Field::Status, Value::Status(status)) => item.values.status = Some(status.clone()),
            _ => {}
        }
    }
}

#[async_trait]
impl Board for Broken {
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
        match self.board.projects().await {
            Err(_) if self.is(Defect::FailedProjectsAreNone) => Ok(Vec::new()),
            answer => answer,
        }
    }
    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        match self.board.project(id).await {
            Err(_) if self.is(Defect::FailedProjectsAreNone) => Ok(None),
            answer => answer,
        }
    }
    async fn create_project(&self, new: &NewProject) -> Answer<BoardProject> {
        match self.board.create_project(new).await {
            Err(_) if self.is(Defect::ProjectMadeBlindly) => self.board.create_project(new).await,
            answer => answer,
        }
    }
    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        self.board.statuses(project).await
    }
    async fn list(&self, project: &ProjectId, from: Option<Cursor>) -> Answer<Page> {
        let mut page = match self.board.list(project, from).await {
            Err(_) if self.is(Defect::FailedListIsEmpty) => Page::default(),
            answer => answer?,
        };
        if self.is(Defect::FirstPageOnly) {
            page.next = None;
        }
        self.saw(&page);
        Ok(page)
    }
    async fn changes(&self, from: Cursor) -> Answer<Page> {
        match self.board.changes(from).await {
            Err(_) if self.is(Defect::ChangesSkipped) => Ok(Page::default()),
            answer => answer,
        }
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
        let by_list = self.is(Defect::ShortListIsProof) || self.is(Defect::FailedListIsEmpty);
        let answer = match self.board.get(items).await {
            Err(_) if self.is(Defect::FailedReadIsGone) => Ok(HashMap::new()),
            answer => answer,
        };
        if !by_list || !self.memory().any_list || self.side() == Side::Huly {
            return answer;
        }
        let mut found = answer?;
        let memory = self.memory();
        found.retain(|id, _| memory.listed.contains(id));
        Ok(found)
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
        if self.is(Defect::StaleText) {
            let known = self.memory().texts.get(&item.id).cloned();
            if let Some(known) = known {
                return Ok(known);
            }
        }
        let text = self.board.text(item).await?;
        let kept = Arc::clone(&text);
        self.memory().texts.insert(item.id.clone(), kept);
        if self.is(Defect::FirstLineOnly) {
            return Ok(text.lines().next().unwrap_or_default().into());
        }
        Ok(text)
    }
    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        self.board.prepare(project, &self.spoiled(jobs)).await
    }
    fn create_batch(&self) -> usize {
        self.board.create_batch()
    }
    fn creates_at_once(&self) -> usize {
        self.board.creates_at_once()
    }
    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        let jobs = self.spoiled(jobs);
        let mut made = self.board.create(project, &jobs).await;
        let lost = made.iter().any(Result::is_err);
        if self.is(Defect::CreateSentTwice) || self.is(Defect::CreateRepeatedBlindly) && lost {
            made = self.board.create(project, &jobs).await;
        }
        if self.is(Defect::BaseIsAsked) {
            for (answer, job) in made.iter_mut().zip(&jobs) {
                if let Ok(item) = answer {
                    item.values.status.clone_from(&job.draft.status);
                }
            }
        }
        made
    }
    async fn find_created(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        if self.is(Defect::FindsNothing) {
            return Ok(jobs.iter().map(|_| Ok(None)).collect());
        }
        let jobs = self.spoiled(jobs);
        self.board.find_created(project, &jobs, taken).await
    }
    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        match self.defect {
            Defect::UnconditionalWrite => {
                let job = self.forced(job).await?;
                self.board.update(&job).await
            }
            Defect::StatusNotWritten => self.without(job, Field::Status).await,
            Defect::TitleNotWritten => self.without(job, Field::Title).await,
            Defect::DescriptionNotWritten => self.without(job, Field::Description).await,
            Defect::FailureIsSuccess => match self.board.update(job).await {
                Err(_) => self.pretended(job).await,
                answer => answer,
            },
            Defect::BaseFromLaterRead => {
                let mut written = self.board.update(job).await?;
                let later = self.board.get(std::slice::from_ref(&job.item)).await?;
                if let Some((_, item)) = later.get(&job.item) {
                    let mut item = item.clone();
                    if item.text.is_none() {
                        item.text = Some(self.board.text(&item).await?);
                    }
                    written.item = item;
                }
                Ok(written)
            }
            _ => self.board.update(job).await,
        }
    }
    async fn remove_footer(&self, item: &ItemId) -> Answer<bool> {
        self.board.remove_footer(item).await
    }
    async fn remove(&self, id: &ItemId, expected: &Values, write_id: &str) -> Answer<Removed> {
        if self.is(Defect::TwinKept) {
            return Ok(Removed::Gone);
        }
        self.board.remove(id, expected, write_id).await
    }
}
