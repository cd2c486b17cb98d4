//! Answers that were never recorded, and what is shown of a server's words.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::*;

const ID: &str = "agent-1814be40-8f88-4113-9e5c-4f4056e1065f";
const BLOCK: &str = "block-4f72c7c8-b051-42f3-9f38-5832da171b3f";

fn judge(
    method: Method,
    route: &'static str,
    status: u16,
    body: &str,
) -> (Kind, &'static str, String) {
    let effect = if method == Method::GET {
        Effect::Read
    } else {
        Effect::Write
    };
    let path = route.replace("{id}", ID).replace("{block}", BLOCK);
    let url = format!("http://127.0.0.1:1/letta{path}");
    let call = Call::new(method, route, url.parse().expect("a url"), effect);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let reply = Reply {
        status: StatusCode::from_u16(status).expect("a status"),
        headers,
        body: body.to_owned().into(),
        tries: 1,
    };
    match classify(&call, &reply) {
        Verdict::Failed { kind, code, detail } => (kind, code, detail),
        Verdict::Success => panic!("{body} is no success"),
    }
}

#[test]
#[rustfmt::skip]
fn what_was_never_recorded_is_read_as_the_reference_says() {
    let get = (Method::GET, route::AGENTS);
    let post = (Method::POST, route::AGENTS);
    let patch = (Method::PATCH, route::BLOCK);
    let message = (Method::POST, route::MESSAGES);
    let cases = [
        (&get, 403, r#"{"detail":"no"}"#, Kind::Fatal, codes::LETTA_FORBIDDEN),
        (&get, 401, r#"{"detail":"Unauthorized"}"#, Kind::Fatal, codes::LETTA_UNAUTHORIZED),
        (&message, 401, r#"{"error":{"type":"llm_authentication","message":"m"}}"#, Kind::Rejected, codes::LETTA_PROVIDER),
        (&message, 429, r#"{"error":{"type":"llm_rate_limit","message":"m"}}"#, Kind::Unknown, codes::LETTA_PROVIDER),
        (&message, 409, r#"{"detail":"busy","run_id":"run-1"}"#, Kind::Transient, codes::LETTA_AGENT_BUSY),
        (&post, 402, r#"{"error":"Rate limited","reasons":["not-enough-credits"]}"#, Kind::Rejected, codes::LETTA_QUOTA),
        (&post, 429, r#"{"error":"Rate limited","reasons":["agents-limit-exceeded"]}"#, Kind::Rejected, codes::LETTA_QUOTA),
        (&post, 429, r#"{"error":"Rate limited","reasons":["premium-usage-exceeded"]}"#, Kind::Rejected, codes::LETTA_QUOTA),
        (&post, 429, r#"{"error":"Rate limited","reasons":["too-fast"]}"#, Kind::Transient, codes::LETTA_BUSY),
        (&post, 500, r#"{"detail":"x"}"#, Kind::Unknown, codes::LETTA_HTTP_500),
        (&patch, 500, r#"{"detail":"x"}"#, Kind::Transient, codes::LETTA_HTTP_500),
        (&get, 500, r#"{"detail":"x"}"#, Kind::Transient, codes::LETTA_HTTP_500),
        (&post, 503, "", Kind::Unknown, codes::LETTA_BUSY),
        (&patch, 522, "<html>", Kind::Transient, codes::LETTA_BUSY),
        (&get, 501, "", Kind::Transient, codes::LETTA_HTTP_OTHER),
        (&patch, 413, "", Kind::Rejected, codes::LETTA_TOO_LONG),
        (&patch, 409, r#"{"detail":"the row is locked"}"#, Kind::Transient, codes::LETTA_LOCK_RACE),
        (&patch, 409, r#"{"detail":"no"}"#, Kind::Conflict, codes::LETTA_CONFLICT),
        (&patch, 404, r#"{"message":"no route"}"#, Kind::Fatal, codes::LETTA_ROUTE_MISSING),
        (&patch, 404, "", Kind::Fatal, codes::LETTA_APP_SERVER),
        (&post, 303, "", Kind::Unknown, codes::LETTA_REDIRECT),
        (&get, 307, "", Kind::Fatal, codes::LETTA_REDIRECT),
        (&get, 418, "", Kind::Rejected, codes::LETTA_HTTP_OTHER),
    ];
    for ((method, route), status, body, kind, code) in cases {
        let (seen, seen_code, words) = judge(method.clone(), route, status, body);
        assert_eq!((seen, seen_code), (kind, code), "{status} {body}: {words}");
    }
    let quota = r#"{"error":"Rate limited","reasons":["exceeded-quota"],"timeToQuotaResetMs":1500}"#;
    let (_, _, words) = judge(post.0, post.1, 429, quota);
    assert_eq!(words, "Rate limited (exceeded-quota); the quota is renewed in 2 s");
}

#[test]
fn words_end_before_sql_internal_ids_and_what_was_sent() {
    let cases = [
        (
            "A constraint was violated: (sqlalchemy.x) y",
            "A constraint was violated",
        ),
        (
            "Agent not found with id='['a']', access level in ['read'] for actor='..",
            "Agent not found with id='['a']'",
        ),
        (
            "[{'msg': 'should be text', 'input': {'value': 'a secret'}}]",
            "[{'msg': 'should be text'",
        ),
        (
            "Edit failed: Exceeds 9 [type=value_error, input_value={'a': 'secret'}]",
            "Edit failed: Exceeds 9 [type=value_error",
        ),
        ("plain", "plain"),
    ];
    for (words, expected) in cases {
        assert_eq!(shown(words), expected);
    }
}

#[test]
fn what_may_be_sent_again_blindly_is_no_create_and_no_message() {
    let unknown = |route| Error::new(Kind::Unknown, codes::LETTA_BUSY, SERVICE, route);
    assert!(may_repeat(&unknown(route::BLOCK)) && may_repeat(&unknown(route::AGENT)));
    for post in [route::AGENTS, route::BLOCKS, route::MESSAGES, route::UPLOAD] {
        assert!(!may_repeat(&unknown(post)), "{post}");
    }
    let race = Error::new(
        Kind::Transient,
        codes::LETTA_LOCK_RACE,
        SERVICE,
        route::BLOCK,
    );
    assert!(may_repeat(&race));
    let twin = Error::new(
        Kind::Conflict,
        codes::LETTA_TWIN,
        SERVICE,
        route::BLOCK_ATTACH,
    );
    assert!(!may_repeat(&twin));
}

#[test]
fn only_a_refusal_that_repeats_an_id_of_the_call_means_that_it_is_gone() {
    let gone = (Kind::Conflict, codes::LETTA_NOT_FOUND);
    let elsewhere = (Kind::Fatal, codes::LETTA_ROUTE_MISSING);
    let cases = [
        (format!("Agent with ID {ID} not found"), gone),
        (
            format!("Agent not found with id='['{ID}']', access level in"),
            gone,
        ),
        (format!("Block not found with id='['{BLOCK}']'"), gone),
        (
            format!("No block with id '{BLOCK}' found for agent '{ID}'"),
            gone,
        ),
        // another item, a part of an id, or none at all
        ("Agent with ID agent-7 not found".to_owned(), elsewhere),
        (format!("Agent with ID {ID}0 not found"), elsewhere),
        (format!("Agent with ID x{ID} not found"), elsewhere),
        ("The requested resource was not found".to_owned(), elsewhere),
        ("upstream not found".to_owned(), elsewhere),
        ("Not Found".to_owned(), elsewhere),
        // a router or a proxy that quotes the path
        (
            format!("Route PATCH:/v1/agents/{ID}/core-memory not found"),
            elsewhere,
        ),
        (format!("/letta/v1/agents/{ID} not found"), elsewhere),
        (format!("{ID} is no word of ours"), elsewhere),
    ];
    for (words, expected) in cases {
        for shape in ["detail", "message", "error"] {
            let body = serde_json::json!({ shape: words, "statusCode": 404 }).to_string();
            let (kind, code, told) = judge(Method::PATCH, route::BLOCK_ATTACH, 404, &body);
            if shape == "detail" || expected == elsewhere {
                assert_eq!((kind, code), expected, "{shape}: {words}: {told}");
            }
        }
    }
    let (kind, code, _) = judge(
        Method::GET,
        route::AGENTS,
        404,
        r#"{"detail":"Agent not found"}"#,
    );
    assert_eq!((kind, code), elsewhere);
}
