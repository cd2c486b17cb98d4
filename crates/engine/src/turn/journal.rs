//! Journal a round's plans: what only the store sees is done at once, what is sent becomes intents, all in one transaction.

mod lost;

use std::{borrow::Cow, sync::Arc};

use store::{
    Batch,
    row::{DeadLetter, HistoryRow, LetterState, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::Millis,
    item::{Field, Observation},
    link::Link,
    plan::{self, Action, Change, LinkPlan, Problem, Update},
};

use crate::{
    codes,
    context::Context,
    error::Error,
    journal::{Beside, Origin, Step, kind, refused_hash, values},
    late,
    letters::{self, Key, Standing},
    observe::Observed,
    planning::{observed_text, observed_texts},
    report::{Outcome, ProjectReport},
};

/// Links of one transaction: a batch is bounded, however large the project is.
const LINKS_PER_BATCH: usize = 500;

/// Writes the plans of one round and gives the steps to be sent, by side.
pub(crate) async fn write(
    ctx: &Context,
    row: &ProjectRow,
    observed: &mut Observed,
    plans: &[LinkPlan],
    report: &mut ProjectReport,
) -> Result<Pair<Vec<Step>>, Error> {
    let origin = Origin {
        project: row.id,
        run: ctx.run,
        now: ctx.now(),
    };
    let mut steps = Pair {
        huly: Vec::new(),
        vibe: Vec::new(),
    };
    for chunk in plans.chunks(LINKS_PER_BATCH) {
        let mut batch = Batch::default();
        for plan in chunk {
            let Some(link) = observed.links.get(&plan.link).cloned() else {
                report.problem(unknown(plan));
                continue;
            };
            let mut entry = Entry {
                ctx,
                row,
                plan,
                link,
                batch: &mut batch,
                report,
            };
            let made = entry.link(observed, origin)?;
            let next = entry.link;
            for step in made {
                steps.side_mut(step.intent.side).push(step);
            }
            observed.links.insert(next.id, next);
        }
        if !batch.is_empty() {
            ctx.begun().await?;
            ctx.store.write(ctx.fence()?, &batch).await?;
        }
    }
    for forgotten in plans.iter().filter(|plan| forgets(plan)) {
        observed.links.remove(&forgotten.link);
        observed.now.remove(&forgotten.link);
    }
    Ok(steps)
}

/// A plan whose link this turn has let go of: the next run plans it again.
fn unknown(plan: &LinkPlan) -> Outcome {
    Outcome {
        kind: http_kit::Kind::Conflict,
        code: codes::PRECONDITION.into(),
        side: None,
        item: Arc::clone(&plan.label),
        field: None,
        message: "its link is not known any more in this run; the next run plans it again".into(),
    }
}

/// The service's own stamp of an item that was seen.
fn stamp(now: &Observation) -> Option<Millis> {
    match now {
        Observation::Present(item) => item.modified,
        Observation::Gone | Observation::Unseen => None,
    }
}

fn forgets(plan: &LinkPlan) -> bool {
    plan.actions
        .iter()
        .any(|action| matches!(action, Action::Forget(_)))
}

/// One link's plan on its way into the batch.
struct Entry<'a> {
    ctx: &'a Context,
    row: &'a ProjectRow,
    plan: &'a LinkPlan,
    link: Link,
    batch: &'a mut Batch,
    report: &'a mut ProjectReport,
}

