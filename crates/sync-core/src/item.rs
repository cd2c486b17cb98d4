//! The common model: what both services' items have in common, as one side reads it.

mod values;

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    footer::Footer,
    ids::{ItemId, KindId, Millis, StatusId},
};

/// A field of the common model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// One line of text.
    Title,
    /// Markdown.
    Description,
    /// By the side's own id.
    Status,
    /// Five steps.
    Priority,
    /// The item this one is part of.
    Parent,
    /// A set of names.
    Labels,
    /// A person.
    Assignee,
    /// A moment.
    DueDate,
}

impl Field {
    /// Every field, in the order of plans.
    pub const ALL: [Field; 8] = [
        Field::Title,
        Field::Description,
        Field::Status,
        Field::Priority,
        Field::Parent,
        Field::Labels,
        Field::Assignee,
        Field::DueDate,
    ];

    /// The name in plans, configuration and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Description => "description",
            Field::Status => "status",
            Field::Priority => "priority",
            Field::Parent => "parent",
            Field::Labels => "labels",
            Field::Assignee => "assignee",
            Field::DueDate => "due_date",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A small set of fields.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(from = "Vec<Field>", into = "Vec<Field>")]
pub struct FieldSet(u16);

impl FieldSet {
    /// No field.
    pub const EMPTY: FieldSet = FieldSet(0);
    /// Title, description and status: what every service has.
    pub const COMMON: FieldSet = FieldSet(0b111);

    /// The set of these fields.
    pub fn of(fields: &[Field]) -> FieldSet {
        fields.iter().copied().collect()
    }
    /// Whether `field` is in it.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u16) != 0
    }
    /// Puts `field` in.
    pub const fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u16;
    }
    /// Takes `field` out.
    pub const fn remove(&mut self, field: Field) {
        self.0 &= !(1 << field as u16);
    }
    /// Fields in both.
    #[must_use]
    pub const fn and(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & other.0)
    }
    /// Fields in either.
    #[must_use]
    pub const fn or(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 | other.0)
    }
    /// Fields of this one that are not in the other.
    #[must_use]
    pub const fn without(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & !other.0)
    }
    /// Whether no field is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The fields, in the order of [`Field::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL
            .into_iter()
            .filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        let mut set = FieldSet::EMPTY;
        for field in fields {
            set.insert(field);
        }
        set
    }
}
impl From<Vec<Field>> for FieldSet {
    fn from(fields: Vec<Field>) -> Self {
        fields.into_iter().collect()
    }
}
impl From<FieldSet> for Vec<Field> {
    fn from(set: FieldSet) -> Self {
        set.iter().collect()
    }
}

/// Names one state of a description on one side: Huly's blob name, the SHA-256 of Vibe's text without our footer.
/// Equal versions mean equal text; the empty version means no description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextVersion(Arc<str>);

impl TextVersion {
    /// The version that a side gives by itself (a blob's name).
    pub fn named(name: &str) -> TextVersion {
        TextVersion(name.into())
    }
    /// The version of a text that has no name: its SHA-256 in hex; empty for a blank text.
    pub fn of_text(text: &str) -> TextVersion {
        use sha2::{Digest, Sha256};
        if text.trim().is_empty() {
            return TextVersion::default();
        }
        TextVersion(hex::encode(Sha256::digest(text.as_bytes())).into())
    }
    /// In a base: the text named `held` was merged into the other side's, and this side, whose base was `base` and which we
    /// last wrote at `written`, is still to be written. Like an unset status it is never compared with what the side shows
    /// (design 3.1 b), so it equals no version of a text.
    #[must_use]
    pub fn owed(base: &TextVersion, written: Option<Millis>, held: &TextVersion) -> TextVersion {
        TextVersion(format!("{}{}", owed_prefix(base, written), held.0).into())
    }
    /// Whether it was made by [`TextVersion::owed`].
    pub fn is_owed(&self) -> bool {
        self.0.starts_with(OWED)
    }
    /// Whether it was made by [`TextVersion::owed`] of this base.
    pub fn is_owed_since(&self, base: &TextVersion) -> bool {
        self.0
            .strip_prefix(OWED)
            .and_then(|rest| rest.strip_prefix(base.as_str()))
            .is_some_and(|rest| rest.starts_with(':'))
    }
    /// Whether it was made by [`TextVersion::owed`] of this base and of the same last write.
    pub fn is_owed_at(&self, base: &TextVersion, written: Option<Millis>) -> bool {
        self.0.starts_with(&owed_prefix(base, written))
    }
    /// Whether it was made by [`TextVersion::owed`] of this text.
    pub fn owes(&self, held: &TextVersion) -> bool {
        self.is_owed()
            && self
                .0
                .strip_suffix(held.as_str())
                .is_some_and(|rest| rest.ends_with(':'))
    }
    /// Whether it is owed since the pair was adopted: there was no other base than what it held.
    pub fn is_owed_since_adoption(&self) -> bool {
        let parts = self
            .0
            .strip_prefix(OWED)
            .and_then(|rest| rest.split_once(":0:"));
        parts.is_some_and(|(base, held)| base == held)
    }
    /// Whether there is no description.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// No blob's name and no hash begins like this.
const OWED: &str = "owed:";

fn owed_prefix(base: &TextVersion, written: Option<Millis>) -> String {
    format!("{OWED}{}:{}:", base.0, written.unwrap_or_default().0)
}

impl Default for TextVersion {
    fn default() -> Self {
        TextVersion("".into())
    }
}

/// Urgency. The order of Huly's numbers is kept by the adapter.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Nobody said.
    #[default]
    None,
    /// Some day.
    Low,
    /// In its turn.
    Medium,
    /// Soon.
    High,
    /// Now.
    Urgent,
}

