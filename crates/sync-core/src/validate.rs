//! Validation by field, before anything is journaled or sent (design 3.11): what the target is known to refuse costs
//! no remote call, and one bad field does not hold the rest of the item.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    footer,
    ids::StatusId,
    item::{Field, Value},
    lens::{Lens, LensProblem},
    plan::{Change, Draft, Notice, Problem},
    rules::Capabilities,
    side::Side,
};

/// Every code that validation and the lens give: code, meaning, remedy. Listed in `docs/errors.md`.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        TITLE_BLANK,
        "a title is blank and the service needs one",
        "give the item a title on either side",
    ),
    (
        TITLE_TOO_LONG,
        "a title is longer than the service allows",
        "shorten the title on either side",
    ),
    (
        DESCRIPTION_TOO_LARGE,
        "a description, with the footer, is larger than the service allows",
        "shorten the description, or attach a part of it as a file",
    ),
    (
        TEXT_NUL,
        "a text holds U+0000, which the service cannot store: U+FFFD is written in its place",
        "nothing; remove the character to be rid of the notice",
    ),
    (
        FIELD_UNSUPPORTED,
        "the service has no such field",
        "take the field out of the shared fields in the configuration",
    ),
    (
        STATUS_UNKNOWN,
        "a status is in no map: it is not synced for that item",
        "map the status under [status.to_vibe] in hvs.toml",
    ),
    (
        STATUS_UNMAPPED,
        "a Huly status has no known category and is named in no map",
        "map the status under [status.to_vibe] in hvs.toml",
    ),
    (
        STATUS_NO_SUCH_NAME,
        "the configuration names a status that does not exist",
        "correct the name under [status] in hvs.toml",
    ),
    (
        STATUS_CONTRADICTION,
        "the configuration writes a Huly status that means another Vibe status",
        "make [status.to_vibe] and [status.to_huly] in hvs.toml agree",
    ),
];

const TITLE_BLANK: &str = "ITEM_TITLE_BLANK";
const TITLE_TOO_LONG: &str = "ITEM_TITLE_TOO_LONG";
const DESCRIPTION_TOO_LARGE: &str = "ITEM_DESCRIPTION_TOO_LARGE";
const TEXT_NUL: &str = "ITEM_TEXT_NUL";
const FIELD_UNSUPPORTED: &str = "ITEM_FIELD_UNSUPPORTED";
const STATUS_UNKNOWN: &str = "STATUS_UNKNOWN";
const STATUS_UNMAPPED: &str = "STATUS_UNMAPPED";
const STATUS_NO_SUCH_NAME: &str = "STATUS_NO_SUCH_NAME";
const STATUS_CONTRADICTION: &str = "STATUS_CONTRADICTION";

/// Checks a new item against what the target `side` can hold; `label` names the item in messages. The draft that
/// comes back lacks the fields that were refused; where [`refuses_item`] says so of one of the problems, nothing is
/// to be made at all.
///
/// ```
/// use sync_core::{Side, item::FieldSet, plan::Draft, rules::{Capabilities, Limits}, validate};
/// let limits = Limits { title_chars: Some(255), description_bytes: Some(100), blank_title: false, nul: false };
/// let caps = Capabilities {
///     fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true,
///     footer: false, limits,
/// };
/// let draft = Draft { title: "A\0B".into(), text: "x".repeat(101).into(), ..Draft::default() };
/// let (sent, problems, notices) = validate::draft(&draft, Side::Huly, &caps, "PROJ-12");
/// assert_eq!((&*sent.title, &*sent.text), ("A\u{fffd}B", ""));
/// assert_eq!((problems[0].limit, problems[0].actual), (Some(100), Some(101)));
/// assert!(!validate::refuses_item(&problems[0]));
/// assert_eq!(&*notices[0].code, "ITEM_TEXT_NUL");
/// ```
pub fn draft(
    draft: &Draft,
    side: Side,
    caps: &Capabilities,
    label: &str,
) -> (Draft, Vec<Problem>, Vec<Notice>) {
    let check = Check { side, caps, label };
    let (mut problems, mut notices) = (Vec::new(), Vec::new());
    let mut sent = draft.clone();
    for (field, text) in [
        (Field::Title, &mut sent.title),
        (Field::Description, &mut sent.text),
    ] {
        let (clean, notice) = check.storable(field, text);
        notices.extend(notice);
        *text = clean;
    }
    let (labels, notice) = check.labels(&sent.extra.labels);
    notices.extend(notice);
    sent.extra.labels = labels;
    problems.extend(check.title(&sent.title).err());
    if let Err(problem) = check.description(&sent.text) {
        problems.push(problem);
        sent.text = Arc::default();
    }
    (sent, problems, notices)
}

