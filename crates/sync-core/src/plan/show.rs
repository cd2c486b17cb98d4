//! Plans for people (like a diff), for programs (JSON) and for `--accept` (a hash).

use std::fmt::{self, Write as _};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Action, Change, Conflict, Create, LinkPlan, Problem, RemoveReason, Why};
use crate::{
    item::Value,
    link::Phase,
    side::{Pair, Side},
    signs::is_order,
};

/// Longest value in the text form, in characters.
const SHOWN_CHARS: usize = 60;

/// The plans as text, like a diff: a line with the item, below it one line for each entry, and one line of totals at the
/// end. Values are on one line, shortened, and cannot reach the terminal: control characters are shown, not sent.
///
/// ```
/// use sync_core::{ids::LinkId, plan::{self, Action, Forget, LinkPlan}};
/// let gone = Action::Forget(Forget { reason: "both items were deleted".into() });
/// let plan = LinkPlan { link: LinkId(uuid::Uuid::nil()), label: "HARB-1 \u{1b}[31mDock".into(), actions: vec![gone] };
/// assert_eq!(plan::text(&[plan]), "HARB-1 \\u{1b}[31mDock\n  - forget: both items were deleted\n1 to forget\n");
/// ```
pub fn text(plans: &[LinkPlan]) -> String {
    let mut out = String::new();
    for plan in plans.iter().filter(|plan| !plan.actions.is_empty()) {
        line(&mut out, format_args!("{}", shown(&plan.label)));
        for action in &plan.actions {
            entry(&mut out, action);
        }
    }
    line(&mut out, format_args!("{}", Totals::of(plans)));
    out
}

/// Writing into a string cannot fail.
fn line(out: &mut String, words: fmt::Arguments<'_>) {
    if out.write_fmt(words).is_ok() {
        out.push('\n');
    }
}

fn entry(out: &mut String, action: &Action) {
    match action {
        Action::Create(create) => line(
            out,
            format_args!("  + create in {}: {}", create.side, made(create)),
        ),
        Action::Update(update) => {
            for change in &update.set {
                line(
                    out,
                    format_args!("  ~ update {} {}", update.side, changed(change)),
                );
            }
        }
        Action::Cancel(cancel) => line(
            out,
            format_args!("  - cancel in {}: {}", cancel.side, shown(&cancel.reason)),
        ),
        Action::Remove(remove) => {
            let why = match remove.reason {
                RemoveReason::Mirrored => "its counterpart was deleted",
                RemoveReason::Twin => "it was made twice",
            };
            line(out, format_args!("  - remove in {}: {why}", remove.side));
        }
        Action::Agree(agree) if agree.fields.is_empty() => line(out, format_args!("  = agree")),
        Action::Agree(agree) => {
            let fields: Vec<&str> = agree
                .fields
                .iter()
                .map(crate::item::Field::as_str)
                .collect();
            line(out, format_args!("  = agree on {}", fields.join(", ")));
        }
        Action::Conflict(conflict) => line(out, format_args!("  ! conflict {}", clash(conflict))),
        Action::Problem(problem) => line(out, format_args!("  x {}", refused(problem))),
        Action::Notice(notice) => line(
            out,
            format_args!("  i {}: {}", notice.code, shown_whole(&notice.message)),
        ),
        Action::Phase(change) => {
            let phase = match change.to {
                Phase::Active => "+ wake",
                Phase::Asleep => "- sleep",
                Phase::Tombstone => "- leave alone",
            };
            line(
                out,
                format_args!("  {phase}: {}", shown_whole(&change.reason)),
            );
        }
        Action::Relink(relink) => line(
            out,
            format_args!(
                "  ~ relink {} to {}",
                relink.side,
                shown(relink.to.as_str())
            ),
        ),
        Action::Forget(forget) => line(
            out,
            format_args!("  - forget: {}", shown_whole(&forget.reason)),
        ),
    }
}

fn made(create: &Create) -> String {
    let status = create
        .draft
        .status
        .as_ref()
        .map_or_else(String::new, |status| {
            format!(" ({})", shown(status.as_str()))
        });
    format!("{}{status}", shown(&create.draft.title))
}

fn changed(change: &Change) -> String {
    let why = match change.why {
        Why::Edit => "",
        Why::Merged => " (both changed it)",
        Why::Resend => " (written again)",
        Why::Rules => " (the mapping changed)",
        Why::Adopted => " (adopted)",
        Why::Confirm => " (not taken yet)",
    };
    format!(
        "{}: {} -> {}{why}",
        change.field,
        value(&change.from),
        value(&change.to)
    )
}

fn clash(conflict: &Conflict) -> String {
    let sides = |side: Side| format!("{side}: {}", value(conflict.values.side(side)));
    let outcome = match (conflict.frozen, conflict.winner) {
        (true, _) => "waits for you".to_owned(),
        (false, Some(winner)) => format!("{winner} stands"),
        (false, None) => "merged".to_owned(),
    };
    format!(
        "{}: {outcome}; {}; {}",
        conflict.field,
        sides(Side::Huly),
        sides(Side::Vibe)
    )
}

fn refused(problem: &Problem) -> String {
    format!("{}: {}", problem.code, shown_whole(&problem.message))
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) if text.trim().is_empty() => "(blank)".to_owned(),
        Value::Text(text) => shown(text),
        Value::Status(status) => shown(status.as_str()),
        Value::Priority(priority) => format!("{priority:?}").to_lowercase(),
        Value::Parent(parent) => parent
            .as_ref()
            .map_or_else(none, |parent| shown(parent.as_str())),
        Value::Labels(labels) if labels.is_empty() => none(),
        Value::Labels(labels) => shown(
            &labels
                .iter()
                .map(|label| &**label)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Value::Assignee(person) => person.as_deref().map_or_else(none, shown),
        Value::DueDate(date) => date.map_or_else(none, |date| format!("{} ms", date.0)),
        Value::Unset => none(),
    }
}

