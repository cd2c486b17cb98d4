//! Deeds, carried out on the models as people do it, and written down.

use engine::markup;
use serde_json::json;
use sync_core::Side;
use uuid::Uuid;

use crate::huly::NewIssue;
use crate::vibe::{NewTask, TaskUpdate};

use super::deed::{Agent, Deed, Line, Whose, issue_status, task_status};
use super::generate::{Left, is_left_out};
use super::play::Play;
use super::seen::{Seen, seen_issue, seen_task};
use super::words::Origin;

/// Where a footer of ours begins.
const FOOTER: &str = "<!-- hvs:begin";

impl Play {
    /// Does a deed now; one that has nothing to be done to is left out.
    pub(super) fn act(&self, deed: &Deed) {
        let page = self.notes().book.page();
        let done = self.try_act(deed);
        let mut notes = self.notes();
        if done.is_none() {
            notes.book.tear_out(page);
        }
        notes.moment += 1;
        notes.deeds += 1;
        if let Some(what) = done {
            notes.steps += 1;
            notes.mark(format!("deed: {}", deed.name()));
            notes.trace_boards(format!("* {} {what}", deed.name()));
        }
    }

    fn try_act(&self, deed: &Deed) -> Option<String> {
        match *deed {
            Deed::Make {
                side,
                project,
                status,
                text,
                below,
            } => self.make(side, project, status, text, below),
            Deed::Retitle { side, item } => self.retitle(side, item),
            Deed::Describe { side, item, line } => self.describe(side, item, line),
            Deed::Type { item } => self.type_text(item),
            Deed::Move { side, item, status } => self.set_status(side, item, status),
            Deed::Delete { side, item } => self.delete(side, item),
            Deed::Agent { item, does } => self.agent(item, does),
            Deed::Relocate { item, project } => self.relocate(item, project),
            Deed::Archive { project, on } => self.archive(project, on),
            Deed::Copy { item } => self.copy(item),
            Deed::StripFooter { item } => self.strip_footer(item),
            Deed::Clock { whose, by_ms } => Some(self.set_clock(whose, by_ms)),
            Deed::Snapshot { side } => {
                match side {
                    Side::Huly => self.huly.keep_copy(),
                    Side::Vibe => self.vibe.keep_copy(),
                }
                Some(side.to_string())
            }
        }
    }

    /// All items of a side, by id.
    pub(super) fn all(&self, side: Side) -> Vec<Seen> {
        let mut all: Vec<Seen> = match side {
            Side::Huly => {
                let issues = self.issues().lock().snapshot();
                issues.iter().map(seen_issue).collect()
            }
            Side::Vibe => {
                let tasks = self.tasks().lock().snapshot();
                tasks.iter().map(seen_task).collect()
            }
        };
        if self.by_title {
            all.sort_by(|a, b| a.title.cmp(&b.title));
        }
        all
    }

    fn one(&self, side: Side, item: u16) -> Option<Seen> {
        pick(self.all(side), item)
    }

    /// A word that was never written before.
    fn word(&self, origin: Origin, side: Side) -> String {
        let mut notes = self.notes();
        let at = notes.moment + 1;
        notes.book.write(origin, side, at).to_string()
    }

    fn make(
        &self,
        side: Side,
        project: u16,
        status: u8,
        text: bool,
        below: Option<u16>,
    ) -> Option<String> {
        let origin = self.notes().book.origin();
        let title = format!("Item {}", self.word(origin, side));
        let text = text.then(|| {
            let (first, last) = (self.word(origin, side), self.word(origin, side));
            format!("First {first}.\n\nMiddle.\n\nLast {last}.")
        });
        if status % 5 == 4 {
            self.notes().book.cancel(origin);
        }
        match side {
            Side::Huly => {
                let below = below.and_then(|item| self.one(Side::Huly, item));
                let mut huly = self.issues().lock();
                let project = pick(huly.projects(), project)?;
                let new = NewIssue {
                    title: title.clone(),
                    description: text.as_deref().map(wire),
                    status: Some(issue_status(status).to_owned()),
                    parent: below.map(|issue| issue.id),
                    ..NewIssue::default()
                };
                huly.person_create(&self.who, &project.id, &new).ok()?;
            }
            Side::Vibe => {
                let mut vibe = self.tasks().lock();
                let project = pick(vibe.projects(), project)?;
                let new = NewTask {
                    project_id: project.id,
                    title: title.clone(),
                    description: text,
                    status: None,
                    parent: None,
                    image_ids: None,
                };
                let made = vibe.create_task(new).ok()?;
                let update = TaskUpdate {
                    status: Some(task_status(status)),
                    ..TaskUpdate::default()
                };
                vibe.update_task(made.id, update).ok()?;
            }
        }
        Some(format!("{side} {title}"))
    }

