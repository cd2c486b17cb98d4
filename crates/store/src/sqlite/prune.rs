//! Deleting what is old, in steps small enough that nobody waits long for the writer.

use sync_core::ids::Millis;

use super::{conn::Connections, rows, sql};
use crate::error::Error;

/// Rows that one transaction deletes.
const STEP: u32 = 1_000;

/// Deletes history, finished intents, ids of remote transactions (the newest 1,000 are kept) and rows of runs that are
/// older than `before`; gives the number of rows.
pub(super) async fn prune(connections: &Connections, before: Millis) -> Result<u64, Error> {
    let mut total = 0;
    for statement in [
        sql::PRUNE_HISTORY,
        sql::PRUNE_INTENTS,
        sql::PRUNE_WRITE_IDS,
        sql::PRUNE_RUNS,
    ] {
        loop {
            // The connection is given back after each step.
            let mut conn = connections.writer().await;
            let query = sqlx::query(statement).bind(before.0).bind(i64::from(STEP));
            let deleted = rows::run(conn.get()?, "prune", query).await?;
            total += deleted;
            if deleted < u64::from(STEP) {
                break;
            }
        }
    }
    Ok(total)
}
