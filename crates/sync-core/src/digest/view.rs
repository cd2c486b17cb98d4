//! What blocks may see of a digest. Every page reads items, history, conflicts and letters through here and nowhere else, so what is
//! excluded cannot enter a block: it is not there.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    Change, Clash, Digest, DigestItem, Exclude, HulyState, Letter, VibeState,
    page::{Fact, Said},
};
use crate::{
    ids::{LinkId, Millis, StatusId},
    item::{Field, Priority},
    lens::Category,
    link::fold,
};

/// Longest title in a block, in characters.
const TITLE_CHARS: usize = 120;
/// Longest name of a status, a label or a person.
pub(super) const NAME_CHARS: usize = 60;

/// A digest without what is excluded, sorted.
pub(super) struct View<'a> {
    /// Items that sleep are not among them.
    pub(super) items: Vec<Seen<'a>>,
    /// Of every item that does not sleep, excluded ones too: for counting.
    pub(super) states: Vec<State<'a>>,
    /// Whether priorities may be seen.
    pub(super) has_priorities: bool,
    /// How many items sleep.
    pub(super) asleep: usize,
    /// How many items are left out whole.
    pub(super) withheld: usize,
    /// Newest first.
    pub(super) changes: Vec<SeenChange<'a>>,
    /// Open ones first, then newest first.
    pub(super) conflicts: Vec<(Who<'a>, &'a Clash)>,
    /// Those that wait for a person first, then those that wait longest.
    pub(super) letters: Vec<(Who<'a>, SeenLetter<'a>)>,
}

/// What an item is called.
#[derive(Clone, Copy)]
pub(super) struct Who<'a> {
    identifier: Option<&'a str>,
    title: Option<&'a str>,
}

/// What may be counted of an item.
#[derive(Clone, Copy)]
pub(super) struct State<'a> {
    pub(super) huly: Option<&'a HulyState>,
    pub(super) vibe: Option<&'a VibeState>,
    /// `None` where priorities are excluded.
    pub(super) priority: Option<Priority>,
}

/// What may be seen of an item.
pub(super) struct Seen<'a> {
    pub(super) who: Who<'a>,
    pub(super) state: State<'a>,
    pub(super) labels: Option<&'a BTreeSet<Arc<str>>>,
    pub(super) assignee: Option<&'a str>,
    pub(super) due: Option<Millis>,
    pub(super) parent: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) since: Option<Millis>,
    pub(super) last_change: Option<Millis>,
    pub(super) created: Option<Millis>,
}

/// What may be seen of a change.
pub(super) struct SeenChange<'a> {
    pub(super) who: Who<'a>,
    /// The item, where it is still known.
    pub(super) state: Option<State<'a>>,
    pub(super) change: &'a Change,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
}

/// What may be seen of a letter.
pub(super) struct SeenLetter<'a> {
    pub(super) letter: &'a Letter,
    pub(super) message: Option<&'a str>,
}

impl<'a> View<'a> {
    pub(super) fn new(digest: &'a Digest, exclude: &Exclude) -> View<'a> {
        let gate = Gate::new(digest, exclude);
        let awake = || digest.items.iter().filter(|item| !item.asleep);
        let mut visible: Vec<&DigestItem> = awake()
            .filter(|item| !gate.hidden.contains(&item.link))
            .collect();
        visible.sort_by_cached_key(|&item| order(item));
        let mut changes: Vec<SeenChange<'a>> = digest
            .changes
            .iter()
            .filter_map(|change| gate.change(change))
            .collect();
        changes.sort_by_key(SeenChange::order);
        let mut conflicts: Vec<(Who<'a>, &'a Clash)> = digest
            .conflicts
            .iter()
            .filter_map(|clash| Some((gate.who(clash.link, clash.label.as_deref())?, clash)))
            .collect();
        conflicts.sort_by_key(|(who, clash)| {
            let first = (Reverse(clash.open), Reverse(clash.at), clash.link);
            (first, clash.field, &clash.cause, clash.winner, who.title)
        });
        let mut letters: Vec<(Who<'a>, SeenLetter<'a>)> = digest
            .letters
            .iter()
            .filter_map(|letter| gate.letter(letter))
            .collect();
        letters.sort_by_key(|(who, seen)| {
            let letter = seen.letter;
            let first = (letter.retried, letter.since, letter.link, letter.side);
            (first, letter.field, &letter.code, seen.message, who.title)
        });
        View {
            states: awake().map(|item| gate.state(item)).collect(),
            items: visible.into_iter().map(|item| gate.seen(item)).collect(),
            has_priorities: gate.shows(Field::Priority),
            asleep: digest.items.iter().filter(|item| item.asleep).count(),
            withheld: awake()
                .filter(|item| gate.hidden.contains(&item.link))
                .count(),
            changes,
            conflicts,
            letters,
        }
    }
}

impl<'a> SeenChange<'a> {
    /// Newest first; and since rows of one moment and item may differ in what is not seen, the rest by what is.
    fn order(&self) -> impl Ord + use<'a> {
        let change = self.change;
        let how = (change.kind, change.field, change.came_from, change.written);
        let texts = (self.from, self.to, self.who.title);
        (Reverse(change.at), change.link, how, texts)
    }
}

