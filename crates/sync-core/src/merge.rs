//! The three-way line merge of descriptions (design 3.2).

use crate::side::{Pair, Side};

/// The texts of one description, as markdown without footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    /// What each side held when the two were last in agreement.
    pub base: Pair<&'a str>,
    /// What each side holds now.
    pub now: Pair<&'a str>,
}

/// What comes out of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Equal meaning: nothing to send.
    Same,
    /// One side changed: the other takes it.
    Carried {
        /// The side to write.
        to: Side,
        /// Its new text.
        text: String,
    },
    /// Both changed, in different places.
    Merged {
        /// What each side must be set to; `None` where it holds that already.
        text: Pair<Option<String>>,
    },
    /// Both changed the same lines, or a change cannot be placed in the other text: the policy's fallback decides.
    Overlap,
}

/// Merges the changes of both sides.
pub fn merge(texts: &Texts<'_>, normal: fn(&str) -> String) -> Outcome {
    if normal(texts.now.huly) == normal(texts.now.vibe) { Outcome::Same } else { Outcome::Overlap }
}
