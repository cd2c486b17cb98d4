//! Secrets: from one source only, never shown.
//!
//! A file is read with the configuration; a program (`<key>_command`) is run when the secret is needed, so `hvs status` and
//! `hvs config show` start none.

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
    error::{ConfigError, Place, Problem},
    lists::command,
    origin::Origin,
    program::{DEADLINE, Program},
    reader::{Complaint, Given, Reader},
    units,
    values::{MOST_SECRET, filled, filled_up_to},
};

/// A secret value and where it came from. Its `Debug` shows only the latter.
#[derive(Clone, Debug)]
pub struct Secret {
    value: Source,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Source {
    Known(SecretString),
    Program {
        program: Program,
        /// What a message about it begins with.
        key: String,
        place: Place,
    },
}

impl Secret {
    /// The secret itself. Where a program gives it, the program is run: up to 10 s, in which the thread is blocked.
    ///
    /// # Errors
    ///
    /// The program failed, took too long, or printed what is no secret.
    pub fn value(&self) -> Result<SecretString, ConfigError> {
        let (program, key, place) = match &self.value {
            Source::Known(value) => return Ok(value.clone()),
            Source::Program {
                program,
                key,
                place,
            } => (program, key, place),
        };
        let refused = |what: String| Problem::new(format!("`{key}` {what}"), place.clone());
        let bytes = program
            .output(DEADLINE, MOST_SECRET as u64)
            .map_err(refused)?;
        from_program(bytes).map_err(|complaint| refused(complaint.what).into())
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
    Program(Given<'a>),
    Credential(String),
}

impl<'a> Reader<'a> {
    /// The secret of `key` from its value, from `<key>_file`, from the program `<key>_command`, from the environment or from
    /// the credential of the service manager called like the key with `_` (`huly_token`). Two of them at once are a problem.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let [file_key, command_key] = ["file", "command"].map(|how| format!("{key}_{how}"));
        self.describe(key, Kind::Secret, json!(null));
        self.describe(&file_key, Kind::Path, json!(null));
        self.describe(&command_key, Kind::Command, json!(null));
        let mut found: Vec<_> = self.all_given(key).into_iter().map(Found::Value).collect();
        found.extend(self.all_given(&file_key).into_iter().map(Found::File));
        found.extend(self.all_given(&command_key).into_iter().map(Found::Program));
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
        match self.read_secret(key, &found) {
            Ok(value) => {
                self.show(key, json!("[set]"), origin.clone());
                Some(Secret { value, origin })
            }
            Err((about, complaint)) => {
                let place = self.place_of_found(key, std::slice::from_ref(&found));
                let problem = Problem::new(format!("`{about}` {}", complaint.what), place);
                self.problems.push(problem.maybe_hint(complaint.hint));
                None
            }
        }
    }

    fn origin_of(&self, found: &Found<'a>) -> Origin {
        match found {
            Found::Value(given) | Found::File(given) | Found::Program(given) => self.origin(given),
            Found::Credential(name) => Origin::Credential { name: name.clone() },
        }
    }

    /// The place of the first that has one; the value of a secret and the arguments of a program are cut out, the name of its
    /// file is not.
    fn place_of_found(&self, key: &str, found: &[Found<'a>]) -> Place {
        match found.first() {
            Some(Found::Value(given) | Found::Program(given)) => self.place(given, Shows::Nothing),
            Some(Found::File(given)) => self.place(given, Shows::Span),
            Some(Found::Credential(_)) | None => Place::Environment {
                name: "CREDENTIALS_DIRECTORY".to_owned(),
                value: Some(format!(".../{}", key.replace('.', "_"))),
            },
        }
    }

    /// The secret, or the key that a complaint is about: the one that was written, or the secret itself.
    fn read_secret(&self, key: &str, found: &Found<'a>) -> Result<Source, (String, Complaint)> {
        let about = |how: &'static str| move |complaint| (format!("{key}{how}"), complaint);
        match found {
            Found::Value(given) => filled_up_to(given, MOST_SECRET)
                .and_then(one_line)
                .map(Source::Known)
                .map_err(about("")),
            Found::File(given) => {
                let path = filled(given).map_err(about("_file"))?;
                let path = self.base(&given.source).join(path);
                from_file(&path).map(Source::Known).map_err(about(""))
            }
            Found::Program(given) => {
                let (name, arguments) = command(given).map_err(about("_command"))?;
                let directory = self.base(&given.source);
                Ok(Source::Program {
                    program: Program {
                        name,
                        arguments,
                        directory,
                    },
                    key: key.to_owned(),
                    place: self.place(given, Shows::Nothing),
                })
            }
            Found::Credential(name) => {
                let directory = self.inputs.environment.directory("CREDENTIALS_DIRECTORY");
                from_file(&directory.unwrap_or_default().join(name))
                    .map(Source::Known)
                    .map_err(about(""))
            }
        }
    }
}

/// Without the end of its last line.
fn from_program(bytes: Vec<u8>) -> Result<SecretString, Complaint> {
    let text =
        String::from_utf8(bytes).map_err(|_| Complaint::new("is not UTF-8 from its program"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text.trim() {
        "" => Err(Complaint::new("is empty: its program printed nothing")),
        _ => one_line(text.to_owned()),
    }
}

fn from_file(path: &Path) -> Result<SecretString, Complaint> {
    let shown = path.display();
    let unread =
        |error: io::Error| Complaint::new(format!("cannot be read from `{shown}`: {error}"));
    let most_bytes = MOST_SECRET as u64;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(most_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    if bytes.len() as u64 > most_bytes {
        let most = units::show_size(most_bytes);
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
