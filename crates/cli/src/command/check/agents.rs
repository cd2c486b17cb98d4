//! Where agents live: can it be used, and does it have what new agents are made with?

use std::{path::Path, sync::Arc};

use engine::{
    check::Severity,
    connect::{LettaSeen, LettaTemplate, look_at_letta},
    inform::codes,
    report::Exit,
};

use super::{
    Told, Topic,
    local::{Looked, makeable},
    place,
};
use crate::{
    config::{Config, Sink, nearest},
    connect::HOSTS,
    failure::{Failure, chain},
    settings, words,
};

/// At most so many models are named.
const MODELS: usize = 10;

/// What was found; `None` where nobody is to be told.
pub(super) async fn look(config: &Config) -> Result<Option<Looked>, Failure> {
    match config.letta.sink {
        Sink::None => Ok(None),
        Sink::Directory => Ok(config
            .letta
            .dir
            .as_deref()
            .map(|dir| directory(config, dir))),
        Sink::Letta => {
            let Some(connection) = settings::letta(config)? else {
                return Ok(None);
            };
            Ok(Some(match look_at_letta(connection, &HOSTS).await {
                Ok(seen) => server(config, &seen),
                Err(error) => {
                    let what = format!("Letta cannot be used: {}", chain(&error));
                    let key = match error.code() {
                        "LETTA_UNAUTHORIZED" | "LETTA_FORBIDDEN" => "letta.token",
                        _ => "letta.url",
                    };
                    (
                        None,
                        vec![told(config, key, error.code(), what, Exit::Service)],
                    )
                }
            }))
        }
    }
}

fn directory(config: &Config, dir: &Path) -> Looked {
    let found = format!("files under {}", dir.display());
    let wrong = makeable(&dir.join("x")).err().map(|(place, error)| {
        let what = format!("{} cannot be written: {error}", place.display());
        told(config, "letta.dir", codes::DIGEST_FILE, what, Exit::Usage)
    });
    (Some(found), wrong.into_iter().collect())
}

fn server(config: &Config, seen: &LettaSeen) -> Looked {
    let version = seen.version.as_deref();
    let version = version.map_or_else(
        || "Letta of an unknown version".to_owned(),
        |version| format!("Letta {version}"),
    );
    let count = seen.models.len() as u64;
    let mut found = format!("{version}; {}", words::count(count, "model", "models"));
    let mut wrong: Vec<Told> = Vec::new();
    match &seen.template {
        Some(LettaTemplate::Found(name, id)) => {
            found = format!(
                "{found}; agents are made like {} ({id})",
                words::quoted(name)
            );
        }
        Some(LettaTemplate::Unusable(code, why)) => {
            let what = format!("the template cannot be used: {why}");
            wrong.push(told(config, "letta.template", code, what, Exit::Usage));
        }
        None => {}
    }
    let asked = [
        ("letta.model", &config.letta.model, &seen.models),
        ("letta.embedding", &config.letta.embedding, &seen.embeddings),
    ];
    let missing = asked.into_iter().filter_map(|(key, name, known)| {
        let name = name.as_deref()?;
        let is_there = known.iter().any(|handle| **handle == *name);
        (!is_there).then(|| {
            let what = format!("the Letta server has no {}", words::quoted(name));
            let mut wrong = told(config, key, codes::CHECK_MODEL, what, Exit::Usage);
            wrong.remedy = Some(remedy(name, known));
            wrong
        })
    });
    wrong.extend(missing);
    (Some(found), wrong)
}

fn remedy(name: &str, known: &[Arc<str>]) -> String {
    let names: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    if let Some(meant) = nearest(name, names.iter().copied()) {
        return format!("is `{meant}` meant?");
    }
    let some: Vec<String> = names
        .iter()
        .take(MODELS)
        .map(|&name| words::quoted(name))
        .collect();
    match (some.is_empty(), names.len() > some.len()) {
        (true, _) => "the server has none: look at its model providers".to_owned(),
        (false, true) => format!("it has {} and others", some.join(", ")),
        (false, false) => format!("it has {}", words::list(&some)),
    }
}

fn told(config: &Config, key: &str, code: &str, what: String, exit: Exit) -> Told {
    let (key, origin) = place::of_key(config, key);
    Told {
        severity: Severity::Error,
        code: code.to_owned(),
        topic: Topic::Agents,
        what,
        key,
        origin,
        remedy: crate::codes::remedy(code),
        exit,
    }
}