/// The fields that only some services have; which of them count is said by [`Capabilities::fields`](crate::rules::Capabilities).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    /// Urgency.
    pub priority: Priority,
    /// The item this one is part of, on the same side.
    pub parent: Option<ItemId>,
    /// Names.
    pub labels: BTreeSet<Arc<str>>,
    /// The person, as the side names them: where only one side has people, by that side's own id.
    pub assignee: Option<Arc<str>>,
    /// UTC.
    pub due_date: Option<Millis>,
}

/// One side's raw values of one item: what is compared with that side's own past (design 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Values {
    /// As the side wrote it.
    pub title: Arc<str>,
    /// Which state of the description.
    pub description: TextVersion,
    /// In a base, `None` means *unset* (design 3.1 b): never compared, until a write that sets it is confirmed.
    pub status: Option<StatusId>,
    /// What only some services have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub extra: Extra,
}

fn is_default(extra: &Extra) -> bool {
    *extra == Extra::default()
}

/// One value of one field, as plans and conflicts carry it. A description is carried as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A title or a description (markdown).
    Text(Arc<str>),
    /// A status by the side's own id.
    Status(StatusId),
    /// Urgency.
    Priority(Priority),
    /// The parent on the same side.
    Parent(Option<ItemId>),
    /// All label names.
    Labels(BTreeSet<Arc<str>>),
    /// E-mail address.
    Assignee(Option<Arc<str>>),
    /// UTC.
    DueDate(Option<Millis>),
    /// No value is known (an unset base).
    Unset,
}

/// One item as one side shows it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The side's own id.
    pub id: ItemId,
    /// The identifier for people (`PROJ-12`), where the side has one.
    pub label: Option<Arc<str>>,
    /// Which statuses apply, where the side has several kinds of item.
    pub kind: Option<KindId>,
    /// The raw values.
    pub values: Values,
    /// The description as markdown without our footer; `None` while it has not been read. A blank one is `Some("")`.
    pub text: Option<Arc<str>>,
    /// What our (or the predecessor's) footer in the description said, where there was one.
    pub footer: Option<Footer>,
    /// The side's own stamp. Never used for a decision about content (design 3.2), only for watermarks and for telling twins by age.
    pub modified: Option<Millis>,
    /// The side's own stamp of creation.
    pub created: Option<Millis>,
    /// Whether an agent of the service works on the item or has just ended: such a status change is not a person's (design 3.6).
    pub agent: bool,
    /// Fields that the side showed nothing of, though it showed the item: their values here stand for nothing. See [`Item::fill`].
    pub unseen: FieldSet,
}

impl Item {
    /// An item with these values and nothing else.
    pub const fn new(id: ItemId, values: Values) -> Item {
        Item {
            id,
            label: None,
            kind: None,
            values,
            text: None,
            footer: None,
            modified: None,
            created: None,
            agent: false,
            unseen: FieldSet::EMPTY,
        }
    }
}

/// What one side says about one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Read, and there.
    Present(Box<Item>),
    /// Proven not there: all conditions of design 3.6 hold.
    Gone,
    /// Not read this time, so unchanged as far as is known; also an item that vanished without proof.
    Unseen,
}