/// Whether a problem of a [`draft`] refuses the whole of it: its title, or no field in particular.
pub fn refuses_item(problem: &Problem) -> bool {
    match problem.field {
        None | Some(Field::Title) => true,
        Some(
            Field::Description
            | Field::Status
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate,
        ) => false,
    }
}

/// Checks one field's new value; what comes back is what is to be sent. The error is a value for the plan: that field
/// waits, the others go on.
///
/// ```
/// # use sync_core::{Side, item::{Field, FieldSet, Value}, plan::{Change, Why}, rules::{Capabilities, Limits}, validate};
/// # let limits = Limits { title_chars: None, description_bytes: None, blank_title: false, nul: true };
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits };
/// let change = Change { field: Field::Title, from: Value::Text("A".into()), to: Value::Text(" ".into()), why: Why::Edit };
/// let problem = validate::change(&change, Side::Huly, &caps, "PROJ-12").unwrap_err();
/// assert_eq!(&*problem.code, "ITEM_TITLE_BLANK");
/// ```
pub fn change(
    change: &Change,
    side: Side,
    caps: &Capabilities,
    label: &str,
) -> Result<(Change, Option<Notice>), Problem> {
    let check = Check { side, caps, label };
    if !caps.fields.contains(change.field) {
        return Err(check.unsupported(change.field));
    }
    let mut sent = change.clone();
    let mut notice = None;
    match &change.to {
        Value::Text(text) => {
            let (clean, said) = check.storable(change.field, text);
            match change.field {
                Field::Title => check.title(&clean)?,
                Field::Description => check.description(&clean)?,
                Field::Status
                | Field::Priority
                | Field::Parent
                | Field::Labels
                | Field::Assignee
                | Field::DueDate => {}
            }
            sent.to = Value::Text(clean);
            notice = said;
        }
        Value::Labels(labels) => {
            let (clean, said) = check.labels(labels);
            sent.to = Value::Labels(clean);
            notice = said;
        }
        Value::Status(_)
        | Value::Priority(_)
        | Value::Parent(_)
        | Value::Assignee(_)
        | Value::DueDate(_)
        | Value::Unset => {}
    }
    Ok((sent, notice))
}

/// The problem of a status of the side opposite to `side` that the lens cannot translate for `side`: told with its
/// name, the statuses that the project has, and the line of configuration that would map it (design 3.3).
///
/// ```
/// use sync_core::{Side, lens::Lens, validate::unknown_status};
/// let problem = unknown_status(&"Blocked".into(), Side::Vibe, &Lens::default(), "PROJ-12");
/// assert!(problem.message.contains("\"Blocked\" = "));
/// ```
pub fn unknown_status(status: &StatusId, side: Side, lens: &Lens, label: &str) -> Problem {
    let from = side.opposite();
    let name = lens.name_of(status);
    let (section, example) = match side {
        Side::Vibe => ("[status.to_vibe]", lens.names(Side::Vibe)),
        Side::Huly => ("[status.to_huly]", lens.names(Side::Huly)),
    };
    let example = example.first().map_or("...", |name| name);
    let message = format!(
        "{label}: {from}'s status {name:?} is not known; {from} has {}, {side} has {}; \
         to sync it, add `{name:?} = {example:?}` (or what it shall mean) under `{section}` in hvs.toml",
        listed(lens, from),
        listed(lens, side),
    );
    Problem {
        code: STATUS_UNKNOWN.into(),
        side,
        field: Some(Field::Status),
        limit: None,
        actual: None,
        message: message.into(),
    }
}

fn listed(lens: &Lens, side: Side) -> String {
    let names: Vec<String> = lens
        .names(side)
        .iter()
        .map(|name| format!("{name:?}"))
        .collect();
    if names.is_empty() {
        "no statuses".to_owned()
    } else {
        names.join(", ")
    }
}

