//! Takes a decision on items without a link to a row and a plan.

use sync_core::{
    Side,
    ids::{ItemId, StoreId},
    item::Observation,
    link::{self, Decision},
    plan::LinkPlan,
    rules::Rules,
};

use super::making::{Texts, make};
use crate::{codes, observe::Observed, reconcile::finding, report::ProjectReport};

/// Takes one decision: a new link with its plan, or what a marker asks for.
pub(super) fn take(
    rules: &Rules<'_>,
    observed: &mut Observed,
    texts: &Texts,
    decision: Decision,
    report: &mut ProjectReport,
) -> Option<LinkPlan> {
    match decision {
        Decision::Adopt { huly, vibe, how } => {
            let (huly, vibe) = (texts.huly.get(&huly)?, texts.vibe.get(&vibe)?);
            let (link, plan) = link::adopt(rules, huly, vibe, how);
            report.adopted += 1;
            observed.adopted.insert(link.id);
            observed.see(
                link.id,
                Side::Huly,
                Observation::Present(Box::new(huly.clone())),
            );
            observed.see(
                link.id,
                Side::Vibe,
                Observation::Present(Box::new(vibe.clone())),
            );
            observed.made.insert(link.id);
            observed.links.insert(link.id, link);
            Some(plan)
        }
        Decision::Create { from, item, .. } => {
            let item = texts.side(from).get(&item)?;
            Some(make(rules, observed, item, from))
        }
        Decision::Twin { link, remove, .. } => {
            let twin = texts.vibe.get(&remove)?;
            observed
                .links
                .contains_key(&link)
                .then(|| link::remove_twin(link, twin))
        }
        Decision::Relink { link, item } => {
            let copy = texts.vibe.get(&item)?;
            let plan = link::relink(observed.links.get(&link)?, copy);
            observed.see(
                link,
                Side::Vibe,
                Observation::Present(Box::new(copy.clone())),
            );
            Some(plan)
        }
        Decision::Copy { item } => {
            report.notices.push(format!("task {item} is a copy of a task that hvs made: it is taken as a task of its own").into());
            None
        }
        Decision::Foreign { item, store } => {
            finding::foreign(report);
            foreign(report, &item, store);
            None
        }
        Decision::Hold { side, item, reason } => {
            let mut items = observed.unlinked.side(side).iter();
            if let Some(task) = items.find(|task| task.id == item && task.footer.is_some()) {
                finding::held(task, &reason, report);
            }
            report
                .notices
                .push(format!("{} {item}: {reason}", side.title()).into());
            None
        }
    }
}

/// One note for all of them: a lost store left its marker on every task.
fn foreign(report: &mut ProjectReport, item: &ItemId, store: StoreId) {
    let code = codes::FOREIGN_STORE;
    report.notices.retain(|notice| !notice.starts_with(code));
    let who = match report.foreign {
        1 => format!("task {item} carries"),
        many => format!("{many} tasks carry"),
    };
    report.notices.push(
        format!(
            "{code}: {who} the marker of store {store}: nothing is made in this project until `hvs reconcile --full --repair` \
             takes them over, on your word that the other store is lost"
        )
        .into(),
    );
}
