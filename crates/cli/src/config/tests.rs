//! What a person meets: a file, variables and flags in; a configuration or a message out.

use std::path::{Path, PathBuf};

use super::{Config, Flag, Inputs, Origin, load};

mod bounds;
mod layers;
mod messages;
mod projects;
mod rules;
mod schema;
mod secrets;

/// A directory with a file, and what else is given. Dropped, it is gone.
struct World {
    directory: tempfile::TempDir,
    variables: Vec<(String, String)>,
    flags: Vec<Flag>,
}

impl World {
    /// With this `hvs.toml`.
    fn new(text: &str) -> Self {
        let world = Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
            flags: Vec::new(),
        };
        world.write("hvs.toml", text);
        world.set("HOME", "/h")
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, name: &str, key: &str, value: &str) -> Self {
        let [name, key, value] = [name, key, value].map(str::to_owned);
        self.flags.push(Flag { name, key, value });
        self
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn inputs(&self) -> Inputs {
        Inputs {
            file: None,
            flags: self.flags.clone(),
            environment: self.variables.iter().cloned().collect(),
            directory: self.directory.path().to_owned(),
        }
    }

    fn load(&self) -> Config {
        load(&self.inputs()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The message, with the directory of this test cut out.
    fn refused(&self) -> String {
        match load(&self.inputs()) {
            Ok(config) => panic!("taken: {config:?}"),
            Err(error) => error
                .to_string()
                .replace(&self.directory.path().display().to_string(), "DIR"),
        }
    }
}

/// The first lines of all problems, without the places.
fn whats(world: &World) -> Vec<String> {
    let error = load(&world.inputs()).expect_err("refused");
    error
        .problems()
        .iter()
        .map(|problem| problem.what.clone())
        .collect()
}

/// The one problem of a file with one fault, and its hint.
fn fault(text: &str) -> String {
    let error = load(&World::new(text).inputs()).expect_err(text);
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    let mut parts = vec![problem.what.clone()];
    parts.extend(problem.hints.clone());
    parts.join(" | ")
}

fn origin_of(config: &Config, key: &str) -> Origin {
    config
        .origins
        .of(key)
        .unwrap_or_else(|| panic!("{key} has no origin"))
        .clone()
}

fn line(line: usize) -> Origin {
    Origin::File {
        path: Path::new("hvs.toml").to_owned(),
        line,
    }
}
