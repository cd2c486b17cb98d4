//! What it costs to write down that intents are about to be sent: one transaction that waits for the disk, for one intent
//! or for many.

use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use store::{
    Batch, Store,
    row::{Intent, IntentState},
};
use sync_core::{
    Side,
    ids::{IntentKey, LinkId, Millis, RunId},
};
use uuid::Uuid;

use crate::{Done, Stored};

/// Intents of one transaction that are measured.
const TOGETHER: [u32; 3] = [1, 10, 50];
/// Transactions of each size.
const ROUNDS: u32 = 40;

/// The time of one transaction over so many intents.
pub(crate) type Cost = (u32, Duration);

fn intent(stored: &Stored, number: u128) -> Intent {
    let payload = serde_json::json!({ "set": [{ "title": "A title as people write them" }, { "status": "inprogress" }] });
    Intent {
        key: IntentKey(Uuid::from_u128(number)),
        project: stored.project,
        link: Some(LinkId(Uuid::from_u128(number))),
        side: Side::Vibe,
        kind: "update".into(),
        state: IntentState::Planned,
        payload,
        prepared: None,
        write_id: None,
        attempt: 0,
        run: RunId(Uuid::from_u128(1)),
        planned_at: Millis(1),
        sent_at: None,
        error: None,
    }
}

/// Plans intents and moves them on to `sent`, which alone is measured.
pub(crate) async fn measure(stored: &Stored) -> Done<Vec<Cost>> {
    let mut costs = Vec::new();
    let mut number = 1 << 64;
    for count in TOGETHER {
        let mut took = Duration::ZERO;
        for round in 0..ROUNDS {
            let intents: Vec<Intent> = (0..u128::from(count))
                .map(|at| intent(stored, number + at))
                .collect();
            number += u128::from(count);
            let batch = Batch {
                intents: intents.clone(),
                ..Batch::default()
            };
            stored.store.write(&stored.fence, &batch).await?;
            let sent: Vec<Intent> = intents
                .into_iter()
                .map(|intent| Intent {
                    state: IntentState::Sent,
                    attempt: 1,
                    sent_at: Some(Millis(2)),
                    write_id: Some(format!("{round}-{}", intent.key).into()),
                    ..intent
                })
                .collect();
            let start = Instant::now();
            stored.store.advance(&stored.fence, &sent).await?;
            took += start.elapsed();
        }
        costs.push((count, took / ROUNDS));
    }
    Ok(costs)
}

/// The shortest that a wait for this disk takes: a page is appended to a file and waited for.
fn one_wait(path: &Path) -> Done<Duration> {
    let mut file = File::create(path)?;
    let page = [7; 4_096];
    let start = Instant::now();
    for _ in 0..ROUNDS {
        file.write_all(&page)?;
        file.sync_data()?;
    }
    Ok(start.elapsed() / ROUNDS)
}

/// One line for each size, beside the floor.
pub(crate) fn print(costs: &[Cost], file: &Path) -> Done<()> {
    let floor = one_wait(file)?;
    for (count, took) in costs {
        println!(
            "{}",
            serde_json::json!({
                "measure": format!("store, intents made durable as sent, {count} a transaction"),
                "value": format!("{:.0} us each", took.as_secs_f64() * 1e6 / f64::from(*count)),
                "goal": format!("one wait for the disk, {:.0} us, for all of them", floor.as_secs_f64() * 1e6),
                "ratio": took.as_secs_f64() / floor.as_secs_f64(),
            })
        );
    }
    Ok(())
}
