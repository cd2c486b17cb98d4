//! Answers that were never recorded, and what is shown of a server's words.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::*;

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
    let call = Call::new(
        method,
        route,
        "http://127.0.0.1:1/".parse().expect("a url"),
        effect,
    );
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
