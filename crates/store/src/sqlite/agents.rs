//! Agents, their blocks, and what of a project was changed since they were told.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection};
use sync_core::ids::{ItemId, LinkId, ProjectLinkId};
use uuid::Uuid;

use super::{
    SqliteStore, lease, reports,
    rows::{self, Bound, Columns},
    sql,
};
use crate::{
    agents::{AgentPhase, AgentRow, AgentStore, BlockRow, Facts, Standing},
    error::{Error, at},
    port::{Batch, Fence, Operation},
    row::{ConflictRow, HistoryRow, LetterState},
};

/// Counts a batch for every pair of projects of which it changes something that an agent may be told. Links that are forgotten are
/// still there when this is asked.
pub(super) async fn changed(tx: &mut SqliteConnection, batch: &Batch) -> Result<(), Error> {
    let mut projects: BTreeSet<Uuid> = BTreeSet::new();
    projects.extend(batch.projects.iter().map(|row| row.id.0));
    projects.extend(batch.links.iter().map(|(project, _)| project.0));
    projects.extend(batch.left.iter().map(|project| project.0));
    projects.extend(batch.conflicts.iter().map(|row| row.project.0));
    projects.extend(batch.dead_letters.iter().map(|row| row.project.0));
    projects.extend(batch.history.iter().map(|row| row.project.0));
    projects.extend(batch.held.iter().map(|row| row.project.0));
    projects.extend(batch.dirty.iter().map(|row| row.project.0));
    projects.extend(batch.clean.iter().map(|(project, _, _)| project.0));
    let cleared = batch.clear_dead.iter().map(|(link, _, _)| *link);
    let links: BTreeSet<LinkId> = batch.forget.iter().copied().chain(cleared).collect();
    for link in links {
        projects.extend(project(tx, sqlx::query(sql::CHANGES_OF_LINK).bind(link.0)).await?);
    }
    for row in &batch.decided {
        let query = sqlx::query(sql::CHANGES_OF_CONFLICT).bind(row.id);
        projects.extend(project(tx, query).await?);
    }
    count(tx, projects).await
}

/// The same for what people do.
pub(super) async fn operated(
    tx: &mut SqliteConnection,
    operation: &Operation,
) -> Result<(), Error> {
    let told = operation.deeds.iter().filter_map(|deed| deed.project);
    let mut projects: BTreeSet<Uuid> = told.map(|project| project.0).collect();
    for letter in operation.retry.iter().chain(&operation.drop) {
        let query = sqlx::query(sql::CHANGES_OF_LINK).bind(letter.link.0);
        projects.extend(project(tx, query).await?);
    }
    for (id, _, _) in &operation.decide {
        let query = sqlx::query(sql::CHANGES_OF_CONFLICT).bind(*id);
        projects.extend(project(tx, query).await?);
    }
    count(tx, projects).await
}

async fn project(tx: &mut SqliteConnection, query: Bound) -> Result<Option<Uuid>, Error> {
    rows::one(tx, "links", query, rows::id).await
}

async fn count(tx: &mut SqliteConnection, projects: BTreeSet<Uuid>) -> Result<(), Error> {
    let projects: Vec<Uuid> = projects.into_iter().collect();
    let bind = |query: Bound, project: &Uuid| Ok(query.bind(*project).bind(1_i64));
    rows::put(tx, "count changes", &sql::CHANGES_PUT, &projects, bind)
        .await
        .map(|_| ())
}

fn standing(row: &mut Columns<'_>) -> Result<Standing, Error> {
    let agent = AgentRow {
        project: ProjectLinkId(row.uuid()?),
        agent: row.maybe_text()?,
        phase: row.word(&AgentPhase::ALL, AgentPhase::word)?,
        attempt: row.small()?,
        sent_at: row.maybe_millis()?,
        told: row.small()?,
        rules: row.text()?,
        checked_at: row.millis()?,
        tries: row.small()?,
        failing_since: row.maybe_millis()?,
        next_try: row.millis()?,
        code: row.text()?,
        message: row.text()?,
        state: row.word(&LetterState::ALL, LetterState::word)?,
        traits: row.text()?,
    };
    let changes = row.small()?;
    Ok(Standing { agent, changes })
}

fn agent(query: Bound, row: &AgentRow) -> Result<Bound, Error> {
    let told = i64::try_from(row.told).map_err(|error| Error::Encode {
        table: "agents",
        source: error.into(),
    })?;
    Ok(query
        .bind(row.project.0)
        .bind(row.agent.clone())
        .bind(row.phase.word())
        .bind(i64::from(row.attempt))
        .bind(row.sent_at.map(|at| at.0))
        .bind(told)
        .bind(Arc::clone(&row.rules))
        .bind(row.checked_at.0)
        .bind(i64::from(row.tries))
        .bind(row.failing_since.map(|at| at.0))
        .bind(row.next_try.0)
        .bind(Arc::clone(&row.code))
        .bind(Arc::clone(&row.message))
        .bind(row.state.word())
        .bind(Arc::clone(&row.traits)))
}

fn block(row: &mut Columns<'_>) -> Result<BlockRow, Error> {
    Ok(BlockRow {
        project: ProjectLinkId(row.uuid()?),
        label: row.text()?,
        block: row.maybe_text()?,
        confirmed: row.maybe_hash()?,
        wanted: row.hash()?,
        tries: row.small()?,
        failing_since: row.maybe_millis()?,
        code: row.text()?,
        message: row.text()?,
        state: row.word(&LetterState::ALL, LetterState::word)?,
    })
}

