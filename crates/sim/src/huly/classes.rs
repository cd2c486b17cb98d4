//! The classes that matter to a sync, their descent, and the tables they live in.

/// A table of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Domain {
    Task,
    Space,
    Tracker,
    Tags,
    Activity,
    Contact,
    Channel,
    Tx,
    /// Not a table: documents that every client holds in memory. `total` is always told.
    Model,
}

/// How a field is stored, which decides how it compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Number,
    Text,
    Bool,
    List,
}

/// (class, parent, domain), parents first.
const CLASSES: &[(&str, &str, Domain)] = &[
    ("task:class:Task", "", Domain::Task),
    ("tracker:class:Issue", "task:class:Task", Domain::Task),
    ("core:class:Space", "", Domain::Space),
    ("core:class:TypedSpace", "core:class:Space", Domain::Space),
    ("task:class:Project", "core:class:TypedSpace", Domain::Space),
    ("tracker:class:Project", "task:class:Project", Domain::Space),
    ("tracker:class:Component", "", Domain::Tracker),
    ("tracker:class:Milestone", "", Domain::Tracker),
    ("tags:class:TagElement", "", Domain::Tags),
    ("tags:class:TagReference", "", Domain::Tags),
    ("activity:class:ActivityMessage", "", Domain::Activity),
    (
        "chunter:class:ChatMessage",
        "activity:class:ActivityMessage",
        Domain::Activity,
    ),
    ("contact:class:Contact", "", Domain::Contact),
    (
        "contact:class:Person",
        "contact:class:Contact",
        Domain::Contact,
    ),
    ("contact:class:SocialIdentity", "", Domain::Channel),
    ("core:class:Tx", "", Domain::Tx),
    ("core:class:TxCUD", "core:class:Tx", Domain::Tx),
    ("core:class:TxCreateDoc", "core:class:TxCUD", Domain::Tx),
    ("core:class:TxUpdateDoc", "core:class:TxCUD", Domain::Tx),
    ("core:class:TxRemoveDoc", "core:class:TxCUD", Domain::Tx),
    ("core:class:TxMixin", "core:class:TxCUD", Domain::Tx),
    ("core:class:TxApplyIf", "core:class:Tx", Domain::Tx),
    ("core:class:Status", "", Domain::Model),
    (
        "tracker:class:IssueStatus",
        "core:class:Status",
        Domain::Model,
    ),
    ("core:class:StatusCategory", "", Domain::Model),
    ("task:class:ProjectType", "", Domain::Model),
    ("task:class:TaskType", "", Domain::Model),
];

impl Domain {
    /// All tables and the model.
    pub(crate) const ALL: [Self; 9] = [
        Self::Task,
        Self::Space,
        Self::Tracker,
        Self::Tags,
        Self::Activity,
        Self::Contact,
        Self::Channel,
        Self::Tx,
        Self::Model,
    ];

    /// Where documents of the class live; none for a class that the server does not know.
    pub(crate) fn of(class: &str) -> Option<Self> {
        CLASSES
            .iter()
            .find(|(name, _, _)| *name == class)
            .map(|(_, _, domain)| *domain)
    }

    /// The name of the table, as it shows in errors and lookups.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Space => "space",
            Self::Tracker => "tracker",
            Self::Tags => "tags",
            Self::Activity => "activity",
            Self::Contact => "contact",
            Self::Channel => "channel",
            Self::Tx => "tx",
            Self::Model => "model",
        }
    }

    /// Whether documents have an `attachedTo` column (which shows as null in lookups).
    pub(crate) fn has_attached_to(self) -> bool {
        matches!(
            self,
            Self::Task | Self::Tracker | Self::Tags | Self::Activity | Self::Channel | Self::Tx
        )
    }

    /// The column of a field; none for what sits in the JSON column and compares as text.
    pub(crate) fn column(self, field: &str) -> Option<Column> {
        match (self, field) {
            (_, "modifiedOn" | "createdOn") => Some(Column::Number),
            (_, "_id" | "_class" | "space" | "modifiedBy" | "createdBy")
            | (Self::Tx, "objectSpace" | "objectId") => Some(Column::Text),
            (Self::Space, "private" | "archived") => Some(Column::Bool),
            (Self::Space, "members") => Some(Column::List),
            (domain, "attachedTo") => domain.has_attached_to().then_some(Column::Text),
            _ => None,
        }
    }
}

/// Whether a document of class `actual` answers a query for class `asked`: a class covers its descendants.
pub(crate) fn covers(asked: &str, actual: &str) -> bool {
    let mut class = actual;
    while !class.is_empty() {
        if class == asked {
            return true;
        }
        class = CLASSES
            .iter()
            .find(|(name, _, _)| *name == class)
            .map_or("", |(_, parent, _)| *parent);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_covers_its_descendants_only() {
        assert!(covers("core:class:TxCUD", "core:class:TxRemoveDoc"));
        assert!(!covers("core:class:TxCUD", "core:class:TxApplyIf"));
        assert!(!covers("core:class:TxRemoveDoc", "core:class:TxCUD"));
    }
}
