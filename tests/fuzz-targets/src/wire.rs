//! Answers of servers: the real clients talk to the simulated ones, and one answer on the way is spoilt.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_kit::{Call, Classify, Error, Http, Reply, Settings, Transport, TransportError};
use huly_client::{Credentials, DocRef, Huly, Limits, Millis, TxId, paging::Position};
use sim::{
    dataset::sized,
    http::{RateLimit, Server, huly_router, vibe_router},
    wire::transport,
};
use tower::{ServiceExt, util::BoxCloneSyncService};
use vibe_client::Vibe;

use crate::Target;

/// The time that everything together may take on the clock of the run.
const PATIENCE: Duration = Duration::from_hours(24);

pub(crate) const HULY: Target = Target {
    name: "huly",
    seeds: &[
        b"\x00\x00{\"ACCOUNTS_URL\":\"http://huly.test/_accounts\"}",
        b"\x02\x00{\"result\":null}",
        b"\x05\x02\x10\x00null",
        b"\x07\x01\x40\x00",
        b"\x09\x00<html><body>Sign in</body></html>",
        b"\x0b\x03\x01\xf4",
    ],
    run: huly,
    is_slow: true,
};

pub(crate) const VIBE: Target = Target {
    name: "vibe",
    seeds: &[
        b"\x00\x00{\"success\":true,\"data\":\"OK\"}",
        b"\x02\x00{\"success\":true,\"data\":[{\"id\":1}]}",
        b"\x03\x02\x20\x00[]",
        b"\x04\x01\x10\x00",
        b"\x05\x03\x00\xc8<html></html>",
    ],
    run: vibe,
    is_slow: true,
};

/// What is done to which answer: the first byte says which, the second how, the rest with what.
#[derive(Clone)]
struct Spoiler {
    at: usize,
    way: u8,
    rest: Bytes,
    seen: Arc<AtomicUsize>,
}

impl Spoiler {
    fn of(data: &[u8]) -> Self {
        let (head, rest) = data.split_at(data.len().min(2));
        Self {
            at: usize::from(head.first().copied().unwrap_or_default() % 16),
            way: head.get(1).copied().unwrap_or_default(),
            rest: Bytes::copy_from_slice(rest),
            seen: Arc::default(),
        }
    }

    fn over(&self, inner: Transport) -> Transport {
        let spoiler = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |call: Call| {
            let (inner, spoiler) = (inner.clone(), spoiler.clone());
            async move {
                let reply = inner.oneshot(call).await?;
                let now = spoiler.seen.fetch_add(1, Ordering::Relaxed);
                Ok::<_, TransportError>(if now == spoiler.at {
                    spoiler.spoil(reply)
                } else {
                    reply
                })
            }
        }))
    }

    fn spoil(&self, mut reply: Reply) -> Reply {
        let number = |at: usize| usize::from(self.rest.get(at).copied().unwrap_or_default());
        let place = (number(0) * 256 + number(1)) % (reply.body.len() + 1);
        let given = self.rest.slice(self.rest.len().min(2)..);
        match self.way % 4 {
            0 => reply.body = self.rest.clone(),
            1 => reply.body.truncate(place),
            2 => {
                let mut body = reply.body.to_vec();
                let end = (place + given.len()).min(body.len());
                body.splice(place..end, given);
                reply.body = body.into();
            }
            _ => {
                let status = u16::try_from(100 + number(0) * 256 + number(1)).unwrap_or(500);
                if let Ok(status) = status.try_into() {
                    reply.status = status;
                }
                reply.body = given;
            }
        }
        reply
    }
}

/// Runs it on a clock that waits for nothing.
fn on_a_paused_clock(walk: impl Future<Output = Result<(), Error>>, secret: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let Ok(runtime) = runtime else { return };
    let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, walk).await });
    assert!(ended.is_ok(), "no end after {PATIENCE:?} of its own clock");
    if let Ok(Err(error)) = ended {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(secret), "a secret is shown: {shown}");
    }
}

/// Every answer of Huly is read or refused; no answer makes the client panic, wait for ever or show the password.
fn huly(data: &[u8]) {
    let Ok(boards) = sized(1, 3, 1) else { return };
    let server = Server::new(boards.huly, 1);
    let wire = Spoiler::of(data).over(transport(huly_router(&server, RateLimit::default())));
    let secret = boards.login.password.clone();
    let credentials = Credentials::Password {
        email: boards.login.email,
        password: boards.login.password.into(),
    };
    let project = boards.projects.first().cloned().unwrap_or_default();
    let walk = async {
        let make = |settings: Settings, classify: Classify| -> Result<Http, Error> {
            Ok(Http::with_transport(settings, classify, wire.clone()))
        };
        let Ok(front) = "http://huly.test".parse() else {
            return Ok(());
        };
        let config = huly_client::Config {
            front,
            credentials,
            workspace: "acme".into(),
            limits: Limits::default(),
        };
        let huly = Huly::connect(config, make).await?;
        walk_huly(&huly, &DocRef::new(project)).await
    };
    on_a_paused_clock(walk, &secret);
}

async fn walk_huly(huly: &Huly, project: &DocRef) -> Result<(), Error> {
    huly.workflow().await?;
    huly.project(project).await?;
    let size = NonZeroU32::MIN.saturating_add(1);
    let page = huly
        .issues_of(project, Position::since(Millis(0)), size)
        .await?;
    for issue in page.rows {
        if let Some(blob) = &issue.description {
            huly.description_text(blob).await?;
        }
        huly.live_description(&issue.id, issue.description.as_ref())
            .await?;
        huly.removals_of(std::slice::from_ref(&issue.id)).await?;
    }
    let tx = TxId::tagged(7, [1; 8]);
    huly.take_numbers(project, NonZeroU32::MIN, tx).await?;
    huly.newest_own_row(7, huly_client::Millis(0)).await?;
    Ok(())
}

/// The same of Vibe Kanban, in the newer shape.
fn vibe(data: &[u8]) {
    let Ok(boards) = sized(1, 0, 1) else { return };
    let server = Server::new(boards.vibe, 1);
    let wire = Spoiler::of(data).over(transport(vibe_router(&server)));
    let walk = async {
        let Ok(base) = "http://vibe.test".parse() else {
            return Ok(());
        };
        let http = Http::with_transport(vibe_client::settings(), vibe_client::classify, wire);
        let vibe = Vibe::connect(http, base).await?;
        let project = vibe.create_project("New", Some("/srv/repos/new")).await?;
        let new = vibe_client::NewTask {
            project_id: project.id,
            title: "T".into(),
            description: Some("D".into()),
            status: None,
        };
        let task = vibe.create_task(&new).await?;
        vibe.projects().await?;
        vibe.tasks(project.id).await?;
        let update = vibe_client::TaskUpdate {
            title: Some("U".into()),
            ..vibe_client::TaskUpdate::default()
        };
        vibe.update_task(task.id, &update).await?;
        vibe.task(task.id).await?;
        vibe.delete_task(task.id).await?;
        Ok(())
    };
    on_a_paused_clock(walk, "there is no secret for a local board");
}