/// What people should know of a lens: a problem of the configuration or of the project's statuses, in words.
///
/// ```
/// use sync_core::{lens::LensProblem, validate::lens_notice};
/// let notice = lens_notice(&LensProblem::NoSuchVibe { name: "doing".into() });
/// assert_eq!(&*notice.code, "STATUS_NO_SUCH_NAME");
/// ```
pub fn lens_notice(problem: &LensProblem) -> Notice {
    let (code, message) = match problem {
        LensProblem::Unmapped { id, name } => (
            STATUS_UNMAPPED,
            format!(
                "Huly's status {name:?} ({id}) is not mapped; add `{name:?} = \"...\"` under `[status.to_vibe]` in hvs.toml"
            ),
        ),
        LensProblem::NoSuchHuly { name } => (
            STATUS_NO_SUCH_NAME,
            format!(
                "the configuration names Huly's status {name:?}, which this project does not have"
            ),
        ),
        LensProblem::NoSuchVibe { name } => (
            STATUS_NO_SUCH_NAME,
            format!("the configuration names Vibe's status {name:?}, which does not exist"),
        ),
        LensProblem::Contradiction { vibe, huly, means } => (
            STATUS_CONTRADICTION,
            format!(
                "`[status.to_huly]` writes Huly's status {huly} for {vibe}, but that one means {means}: the entry is not used"
            ),
        ),
    };
    Notice {
        code: code.into(),
        message: message.into(),
    }
}

/// One item's check against one service.
struct Check<'a> {
    side: Side,
    caps: &'a Capabilities,
    label: &'a str,
}

impl Check<'_> {
    fn title(&self, title: &str) -> Result<(), Problem> {
        if !self.caps.limits.blank_title && title.trim().is_empty() {
            let message = format!(
                "{}: the title is blank, and {} needs one; give it a title",
                self.label, self.side
            );
            return Err(self.problem(TITLE_BLANK, Field::Title, None, message));
        }
        let actual = title.chars().count();
        match self.caps.limits.title_chars {
            Some(limit) if actual > limit => {
                let message = format!(
                    "{}: the title has {actual} characters, {} takes {limit}; shorten it by {}",
                    self.label,
                    self.side,
                    actual - limit
                );
                Err(self.problem(TITLE_TOO_LONG, Field::Title, Some((limit, actual)), message))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The footer is counted where the service's items may carry one, with the most that it can take.
    fn description(&self, text: &str) -> Result<(), Problem> {
        let footer = if self.caps.footer && !text.is_empty() {
            footer::MAX_BYTES
        } else {
            0
        };
        let actual = text.len().saturating_add(footer);
        match self.caps.limits.description_bytes {
            Some(limit) if actual > limit => {
                let message = format!(
                    "{}: the description has {} bytes{}, {} takes {limit}; shorten it by {}",
                    self.label,
                    text.len(),
                    if footer == 0 {
                        String::new()
                    } else {
                        format!(" and up to {footer} for the footer")
                    },
                    self.side,
                    actual - limit
                );
                Err(self.problem(
                    DESCRIPTION_TOO_LARGE,
                    Field::Description,
                    Some((limit, actual)),
                    message,
                ))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn unsupported(&self, field: Field) -> Problem {
        let message = format!(
            "{}: {} has no field {field}; take it out of the shared fields",
            self.label, self.side
        );
        self.problem(FIELD_UNSUPPORTED, field, None, message)
    }

    /// The text as the service can store it.
    fn storable(&self, field: Field, text: &Arc<str>) -> (Arc<str>, Option<Notice>) {
        if self.caps.limits.nul || !text.contains('\0') {
            return (Arc::clone(text), None);
        }
        (
            text.replace('\0', "\u{fffd}").into(),
            Some(self.nul(field, text.matches('\0').count())),
        )
    }

    fn labels(&self, labels: &BTreeSet<Arc<str>>) -> (BTreeSet<Arc<str>>, Option<Notice>) {
        let mut notice = None;
        let clean = labels
            .iter()
            .map(|label| {
                let (clean, said) = self.storable(Field::Labels, label);
                notice = notice.take().or(said);
                clean
            })
            .collect();
        (clean, notice)
    }

    fn nul(&self, field: Field, count: usize) -> Notice {
        let message = format!(
            "{}: the {field} holds U+0000 ({count} times), which {} cannot store; U+FFFD is written in its place",
            self.label, self.side
        );
        Notice {
            code: TEXT_NUL.into(),
            message: message.into(),
        }
    }

    fn problem(
        &self,
        code: &str,
        field: Field,
        sizes: Option<(usize, usize)>,
        message: String,
    ) -> Problem {
        let number = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        Problem {
            code: code.into(),
            side: self.side,
            field: Some(field),
            limit: sizes.map(|(limit, _)| number(limit)),
            actual: sizes.map(|(_, actual)| number(actual)),
            message: message.into(),
        }
    }
}
