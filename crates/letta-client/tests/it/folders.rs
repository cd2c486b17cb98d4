//! Folders, files and messages.

use http_kit::Kind;
use letta_client::{Deletion, MESSAGE_MAX, NewFolder, UPLOAD_MAX, codes, route};
use mockito::Matcher;
use serde_json::{Value, json};

use crate::server::{AGENT, FOLDER, TWIN, agent_id, detail, folder_id, json_mock, query, resumed};

const FILE: &str = "file-91def73a-4c78-4aee-9375-e1573818d972";

fn folder_row(name: &str) -> Value {
    json!({"id": FOLDER, "name": name, "embedding_config": {}})
}

fn file_row() -> Value {
    json!({"id": FILE, "file_name": "A.md", "original_file_name": "A.md", "processing_status": "parsing"})
}

#[tokio::test]
async fn a_folder_is_found_by_its_exact_name_only() {
    let (mut server, letta) = resumed(None).await;
    let mut other = folder_row("Huly-DEMO 2");
    other["id"] = "source-1814be40-8f88-4113-9e5c-4f4056e1065f".into();
    let rows = json!([other, folder_row("Huly-DEMO")]);
    json_mock(&mut server, "GET", route::FOLDERS, 200, &rows.to_string())
        .match_query(Matcher::Any)
        .create_async()
        .await;
    let folder = letta.folder_named("Huly-DEMO").await.unwrap().unwrap();
    assert_eq!(folder.id, folder_id());
    assert_eq!(letta.folder_named("huly-demo").await.unwrap(), None);
    assert_eq!(letta.folder_named("").await.unwrap(), None);
}

#[tokio::test]
async fn a_folder_that_is_there_is_used() {
    let new = NewFolder {
        name: "Huly-DEMO".to_owned(),
        embedding: Some("openai/small".to_owned()),
        ..NewFolder::default()
    };
    let (mut server, letta) = resumed(None).await;
    json_mock(&mut server, "POST", route::FOLDERS, 409, &detail(TWIN))
        .match_body(Matcher::Json(
            json!({"name": "Huly-DEMO", "embedding": "openai/small"}),
        ))
        .create_async()
        .await;
    let list = json_mock(
        &mut server,
        "GET",
        route::FOLDERS,
        200,
        &json!([folder_row("Huly-DEMO")]).to_string(),
    )
    .match_query(query(&[("name", "Huly-DEMO")]))
    .create_async()
    .await;
    assert_eq!(letta.create_folder(&new).await.unwrap().id, folder_id());
    list.remove_async().await;
    json_mock(&mut server, "GET", route::FOLDERS, 200, "[]")
        .match_query(Matcher::Any)
        .create_async()
        .await;
    let error = letta.create_folder(&new).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, codes::LETTA_TWIN)
    );
}

#[tokio::test]
async fn a_text_is_uploaded_in_place_of_the_old_one() {
    let (mut server, letta) = resumed(None).await;
    let upload = format!("/v1/folders/{FOLDER}/upload");
    for (name, mime) in [("A.md", "text/markdown"), ("A", "text/plain")] {
        let part =
            format!("filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n# Ä\n\r\n--hvs-form-0--");
        let mock = json_mock(
            &mut server,
            "POST",
            upload.as_str(),
            200,
            &file_row().to_string(),
        )
        .match_query(query(&[("duplicate_handling", "replace")]))
        .match_header("content-type", "multipart/form-data; boundary=hvs-form-0")
        .match_body(Matcher::Regex(part.replace('.', "\\.")))
        .create_async()
        .await;
        let file = letta.upload(folder_id(), name, "# Ä\n").await.unwrap();
        assert_eq!(file.processing_status.as_deref(), Some("parsing"));
        mock.assert_async().await;
    }
    let calls = letta.stats().calls;
    for name in ["", "a/b.md", "a\".md", "a\r\nb.md"] {
        let error = letta.upload(folder_id(), name, "x").await.unwrap_err();
        assert_eq!(error.code(), codes::LETTA_BAD_VALUE, "{name}");
    }
    let long = "x".repeat(UPLOAD_MAX + 1);
    let error = letta.upload(folder_id(), "A.md", &long).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_TOO_LONG);
    assert_eq!(letta.stats().calls, calls);
}

#[tokio::test]
async fn files_are_listed_and_folders_attached_and_detached() {
    let (mut server, letta) = resumed(None).await;
    let files = format!("/v1/folders/{FOLDER}/files");
    json_mock(
        &mut server,
        "GET",
        files.as_str(),
        200,
        &json!([file_row()]).to_string(),
    )
    .match_query(Matcher::Any)
    .create_async()
    .await;
    assert_eq!(
        letta.files(folder_id()).await.unwrap()[0].id.to_string(),
        FILE
    );
    for what in ["attach", "detach"] {
        let path = format!("/v1/agents/{AGENT}/folders/{what}/{FOLDER}");
        json_mock(&mut server, "PATCH", path.as_str(), 200, "null")
            .create_async()
            .await;
    }
    letta.attach_folder(agent_id(), folder_id()).await.unwrap();
    let ended = letta.detach_folder(agent_id(), folder_id()).await.unwrap();
    assert_eq!(ended, Deletion::Deleted);
}

#[tokio::test]
async fn a_message_is_sent_once_and_never_again() {
    let path = format!("/v1/agents/{AGENT}/messages/async");
    let run = "run-83bc2108-21b1-4964-aa33-c2c91fcc74bb";
    let (mut server, letta) = resumed(None).await;
    let good = json_mock(
        &mut server,
        "POST",
        path.as_str(),
        200,
        &json!({"id": run}).to_string(),
    )
    .match_body(Matcher::Json(
        json!({"messages": [{"role": "user", "content": "status?"}]}),
    ))
    .create_async()
    .await;
    assert_eq!(
        letta
            .send_message(agent_id(), "status?")
            .await
            .unwrap()
            .to_string(),
        run
    );
    good.remove_async().await;
    let failing = json_mock(&mut server, "POST", path.as_str(), 503, "")
        .expect(1)
        .create_async()
        .await;
    let error = letta.send_message(agent_id(), "status?").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Unknown, codes::LETTA_BUSY)
    );
    assert!(!letta_client::may_repeat(&error));
    failing.assert_async().await;
    for text in [" ".to_owned(), "x".repeat(MESSAGE_MAX + 1)] {
        let error = letta.send_message(agent_id(), &text).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Rejected);
    }
}
