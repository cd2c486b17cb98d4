//! Which points a call of the store passes.

use std::future::Future;

use store::{
    Batch, Error,
    around::{Access, Call, Hook},
    row::{Intent, IntentState},
};

use super::{Moment, Points};

impl Hook for Points {
    async fn around<'h, T: Send + 'h>(
        &'h self,
        call: Call<'h>,
        made: impl Future<Output = Result<T, Error>> + Send + 'h,
    ) -> Result<T, Error> {
        let names = names(&call);
        self.pass(Moment::Before, &names);
        let answer = made.await?;
        self.pass(Moment::After, &names);
        Ok(answer)
    }
}

/// The points of one call; none of one that only reads.
fn names(call: &Call<'_>) -> Vec<String> {
    let mut names = match (call.access, call.batch) {
        (Access::Read, _) => Vec::new(),
        (Access::Write, Some(batch)) => of_batch(batch),
        (Access::Write, None) if call.name == "advance" => call
            .advanced
            .iter()
            .flat_map(|intent| about(intent).map(|about| format!("mark/{about}")))
            .collect(),
        (Access::Write, None) => vec![format!("keep/{}", call.name)],
    };
    names.sort();
    names.dedup();
    names
}

fn of_batch(batch: &Batch) -> Vec<String> {
    let intents = batch.intents.iter().flat_map(|intent| {
        let point = match intent.state {
            IntentState::Planned => "journal",
            IntentState::Sent => "mark",
            IntentState::Done | IntentState::Failed | IntentState::Dead | IntentState::Dropped => {
                "settle"
            }
        };
        about(intent).map(move |about| format!("{point}/{about}"))
    });
    let rows = [
        ("link", !batch.links.is_empty()),
        ("forget", !batch.forget.is_empty()),
        ("conflict", !batch.conflicts.is_empty()),
        ("project", !batch.projects.is_empty()),
        ("dirty", !batch.dirty.is_empty()),
        ("held", !batch.held.is_empty()),
        ("letter", !batch.dead_letters.is_empty()),
    ];
    let rows = rows.into_iter().filter(|(_, is_there)| *is_there);
    intents
        .chain(rows.map(|(name, _)| format!("keep/{name}")))
        .collect()
}

/// What an intent does: its side with its kind, or with each field that it writes.
fn about(intent: &Intent) -> impl Iterator<Item = String> + use<> {
    let side = intent.side.as_str();
    let fields: Vec<String> = intent
        .payload
        .pointer("/action/set")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|change| Some(change.get("field")?.as_str()?.to_owned()))
        .collect();
    let kinds = if fields.is_empty() {
        vec![intent.kind.to_string()]
    } else {
        fields
    };
    kinds.into_iter().map(move |kind| format!("{side}-{kind}"))
}
