//! Choosing: what of a project this run is about (design 3.9). Asks [`sync_core::filter`]; what a filter needs to know beyond the items
//! themselves is asked of Huly once a run.

mod anew;
mod check;
mod fields;
mod item;

use std::collections::BTreeSet;

use sync_core::{
    Pair, Side,
    filter::{Filter, Judged, Leaving, Subject, Turn, turn},
    ids::{Millis, StatusId},
    item::{Item, Observation},
    lens::Lenses,
    link::{Link, Phase},
};

use crate::{
    context::Context,
    error::Error,
    port::{BoardProject, Marks},
    workflow::Workflow,
};

pub(crate) use anew::{again, begin, forget_watermarks};
pub(crate) use check::{known, names, told};
pub(crate) use fields::directions;
pub(crate) use item::{Target, observe_one, only_item, targets};

/// Why a link sleeps, for people.
pub(crate) const OUTSIDE: &str = "it is outside the filter";
/// Why one wakes.
pub(crate) const INSIDE: &str = "it is inside the filter again";

/// The filter of one project's turn, with all that it looks at.
pub(crate) struct Chooser<'a> {
    filter: &'a Filter,
    leaving: Leaving,
    /// Whether there is any condition on items at all: where there is none, nothing is looked up.
    active: bool,
    marks: &'a Marks,
    workflow: &'a Workflow,
    project: Vec<&'a str>,
    now: Millis,
}

impl<'a> Chooser<'a> {
    /// The filter for one project. Labels and people are asked for by the first project that needs them.
    pub(crate) async fn of(
        ctx: &'a Context,
        project: &'a BoardProject,
        workflow: &'a Workflow,
    ) -> Result<Chooser<'a>, Error> {
        let filter = &ctx.settings.filter;
        let mut names = vec![project.id.as_str(), &project.name];
        names.extend(project.label.as_deref());
        Ok(Chooser {
            filter,
            leaving: ctx.settings.leaving,
            active: filter.is_on_items(),
            marks: ctx.marks().await?,
            workflow,
            project: names,
            now: ctx.now(),
        })
    }

    /// What is done with a link.
    pub(crate) fn turn(&self, lenses: &Lenses, link: &Link, now: Pair<&Observation>) -> Turn {
        if !self.active && link.phase != Phase::Asleep {
            return Turn::Work;
        }
        let whole = link.items.huly.is_some() && link.items.vibe.is_some();
        let judged = match (&link.items.huly, now.huly, now.vibe) {
            (Some(_), Observation::Present(issue), _) => self.issue(issue),
            (None, _, Observation::Present(task)) => self.task(lenses, task),
            // nothing is left to choose by: the filter without conditions lets it be dealt with
            (Some(_), Observation::Gone, _) if !self.active => Judged::Inside,
            (Some(_) | None, _, _) => Judged::Unknown,
        };
        turn(link.phase, judged, self.leaving, whole)
    }

    /// Whether an item without a link may get one or a counterpart: an issue by itself, a task by the issue that it would become.
    pub(crate) fn lets(&self, lenses: &Lenses, side: Side, item: &Item) -> bool {
        let judged = match side {
            Side::Huly => self.issue(item),
            Side::Vibe => self.task(lenses, item),
        };
        match judged {
            Judged::Inside | Judged::Unknown => true,
            Judged::Outside(_) => false,
        }
    }

    fn issue(&self, issue: &Item) -> Judged {
        if !self.active {
            return Judged::Inside;
        }
        let none = BTreeSet::new();
        let status = issue.values.status.as_ref();
        let called: Vec<&str> = issue
            .values
            .extra
            .assignee
            .as_ref()
            .and_then(|person| self.marks.people.get(person))
            .map(|names| names.iter().map(|name| &**name).collect())
            .unwrap_or_default();
        let subject = Subject {
            project: &self.project,
            status: status.and_then(|status| self.name(status)),
            category: status.and_then(|status| self.workflow.categories.get(status).copied()),
            labels: Some(self.marks.labels.get(&issue.id).unwrap_or(&none)),
            assignee: Some(&called),
            ..Subject::of_issue(issue)
        };
        self.filter.judge(&subject, self.now)
    }

    fn task(&self, lenses: &Lenses, task: &Item) -> Judged {
        if !self.active {
            return Judged::Inside;
        }
        let lens = lenses.of(None);
        let status = task.values.status.as_ref();
        let becomes = status.and_then(|status| lens.to_huly(status, None));
        let subject = Subject {
            project: &self.project,
            status: becomes.and_then(|status| self.name(status)),
            category: becomes.and_then(|status| self.workflow.categories.get(status).copied()),
            ..Subject::of_task(task)
        };
        self.filter.judge(&subject, self.now)
    }

    fn name(&self, status: &StatusId) -> Option<&str> {
        self.workflow.names.get(status).map(|name| &**name)
    }
}
