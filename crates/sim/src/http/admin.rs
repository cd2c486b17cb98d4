//! `/_sim`: counters, faults, the clock and people, for tests that run the servers as processes of their own.
//!
//! | route | does |
//! | --- | --- |
//! | `GET /_sim/calls` | [`crate::calls::Counts`] so far |
//! | `POST /_sim/reset` | sets the counters to zero, answers what they were |
//! | `GET`, `POST`, `DELETE /_sim/faults` | lists the rules; adds one ([`Rule`]) or a list; removes all |
//! | `POST /_sim/faults/seed/{seed}` | starts the chances again |
//! | `POST /_sim/clock` | any of `{"advance_ms": n, "set_ms": n, "skew_ms": n}` (the last for this server alone, on top of what it had); answers `{"now_ms": n}` |
//! | `GET /_sim/person/snapshot` | everything that a person sees: `{"projects": [...], "issues" or "tasks": [...]}`, of Letta `{"agents": [...], "blocks": [...], "messages": [...]}` |
//! | `POST /_sim/person` | one [`HulyDeed`], [`VibeDeed`] or [`LettaDeed`]; answers `{"id": ...}` or `{}` |
//!
//! Nothing here is counted, delayed or made to fail.

mod deeds;
mod letta;

pub use deeds::{HulyDeed, VibeDeed};
pub use letta::LettaDeed;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Server;
use crate::clock::Clock;
use crate::faults::Rule;
use crate::huly::Huly;
use crate::letta::{LettaModel, Relation, agent_row, block_row, message_row};
use crate::vibe::Vibe;

pub(crate) fn huly(server: Server<Huly>) -> Router {
    Router::new()
        .route("/_sim/person", post(huly_deed))
        .route("/_sim/person/snapshot", get(huly_snapshot))
        .with_state(server.clone())
        .merge(common(server, |model| &mut model.clock))
}

pub(crate) fn vibe(server: Server<Vibe>) -> Router {
    Router::new()
        .route("/_sim/person", post(vibe_deed))
        .route("/_sim/person/snapshot", get(vibe_snapshot))
        .with_state(server.clone())
        .merge(common(server, |model| &mut model.clock))
}

pub(crate) fn letta(server: Server<LettaModel>) -> Router {
    Router::new()
        .route("/_sim/person", post(letta_deed))
        .route("/_sim/person/snapshot", get(letta_snapshot))
        .with_state(server.clone())
        .merge(common(server, |model| &mut model.clock))
}

#[derive(Deserialize)]
struct ClockOrder {
    #[serde(rename = "advance_ms")]
    advance: Option<i64>,
    #[serde(rename = "set_ms")]
    set: Option<i64>,
    #[serde(rename = "skew_ms")]
    skew: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Many(Vec<Rule>),
    One(Box<Rule>),
}

fn common<M: Send + 'static>(server: Server<M>, clock: fn(&mut M) -> &mut Clock) -> Router {
    let Server {
        model,
        faults,
        calls,
        earlier: _,
        onlooker: _,
    } = server;
    let (calls_too, faults_too, faults_three) = (calls.clone(), faults.clone(), faults.clone());
    let (adding, seeding) = (faults.clone(), faults);
    Router::new()
        .route("/_sim/calls", get(async move || Json(calls.snapshot())))
        .route("/_sim/reset", post(async move || Json(calls_too.reset())))
        .route(
            "/_sim/faults",
            get(async move || Json(faults_too.rules()))
                .post(async move |Json(rules): Json<Rules>| {
                    match rules {
                        Rules::Many(rules) => rules.into_iter().for_each(|rule| adding.add(rule)),
                        Rules::One(rule) => adding.add(*rule),
                    }
                    Json(adding.rules())
                })
                .delete(async move || {
                    faults_three.clear();
                    Json(json!({}))
                }),
        )
        .route(
            "/_sim/faults/seed/{seed}",
            post(async move |Path(seed): Path<u64>| {
                seeding.reseed(seed);
                Json(json!({}))
            }),
        )
        .route(
            "/_sim/clock",
            post(async move |Json(order): Json<ClockOrder>| {
                let mut model = model.lock();
                let clock = clock(&mut model);
                if let Some(to) = order.set {
                    clock.set(to);
                }
                if let Some(by) = order.advance {
                    clock.advance(by);
                }
                if let Some(skew) = order.skew {
                    *clock = clock.skewed(skew);
                }
                Json(json!({ "now_ms": clock.now() }))
            }),
        )
}

async fn huly_snapshot(State(server): State<Server<Huly>>) -> Json<Value> {
    let mut model = server.model.lock();
    let issues = model.snapshot();
    Json(json!({ "projects": model.projects(), "issues": issues }))
}

async fn vibe_snapshot(State(server): State<Server<Vibe>>) -> Json<Value> {
    let model = server.model.lock();
    Json(
        json!({ "projects": model.projects(), "tasks": model.snapshot(), "stream": model.hints() }),
    )
}

async fn letta_snapshot(State(server): State<Server<LettaModel>>) -> Json<Value> {
    let model = server.model.lock();
    let agent = |id: &str| model.agent(id, &Relation::ALL).ok();
    let ids = model.agents().iter().map(|agent| agent.id.as_str());
    let agents: Vec<Value> = ids
        .filter_map(agent)
        .map(|view| agent_row(&model, &view))
        .collect();
    let blocks: Vec<Value> = model
        .blocks()
        .iter()
        .map(|block| block_row(&model, block))
        .collect();
    let messages: Vec<Value> = model.messages().iter().map(message_row).collect();
    Json(json!({ "agents": agents, "blocks": blocks, "messages": messages }))
}

fn bad(words: &impl ToString) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({ "error": words.to_string() })),
    )
        .into_response()
}

#[derive(Deserialize)]
struct By {
    by: Option<String>,
    #[serde(flatten)]
    deed: HulyDeed,
}

async fn huly_deed(
    State(server): State<Server<Huly>>,
    Json(By { by, deed }): Json<By>,
) -> Response {
    let mut model = server.model.lock();
    let Some(who) = model.session_of(by.as_deref()) else {
        return bad(&"no such account");
    };
    match deeds::do_in_huly(&mut model, &who, deed) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => bad(&error),
    }
}

async fn vibe_deed(State(server): State<Server<Vibe>>, Json(deed): Json<VibeDeed>) -> Response {
    match deeds::do_in_vibe(&mut server.model.lock(), deed) {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => bad(&refusal),
    }
}

async fn letta_deed(
    State(server): State<Server<LettaModel>>,
    Json(deed): Json<LettaDeed>,
) -> Response {
    match letta::do_in_letta(&mut server.model.lock(), deed) {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => bad(&refusal),
    }
}
