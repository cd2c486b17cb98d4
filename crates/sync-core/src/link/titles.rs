//! Titles of a whole project, for making links by an equal title (design 3.5).

use std::collections::HashMap;

use crate::{ids::ItemId, item::Item};

/// The title as it is compared: trimmed, without regard to case.
///
/// ```
/// assert_eq!(sync_core::link::fold(" Harbour DOCK "), "harbour dock");
/// assert_eq!(sync_core::link::fold("STRASSE"), sync_core::link::fold("Straße"));
/// ```
pub fn fold(title: &str) -> String {
    // up and down again: letters with two capitals, and those that differ by their place in the word, meet
    title
        .trim()
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// How often each title stands in one whole project, linked items included.
#[derive(Clone, Debug, Default)]
pub struct Titles {
    by_title: HashMap<String, Titled>,
}

#[derive(Clone, Debug)]
struct Titled {
    count: usize,
    item: ItemId,
    linked: bool,
}

impl Titles {
    /// Indexes the items of one whole project, each with whether it is linked. A part of a project is not enough: a title
    /// that seems to be the only one may stand twice.
    ///
    /// ```
    /// use sync_core::{item::{Item, Values}, link::Titles};
    /// let item = |id: &str| Item::new(id.into(), Values { title: "Dock".into(), ..Values::default() });
    /// let (one, two) = (item("1"), item("2"));
    /// assert_eq!(Titles::of([(&one, false)]).only("DOCK"), Some(&"1".into()));
    /// assert_eq!(Titles::of([(&one, false), (&two, false)]).only("dock"), None);
    /// ```
    pub fn of<'a>(items: impl IntoIterator<Item = (&'a Item, bool)>) -> Titles {
        let mut by_title: HashMap<String, Titled> = HashMap::new();
        for (item, linked) in items {
            let title = fold(&item.values.title);
            if title.is_empty() {
                continue;
            }
            by_title
                .entry(title)
                .and_modify(|titled| titled.count += 1)
                .or_insert_with(|| Titled {
                    count: 1,
                    item: item.id.clone(),
                    linked,
                });
        }
        Titles { by_title }
    }

    /// The one item of this title, where exactly one stands and is not linked.
    pub fn only(&self, title: &str) -> Option<&ItemId> {
        let titled = self.by_title.get(&fold(title))?;
        (titled.count == 1 && !titled.linked).then_some(&titled.item)
    }
}
