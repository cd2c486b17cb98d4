//! Lists that are never taken for complete where they may be cut.

use std::collections::BTreeSet;

use http_kit::{Call, Error, Kind};

use super::{Bridge, Form, Issue, SERVICE, route, wire};
use crate::codes;

/// How many times more is asked for after a full page.
const GROWTH: usize = 4;
/// Rows of one page over all issues; the bridge gives out no more.
const ALL_PAGE: usize = 500;
/// How often all issues are paged through from the start, where they shifted meanwhile.
const ALL_TRIES: usize = 3;
/// Pages of one walk over all issues: an endless list is an error.
const ALL_PAGES: usize = 10_000;

impl Bridge {
    /// All issues of a project. `counted` is the project's own count ([`super::Project::issue_count`]) as read before: a
    /// list that is shorter is looked at twice.
    ///
    /// A page that is full is asked for again with a larger limit, up to [`super::Pages::most`]; beyond that, and where
    /// the bridge gives out fewer issues than it counts, a later bridge is paged through by offset, and with a first one
    /// it is an error ([`codes::HULY_BRIDGE_INCOMPLETE`]), never a part of the list.
    pub async fn issues(&self, project: &str, counted: usize) -> Result<Vec<Issue>, Error> {
        let mut limit = self.pages.first;
        loop {
            let issues = self.page(project, limit).await?;
            let got = issues.len();
            if got < limit {
                if got >= counted || got >= self.count(project).await? {
                    return Ok(issues);
                }
                return self.instead(project, got).await;
            }
            if limit >= self.pages.most {
                return self.instead(project, got).await;
            }
            limit = limit.saturating_mul(GROWTH).min(self.pages.most);
        }
    }

    async fn page(&self, project: &str, limit: usize) -> Result<Vec<Issue>, Error> {
        let mut url = self.url(route::PROJECTS, Some(project));
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.push("issues");
        }
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string());
        let answer: wire::Issues = self.fetch(Call::get(route::PROJECT_ISSUES, url)).await?;
        Ok(answer.issues)
    }

    /// What the bridge counts in a project now; 0 where there is no such project any more.
    async fn count(&self, project: &str) -> Result<usize, Error> {
        let projects = self.projects().await?;
        let found = projects.iter().find(|known| known.identifier == project);
        Ok(found.map_or(0, |found| found.issue_count))
    }

    /// The list by offset, where the bridge has that.
    async fn instead(&self, project: &str, got: usize) -> Result<Vec<Issue>, Error> {
        match self.form {
            Form::First => Err(incomplete(project, got)),
            Form::Later => self.by_offset(project, got).await,
        }
    }

    /// Pages shift while things change, so a walk counts only if nothing moved in it.
    async fn by_offset(&self, project: &str, got: usize) -> Result<Vec<Issue>, Error> {
        for _ in 0..ALL_TRIES {
            if let Some(all) = self.walk().await? {
                let own = all
                    .into_iter()
                    .filter(|issue| issue.project.as_deref() == Some(project));
                let own: Vec<Issue> = own.collect();
                if own.len() < got || own.len() < self.count(project).await? {
                    return Err(incomplete(project, own.len()));
                }
                return Ok(own);
            }
        }
        let error = Error::new(
            Kind::Transient,
            codes::HULY_BRIDGE_INCOMPLETE,
            SERVICE,
            route::ALL_ISSUES,
        );
        Err(error.with_detail("the issues changed each time while their pages were read"))
    }

    /// All issues of the workspace; `None` where the pages do not fit together.
    async fn walk(&self) -> Result<Option<Vec<Issue>>, Error> {
        let (mut all, mut total): (Vec<Issue>, Option<usize>) = (Vec::new(), None);
        for _ in 0..ALL_PAGES {
            let mut url = self.url(route::ALL_ISSUES, None);
            url.query_pairs_mut()
                .append_pair("limit", &ALL_PAGE.to_string())
                .append_pair("offset", &all.len().to_string());
            let page: wire::All = self.fetch(Call::get(route::ALL_ISSUES, url)).await?;
            let shifted = *total.get_or_insert(page.pagination.total) != page.pagination.total;
            let stuck = page.issues.is_empty() && page.pagination.has_more;
            if shifted || stuck {
                return Ok(None);
            }
            all.extend(page.issues);
            if !page.pagination.has_more {
                let different: BTreeSet<_> = all
                    .iter()
                    .map(|issue| (&issue.identifier, issue.created_on))
                    .collect();
                let whole = Some(all.len()) == total && different.len() == all.len();
                return Ok(whole.then_some(all));
            }
        }
        Ok(None)
    }
}

fn incomplete(project: &str, got: usize) -> Error {
    let error = Error::new(
        Kind::Fatal,
        codes::HULY_BRIDGE_INCOMPLETE,
        SERVICE,
        route::PROJECT_ISSUES,
    );
    error.with_detail(format!(
        "project {project} has more issues than the {got} that the bridge lists"
    ))
}
