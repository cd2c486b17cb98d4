//! Journal a round's plans: what only the store sees is done at once, what is sent becomes intents, all in one transaction.

use std::{borrow::Cow, sync::Arc};

use store::{
    Batch,
    row::{ConflictRow, DeadLetter, HistoryRow, LetterState, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::Millis,
    item::{Field, Observation, Value},
    link::Link,
    plan::{self, Action, Change, Conflict, LinkPlan, Problem, Remove, RemoveReason, Update},
};

use crate::{
    context::Context,
    error::Error,
    journal::{Beside, Origin, Step, kind, refused_hash, values},
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

    fn conflict(&mut self, conflict: &Conflict) {
        self.report.conflicts += 1;
        if conflict.frozen {
            let (label, field) = (&self.plan.label, conflict.field);
            let notice =
                format!("{label}: the {field} waits for your decision: `hvs conflicts list`");
            self.report.notices.push(notice.into());
        }
        self.batch.conflicts.push(ConflictRow {
            winner: conflict.winner,
            base: conflict.base.clone(),
            open: conflict.frozen,
            ..self.lost(
                conflict.field,
                conflict.values.clone(),
                word(&conflict.cause),
            )
        });
    }

    /// What is deleted is kept whole first (design 3.6).
    fn keep_whole(&mut self, remove: &Remove) {
        let side = remove.side;
        let cause = match remove.reason {
            RemoveReason::Mirrored => "mirrored",
            RemoveReason::Twin => "twin",
        };
        let status = remove.kept.status.clone();
        let kept = [
            (Field::Title, Value::Text(Arc::clone(&remove.kept.title))),
            (
                Field::Description,
                Value::Text(Arc::clone(&remove.kept.text)),
            ),
            (Field::Status, status.map_or(Value::Unset, Value::Status)),
        ];
        for (field, value) in kept {
            let mut values = Pair {
                huly: Value::Unset,
                vibe: Value::Unset,
            };
            *values.side_mut(side) = value;
            self.batch.conflicts.push(ConflictRow {
                winner: Some(side.opposite()),
                item: Some(remove.item.clone()),
                ..self.lost(field, values, cause.into())
            });
        }
    }

    /// A row for values of which one does not stand any more, and nobody is asked about it.
    fn lost(&self, field: Field, values: Pair<Value>, cause: Arc<str>) -> ConflictRow {
        ConflictRow {
            id: 0,
            project: self.row.id,
            link: self.link.id,
            run: self.ctx.run,
            at: self.ctx.now(),
            field,
            winner: None,
            values,
            base: None,
            cause,
            open: false,
            label: Arc::clone(&self.plan.label),
            item: None,
            version: 1,
            decision: None,
            pending: false,
        }
    }

    /// What of a remote action may be sent: not what a dead letter stands for, nor what waits for its next try. The rest goes.
    fn allowed<'b>(&mut self, action: &'b Action, side: Side) -> Option<Cow<'b, Action>> {
        let found = values(action);
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

/// An enum's word in snake case, as its serialised form has it.
fn word(cause: &impl serde::Serialize) -> Arc<str> {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(word)) => word.into(),
        Ok(_) | Err(_) => "unknown".into(),
    }
}

fn unwritable(side: Side, error: serde_json::Error) -> Error {
    Error::Service {
        side,
        source: http_kit::Error::new(
            http_kit::Kind::Fatal,
            crate::codes::UNSUPPORTED,
            side.as_str(),
            "journal",
        )
        .with_detail("a plan could not be written down")
        .with_source(error),
    }
}