    fn retitle(&self, side: Side, item: u16) -> Option<String> {
        let seen = self.one(side, item)?;
        let title = format!("Item {}", self.word(seen.origin()?, side));
        match side {
            Side::Huly => {
                let operations = json!({ "title": title });
                let mut huly = self.issues().lock();
                huly.person_edit(&self.who, &seen.id, &operations).ok()?;
            }
            Side::Vibe => self.put(
                &seen.id,
                TaskUpdate {
                    title: Some(title.clone()),
                    ..TaskUpdate::default()
                },
            )?,
        }
        self.notes().book.replace(&seen.title, &title);
        Some(format!("{side} {} -> {title}", seen.title))
    }

    fn describe(&self, side: Side, item: u16, line: Line) -> Option<String> {
        let seen = self.one(side, item)?;
        let word = self.word(seen.origin()?, side);
        let text = rewritten(&seen.text, &format!("Line {word}."), line);
        match side {
            Side::Huly => {
                let mut huly = self.issues().lock();
                huly.person_describe(&self.who, &seen.id, &wire(&text));
            }
            Side::Vibe => {
                let footer = seen
                    .stored
                    .find(FOOTER)
                    .and_then(|at| seen.stored.get(at..));
                let text =
                    footer.map_or_else(|| text.clone(), |footer| format!("{text}\n\n{footer}"));
                self.put(
                    &seen.id,
                    TaskUpdate {
                        description: Some(text),
                        ..TaskUpdate::default()
                    },
                )?;
            }
        }
        self.notes().book.replace(&seen.text, &text);
        Some(format!("{side} {} {line:?} {word}", seen.title))
    }

    fn type_text(&self, item: u16) -> Option<String> {
        let seen = self.one(Side::Huly, item)?;
        let word = self.word(seen.origin()?, Side::Huly);
        let text = rewritten(&seen.text, &format!("Typed {word}."), Line::New);
        let mut huly = self.issues().lock();
        if !huly.type_text(&seen.id, &wire(&text), self.who.primary()) {
            return None;
        }
        self.notes().hidden = true;
        Some(format!("{} {word}", seen.title))
    }

    fn set_status(&self, side: Side, item: u16, status: u8) -> Option<String> {
        let seen = self.one(side, item)?;
        if status % 5 == 4 {
            self.notes().book.cancel(seen.origin()?);
        }
        match side {
            Side::Huly => {
                let operations = json!({ "status": issue_status(status) });
                let mut huly = self.issues().lock();
                huly.person_edit(&self.who, &seen.id, &operations).ok()?;
            }
            Side::Vibe => self.put(
                &seen.id,
                TaskUpdate {
                    status: Some(task_status(status)),
                    ..TaskUpdate::default()
                },
            )?,
        }
        Some(format!("{side} {} {status}", seen.title))
    }

    fn delete(&self, side: Side, item: u16) -> Option<String> {
        let seen = self.one(side, item)?;
        let before = self.all(side);
        match side {
            Side::Huly => {
                let mut huly = self.issues().lock();
                huly.person_delete(&self.who, &seen.id).ok()?;
            }
            Side::Vibe => {
                let id = seen.id.parse().ok()?;
                self.tasks().lock().delete_task(id).ok()?;
            }
        }
        // Sub-issues go with their parent.
        let left = self.all(side);
        let is_left = |gone: &Seen| left.iter().any(|item| item.id == gone.id);
        for gone in before.iter().filter(|item| !is_left(item)) {
            if let Some(origin) = gone.origin() {
                self.notes().book.delete(origin, side);
            }
        }
        Some(format!("{side} {}", seen.title))
    }

