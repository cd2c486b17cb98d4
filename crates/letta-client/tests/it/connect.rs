//! Finding out which server answers, and whether we may use it.

use http_kit::Kind;
use letta_client::{Capabilities, Letta, Version, codes, route, settings};
use mockito::Server;
use serde_json::json;

use crate::server::{PAGE, access, detail, healthy, http, json_mock, query, resumed};

#[tokio::test]
async fn the_version_is_told_and_gives_the_capabilities() {
    for base in ["", "/", "/v1", "/v1/"] {
        let server = healthy(&json!({"version": "0.16.6", "status": "ok"})).await;
        let letta = Letta::connect(http(), access(&format!("{}{base}", server.url()))).await;
        let letta = letta.unwrap();
        assert_eq!(letta.version(), Some(Version(0, 16, 6)));
        assert_eq!(letta.stats().calls, 2);
        let expected = Capabilities {
            block_tags: true,
            hard_limits: true,
        };
        assert_eq!(letta.capabilities(), expected);
        assert!(!format!("{letta:?}").contains("t0p-secret"));
    }
}

#[tokio::test]
async fn a_server_without_a_version_may_be_the_hosted_service() {
    let server = healthy(&json!({"status": "ok"})).await;
    let letta = Letta::connect(http(), access(&server.url())).await.unwrap();
    assert_eq!(letta.version(), None);
    for status in [401, 403, 404] {
        let mut server = healthy(&json!({})).await;
        server.reset();
        json_mock(
            &mut server,
            "GET",
            route::HEALTH,
            status,
            &detail("Not Found"),
        )
        .create_async()
        .await;
        json_mock(&mut server, "GET", route::AGENTS, 200, "[]")
            .match_query(query(&[("limit", "1")]))
            .create_async()
            .await;
        let letta = Letta::connect(http(), access(&server.url())).await.unwrap();
        assert_eq!(letta.version(), None, "{status}");
    }
}

#[tokio::test]
async fn what_is_no_letta_is_refused_and_named() {
    let cases = [
        (
            404,
            "text/plain",
            "",
            codes::LETTA_APP_SERVER,
            "letta app server",
        ),
        (
            200,
            "text/html",
            PAGE,
            codes::LETTA_NOT_LETTA,
            "something else",
        ),
        (
            404,
            "text/html",
            PAGE,
            codes::LETTA_NOT_LETTA,
            "something else",
        ),
        (
            200,
            "text/plain",
            "ok",
            codes::LETTA_NOT_LETTA,
            "something else",
        ),
        (
            307,
            "text/plain",
            "",
            codes::LETTA_REDIRECT,
            "redirects to http://elsewhere/v1/health/",
        ),
    ];
    for (status, mime, body, code, words) in cases {
        let mut server = Server::new_async().await;
        let mock = server
            .mock("GET", route::HEALTH)
            .with_status(status)
            .with_header("content-type", mime)
            .with_header("location", "http://elsewhere/v1/health/?token=hidden")
            .with_body(body)
            .expect(1)
            .create_async()
            .await;
        let error = Letta::connect(http(), access(&server.url()))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Fatal, code), "{error}");
        assert!(error.detail().contains(words), "{error}");
        assert!(!error.to_string().contains("hidden"));
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_even_on_the_same_host() {
    let (mut server, letta) = resumed(None).await;
    let moved = server
        .mock("GET", route::MODELS)
        .with_status(307)
        .with_header("location", "/v1/models")
        .expect(1)
        .create_async()
        .await;
    let there = server
        .mock("GET", "/v1/models")
        .expect(0)
        .create_async()
        .await;
    let error = letta.models().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::LETTA_REDIRECT)
    );
    moved.assert_async().await;
    there.assert_async().await;
}

#[tokio::test]
async fn a_refused_token_is_fatal_and_the_version_is_told() {
    let mut server = Server::new_async().await;
    json_mock(
        &mut server,
        "GET",
        route::HEALTH,
        200,
        r#"{"version":"0.16.8"}"#,
    )
    .create_async()
    .await;
    json_mock(
        &mut server,
        "GET",
        route::AGENTS,
        401,
        &detail("Unauthorized"),
    )
    .match_query(query(&[("limit", "1")]))
    .create_async()
    .await;
    let error = Letta::connect(http(), access(&server.url()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.status()),
        (Kind::Fatal, codes::LETTA_UNAUTHORIZED, Some(401))
    );
    assert_eq!(error.detail(), "version 0.16.8: Unauthorized");
    assert!(!format!("{error:?}").contains("t0p-secret"));
}

#[tokio::test]
async fn another_products_health_is_not_taken_for_letta() {
    let mut server = Server::new_async().await;
    json_mock(
        &mut server,
        "GET",
        route::HEALTH,
        200,
        r#"{"version":"0.1.27"}"#,
    )
    .create_async()
    .await;
    for (status, body) in [(200, r#"{"data":[]}"#), (404, r#"{"message":"no"}"#)] {
        let agents = json_mock(&mut server, "GET", route::AGENTS, status, body)
            .match_query(query(&[("limit", "1")]))
            .create_async()
            .await;
        let error = Letta::connect(http(), access(&server.url()))
            .await
            .unwrap_err();
        assert_eq!(error.code(), codes::LETTA_NOT_LETTA, "{error}");
        assert!(error.detail().starts_with("version 0.1.27: "), "{error}");
        agents.remove_async().await;
    }
}

#[tokio::test]
async fn a_dead_address_is_transient_and_a_bad_one_fatal() {
    let error = Letta::connect(http(), access("http://127.0.0.1:1/"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, http_kit::codes::NET_REFUSED)
    );
    let error = Letta::resume(http(), access("http://a:b@h/"), None).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::LETTA_BASE_URL)
    );
    let mut odd = access("http://127.0.0.1:1/");
    odd.project = Some("two\nlines".to_owned());
    let error = Letta::resume(http(), odd, None).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::LETTA_PROJECT)
    );
}

#[tokio::test]
async fn models_are_told_by_their_handles() {
    let (mut server, letta) = resumed(None).await;
    let llm = r#"[{"handle":"letta/letta-free","context_window":30000},{"handle":null}]"#;
    json_mock(&mut server, "GET", route::MODELS, 200, llm)
        .create_async()
        .await;
    json_mock(
        &mut server,
        "GET",
        route::EMBEDDINGS,
        200,
        r#"[{"handle":"openai/small"}]"#,
    )
    .create_async()
    .await;
    let models = letta.models().await.unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(models[0].context_window, Some(30_000));
    let embeddings = letta.embedding_models().await.unwrap();
    assert_eq!(embeddings[0].handle, "openai/small");
}

#[test]
fn connections_are_dropped_before_the_server_drops_them() {
    assert!(settings().idle_timeout.as_secs() < 5);
    assert!(!settings().follow_redirects);
}
