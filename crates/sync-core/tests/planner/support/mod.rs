//! Short fixtures for planner tests: items as `title|description|status`, plans as one line.

pub(crate) mod card;
pub(crate) mod compact;
pub(crate) mod judge;
pub(crate) mod world;

use std::{collections::BTreeMap, sync::Arc};

use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, RulesVersion, StoreId, WorkspaceId},
    item::{FieldSet, Item, TextVersion, Values},
    lens::{Category, HulyStatus, Lens, Lenses, StatusNames},
    link::Link,
    rules::{Capabilities, Creation, Deletion, Limits, Policies, Rules},
};

/// The moment of planning in every fixture.
pub(crate) const NOW: Millis = Millis(1_000_000);
/// The window of design 3.1 a.
pub(crate) const WINDOW: Millis = Millis(30_000);

/// Huly: b Backlog, t Todo, d Doing, w Done, l Canceled, x without a category. No status stands for a review.
pub(crate) fn lenses() -> Lenses {
    Lenses {
        default: lens(&StatusNames::default()),
        by_kind: BTreeMap::new(),
    }
}

/// The same statuses with names from a configuration.
pub(crate) fn lens(names: &StatusNames) -> Lens {
    let huly = [
        ("b", "Backlog", Some(Category::Backlog)),
        ("t", "Todo", Some(Category::Todo)),
        ("d", "Doing", Some(Category::Active)),
        ("w", "Done", Some(Category::Won)),
        ("l", "Canceled", Some(Category::Lost)),
        ("x", "Odd", None),
    ]
    .map(|(id, name, category)| HulyStatus {
        id: id.into(),
        name: name.into(),
        category,
    });
    let vibe = ["todo", "inprogress", "inreview", "done", "cancelled"].map(Into::into);
    Lens::build(&huly, &vibe, names).0
}

/// `*a*` and `_a_` mean the same.
pub(crate) fn normal(text: &str) -> String {
    text.replace('*', "_").trim_end().to_owned()
}

pub(crate) fn capabilities(side: Side) -> Capabilities {
    Capabilities {
        fields: FieldSet::COMMON,
        conditional_write: true,
        client_ids: side == Side::Huly,
        changes: side == Side::Huly,
        status_at_create: true,
        footer: side == Side::Vibe,
        limits: Limits {
            title_chars: Some(40),
            description_bytes: Some(20_000),
            blank_title: false,
            nul: false,
        },
    }
}

pub(crate) fn rules(lenses: &Lenses) -> Rules<'_> {
    Rules {
        workspace: WorkspaceId(uuid::Uuid::from_u128(1)),
        store: StoreId(uuid::Uuid::from_u128(2)),
        policies: Policies::default(),
        lenses,
        deletion: Deletion::Cancel,
        create: Creation::Both,
        capabilities: Pair::by(capabilities),
        normal_form: normal,
        confirm_window: WINDOW,
        confirm_tries: 3,
        now: NOW,
        version: RulesVersion(7),
    }
}

/// A description's text in the short form: `/` stands for a line end.
pub(crate) fn lines(short: &str) -> Arc<str> {
    short.replace('/', "\n").into()
}

/// How a side names a text.
pub(crate) fn version(side: Side, text: &str) -> TextVersion {
    match side {
        _ if text.trim().is_empty() => TextVersion::default(),
        Side::Huly => TextVersion::named(&format!("blob-{text}")),
        Side::Vibe => TextVersion::of_text(text),
    }
}

pub(crate) const fn id_of(side: Side) -> &'static str {
    match side {
        Side::Huly => "h1",
        Side::Vibe => "t1",
    }
}

/// `title|description|status`, `?` for an unset status, `@` at the end for an agent at work.
pub(crate) fn item(side: Side, short: &str) -> Item {
    let agent = short.ends_with('@');
    let mut parts = short.trim_end_matches('@').split('|');
    let mut part = || parts.next().unwrap_or_default();
    let (title, text, status) = (part(), lines(part()), part());
    let values = Values {
        title: title.into(),
        description: version(side, &text),
        status: (status != "?").then(|| status.into()),
        ..Values::default()
    };
    Item {
        text: Some(text),
        agent,
        ..Item::new(id_of(side).into(), values)
    }
}

/// A linked pair, settled on these two.
pub(crate) fn link(rules: &Rules<'_>, huly: &str, vibe: &str) -> (Link, Pair<Option<Arc<str>>>) {
    let items = Pair {
        huly: item(Side::Huly, huly),
        vibe: item(Side::Vibe, vibe),
    };
    let mut link = Link::between(rules, ItemId::from("h1"), ItemId::from("t1"));
    link.base = items.as_ref().map(|item| item.values.clone());
    (link, items.map(|item| item.text))
}
