//! What a service left as it was although it answered well.

use super::{Change, Update, settle::was_taken};
use crate::item::Item;

/// The changes of a confirmed update that the service did not take: its own answer still shows the value that was to be
/// replaced. They stay to be done, and their base did not move.
pub fn untaken<'a>(update: &'a Update, answer: &Item) -> Vec<&'a Change> {
    let is_untaken = |change: &&Change| !was_taken(update, change, Some(answer));
    update.set.iter().filter(is_untaken).collect()
}
