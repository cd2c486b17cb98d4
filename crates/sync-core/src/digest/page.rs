//! What a block says before it is written down: sections of facts and of entries, the most important first; and how it is made to fit.

use std::borrow::Cow;

use super::{Form, form, text};

/// A value in a block.
pub(super) enum Said {
    /// Ours: dates and words of this program.
    Word(&'static str),
    /// Ours, made for this value.
    Made(String),
    /// How many.
    Number(usize),
    /// Of the boards: clean, but whatever people wrote.
    Text(String),
    /// Of the boards, and mostly one word.
    Name(String),
    /// Several names.
    Names(Vec<String>),
    /// There is none.
    Nothing,
}

impl Said {
    /// A text of the boards, on one line of at most `most` characters.
    pub(super) fn text(text: &str, most: usize) -> Said {
        Said::Text(text::clean(text, most))
    }

    /// A name on the boards.
    pub(super) fn name(name: &str, most: usize) -> Said {
        Said::Name(text::clean(name, most))
    }
}

/// One value with its key (in JSON) and the words before it (in Markdown).
pub(super) struct Fact {
    pub(super) key: &'static str,
    pub(super) before: &'static str,
    pub(super) said: Said,
}

impl Fact {
    pub(super) const fn new(key: &'static str, before: &'static str, said: Said) -> Fact {
        Fact { key, before, said }
    }

    pub(super) const fn count(key: &'static str, before: &'static str, count: usize) -> Fact {
        Fact::new(key, before, Said::Number(count))
    }
}

/// One line of a list.
pub(super) type Entry = Vec<Fact>;

/// What stands under one heading.
pub(super) enum Body {
    /// Single values, the most important first.
    Facts(Vec<Fact>),
    /// The first entries of a list, and how many it has.
    List {
        /// Before any cut.
        total: usize,
        /// The most important first.
        entries: Vec<Entry>,
    },
}

/// A heading with what stands under it.
pub(super) struct Section {
    pub(super) key: &'static str,
    pub(super) heading: &'static str,
    pub(super) body: Body,
}

impl Section {
    pub(super) const fn facts(key: &'static str, heading: &'static str, facts: Vec<Fact>) -> Self {
        let body = Body::Facts(facts);
        Section { key, heading, body }
    }

    /// The first `most` of `all` that make an entry.
    pub(super) fn list<T>(
        key: &'static str,
        heading: &'static str,
        all: &[T],
        most: usize,
        entry: impl Fn(&T) -> Entry,
    ) -> Self {
        let body = Body::List {
            total: all.len(),
            entries: all.iter().take(most).map(entry).collect(),
        };
        Section { key, heading, body }
    }
}

/// A block before it is written down.
pub(super) struct Page {
    pub(super) heading: &'static str,
    pub(super) sections: Vec<Section>,
}

/// A section whose entries are written down.
pub(super) struct Laid {
    pub(super) key: &'static str,
    pub(super) heading: &'static str,
    pub(super) is_list: bool,
    /// Of a list, how long it is; else how many facts there are.
    pub(super) total: usize,
    /// Those that are written.
    pub(super) parts: Vec<String>,
}

/// More than a section's brackets grow when its first entry is put in.
const BRACKETS: usize = 8;

impl Page {
    /// The page in a form, in at most `limit` characters, and how many entries are not in it.
    ///
    /// Facts go before entries; the first entry of each list goes before any second one, lists in their order. What does not fit, and
    /// everything less important, is left out: a larger limit never shows less.
    pub(super) fn fitted(self, form: Form, limit: usize) -> (String, usize) {
        let laid: Vec<Laid> = self
            .sections
            .into_iter()
            .map(|section| lay(form, section))
            .collect();
        let write = |keep: &[usize]| form::write(form, self.heading, &laid, keep);
        let all: Vec<usize> = laid.iter().map(|section| section.parts.len()).collect();
        let whole = write(&all);
        if chars(&whole) <= limit {
            return (whole, left_out(&laid, &all));
        }
        let none = vec![0; laid.len()];
        let bare = write(&none);
        let size = chars(&bare);
        if size > limit {
            return (form::cut(form, &bare, limit), left_out(&laid, &none));
        }
        let room = limit.saturating_sub(size + BRACKETS * laid.len());
        let keep = kept(form, &laid, room);
        let text = write(&keep);
        debug_assert!(chars(&text) <= limit, "what fits was counted");
        (text, left_out(&laid, &keep))
    }
}

fn lay(form: Form, section: Section) -> Laid {
    let Section { key, heading, body } = section;
    let (is_list, total, parts) = match body {
        Body::Facts(facts) => {
            let parts: Vec<String> = facts.iter().map(|fact| form::fact(form, fact)).collect();
            (false, parts.len(), parts)
        }
        Body::List { total, entries } => {
            let parts = entries.iter().map(|entry| form::entry(form, entry));
            (true, total, parts.collect())
        }
    };
    Laid {
        key,
        heading,
        is_list,
        total,
        parts,
    }
}

/// How many parts of each section fit into `room` characters.
fn kept(form: Form, laid: &[Laid], mut room: usize) -> Vec<usize> {
    let mut keep = vec![0; laid.len()];
    let facts = laid
        .iter()
        .enumerate()
        .filter(|(_, section)| !section.is_list);
    let facts = facts.flat_map(|(at, section)| section.parts.iter().map(move |part| (at, part)));
    let lists = || {
        laid.iter()
            .enumerate()
            .filter(|(_, section)| section.is_list)
    };
    let longest = lists().map(|(_, section)| section.parts.len()).max();
    let entries = (0..longest.unwrap_or_default()).flat_map(|rank| {
        lists().filter_map(move |(at, section)| Some((at, section.parts.get(rank)?)))
    });
    for (at, part) in facts.chain(entries) {
        let cost = chars(part) + form::around(form);
        if cost > room {
            break;
        }
        room -= cost;
        if let Some(count) = keep.get_mut(at) {
            *count += 1;
        }
    }
    keep
}

fn left_out(laid: &[Laid], keep: &[usize]) -> usize {
    let missing = |(section, kept): (&Laid, &usize)| section.total.saturating_sub(*kept);
    laid.iter().zip(keep).map(missing).sum()
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A share of a whole as text, with one decimal: `62.5%`.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1_000 + whole / 2)
        .checked_div(whole)
        .unwrap_or_default();
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// A value of the JSON form.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    // a text always has a JSON form
    serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned)
}
