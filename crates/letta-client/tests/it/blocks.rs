//! Blocks: written with their limit, compared, and sent again after a lost race only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_kit::{Call, Http, Kind, Reply, TransportError};
use letta_client::{
    BlockUpdate, Content, Deletion, Letta, NewBlock, Version, classify, codes, may_repeat, route,
    settings,
};
use mockito::Matcher;
use serde_json::{Value, json};

use crate::server::{
    AGENT, BLOCK, RACE, TWIN, access, agent_id, agent_row, block_id, block_row, detail, json_mock,
    query, resumed,
};

fn path() -> String {
    format!("/v1/blocks/{BLOCK}")
}

fn update(value: &str, limit: u64) -> BlockUpdate {
    let value = value.to_owned();
    BlockUpdate {
        content: Some(Content { value, limit }),
        ..BlockUpdate::default()
    }
}

#[tokio::test]
async fn a_value_goes_with_its_limit_and_the_answer_is_compared() {
    let cases = [
        (block_row("x", "new", 50), None),
        (block_row("x", "old", 50), Some("without value")),
        (block_row("x", "new", 40), Some("without limit")),
    ];
    for (row, gap) in cases {
        let (mut server, letta) = resumed(None).await;
        let mock = json_mock(&mut server, "PATCH", path().as_str(), 200, &row.to_string())
            .match_body(Matcher::Json(json!({"value": "ne\u{0}w", "limit": 50})))
            .create_async()
            .await;
        match (
            letta.update_block(block_id(), &update("ne\0w", 50)).await,
            gap,
        ) {
            (Ok(block), None) => assert_eq!(block.value, "new"),
            (Err(error), Some(gap)) => {
                assert_eq!(
                    (error.kind(), error.code()),
                    (Kind::Unknown, codes::LETTA_INCOMPLETE)
                );
                assert!(error.detail().ends_with(gap), "{error}");
                assert!(may_repeat(&error));
            }
            (other, gap) => panic!("{gap:?}: {other:?}"),
        }
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn a_value_over_its_limit_is_not_sent() {
    let (_server, letta) = resumed(None).await;
    let error = letta
        .update_block(block_id(), &update("äöü", 2))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::LETTA_TOO_LONG)
    );
    let new = NewBlock {
        label: "x".to_owned(),
        value: "äöü".to_owned(),
        limit: 2,
        ..NewBlock::default()
    };
    let error = letta.create_block(&new).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_TOO_LONG);
    assert_eq!(letta.stats().calls, 0);
}

/// A server in this process that answers so many writes with a lost race, then well.
fn racing(races: usize) -> (Letta, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let answer = move |_: Call| {
        let lost = count.fetch_add(1, Ordering::SeqCst) < races;
        let (status, body) = if lost {
            (http::StatusCode::CONFLICT, detail(RACE))
        } else {
            (http::StatusCode::OK, block_row("x", "new", 50).to_string())
        };
        let mime = (
            "content-type".parse().unwrap(),
            "application/json".parse().unwrap(),
        );
        let reply = Reply {
            status,
            headers: http::HeaderMap::from_iter([mime]),
            body: body.into(),
            tries: 1,
        };
        async move { Ok::<_, TransportError>(reply) }
    };
    let transport = tower::util::BoxCloneSyncService::new(tower::service_fn(answer));
    let http = Http::with_transport(settings(), classify, transport);
    let letta = Letta::resume(http, access("http://127.0.0.1:1"), None).unwrap();
    (letta, calls)
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_run_again_six_times_at_most() {
    for (races, sent) in [(0, 1), (1, 2), (5, 6), (6, 6), (100, 6)] {
        let (letta, calls) = racing(races);
        let began = tokio::time::Instant::now();
        let result = letta.update_block(block_id(), &update("new", 50)).await;
        assert_eq!(calls.load(Ordering::SeqCst), sent, "{races}");
        assert!(began.elapsed().as_millis() <= 3_150, "{races}");
        match result {
            Ok(block) => assert!(races < 6 && block.value == "new"),
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.code()),
                    (Kind::Transient, codes::LETTA_LOCK_RACE)
                );
                assert!(races >= 6 && may_repeat(&error));
            }
        }
    }
}

