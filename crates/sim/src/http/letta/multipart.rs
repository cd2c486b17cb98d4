//! The one file of a form, taken out of its body by hand: the server takes no other form.

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;

use super::{python, unfit};
use crate::http::Refused;

/// A file as it came.
pub(super) struct Part {
    pub name: String,
    pub kind: String,
    pub content: Vec<u8>,
}

/// The part called `file`; without one the framework's refusal.
pub(super) fn file(headers: &HeaderMap, body: &Bytes) -> Result<Part, Refused> {
    find(headers, body).ok_or_else(|| {
        let complaint =
            python::complaint("missing", "'body', 'file'", "Field required", &Value::Null);
        unfit(&python::list(&[complaint])).into()
    })
}

fn find(headers: &HeaderMap, body: &[u8]) -> Option<Part> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind
        .strip_prefix("multipart/form-data")?
        .split_once("boundary=")?
        .1
        .trim_matches('"');
    let line = format!("--{boundary}");
    let mut rest = body;
    loop {
        let at = position(rest, line.as_bytes())?;
        rest = rest.get(at + line.len()..)?.strip_prefix(b"\r\n")?;
        let end = position(rest, format!("\r\n{line}").as_bytes())?;
        let part = rest.get(..end)?;
        let split = position(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..split)?).into_owned();
        if let Some(found) = named_file(&head, part.get(split + 4..)?) {
            return Some(found);
        }
        rest = rest.get(end + 2..)?;
    }
}

fn named_file(head: &str, content: &[u8]) -> Option<Part> {
    let value = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = value("content-disposition")?;
    let quoted = |name: &str| {
        let (_, rest) = disposition.split_once(&format!("; {name}=\""))?;
        rest.split('"').next()
    };
    (quoted("name")? == "file").then(|| Part {
        name: quoted("filename").unwrap_or("file").to_owned(),
        kind: value("content-type").unwrap_or("text/plain").to_owned(),
        content: content.to_vec(),
    })
}

fn position(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}
