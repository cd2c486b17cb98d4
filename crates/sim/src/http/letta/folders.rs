//! Routes of folders and their files.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::query::{Query, checked};
use super::{Answer, Face, body, multipart, told};
use crate::http::Refused;
use crate::letta::{Duplicate, NewFile, Page, file_row, folder_row};

pub(super) async fn list(State(face): State<Face>, query: Query) -> Answer {
    let page = query.page()?;
    let model = face.lock();
    let folders = model.list_folders(query.one("name").as_deref(), &page)?;
    let row = |folder| folder_row(&model, folder, false);
    Ok(Json(folders.iter().map(row).collect::<Vec<_>>().into()))
}

/// The deprecated twin of the list. Its filter by name does nothing.
pub(super) async fn sources(State(face): State<Face>) -> Answer {
    let model = face.lock();
    let folders = model.list_folders(None, &Page::oldest(0))?;
    let row = |folder| folder_row(&model, folder, true);
    Ok(Json(folders.iter().map(row).collect::<Vec<_>>().into()))
}

pub(super) async fn count(State(face): State<Face>) -> Answer {
    let folders = face.lock().list_folders(None, &Page::oldest(0))?.len();
    Ok(Json(json!(folders)))
}

/// The bare id of the folder of a name.
pub(super) async fn by_name(State(face): State<Face>, Path(name): Path<String>) -> Answer {
    let folders = face.lock().list_folders(Some(&name), &Page::oldest(1))?;
    let words = format!("Folder with name={name} not found.");
    let first = folders.first();
    first
        .map(|folder| Json(json!(folder.id)))
        .ok_or_else(|| told(StatusCode::NOT_FOUND, &words).into())
}

pub(super) async fn create(State(face): State<Face>, sent: Bytes) -> Answer {
    let new = body::read(&sent, body::NEW_FOLDER)?;
    let mut model = face.lock();
    let made = model.create_folder(new)?;
    Ok(Json(folder_row(&model, &made, false)))
}

pub(super) async fn one(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("source", "folder_id", &id)?;
    let model = face.lock();
    Ok(Json(folder_row(&model, model.folder(&id)?, false)))
}

pub(super) async fn change(
    State(face): State<Face>,
    Path(id): Path<String>,
    sent: Bytes,
) -> Answer {
    checked("source", "folder_id", &id)?;
    let update = body::read(&sent, body::FOLDER_UPDATE)?;
    let mut model = face.lock();
    let changed = model.update_folder(&id, update)?;
    Ok(Json(folder_row(&model, &changed, false)))
}

pub(super) async fn remove(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("source", "folder_id", &id)?;
    face.lock().delete_folder(&id)?;
    Ok(Json(Value::Null))
}

pub(super) async fn agents(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("source", "folder_id", &id)?;
    let agents = face.lock().agents_of_folder(&id)?;
    Ok(Json(agents.into()))
}

pub(super) async fn files(
    State(face): State<Face>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    checked("source", "folder_id", &id)?;
    let files = face.lock().list_files(&id, &query.page()?)?;
    Ok(Json(files.iter().map(file_row).collect::<Vec<_>>().into()))
}

pub(super) async fn file(
    State(face): State<Face>,
    Path((folder, file)): Path<(String, String)>,
) -> Answer {
    checked("source", "folder_id", &folder)?;
    checked("file", "file_id", &file)?;
    let file = face.lock().file(&folder, &file)?;
    Ok(Json(file_row(&file)))
}

pub(super) async fn remove_file(
    State(face): State<Face>,
    Path((folder, file)): Path<(String, String)>,
) -> Result<Response, Refused> {
    checked("source", "folder_id", &folder)?;
    checked("file", "file_id", &file)?;
    face.lock().delete_file(&folder, &file)?;
    // The server says that nothing is JSON.
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((StatusCode::NO_CONTENT, kind).into_response())
}

pub(super) async fn upload(
    State(face): State<Face>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    sent: Bytes,
) -> Answer {
    checked("source", "folder_id", &id)?;
    let choices = [
        ("skip", Duplicate::Skip),
        ("error", Duplicate::Error),
        ("suffix", Duplicate::Suffix),
        ("replace", Duplicate::Replace),
    ];
    let duplicate = query.choice("duplicate_handling", &choices)?;
    let part = multipart::file(&headers, &sent)?;
    let new = NewFile {
        name: query.one("name").unwrap_or(part.name),
        kind: part.kind,
        content: part.content,
        duplicate: duplicate.unwrap_or_default(),
    };
    let stored = face.lock().upload(&id, new)?;
    Ok(Json(file_row(&stored)))
}
