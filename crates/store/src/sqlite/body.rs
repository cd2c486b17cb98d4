//! A link's row has columns for what is asked for, and this compact JSON body for the rest: about 300 bytes in all.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sync_core::{
    Pair, Side,
    ids::{Generation, ItemId, LinkId, Millis, RulesVersion, StatusId},
    item::{Extra, FieldSet, TextVersion, Values},
    link::{LastWrite, Link, Phase},
};

/// What a link's row holds beside its columns. Keys are one letter and defaults are left out: there is a row for every item.
#[derive(Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(rename = "o")]
    origin: Side,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    label: Option<Arc<str>>,
    #[serde(rename = "h")]
    huly: Half,
    #[serde(rename = "v")]
    vibe: Half,
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    frozen: FieldSet,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    phase: Phase,
    #[serde(rename = "r", default, skip_serializing_if = "is_default")]
    rebuilt: bool,
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    rules: u64,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    made: Millis,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    stamp: Option<Millis>,
}

/// One side's part of a body: the base's raw values, as in [`Raw`], and what belongs to the side. Written out instead of
/// flattened: serde reads a flattened value twice, and there is a row for every item.
#[derive(Serialize, Deserialize)]
struct Half {
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    title: Option<Arc<str>>,
    #[serde(rename = "d", default, skip_serializing_if = "TextVersion::is_none")]
    description: TextVersion,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusId>,
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    extra: Extra,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    generation: Generation,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    write: Option<Write>,
}

/// A side's raw values. On Vibe's side the base's title is left out where it is Huly's.
#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    title: Option<Arc<str>>,
    #[serde(rename = "d", default, skip_serializing_if = "TextVersion::is_none")]
    description: TextVersion,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusId>,
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    extra: Extra,
}

/// A last write.
#[derive(Serialize, Deserialize)]
struct Write {
    #[serde(rename = "a")]
    at: Millis,
    #[serde(rename = "f")]
    fields: FieldSet,
    #[serde(rename = "b")]
    before: Raw,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    resent: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Raw {
    fn of(values: &Values, title: Option<&Arc<str>>) -> Raw {
        Raw {
            title: title.cloned(),
            description: values.description.clone(),
            status: values.status.clone(),
            extra: values.extra.clone(),
        }
    }

    fn values(self, title: &Arc<str>) -> Values {
        Values {
            title: self.title.unwrap_or_else(|| Arc::clone(title)),
            description: self.description,
            status: self.status,
            extra: self.extra,
        }
    }
}

impl Half {
    fn of(link: &Link, side: Side, title: Option<&Arc<str>>) -> Half {
        let write = link.last_write.side(side).as_ref().map(|write| Write {
            at: write.at,
            fields: write.fields,
            before: Raw::of(&write.before, Some(&write.before.title)),
            resent: write.resent,
        });
        let Raw {
            title,
            description,
            status,
            extra,
        } = Raw::of(link.base.side(side), title);
        Half {
            title,
            description,
            status,
            extra,
            generation: *link.generation.side(side),
            write,
        }
    }

    fn base(&mut self) -> Raw {
        Raw {
            title: self.title.take(),
            description: std::mem::take(&mut self.description),
            status: self.status.take(),
            extra: std::mem::take(&mut self.extra),
        }
    }
}

impl Body {
    pub(super) fn of(link: &Link) -> Body {
        let (huly, vibe) = (&link.base.huly.title, &link.base.vibe.title);
        Body {
            origin: link.origin,
            label: link.label.clone(),
            huly: Half::of(link, Side::Huly, Some(huly)),
            vibe: Half::of(link, Side::Vibe, Some(vibe).filter(|vibe| *vibe != huly)),
            frozen: link.frozen,
            phase: link.phase,
            rebuilt: link.rebuilt,
            rules: link.rules.0,
            made: link.made,
            stamp: link.stamp,
        }
    }

    pub(super) fn link(self, id: LinkId, items: Pair<Option<ItemId>>, version: u64) -> Link {
        let (mut huly, mut vibe) = (self.huly, self.vibe);
        let bases = (huly.base(), vibe.base());
        let title = bases.0.title.clone().unwrap_or_default();
        let generation = Pair {
            huly: huly.generation,
            vibe: vibe.generation,
        };
        let write = |write: Write| LastWrite {
            at: write.at,
            fields: write.fields,
            before: write.before.values(&Arc::default()),
            resent: write.resent,
        };
        Link {
            id,
            origin: self.origin,
            items,
            label: self.label,
            base: Pair {
                huly: bases.0.values(&title),
                vibe: bases.1.values(&title),
            },
            generation,
            frozen: self.frozen,
            phase: self.phase,
            rebuilt: self.rebuilt,
            last_write: Pair {
                huly: huly.write.map(write),
                vibe: vibe.write.map(write),
            },
            rules: RulesVersion(self.rules),
            made: self.made,
            stamp: self.stamp,
            version,
        }
    }
}