    fn agent(&self, item: u16, does: Agent) -> Option<String> {
        let seen = self.one(Side::Vibe, item)?;
        let id = seen.id.parse().ok()?;
        let mut vibe = self.tasks().lock();
        let done = match does {
            Agent::Starts => vibe.agent_starts(id, "CODEX"),
            Agent::Ends => vibe.agent_ends(id, false),
            Agent::Merges => vibe.agent_merges(id),
        };
        done.ok()?;
        Some(format!("{} {does:?}", seen.title))
    }

    fn relocate(&self, item: u16, project: u16) -> Option<String> {
        let seen = self.one(Side::Huly, item)?;
        let mut huly = self.issues().lock();
        let issue = huly.issue(&seen.id)?;
        let project = pick(huly.projects(), project)?;
        if issue.project == project.id || issue.parent.is_some() {
            return None;
        }
        huly.person_move(&self.who, &seen.id, &project.id).ok()?;
        Some(format!("{} to {}", seen.title, project.identifier))
    }

    fn archive(&self, project: u16, on: bool) -> Option<String> {
        let mut huly = self.issues().lock();
        let project = pick(huly.projects(), project)?;
        let operations = json!({ "archived": on });
        huly.person_edit_project(&self.who, &project.id, &operations)
            .ok()?;
        Some(format!("{} {on}", project.identifier))
    }

    fn copy(&self, item: u16) -> Option<String> {
        let seen = self.one(Side::Vibe, item)?;
        let origin = self.notes().book.origin();
        let title = format!("Copy {}", self.word(origin, Side::Vibe));
        let mut vibe = self.tasks().lock();
        let standing = vibe.task(seen.id.parse().ok()?).ok()?.clone();
        let new = NewTask {
            project_id: standing.project_id,
            title: title.clone(),
            description: standing.description,
            status: None,
            parent: None,
            image_ids: None,
        };
        vibe.create_task(new).ok()?;
        Some(format!("{} as {title}", seen.title))
    }

    fn strip_footer(&self, item: u16) -> Option<String> {
        let seen = self.one(Side::Vibe, item)?;
        seen.stored.find(FOOTER)?;
        if self.notes().unanswered && is_left_out(Left::LoneFooters) {
            return None;
        }
        self.put(
            &seen.id,
            TaskUpdate {
                description: Some(seen.text),
                ..TaskUpdate::default()
            },
        )?;
        Some(seen.title)
    }

    fn set_clock(&self, whose: Whose, by_ms: i64) -> String {
        match whose {
            Whose::Huly => {
                let mut huly = self.issues().lock();
                let clock = huly.clock().skewed(by_ms);
                huly.set_clock(clock);
            }
            Whose::Vibe => {
                let mut vibe = self.tasks().lock();
                let clock = vibe.clock().skewed(by_ms);
                vibe.set_clock(clock);
            }
            Whose::Ours => self.env.jump(by_ms),
        }
        let mut notes = self.notes();
        notes.faults += 1;
        notes.hidden |= whose == Whose::Huly && by_ms < 0;
        format!("{whose:?} {by_ms}")
    }

    fn put(&self, task: &str, update: TaskUpdate) -> Option<()> {
        let id: Uuid = task.parse().ok()?;
        self.tasks().lock().update_task(id, update).ok().map(drop)
    }
}

/// One of several, by a number that is taken modulo how many there are.
fn pick<T>(all: Vec<T>, number: u16) -> Option<T> {
    let at = usize::from(number).checked_rem(all.len())?;
    all.into_iter().nth(at)
}

/// Markdown as Huly stores it.
fn wire(markdown: &str) -> String {
    markup::wire(&markup::from_markdown(markdown))
}

/// A text with a line of its own in place of another one, or behind all.
fn rewritten(old: &str, line: &str, place: Line) -> String {
    let mut blocks: Vec<&str> = old
        .trim()
        .split("\n\n")
        .filter(|block| !block.is_empty())
        .collect();
    match place {
        Line::First if !blocks.is_empty() => {
            if let Some(first) = blocks.first_mut() {
                *first = line;
            }
        }
        Line::Last if !blocks.is_empty() => {
            if let Some(last) = blocks.last_mut() {
                *last = line;
            }
        }
        Line::All => blocks = vec![line],
        Line::First | Line::Last | Line::New => blocks.push(line),
    }
    blocks.join("\n\n")
}