impl View<'_> {
    /// How many fields wait for a person.
    pub(super) fn open_conflicts(&self) -> usize {
        self.conflicts
            .iter()
            .filter(|(_, clash)| clash.open)
            .count()
    }
}

/// By the identifier's project and number, then items without one by age. Ids are unique, so the order is total; nothing that may be
/// excluded decides about it.
fn order(item: &DigestItem) -> (bool, &str, u64, &str, Option<Millis>, LinkId) {
    let identifier = item.identifier.as_deref();
    let (project, number) = identifier
        .and_then(|identifier| identifier.rsplit_once('-'))
        .and_then(|(project, number)| Some((project, number.parse().ok()?)))
        .unwrap_or((identifier.unwrap_or_default(), u64::MAX));
    let name = identifier.unwrap_or_default();
    (
        identifier.is_none(),
        project,
        number,
        name,
        item.created,
        item.link,
    )
}

/// Decides what passes.
struct Gate<'a, 'e> {
    exclude: &'e Exclude,
    known: HashMap<LinkId, &'a DigestItem>,
    /// Links of items that are left out whole.
    hidden: HashSet<LinkId>,
    /// Identifiers of items that may be named.
    named: HashSet<&'a str>,
    /// Folded.
    labels: HashSet<String>,
}

impl<'a, 'e> Gate<'a, 'e> {
    fn new(digest: &'a Digest, exclude: &'e Exclude) -> Gate<'a, 'e> {
        let labels: HashSet<String> = exclude.labels.iter().map(|label| fold(label)).collect();
        let mut gate = Gate {
            exclude,
            known: digest.items.iter().map(|item| (item.link, item)).collect(),
            hidden: HashSet::new(),
            named: HashSet::new(),
            labels,
        };
        if gate.hides() {
            for item in &digest.items {
                if item
                    .labels
                    .iter()
                    .any(|label| gate.labels.contains(&fold(label)))
                {
                    gate.hidden.insert(item.link);
                } else {
                    gate.named.extend(item.identifier.as_deref());
                }
            }
        }
        gate
    }

    /// Whether any item may be left out: then those of which nothing is known are, too.
    fn hides(&self) -> bool {
        !self.labels.is_empty()
    }

    fn shows(&self, field: Field) -> bool {
        !self.exclude.fields.contains(field)
    }

