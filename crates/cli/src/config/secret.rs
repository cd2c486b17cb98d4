//! Secrets: from one source only, never shown.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    describe::Kind,
    document::Shows,
    error::{Place, Problem},
    origin::Origin,
    reader::{Complaint, Given, Reader},
    units,
    values::filled,
};

/// The largest file that is read as a secret, in bytes.
const MOST_BYTES: u64 = 64 << 10;

/// A secret value and where it came from. Its `Debug` shows only the latter.
#[derive(Clone, Debug)]
pub struct Secret {
    value: SecretString,
    origin: Origin,
}

impl Secret {
    /// The secret itself.
    pub fn value(&self) -> &SecretString {
        &self.value
    }

    /// Where it came from: of a file's content, where the file was named.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// One place that a secret comes from.
enum Found<'a> {
    Value(Given<'a>),
    File(Given<'a>),
    Credential(String),
}

impl<'a> Reader<'a> {
    /// The secret of `key` from its value, from `<key>_file`, from the environment or from the credential of the
    /// service manager called like the key with `_` (`huly_token`). Two of them at once are a problem.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let file_key = format!("{key}_file");
        self.describe(key, Kind::Secret, json!(null));
        self.describe(&file_key, Kind::Path, json!(null));
        let mut found: Vec<_> = self.all_given(key).into_iter().map(Found::Value).collect();
        found.extend(self.all_given(&file_key).into_iter().map(Found::File));
        let credential = key.replace('.', "_");
        let credentials = self.inputs.environment.directory("CREDENTIALS_DIRECTORY");
        if credentials.is_some_and(|directory| directory.join(&credential).exists()) {
            found.push(Found::Credential(credential));
        }
        if let [first, second, ..] = found.as_slice() {
            let [first, second] = [first, second].map(|found| self.origin_of(found));
            let problem = Problem::new(
                format!("`{key}` comes from two sources: {first} and {second}"),
                self.place_of_found(key, &found),
            );
            self.problems.push(problem.hint("keep one of them"));
            return None;
        }
        let Some(found) = found.pop() else {
            self.show(key, json!(null), Origin::Default);
            return None;
        };
        let origin = self.origin_of(&found);
        match self.read_secret(&found) {
            Ok(value) => {
                self.show(key, json!("[set]"), origin.clone());
                Some(Secret { value, origin })
            }
            Err(complaint) => {
                let place = self.place_of_found(key, std::slice::from_ref(&found));
                let problem = Problem::new(format!("`{key}` {}", complaint.what), place);
                self.problems.push(problem.maybe_hint(complaint.hint));
                None
            }
        }
    }

    fn origin_of(&self, found: &Found<'a>) -> Origin {
        match found {
            Found::Value(given) | Found::File(given) => self.origin(given),
            Found::Credential(name) => Origin::Credential { name: name.clone() },
        }
    }

    /// The place of the first that has one; the value of a secret is cut out, the name of its file is not.
    fn place_of_found(&self, key: &str, found: &[Found<'a>]) -> Place {
        match found.first() {
            Some(Found::Value(given)) => self.place(given, Shows::Nothing),
            Some(Found::File(given)) => self.place(given, Shows::Span),
            Some(Found::Credential(_)) | None => Place::Environment {
                name: "CREDENTIALS_DIRECTORY".to_owned(),
                value: Some(format!(".../{}", key.replace('.', "_"))),
            },
        }
    }

    fn read_secret(&self, found: &Found<'a>) -> Result<SecretString, Complaint> {
        match found {
            Found::Value(given) => filled(given).and_then(one_line),
            Found::File(given) => {
                let path = self.base(&given.source).join(filled(given)?);
                from_file(&path)
            }
            Found::Credential(name) => {
                let directory = self.inputs.environment.directory("CREDENTIALS_DIRECTORY");
                from_file(&directory.unwrap_or_default().join(name))
            }
        }
    }
}

fn from_file(path: &Path) -> Result<SecretString, Complaint> {
    let shown = path.display();
    let unread =
        |error: io::Error| Complaint::new(format!("cannot be read from `{shown}`: {error}"));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    if bytes.len() as u64 > MOST_BYTES {
        let most = units::show_size(MOST_BYTES);
        return Err(Complaint::new(format!("has more than {most} in `{shown}`")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Complaint::new(format!("is not UTF-8 in `{shown}`")))?;
    match text.trim() {
        "" => Err(Complaint::new(format!("is empty in `{shown}`"))),
        text => one_line(text.to_owned()),
    }
}

/// A secret goes into a header or a JSON text: more than one line is a file taken for another.
fn one_line(text: String) -> Result<SecretString, Complaint> {
    let secret = SecretString::from(text);
    if secret.expose_secret().chars().any(char::is_control) {
        return Err(Complaint::new(
            "holds more than one line or a control character",
        ));
    }
    Ok(secret)
}