fn bind_block(query: Bound, row: &BlockRow) -> Bound {
    query
        .bind(row.project.0)
        .bind(Arc::clone(&row.label))
        .bind(row.block.clone())
        .bind(row.confirmed.map(|hash| hash.to_vec()))
        .bind(row.wanted.to_vec())
        .bind(i64::from(row.tries))
        .bind(row.failing_since.map(|at| at.0))
        .bind(Arc::clone(&row.code))
        .bind(Arc::clone(&row.message))
        .bind(row.state.word())
}

fn fact(row: &mut Columns<'_>) -> Result<(ItemId, Facts), Error> {
    Ok((ItemId::new(row.text()?), row.json()?))
}

async fn put(
    conn: &mut SqliteConnection,
    fence: &Fence,
    agents: &[AgentRow],
    blocks: &[BlockRow],
) -> Result<(), Error> {
    let op = at("write agents");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    rows::put(&mut tx, "write agents", &sql::AGENTS_PUT, agents, agent).await?;
    let bind = |query, row: &BlockRow| Ok(bind_block(query, row));
    rows::put(&mut tx, "write blocks", &sql::BLOCKS_PUT, blocks, bind).await?;
    tx.commit().await.map_err(&op)
}

async fn forget(
    conn: &mut SqliteConnection,
    fence: &Fence,
    project: ProjectLinkId,
) -> Result<(), Error> {
    let op = at("forget blocks");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    let query = sqlx::query(sql::BLOCKS_FORGET).bind(project.0);
    rows::run(&mut tx, "forget blocks", query).await?;
    tx.commit().await.map_err(&op)
}

async fn put_facts(
    conn: &mut SqliteConnection,
    fence: &Fence,
    project: ProjectLinkId,
    facts: &[(ItemId, Facts)],
    gone: &[ItemId],
) -> Result<(), Error> {
    let op = at("write facts");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    for issue in gone {
        let query = sqlx::query(sql::FACTS_FORGET).bind(issue.as_str().to_owned());
        rows::run(&mut tx, "write facts", query.bind(project.0)).await?;
    }
    let bind = |query: Bound, (issue, facts): &(ItemId, Facts)| {
        let body = rows::json("facts", facts)?;
        Ok(query
            .bind(issue.as_str().to_owned())
            .bind(project.0)
            .bind(body))
    };
    rows::put(&mut tx, "write facts", &sql::FACTS_PUT, facts, bind).await?;
    count(&mut tx, BTreeSet::from([project.0])).await?;
    tx.commit().await.map_err(&op)
}

#[async_trait]
impl AgentStore for SqliteStore {
    async fn standings_of_agents(&self) -> Result<Vec<Standing>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::AGENTS);
        self.named(rows::all(reader.get()?, "agents", query, standing).await)
    }
    async fn standing_of_agent(&self, project: ProjectLinkId) -> Result<Option<Standing>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::AGENT).bind(project.0);
        self.named(rows::one(reader.get()?, "agents", query, standing).await)
    }
    async fn blocks(&self, project: ProjectLinkId) -> Result<Vec<BlockRow>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::BLOCKS).bind(project.0);
        self.named(rows::all(reader.get()?, "blocks", query, block).await)
    }
    async fn put_agents(
        &self,
        fence: &Fence,
        agents: &[AgentRow],
        blocks: &[BlockRow],
    ) -> Result<(), Error> {
        let mut writer = self.writer().await;
        self.named(put(writer.get()?, fence, agents, blocks).await)
    }
    async fn forget_blocks(&self, fence: &Fence, project: ProjectLinkId) -> Result<(), Error> {
        self.named(forget(self.writer().await.get()?, fence, project).await)
    }

    async fn facts(&self, project: ProjectLinkId) -> Result<HashMap<ItemId, Facts>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::FACTS).bind(project.0);
        let found = rows::all(reader.get()?, "facts", query, fact).await;
        Ok(self.named(found)?.into_iter().collect())
    }
    async fn facts_of(&self, issues: &[ItemId]) -> Result<HashMap<ItemId, Facts>, Error> {
        let mut reader = self.reader().await;
        let bind = |query: Bound, issue: &ItemId| query.bind(issue.as_str().to_owned());
        let found = rows::among(reader.get()?, "facts", &sql::FACTS_OF, issues, bind, fact).await;
        Ok(self.named(found)?.into_iter().collect())
    }
    async fn put_facts(
        &self,
        fence: &Fence,
        project: ProjectLinkId,
        facts: &[(ItemId, Facts)],
        gone: &[ItemId],
    ) -> Result<(), Error> {
        let mut writer = self.writer().await;
        self.named(put_facts(writer.get()?, fence, project, facts, gone).await)
    }

    async fn history_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::HISTORY_OF_PROJECT).bind(project.0);
        let query = query.bind(i64::from(limit));
        self.named(rows::all(reader.get()?, "history", query, reports::history_row).await)
    }
    async fn conflicts_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Result<Vec<ConflictRow>, Error> {
        let mut reader = self.reader().await;
        let query = sqlx::query(sql::CONFLICTS_OPEN_OF_PROJECT).bind(project.0);
        let query = query.bind(i64::from(limit));
        self.named(rows::all(reader.get()?, "conflicts", query, reports::conflict).await)
    }
}