    fn item_who(&self, item: &'a DigestItem) -> Who<'a> {
        Who {
            identifier: item.identifier.as_deref(),
            title: self.shows(Field::Title).then_some(&*item.title),
        }
    }

    /// `None`: it may not be named.
    fn who(&self, link: LinkId, label: Option<&'a str>) -> Option<Who<'a>> {
        match self.known.get(&link) {
            Some(_) if self.hidden.contains(&link) => None,
            Some(item) => Some(self.item_who(item)),
            None if self.hides() => None,
            None => Some(Who {
                identifier: None,
                title: label.filter(|_| self.shows(Field::Title)),
            }),
        }
    }

    fn state(&self, item: &'a DigestItem) -> State<'a> {
        State {
            huly: item.huly.as_ref(),
            vibe: item.vibe.as_ref(),
            priority: self.shows(Field::Priority).then_some(item.priority),
        }
    }

    fn seen(&self, item: &'a DigestItem) -> Seen<'a> {
        let may = |field, text: Option<&'a str>| text.filter(|_| self.shows(field));
        Seen {
            who: self.item_who(item),
            state: self.state(item),
            labels: self.shows(Field::Labels).then_some(&item.labels),
            assignee: may(Field::Assignee, item.assignee.as_deref()),
            due: item.due_date.filter(|_| self.shows(Field::DueDate)),
            parent: may(Field::Parent, item.parent.as_deref())
                .filter(|parent| !self.hides() || self.named.contains(parent)),
            description: may(Field::Description, item.description.as_deref()),
            since: item.in_status_since,
            last_change: item.last_change,
            created: item.created,
        }
    }

    fn change(&self, change: &'a Change) -> Option<SeenChange<'a>> {
        let who = self.who(change.link, change.label.as_deref())?;
        // values are told of single fields that may be seen; a description is too long to be told twice; a parent or a label
        // may be one that is left out
        let is_told = change.field.is_some_and(|field| {
            let is_name = matches!(field, Field::Parent | Field::Labels);
            field != Field::Description && self.shows(field) && !(is_name && self.hides())
        });
        Some(SeenChange {
            who,
            state: self.known.get(&change.link).map(|item| self.state(item)),
            change,
            from: change.from.as_deref().filter(|_| is_told),
            to: change.to.as_deref().filter(|_| is_told),
        })
    }

    fn letter(&self, letter: &'a Letter) -> Option<(Who<'a>, SeenLetter<'a>)> {
        let who = self.who(letter.link, letter.label.as_deref())?;
        // a server's words may repeat whatever it was sent
        let is_told = self.exclude.fields.is_empty() && !self.hides();
        let message = is_told.then_some(&*letter.message);
        Some((who, SeenLetter { letter, message }))
    }
}

impl<'a> Who<'a> {
    /// The first facts of an entry: `id` and `title`.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let id = self.identifier.map(|id| Said::name(id, NAME_CHARS));
        let title = self.title.map(|title| Said::text(title, TITLE_CHARS));
        if id.is_none() && title.is_none() {
            return vec![Fact::new(
                "id",
                "",
                Said::Word("(an item without identifier)"),
            )];
        }
        let id = id.map(|id| Fact::new("id", "", id));
        let title = title.map(|title| Fact::new("title", " ", title));
        id.into_iter().chain(title).collect()
    }

    pub(super) fn title(&self) -> Option<&'a str> {
        self.title
    }
}

impl<'a> State<'a> {
    /// Huly's, or what the task's column means where Huly's is not known.
    pub(super) fn category(&self) -> Option<Category> {
        let huly = self.huly.and_then(|huly| huly.category);
        huly.or_else(|| Category::of_column(self.vibe?.status.as_ref()?))
    }

    /// Whether something is still to be done.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.category(), Some(Category::Won | Category::Lost))
    }

    /// Whether nobody has begun it.
    pub(super) fn is_ahead(&self) -> bool {
        matches!(self.category(), Some(Category::Backlog | Category::Todo))
    }

    /// Huly's name of the status, or Vibe's word where there is no issue.
    pub(super) fn status(&self) -> Option<&'a str> {
        match self.huly {
            Some(huly) => huly.status.as_deref(),
            None => self.vibe?.status.as_ref().map(StatusId::as_str),
        }
    }

    /// [`State::status`] as a fact.
    pub(super) fn status_fact(&self, before: &'static str) -> Option<Fact> {
        let status = self.status()?;
        Some(Fact::new("status", before, Said::name(status, NAME_CHARS)))
    }

    /// What both sides show, where they differ: Huly's status says one column, the task is in another.
    pub(super) fn differs(&self) -> Option<(&'a StatusId, &'a StatusId)> {
        let should = self.huly?.means.as_ref()?;
        let shown = self.vibe?.status.as_ref()?;
        (should != shown).then_some((should, shown))
    }
}
