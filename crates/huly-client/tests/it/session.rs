//! Signing in, and what happens when the token is refused.

use std::sync::atomic::{AtomicUsize, Ordering};

use http_kit::{Kind, TransportError};
use huly_client::{Credentials, codes as c};
use serde_json::json;

use crate::support::{Server, WORKSPACE, answer, failure, found, page_of_html, recorded_reply};

#[tokio::test(start_paused = true)]
async fn signing_in_goes_from_the_front_to_the_session() {
    let server = Server::new(|_| None);
    let huly = server.connect().await.expect("signed in");
    assert_eq!(huly.workspace().0.to_string(), WORKSPACE);
    assert_eq!(huly.workspace().1, "acme");
    assert_eq!(
        huly.account().primary_social_id.as_str(),
        "2424651178172607000"
    );
    assert_eq!(huly.version().to_string(), "0.7.422");
    let shown = format!("{huly:?}");
    assert!(
        !shown.contains("correct horse") && !shown.contains("<jwt>"),
        "{shown}"
    );
    assert_eq!(server.calls("version")[0].token, None);
    assert_eq!(
        server.calls("account")[0].token.as_deref(),
        Some("Bearer <jwt>")
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_fatal_and_never_sent_again() {
    let cases = [
        (c::HULY_LOGIN_REFUSED, "platform:status:AccountNotFound"),
        (c::HULY_LOGIN_LOCKED, "platform:status:PasswordLoginLocked"),
    ];
    for (code, status) in cases {
        let refusal = json!({"error": {"severity": "ERROR", "code": status, "params": {}}});
        let server = Server::new(move |seen| (seen.what == "login").then(|| answer(200, &refusal)));
        let error = server.connect().await.expect_err("refused");
        assert_eq!((error.kind(), error.code()), (Kind::Fatal, code));
        assert_eq!(server.calls("login").len(), 1);
        assert!(!error.to_string().contains("correct horse"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_without_an_answer_is_transient_and_was_sent_once() {
    let server =
        Server::failing(|seen| (seen.what == "login").then_some(Err(TransportError::Timeout)));
    let error = server.connect().await.expect_err("no answer");
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(server.calls("login").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_factor_and_a_missing_token_are_said_so() {
    let account = "a207c9a0-c990-4a06-925a-6b654377902d";
    let cases = [
        (
            json!({"account": account, "token": "t", "tfaRequired": true}),
            c::HULY_LOGIN_TWO_FACTOR,
        ),
        (
            json!({"account": account, "token": null}),
            c::HULY_LOGIN_REFUSED,
        ),
    ];
    for (result, code) in cases {
        let body = json!({"result": result});
        let server = Server::new(move |seen| (seen.what == "login").then(|| answer(200, &body)));
        let error = server.connect().await.expect_err("no way in");
        assert_eq!((error.kind(), error.code()), (Kind::Fatal, code));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_workspace_is_refused() {
    let server = Server::new(|seen| {
        (seen.what == "selectWorkspace").then(|| {
            let mut body: serde_json::Value =
                serde_json::from_slice(&recorded_reply("account-select-workspace-unknown").body)
                    .expect("json");
            body["result"]["workspaceUrl"] = json!("other");
            answer(200, &body)
        })
    });
    let error = server.connect().await.expect_err("another workspace");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, c::HULY_WORKSPACE_WRONG)
    );
    assert!(
        server.calls("version").is_empty(),
        "nothing was asked there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_workspace_token_is_used_as_it_is_and_an_account_token_chooses_the_workspace() {
    let token = || Credentials::Token("given".into());
    let server = Server::new(|seen| {
        (seen.what == "getLoginInfoByToken")
            .then(|| recorded_reply("account-get-login-info-by-token"))
    });
    server.connect_as(token()).await.expect("signed in");
    assert_eq!(
        server.calls("selectWorkspace").len() + server.calls("login").len(),
        0
    );

    let info =
        json!({"result": {"account": "a207c9a0-c990-4a06-925a-6b654377902d", "token": "given"}});
    let server =
        Server::new(move |seen| (seen.what == "getLoginInfoByToken").then(|| answer(200, &info)));
    server.connect_as(token()).await.expect("signed in");
    let chosen = server.calls("selectWorkspace");
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0].token.as_deref(), Some("Bearer given"));
}

/// A server that refuses all but the tokens from the given login on; the n-th login gives the token `tn`.
fn expiring(accepts_from: usize) -> Server {
    let logins = AtomicUsize::new(0);
    Server::new(move |seen| match seen.what.as_str() {
        "selectWorkspace" => {
            let token = format!("t{}", logins.fetch_add(1, Ordering::SeqCst) + 1);
            let body = json!({"result": {
                "account": "a207c9a0-c990-4a06-925a-6b654377902d", "token": token,
                "endpoint": "ws://127.0.0.1:53333", "workspace": WORKSPACE, "workspaceUrl": "acme"}});
            Some(answer(200, &body))
        }
        "find-all" => {
            let token = seen.token.as_deref().unwrap_or_default();
            let number: usize = token
                .trim_start_matches("Bearer t")
                .parse()
                .expect("a number");
            if number < accepts_from {
                return Some(failure(500, "Token expired"));
            }
            Some(found(&[]))
        }
        "tx" => Some(recorded_reply("tx-update-title")),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_mid_run_leads_to_exactly_one_fresh_login() {
    let server = expiring(2);
    let huly = server.connect().await.expect("signed in");
    let (a, b, c) = tokio::join!(huly.projects(), huly.projects(), huly.projects());
    assert!(a.is_ok() && b.is_ok() && c.is_ok(), "every call goes on");
    assert_eq!(
        server.calls("login").len(),
        2,
        "one at the start, one fresh"
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_is_fatal_until_a_new_run_begins() {
    let server = expiring(3);
    let huly = server.connect().await.expect("signed in");
    for _ in 0..3 {
        let error = huly.projects().await.expect_err("refused");
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Fatal, c::HULY_TOKEN_REFUSED)
        );
    }
    assert_eq!(server.calls("login").len(), 2);
    huly.begin_run().await;
    huly.projects().await.expect("the third token is taken");
    assert_eq!(server.calls("login").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_is_told_apart_from_a_lost_membership_by_the_account_service() {
    let cases = [
        (
            "account-select-workspace",
            Kind::Transient,
            c::HULY_WORKSPACE_UPGRADING,
        ),
        (
            "account-select-workspace-not-a-member",
            Kind::Fatal,
            c::HULY_NOT_A_MEMBER,
        ),
    ];
    for (second, kind, code) in cases {
        let asked = AtomicUsize::new(0);
        let server = Server::new(move |seen| match seen.what.as_str() {
            "find-all" => Some(recorded_reply("error-workspace-upgrading")),
            "selectWorkspace" if asked.fetch_add(1, Ordering::SeqCst) > 0 => {
                Some(recorded_reply(second))
            }
            _ => None,
        });
        let huly = server.connect().await.expect("signed in");
        let error = huly.projects().await.expect_err("no session");
        assert_eq!((error.kind(), error.code()), (kind, code));
        assert_eq!(server.calls("find-all").len(), 1, "not repeated blindly");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_instead_of_an_answer_has_a_code_of_its_own_wherever_it_comes() {
    for what in [
        "config.json",
        "login",
        "selectWorkspace",
        "version",
        "account",
    ] {
        let server = Server::new(move |seen| (seen.what == what).then(page_of_html));
        let error = server.connect().await.expect_err(what);
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Transient, http_kit::codes::NET_HTML),
            "{what}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_version_is_refused() {
    let server = Server::new(|seen| {
        (seen.what == "version").then(|| answer(200, &json!({"version": "0.6.500"})))
    });
    let error = server.connect().await.expect_err("too old");
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, c::HULY_VERSION));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_throws_the_login_back_does_not_get_the_password_into_the_error() {
    for words in [
        "you said: correct horse",
        r#"{ email : a@b.c , password : \"correct\u0020horse\" }"#,
    ] {
        let server = Server::new(move |seen| (seen.what == "login").then(|| failure(500, words)));
        let error = server.connect().await.expect_err("refused");
        assert!(!format!("{error:?} {error}").contains("horse"), "{error}");
        assert!(error.detail().contains("its words hold the password"));
        assert_eq!(error.status(), Some(500));
    }
    let server = Server::new(|seen| (seen.what == "login").then(|| failure(500, "out of order")));
    let error = server.connect().await.expect_err("refused");
    assert!(error.detail().contains("out of order"), "{error}");
}
