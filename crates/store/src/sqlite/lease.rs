//! The lease (design 4.6), and the check of its token inside every transaction that writes.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};
use sync_core::ids::Millis;

use super::{
    rows::{self, Columns},
    sql,
};
use crate::{
    error::{Error, at},
    port::{Fence, LeaseAnswer, LeaseRequest},
    row::LeaseRow,
};

/// A lease as stored: a released one stays, so that its token is never given again.
struct Stored {
    lease: LeaseRow,
    released: bool,
}

async fn stored(conn: &mut SqliteConnection, scope: &str) -> Result<Option<Stored>, Error> {
    rows::one(
        conn,
        "leases",
        sqlx::query(sql::LEASE_GET).bind(scope.to_owned()),
        decode,
    )
    .await
}

fn decode(row: &mut Columns<'_>) -> Result<Stored, Error> {
    let lease = LeaseRow {
        scope: row.text()?,
        token: row.int()?,
        holder: row.text()?,
        host: row.text()?,
        pid: row.small()?,
        since: row.millis()?,
        until: row.millis()?,
    };
    Ok(Stored {
        lease,
        released: row.flag()?,
    })
}

/// Who holds the lease, or held it when it ran out; `None` where it was released.
pub(super) async fn held(
    conn: &mut SqliteConnection,
    scope: &str,
) -> Result<Option<LeaseRow>, Error> {
    Ok(stored(conn, scope)
        .await?
        .filter(|stored| !stored.released)
        .map(|stored| stored.lease))
}

/// Grants the lease where it is free, ran out, or is the asking holder's already.
pub(super) async fn acquire(
    conn: &mut SqliteConnection,
    request: &LeaseRequest,
    now: Millis,
) -> Result<LeaseAnswer, Error> {
    let op = at("take the lease");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    let found = stored(&mut tx, &request.scope).await?;
    let answer = decide(found, request, now);
    if let LeaseAnswer::Granted { lease, .. } = &answer {
        let query = sqlx::query(sql::LEASE_PUT)
            .bind(Arc::clone(&lease.scope))
            .bind(lease.token)
            .bind(Arc::clone(&lease.holder))
            .bind(Arc::clone(&lease.host))
            .bind(i64::from(lease.pid))
            .bind(lease.since.0)
            .bind(lease.until.0);
        rows::run(&mut tx, "take the lease", query).await?;
    }
    tx.commit().await.map_err(&op)?;
    Ok(answer)
}

fn decide(found: Option<Stored>, request: &LeaseRequest, now: Millis) -> LeaseAnswer {
    let grant = |token: i64, since: Millis| LeaseRow {
        scope: Arc::clone(&request.scope),
        token,
        holder: Arc::clone(&request.holder),
        host: Arc::clone(&request.host),
        pid: request.pid,
        since,
        until: Millis(now.0.saturating_add(request.ttl.0)),
    };
    match found {
        None => LeaseAnswer::Granted {
            lease: grant(1, now),
            after: None,
        },
        Some(Stored {
            lease,
            released: true,
        }) => LeaseAnswer::Granted {
            lease: grant(lease.token.saturating_add(1), now),
            after: None,
        },
        // The same holder asks again: nobody was let in between, so its token stands.
        Some(Stored {
            lease,
            released: false,
        }) if lease.holder == request.holder => LeaseAnswer::Granted {
            lease: grant(lease.token, lease.since),
            after: None,
        },
        Some(Stored {
            lease,
            released: false,
        }) if lease.until > now => LeaseAnswer::Held(lease),
        Some(Stored {
            lease,
            released: false,
        }) => LeaseAnswer::Granted {
            lease: grant(lease.token.saturating_add(1), now),
            after: Some(lease),
        },
    }
}

/// Extends the lease. One that ran out but was not taken over is still its holder's.
pub(super) async fn renew(
    conn: &mut SqliteConnection,
    fence: &Fence,
    now: Millis,
    ttl: Millis,
) -> Result<LeaseRow, Error> {
    let op = at("renew the lease");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    let until = now.0.saturating_add(ttl.0);
    let query = sqlx::query(sql::LEASE_RENEW)
        .bind(Arc::clone(&fence.scope))
        .bind(fence.token)
        .bind(until);
    rows::run(&mut tx, "renew the lease", query).await?;
    let found = stored(&mut tx, &fence.scope).await?;
    let ours = found
        .filter(|stored| !stored.released && stored.lease.token == fence.token)
        .ok_or_else(|| fenced(fence))?;
    tx.commit().await.map_err(&op)?;
    Ok(ours.lease)
}

/// Gives the lease up, if it is still held with this token.
pub(super) async fn release(conn: &mut SqliteConnection, fence: &Fence) -> Result<(), Error> {
    let query = sqlx::query(sql::LEASE_RELEASE)
        .bind(Arc::clone(&fence.scope))
        .bind(fence.token);
    rows::run(conn, "release the lease", query)
        .await
        .map(|_| ())
}

/// Refuses a transaction whose token is old. Called inside it, so no takeover can come in between.
pub(super) async fn check(tx: &mut SqliteConnection, fence: &Fence) -> Result<(), Error> {
    let query = sqlx::query(sql::FENCE)
        .bind(Arc::clone(&fence.scope))
        .bind(fence.token);
    let ours = rows::one(tx, "leases", query, rows::number).await?;
    ours.map(|_| ()).ok_or_else(|| fenced(fence))
}

/// Takes every lease for good, for a store that is put aside: whoever has it open still, gets none any more. Refused where
/// somebody works with it. Gives the highest token.
pub(super) async fn retire(tx: &mut SqliteConnection, now: Millis) -> Result<i64, Error> {
    nobody(tx, now).await?;
    rows::run(
        tx,
        "retire the store",
        sqlx::query(sql::LEASES_RETIRE).bind(i64::MAX),
    )
    .await?;
    let query = sqlx::query(sql::LEASES_TOKEN);
    Ok(rows::one(tx, "leases", query, rows::number)
        .await?
        .unwrap_or(0))
}

/// Refuses where somebody works with the store.
pub(super) async fn nobody(conn: &mut SqliteConnection, now: Millis) -> Result<(), Error> {
    let query = sqlx::query(sql::LEASE_LIVE).bind(now.0);
    match rows::one(conn, "leases", query, decode).await? {
        Some(stored) => Err(Error::AtWork {
            holder: Box::new(stored.lease),
        }),
        None => Ok(()),
    }
}

/// Gives every lease up, with tokens above all that were ever given.
pub(super) async fn release_all(tx: &mut SqliteConnection, token: i64) -> Result<(), Error> {
    let query = sqlx::query(sql::LEASES_RELEASE).bind(token);
    rows::run(tx, "release the lease", query).await.map(|_| ())
}

fn fenced(fence: &Fence) -> Error {
    Error::Fenced {
        scope: fence.scope.to_string(),
        token: fence.token,
    }
}