impl Entry<'_> {
    /// Store-only entries move the link's row on; remote ones become steps.
    fn link(&mut self, observed: &Observed, origin: Origin) -> Result<Vec<Step>, Error> {
        let now = observed.of(&self.plan.link);
        let before = self.link.clone();
        let made = observed.made.contains(&before.id);
        if made && before.version == 0 {
            // The base of a new link: what both sides (or the one that is there) hold now. Once its row has moved on, what is
            // observed later in the same run is an edit.
            let texts = self.ctx.kept_texts(self.row.id, observed_texts(now));
            self.batch.texts.push((before.id, texts));
        }
        let mut steps = Vec::new();
        for action in &self.plan.actions {
            match action {
                Action::Conflict(conflict) => self.conflict(conflict),
                Action::Problem(problem) => self.problem(problem, now),
                Action::Notice(notice) => {
                    self.report.notices.push(
                        format!("{} {}: {}", notice.code, self.plan.label, notice.message).into(),
                    );
                }
                Action::Agree(agree) => {
                    if agree.fields.contains(Field::Description) {
                        self.batch.texts.push((self.link.id, observed_texts(now)));
                    }
                }
                Action::Forget(_) => {
                    self.history(action, None);
                    self.batch.forget.push(self.link.id);
                }
                Action::Relink(_) | Action::Phase(_) => self.history(action, None),
                Action::Remove(remove) => self.keep_whole(remove),
                Action::Create(_) | Action::Update(_) | Action::Cancel(_) => {}
            }
            if let Some(side) = action.target() {
                let Some(action) = self.allowed(action, side) else {
                    continue;
                };
                let beside = Beside {
                    source_text: observed_text(now.side(side.opposite())).filter(|_| {
                        let off = self.ctx.directions(self.row.id).off();
                        !off.contains(Field::Description)
                    }),
                    stamp: stamp(now.huly),
                };
                let step = Step::new(&action, &self.link, &self.plan.label, beside, origin)
                    .map_err(|error| unwritable(side, error))?;
                steps.extend(step);
            } else {
                let capabilities = self.ctx.board(Side::Vibe).capabilities();
                let next = plan::settle(&self.link, action, None, &capabilities, self.ctx.now());
                if next != self.link {
                    let stamp = stamp(now.huly).or(next.stamp);
                    self.link = Link { stamp, ..next };
                }
            }
        }
        let stored = forgets(self.plan);
        if !stored && (self.link != before || made) {
            self.link = self.ctx.kept(self.row.id, &self.link);
            self.batch.links.push((self.row.id, self.link.clone()));
        }
        self.batch
            .intents
            .extend(steps.iter().map(|step| step.intent.clone()));
        Ok(steps)
    }

    /// What of a remote action may be sent: not what a dead letter stands for, nor what waits for its next try. The rest goes.
    fn allowed<'b>(&mut self, action: &'b Action, side: Side) -> Option<Cow<'b, Action>> {
        let found = values(action);
        // The very values that failed before may go again at once.
        let is_repeat = found.iter().all(|(field, hash)| {
            self.ctx
                .letters
                .stands_for((self.link.id, side, *field), hash)
        });
        if !is_repeat && self.is_late(action) {
            return None;
        }
        let free: Vec<Option<Field>> = found
            .iter()
            .filter(|(field, hash)| self.is_free((self.link.id, side, *field), hash))
            .map(|(field, _)| *field)
            .collect();
        let Action::Update(update) = action else {
            return (!free.is_empty()).then_some(Cow::Borrowed(action));
        };
        // A side that refused several fields together gets them one by one, so that one bad field does not hold the others.
        let apart = self.ctx.letters.is_apart(self.link.id, side);
        let most = if apart { 1 } else { free.len() };
        let is_free = |change: &&Change| free.contains(&Some(change.field));
        let set: Vec<Change> = update
            .set
            .iter()
            .filter(is_free)
            .take(most)
            .cloned()
            .collect();
        match set.len() {
            0 => None,
            all if all == update.set.len() => Some(Cow::Borrowed(action)),
            _ => Some(Cow::Owned(Action::Update(Update {
                set,
                whole: None,
                ..update.clone()
            }))),
        }
    }

    /// Whether an action must wait for a write without an answer, which is then told.
    fn is_late(&mut self, action: &Action) -> bool {
        let label = &self.plan.label;
        let held = late::hold(self.ctx, self.row, &self.link, label, action, self.batch);
        let is_held = held.is_some();
        if let Some(outcome) = held {
            self.report.problem(outcome);
        }
        is_held
    }

    /// Whether a value may be sent now; where not, it is told why, unless a person knows.
    fn is_free(&mut self, key: Key, hash: &str) -> bool {
        match self.ctx.letters.standing(self.ctx, key, hash) {
            Standing::Free => true,
            // A person knows of the one, and the other was told when it failed, in this very run.
            Standing::Dropped | Standing::Tried => false,
            Standing::Dead(letter) => {
                self.told(
                    http_kit::Kind::Rejected,
                    &letter,
                    letters::words(&letter).into(),
                );
                false
            }
            Standing::Waits(letter) => {
                let wait = letter.next_try.0.saturating_sub(self.ctx.now().0).max(0);
                let message = format!(
                    "{}; it failed {} times and is tried again in {} s at the earliest",
                    letters::words(&letter),
                    letter.tries,
                    wait.saturating_add(999) / 1_000
                );
                self.told(http_kit::Kind::Transient, &letter, message.into());
                false
            }
        }
    }

    fn told(&mut self, kind: http_kit::Kind, letter: &DeadLetter, message: Arc<str>) {
        self.report.problem(Outcome {
            kind,
            code: Arc::clone(&letter.code),
            side: Some(letter.side),
            item: Arc::clone(&self.plan.label),
            field: letter.field,
            message,
        });
    }

    /// A field that cannot be sent waits as its own dead letter; one that stands already is not written again.
    fn problem(&mut self, problem: &Problem, now: Pair<&Observation>) {
        let key = (self.link.id, problem.side, problem.field);
        let hash = refused_hash(problem, &self.link, now);
        let standing = self.ctx.letters.standing(self.ctx, key, &hash);
        let known = match standing {
            Standing::Dropped => return,
            Standing::Dead(letter) => letter.code == problem.code,
            Standing::Free | Standing::Waits(_) | Standing::Tried => false,
        };
        let letter = DeadLetter {
            project: self.row.id,
            link: self.link.id,
            side: problem.side,
            field: problem.field,
            code: Arc::clone(&problem.code),
            message: Arc::clone(&problem.message),
            since: self.ctx.now(),
            run: self.ctx.run,
            value_hash: hash,
            label: Arc::clone(&self.plan.label),
            state: LetterState::Dead,
            tries: 1,
            next_try: Millis(0),
            version: 1,
        };
        self.told(
            http_kit::Kind::Rejected,
            &letter,
            Arc::clone(&problem.message),
        );
        if !known {
            self.ctx.letters.put(letter.clone());
            self.batch.dead_letters.push(letter);
        }
    }

    fn history(&mut self, action: &Action, side: Option<Side>) {
        self.batch.history.push(HistoryRow {
            at: self.ctx.now(),
            run: self.ctx.run,
            project: self.row.id,
            link: self.link.id,
            side: side.unwrap_or(self.link.origin.opposite()),
            kind: kind(action).into(),
            field: None,
            old: None,
            new: Some(Arc::clone(&self.plan.label)),
        });
    }
}

fn unwritable(side: Side, error: serde_json::Error) -> Error {
    Error::Service {
        side,
        source: http_kit::Error::new(
            http_kit::Kind::Fatal,
            codes::UNSUPPORTED,
            side.as_str(),
            "journal",
        )
        .with_detail("a plan could not be written down")
        .with_source(error),
    }
}
