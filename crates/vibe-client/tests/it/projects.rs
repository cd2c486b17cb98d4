//! Projects: bodies by shape, refusals, renames.

use http_kit::Kind;
use mockito::Matcher;
use serde_json::json;
use vibe_client::{Shape, codes, route};

use crate::board::{PROJECT, connected, envelope, json_mock, project_id, project_row, refusal};

#[tokio::test]
async fn each_shape_gets_its_own_body_for_a_new_project() {
    let cases = [
        (
            Shape::L1,
            Some("/srv/alpha"),
            json!({"name": "Alpha", "git_repo_path": "/srv/alpha", "use_existing_repo": true}),
        ),
        (
            Shape::L2,
            Some("/srv/alpha/"),
            json!({"name": "Alpha", "repositories": [{"display_name": "alpha", "git_repo_path": "/srv/alpha/"}]}),
        ),
        (
            Shape::L2,
            None,
            json!({"name": "Alpha", "repositories": []}),
        ),
    ];
    for (shape, repo, body) in cases {
        let (mut server, vibe) = connected(shape).await;
        let mock = json_mock(
            &mut server,
            "POST",
            route::PROJECTS,
            200,
            &envelope(&project_row(shape)),
        )
        .match_body(Matcher::Json(body))
        .create_async()
        .await;
        assert_eq!(
            vibe.create_project("Alpha", repo).await.unwrap().id,
            project_id()
        );
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn the_first_shape_makes_no_project_without_a_repository() {
    let (_server, vibe) = connected(Shape::L1).await;
    let calls = vibe.stats().calls;
    let error = vibe.create_project("Alpha", None).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::VIBE_REPOSITORY_NEEDED)
    );
    assert_eq!(vibe.stats().calls, calls);
}

#[tokio::test]
async fn refusals_with_status_200_are_failures_with_their_own_codes() {
    let cases = [
        (
            "A project with this git repository path already exists",
            Kind::Conflict,
            codes::VIBE_PATH_TAKEN,
        ),
        (
            "The specified path does not exist",
            Kind::Rejected,
            codes::VIBE_PATH_MISSING,
        ),
        (
            "The specified path is not a directory",
            Kind::Rejected,
            codes::VIBE_PATH_NOT_DIRECTORY,
        ),
        (
            "The specified directory is not a git repository",
            Kind::Rejected,
            codes::VIBE_PATH_NOT_GIT,
        ),
        (
            "Duplicate repository name provided",
            Kind::Rejected,
            codes::VIBE_REPOSITORY_TWICE,
        ),
        ("New words", Kind::Rejected, codes::VIBE_REFUSED),
    ];
    for (message, kind, code) in cases {
        let (mut server, vibe) = connected(Shape::L2).await;
        json_mock(&mut server, "POST", route::PROJECTS, 200, &refusal(message))
            .create_async()
            .await;
        let error = vibe.create_project("Alpha", Some("/x")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code(), error.detail()),
            (kind, code, message)
        );
    }
}

#[tokio::test]
async fn a_renamed_project_keeps_its_scripts() {
    let path = format!("/api/projects/{PROJECT}");
    let (mut server, vibe) = connected(Shape::L1).await;
    json_mock(
        &mut server,
        "GET",
        &path,
        200,
        &envelope(&project_row(Shape::L1)),
    )
    .create_async()
    .await;
    let mut renamed = project_row(Shape::L1);
    renamed["name"] = "Beta".into();
    let put = json_mock(&mut server, "PUT", &path, 200, &envelope(&renamed))
        .match_body(Matcher::PartialJson(
            json!({"name": "Beta", "setup_script": "make", "git_repo_path": "/srv/alpha"}),
        ))
        .create_async()
        .await;
    assert_eq!(
        vibe.update_project_name(project_id(), "Beta")
            .await
            .unwrap()
            .name,
        "Beta"
    );
    put.assert_async().await;

    let (mut server, vibe) = connected(Shape::L2).await;
    let put = json_mock(
        &mut server,
        "PUT",
        &path,
        200,
        &envelope(&project_row(Shape::L2)),
    )
    .match_body(Matcher::Json(json!({"name": "Beta"})))
    .create_async()
    .await;
    vibe.update_project_name(project_id(), "Beta")
        .await
        .unwrap();
    put.assert_async().await;
}
