//! Lists, to their end, whatever the server makes of the query.

use std::sync::{Arc, Mutex};

use http_kit::{Call, Http, Kind, Reply, TransportError};
use letta_client::{Letta, PAGE, PAGES_MAX, classify, codes, settings};
use serde_json::Value;

use crate::server::{access, agent_row, numbered};

/// How a server treats the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// As documented.
    Good,
    /// As documented, with pages of at most 20 rows.
    Capped,
    /// Drops the query: always the newest 50.
    Deaf,
    /// Gives new rows for ever.
    Endless,
}

/// A server in this process with so many agents of the tag `a`, among them one foreign and one twin; counts its pages.
fn letta(agents: usize, manner: Manner) -> (Letta, Arc<Mutex<usize>>) {
    let pages = Arc::new(Mutex::new(0));
    let count = Arc::clone(&pages);
    let answer = move |call: Call| {
        *count.lock().unwrap() += 1;
        let rows = page(&call, agents, manner);
        let mime = (
            "content-type".parse().unwrap(),
            "application/json".parse().unwrap(),
        );
        let reply = Reply {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::from_iter([mime]),
            body: serde_json::to_vec(&rows).unwrap().into(),
            tries: 1,
        };
        async move { Ok::<_, TransportError>(reply) }
    };
    let transport = tower::util::BoxCloneSyncService::new(tower::service_fn(answer));
    let http = Http::with_transport(settings(), classify, transport);
    let letta = Letta::resume(http, access("http://127.0.0.1:1"), None).unwrap();
    (letta, pages)
}

fn row(number: usize) -> Value {
    let mut row = agent_row(&numbered(number), "x", &["a"]);
    match number {
        1 => row["tags"] = "b".split(' ').collect(),
        2 => row["agent_type"] = "sleeptime_agent".into(),
        _ => {}
    }
    row
}

fn page(call: &Call, agents: usize, manner: Manner) -> Vec<Value> {
    let asked = |name: &str| {
        let mut pairs = call.url.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let after = asked("after").and_then(|id| id.rsplit('-').next()?.parse::<usize>().ok());
    let limit: usize = asked("limit").unwrap().parse().unwrap();
    assert_eq!(asked("order").as_deref(), Some("asc"));
    assert_eq!(asked("include").as_deref(), Some("agent.tags"));
    let first = after.map_or(0, |after| after + 1);
    match manner {
        Manner::Good => (first..agents).take(limit).map(row).collect(),
        Manner::Capped => (first..agents).take(20).map(row).collect(),
        Manner::Deaf => (0..agents).rev().take(50).map(row).collect(),
        Manner::Endless => (first..first + limit).map(row).collect(),
    }
}

#[tokio::test]
async fn every_list_is_read_to_its_end_or_fails() {
    let whole = [
        (Manner::Good, vec![0, 1, 3, 99, 100, 101, 250]),
        (Manner::Capped, vec![0, 1, 20, 21, 250]),
        (Manner::Deaf, vec![0, 1, 3, 49]),
    ];
    for (manner, sizes) in whole {
        for size in sizes {
            let (letta, _) = letta(size, manner);
            let agents = letta.agents_with_tags(&["a"]).await.unwrap();
            let expected: Vec<_> = (0..size)
                .filter(|n| ![1, 2].contains(n))
                .map(numbered)
                .collect();
            let seen: Vec<_> = agents.iter().map(|agent| agent.id.to_string()).collect();
            assert_eq!(seen, expected, "{manner:?} {size}");
        }
    }
    for (manner, size) in [(Manner::Deaf, 50), (Manner::Deaf, 51), (Manner::Endless, 0)] {
        let (letta, pages) = letta(size, manner);
        let error = letta.agents_with_tags(&["a"]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Fatal, codes::LETTA_LIST_ENDLESS),
            "{manner:?} {size}"
        );
        assert!(*pages.lock().unwrap() <= PAGES_MAX);
    }
}

#[tokio::test]
async fn a_list_costs_its_pages_and_one_call_to_see_the_end() {
    for (size, expected) in [(0, 1), (1, 2), (PAGE, 2), (PAGE + 1, 3)] {
        let (letta, pages) = letta(size, Manner::Good);
        letta.agents_named("x").await.unwrap();
        assert_eq!(*pages.lock().unwrap(), expected, "{size}");
    }
}