fn none() -> String {
    "(none)".to_owned()
}

/// A text as one line for people: shortened, with control characters, line ends and characters that turn the direction
/// of writing made visible, so that no text of a service can reach the terminal as a command.
///
/// ```
/// assert_eq!(sync_core::plan::shown("a\nb\u{202e}c"), "a\\nb\\u{202e}c");
/// ```
pub fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    for char in chars.by_ref().take(SHOWN_CHARS) {
        visible(&mut out, char);
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// The same, whole.
fn shown_whole(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        visible(&mut out, char);
    }
    out
}

fn visible(out: &mut String, char: char) {
    match char {
        '\n' => out.push_str("\\n"),
        '\u{2028}' | '\u{2029}' => out.extend(char.escape_unicode()),
        _ if char.is_control() => out.extend(char.escape_default()),
        _ if is_order(char) => out.extend(char.escape_unicode()),
        _ => out.push(char),
    }
}

/// How many entries of each kind some plans have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Items to be made, by side.
    pub creates: Pair<u64>,
    /// Items to be written, by side.
    pub updates: Pair<u64>,
    /// Items to be set to cancelled, by side.
    pub cancels: Pair<u64>,
    /// Items to be deleted, by side.
    pub removes: Pair<u64>,
    /// Links that are found in agreement.
    pub agrees: u64,
    /// Values kept for people.
    pub conflicts: u64,
    /// What cannot be sent.
    pub problems: u64,
    /// What people should know.
    pub notices: u64,
    /// Links that sleep, wake or become tombstones.
    pub phases: u64,
    /// Links that point to another item.
    pub relinks: u64,
    /// Links that are dropped.
    pub forgets: u64,
}

impl Totals {
    /// Counts.
    ///
    /// ```
    /// assert_eq!(sync_core::plan::Totals::of(&[]).to_string(), "nothing to do");
    /// ```
    pub fn of(plans: &[LinkPlan]) -> Totals {
        let mut totals = Totals::default();
        for action in plans.iter().flat_map(|plan| &plan.actions) {
            let count = match action {
                Action::Create(create) => totals.creates.side_mut(create.side),
                Action::Update(update) => totals.updates.side_mut(update.side),
                Action::Cancel(cancel) => totals.cancels.side_mut(cancel.side),
                Action::Remove(remove) => totals.removes.side_mut(remove.side),
                Action::Agree(_) => &mut totals.agrees,
                Action::Conflict(_) => &mut totals.conflicts,
                Action::Problem(_) => &mut totals.problems,
                Action::Notice(_) => &mut totals.notices,
                Action::Phase(_) => &mut totals.phases,
                Action::Relink(_) => &mut totals.relinks,
                Action::Forget(_) => &mut totals.forgets,
            };
            *count += 1;
        }
        totals
    }

    /// Remote writes, both sides together.
    pub const fn writes(&self) -> u64 {
        let Totals {
            creates,
            updates,
            cancels,
            removes,
            ..
        } = self;
        creates.huly
            + creates.vibe
            + updates.huly
            + updates.vibe
            + cancels.huly
            + cancels.vibe
            + removes.huly
            + removes.vibe
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let both = |pair: Pair<u64>| pair.huly + pair.vibe;
        let parts = [
            (both(self.creates), "to create"),
            (both(self.updates), "to update"),
            (both(self.cancels), "to cancel"),
            (both(self.removes), "to remove"),
            (self.agrees, "to agree"),
            (self.conflicts, "in conflict"),
            (self.problems, "refused"),
            (self.notices, "to know"),
            (self.phases, "to sleep, wake or leave alone"),
            (self.relinks, "to relink"),
            (self.forgets, "to forget"),
        ];
        let words: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if words.is_empty() {
            f.write_str("nothing to do")
        } else {
            f.write_str(&words.join(", "))
        }
    }
}

/// The plans as JSON: `plans` (those with entries), `totals` and `hash`.
///
/// ```
/// assert_eq!(sync_core::plan::json(&[])["plans"], serde_json::json!([]));
/// ```
pub fn json(plans: &[LinkPlan]) -> serde_json::Value {
    serde_json::json!({
        "plans": plans.iter().filter(|plan| !plan.actions.is_empty()).collect::<Vec<_>>(),
        "totals": Totals::of(plans),
        "hash": hash(plans),
    })
}

/// SHA-256 in hex over the canonical JSON of the plans that have entries, by link: the same plan has the same hash,
/// whatever the order in which it was made.
///
/// ```
/// assert_eq!(sync_core::plan::hash(&[]).len(), 64);
/// ```
pub fn hash(plans: &[LinkPlan]) -> String {
    let mut sorted: Vec<&LinkPlan> = plans
        .iter()
        .filter(|plan| !plan.actions.is_empty())
        .collect();
    sorted.sort_by_key(|plan| plan.link);
    hex::encode(Sha256::digest(canonical(&sorted)))
}

/// JSON in one order: fields as declared, sets and maps sorted.
pub(crate) fn canonical(value: &impl Serialize) -> String {
    #[expect(
        clippy::expect_used,
        reason = "plans hold only text, numbers and sets: they have no map with keys that are no text"
    )]
    serde_json::to_string(value).expect("plans are plain data")
}