#[tokio::test]
async fn other_failures_of_a_write_are_sent_once() {
    let long = "INVALID_ARGUMENT: Value length (50 characters) exceeds block limit (10 characters)";
    let echo = "[{'type': 'string_type', 'msg': 'no', 'input': 'private text'}]";
    let cases = [
        (500, detail("x"), Kind::Transient, codes::LETTA_HTTP_500),
        (
            404,
            detail(&format!("Block not found with id='['{BLOCK}']'")),
            Kind::Conflict,
            codes::LETTA_NOT_FOUND,
        ),
        (400, detail(long), Kind::Rejected, codes::LETTA_TOO_LONG),
        (422, detail(echo), Kind::Rejected, codes::LETTA_BAD_VALUE),
        (409, detail(TWIN), Kind::Conflict, codes::LETTA_TWIN),
    ];
    for (status, body, kind, code) in cases {
        let (mut server, letta) = resumed(None).await;
        let mock = json_mock(&mut server, "PATCH", path().as_str(), status, &body)
            .expect(1)
            .create_async()
            .await;
        let error = letta
            .update_block(block_id(), &update("v", 50))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code), "{error}");
        let told = error.to_string();
        assert!(
            !told.contains("private") && !told.contains("sqlalchemy"),
            "{told}"
        );
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn blocks_are_listed_read_and_deleted() {
    let (mut server, letta) = resumed(None).await;
    let list = format!("/v1/agents/{AGENT}/core-memory/blocks");
    let rows = json!([block_row("a", "1", 10)]);
    json_mock(&mut server, "GET", list.as_str(), 200, &rows.to_string())
        .match_query(query(&[("order", "asc"), ("limit", "100")]))
        .create_async()
        .await;
    let blocks = letta.blocks(agent_id()).await.unwrap();
    assert_eq!((blocks.len(), blocks[0].label.as_str()), (1, "a"));
    let block = json_mock(
        &mut server,
        "GET",
        path().as_str(),
        200,
        &rows[0].to_string(),
    )
    .create_async()
    .await;
    assert_eq!(
        letta.block(block_id()).await.unwrap(),
        Some(blocks[0].clone())
    );
    block.remove_async().await;
    let gone = detail(&format!("Block with id '{BLOCK}' not found"));
    for method in ["GET", "DELETE"] {
        json_mock(&mut server, method, path().as_str(), 404, &gone)
            .create_async()
            .await;
    }
    assert_eq!(letta.block(block_id()).await.unwrap(), None);
    let ended = letta.delete_block(block_id()).await.unwrap();
    assert_eq!(ended, Deletion::AlreadyGone);
    server.reset();
    json_mock(
        &mut server,
        "GET",
        list.as_str(),
        404,
        &detail(&format!("Agent with ID {AGENT} not found")),
    )
    .match_query(Matcher::Any)
    .create_async()
    .await;
    let error = letta.blocks(agent_id()).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_NOT_FOUND, "never an empty list");
    json_mock(&mut server, "DELETE", path().as_str(), 200, "null")
        .create_async()
        .await;
    assert_eq!(
        letta.delete_block(block_id()).await.unwrap(),
        Deletion::Deleted
    );
}

#[tokio::test]
async fn a_new_blocks_tags_are_checked_where_the_version_has_them() {
    let new = NewBlock {
        label: "x".to_owned(),
        value: "v".to_owned(),
        limit: 10,
        tags: vec!["hvs".to_owned()],
        ..NewBlock::default()
    };
    let cases = [
        (Some(Version(0, 16, 8)), true, true),
        (Some(Version(0, 16, 3)), false, false),
        (None, true, false),
    ];
    for (version, sent, missed) in cases {
        let (mut server, letta) = resumed(version).await;
        let mut body = json!({"label": "x", "value": "v", "limit": 10, "read_only": false});
        if sent {
            body["tags"] = json!(["hvs"]);
        }
        let row = block_row("x", "v", 10);
        let mock = json_mock(&mut server, "POST", route::BLOCKS, 200, &row.to_string())
            .match_body(Matcher::Json(body))
            .create_async()
            .await;
        let result = letta.create_block(&new).await;
        assert_eq!(result.is_err(), missed, "{version:?}: {result:?}");
        if let Err(error) = result {
            assert!(error.detail().ends_with("without tag hvs"), "{error}");
        }
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn attaching_tells_a_twin_from_a_lost_race_and_checks_the_answer() {
    let attach = format!("/v1/agents/{AGENT}/core-memory/blocks/attach/{BLOCK}");
    let mut attached = agent_row(AGENT, "x", &[]);
    attached["blocks"] = json!([block_row("x", "v", 10)]);
    let bare = agent_row(AGENT, "x", &[]);
    let cases = [
        (200, attached.to_string(), None),
        (200, Value::Null.to_string(), None),
        (
            200,
            bare.to_string(),
            Some((Kind::Unknown, codes::LETTA_INCOMPLETE)),
        ),
        (409, detail(TWIN), Some((Kind::Conflict, codes::LETTA_TWIN))),
        (
            409,
            detail(RACE),
            Some((Kind::Transient, codes::LETTA_LOCK_RACE)),
        ),
        (
            404,
            detail(&format!("Block not found with id='{BLOCK}'")),
            Some((Kind::Conflict, codes::LETTA_NOT_FOUND)),
        ),
    ];
    for (status, body, expected) in cases {
        let (mut server, letta) = resumed(None).await;
        json_mock(&mut server, "PATCH", attach.as_str(), status, &body)
            .match_query(query(&[("include", "agent.blocks")]))
            .create_async()
            .await;
        let result = letta.attach_block(agent_id(), block_id()).await;
        let seen = result
            .as_ref()
            .err()
            .map(|error| (error.kind(), error.code()));
        assert_eq!(seen, expected, "{body}: {result:?}");
    }
}

#[tokio::test]
async fn detaching_what_is_detached_is_done() {
    let (mut server, letta) = resumed(None).await;
    let detach = format!("/v1/agents/{AGENT}/core-memory/blocks/detach/{BLOCK}");
    let words =
        format!("No block with id '{BLOCK}' found for agent '{AGENT}' with actor id: 'user-1'");
    json_mock(&mut server, "PATCH", detach.as_str(), 404, &detail(&words))
        .create_async()
        .await;
    let ended = letta.detach_block(agent_id(), block_id()).await.unwrap();
    assert_eq!(ended, Deletion::AlreadyGone);
}
