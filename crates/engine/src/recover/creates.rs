//! Creates without an answer: looked for by what only they could have made.

use std::collections::{HashMap, HashSet};

use http_kit::Kind;
use sync_core::{
    Side,
    ids::{ItemId, LinkId},
    link::Link,
};

use super::{Looked, gone, leave_all, resend_or_dead, wait_out};
use crate::{
    apply::Ended,
    context::Context,
    journal::Step,
    port::{Answer, BoardProject, CreateJob},
};

pub(super) async fn look_for(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    steps: Vec<Step>,
) -> Vec<(Step, Looked)> {
    let (mut open, mut looked) = jobs(ctx, side, links, steps);
    let Some((first, _)) = open.first() else {
        return looked;
    };
    let mut taken = match taken(ctx, side, first).await {
        Ok(taken) => taken,
        Err(error) => {
            looked.extend(leave_all(steps_of(open), &error));
            return looked;
        }
    };
    // A create whose client has gone may still land: only after its deadline and some more is it certain enough to repeat.
    let looks = if ctx.board(side).capabilities().client_ids {
        1
    } else {
        2
    };
    for look in 0..looks {
        if open.is_empty() {
            break;
        }
        if look > 0 {
            let newest = open.iter().filter_map(|(step, _)| step.intent.sent_at);
            wait_out(ctx, newest.max()).await;
        }
        let jobs: Vec<CreateJob> = open.iter().map(|(_, job)| job.clone()).collect();
        let answers = ctx
            .board(side)
            .find_created(&project.id, &jobs, &taken)
            .await;
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => {
                looked.extend(leave_all(steps_of(open), &error));
                return looked;
            }
        };
        let mut answers = answers.into_iter();
        for (step, job) in std::mem::take(&mut open) {
            match answers.next().unwrap_or(Ok(None)) {
                Ok(Some(item)) => {
                    taken.insert(item.id.clone());
                    looked.push((step, Looked::Ended(Ended::Found(Box::new(item)))));
                }
                Ok(None) => open.push((step, job)),
                Err(error) => looked.push((step, Looked::Leave(error))),
            }
        }
    }
    looked.extend(open.into_iter().map(|(step, _)| {
        let found = resend_or_dead(ctx, &step);
        (step, found)
    }));
    looked
}

/// A create and the job as it was sent.
type Asked = (Step, CreateJob);

/// The jobs of these steps as they were sent; those whose link is gone are answered.
fn jobs(
    ctx: &Context,
    side: Side,
    links: &HashMap<LinkId, Link>,
    steps: Vec<Step>,
) -> (Vec<Asked>, Vec<(Step, Looked)>) {
    let (mut open, mut looked) = (Vec::new(), Vec::new());
    for step in steps {
        let link = links.get(&step.link);
        let job = link.and_then(|link| step.create_job(ctx.store.id(), link, &ctx.footers(side)));
        if let Some(job) = job {
            open.push((step, job));
        } else {
            let words = "the link of this create is not known any more";
            looked.push((step, Looked::Ended(Ended::Later(gone(side, words)))));
        }
    }
    (open, looked)
}

fn steps_of(open: Vec<(Step, CreateJob)>) -> Vec<Step> {
    open.into_iter().map(|(step, _)| step).collect()
}

/// Items of one side that links have already.
async fn taken(ctx: &Context, side: Side, step: &Step) -> Answer<HashSet<ItemId>> {
    let links = ctx.store.links(step.intent.project).await;
    Ok(links
        .map_err(unlooked)?
        .into_iter()
        .filter_map(|link| link.items.side(side).clone())
        .collect())
}

/// The store did not say which items are taken: nothing can be told apart.
fn unlooked(error: store::Error) -> http_kit::Error {
    http_kit::Error::new(Kind::Transient, crate::codes::UNCONFIRMED, "store", "look")
        .with_detail("the store cannot be asked")
        .with_source(error)
}
