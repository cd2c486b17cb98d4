//! The text of `hvs.toml`: what was said and found, each with where it comes from. It never holds a secret.

use std::path::PathBuf;

use engine::propose::{Source, StatusProposal};

use super::{
    Proposed,
    from_env::{Becomes, FromEnv},
};
use crate::{args::HulyWay, words};

/// Who hvs is at Huly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A token in a file.
    TokenFile(PathBuf),
    /// An account whose password is in a file.
    PasswordFile { email: String, file: PathBuf },
    /// An account whose password is in the environment.
    Password { email: String },
    /// All of it is in the environment or with the service manager.
    Environment,
    /// Nobody: the bridge asks for no account.
    Nobody,
}

/// What was said, asked or found before any service was read.
#[derive(Clone, Debug)]
pub(crate) struct Basics {
    pub huly_url: String,
    /// By which way it is reached.
    pub huly_api: HulyWay,
    /// What says so, for the comment.
    pub huly_said_by: String,
    /// Empty where the bridge's is not known.
    pub workspace: String,
    pub who: Who,
    pub vibe_url: String,
    /// What says so, for the comment.
    pub vibe_said_by: String,
    pub repo_roots: Vec<PathBuf>,
    pub store: Option<PathBuf>,
    pub from_env: FromEnv,
}

/// A value as it is written in TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Another's text for a comment: on one line, nothing that a terminal obeys.
pub(super) fn comment(text: &str) -> String {
    words::short(text, 160)
}

/// The sections that reach the services: enough to read both sides.
pub(crate) fn draft(basics: &Basics) -> String {
    let mut text = String::from(
        "# Written by `hvs init`. Every key: `hvs config show`, docs/configuration.md.\n\
         # It holds no secret: they stay in the files and variables that it names.\n\n[huly]\n",
    );
    if basics.huly_api == HulyWay::Bridge {
        put(
            &mut text,
            "api",
            &quoted("bridge"),
            "the predecessor's HTTP bridge: docs/bridge.md says what it cannot do",
        );
    }
    put(
        &mut text,
        "url",
        &quoted(&basics.huly_url),
        &basics.huly_said_by,
    );
    if basics.workspace.is_empty() {
        line(
            &mut text,
            "# workspace = \"\"  # the ids of links hang on it where it is set, else on the bridge's address",
        );
    } else {
        put(&mut text, "workspace", &quoted(&basics.workspace), "");
    }
    match &basics.who {
        Who::TokenFile(file) => put(
            &mut text,
            "token_file",
            &quoted(&file.display().to_string()),
            "",
        ),
        Who::PasswordFile { email, file } => {
            put(&mut text, "email", &quoted(email), "");
            put(
                &mut text,
                "password_file",
                &quoted(&file.display().to_string()),
                "",
            );
        }
        Who::Password { email } => put(
            &mut text,
            "email",
            &quoted(email),
            "the password is in HVS_HULY_PASSWORD",
        ),
        Who::Nobody => line(&mut text, "# the bridge asks for no account"),
        Who::Environment => {
            line(
                &mut text,
                "# who hvs is there is in the environment: HVS_HULY_TOKEN and the like",
            );
        }
    }
    text.push_str("\n[vibe]\n");
    put(
        &mut text,
        "url",
        &quoted(&basics.vibe_url),
        &basics.vibe_said_by,
    );
    roots(&mut text, basics);
    if let Some(store) = &basics.store {
        text.push_str("\n[store]\n");
        put(&mut text, "path", &quoted(&store.display().to_string()), "");
    }
    carried(&mut text, &basics.from_env);
    text
}

pub(super) fn put(text: &mut String, key: &str, value: &str, why: &str) {
    let why = if why.is_empty() {
        String::new()
    } else {
        format!("  # {}", comment(why))
    };
    line(text, &format!("{key} = {value}{why}"));
}

pub(super) fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

/// Where repositories may stand: only what the person at this machine said, never what a server says.
fn roots(text: &mut String, basics: &Basics) {
    let carried = basics
        .from_env
        .rows
        .iter()
        .find_map(|row| match &row.becomes {
            Becomes::Key {
                key: "vibe.repo_roots",
                value,
                ..
            } => Some((value.to_string(), row.variable.clone())),
            Becomes::Key { .. }
            | Becomes::Vibe { .. }
            | Becomes::Bridge { .. }
            | Becomes::Nothing(_) => None,
        });
    if !basics.repo_roots.is_empty() {
        let roots: Vec<String> = basics
            .repo_roots
            .iter()
            .map(|root| quoted(&root.display().to_string()))
            .collect();
        put(text, "repo_roots", &format!("[{}]", roots.join(", ")), "");
    } else if let Some((value, variable)) = carried {
        put(text, "repo_roots", &value, &format!("from {variable}"));
    } else {
        line(
            text,
            "# repo_roots = [\"/srv/repos\"]  # repositories of new Vibe projects may stand below these",
        );
    }
}

/// What the predecessor's variables became, section by section; and what became of the others.
fn carried(text: &mut String, env: &FromEnv) {
    let keys = env.rows.iter().filter_map(|row| match &row.becomes {
        Becomes::Key { key, value, note } if *key != "vibe.repo_roots" => {
            Some((row, key.split_once('.')?, value, note))
        }
        Becomes::Key { .. }
        | Becomes::Vibe { .. }
        | Becomes::Bridge { .. }
        | Becomes::Nothing(_) => None,
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_by_key(|(_, key, ..)| *key);
    // two variables that say one thing: the later line counts
    keys.reverse();
    keys.dedup_by_key(|(_, key, ..)| *key);
    keys.reverse();
    let mut section = "";
    for (row, (of, key), value, note) in keys {
        if of != section {
            section = of;
            line(text, &format!("\n[{of}]"));
        }
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(": {note}")
        };
        put(
            text,
            key,
            &value.to_string(),
            &format!("from {}{note}", row.variable),
        );
    }
    let left: Vec<_> = env
        .rows
        .iter()
        .filter_map(|row| match row.becomes {
            Becomes::Nothing(why) => Some((row, why)),
            Becomes::Key { .. } | Becomes::Vibe { .. } | Becomes::Bridge { .. } => None,
        })
        .collect();
    if left.is_empty() && env.bad.is_empty() {
        return;
    }
    line(
        text,
        &format!(
            "\n# Of {}, not carried over:",
            comment(&env.file.display().to_string())
        ),
    );
    for (row, why) in left {
        line(
            text,
            &format!("#   {} (line {}): {why}", comment(&row.variable), row.line),
        );
    }
    for bad in &env.bad {
        line(text, &format!("#   line {}: {}", bad.line, bad.why));
    }
}

/// The whole file.
pub(crate) fn text(basics: &Basics, proposed: &Proposed) -> String {
    let mut text = draft(basics);
    statuses(&mut text, proposed);
    super::pairs::projects(&mut text, proposed);
    text
}

/// The map of statuses: entries where one is needed, a comment for everything else.
fn statuses(text: &mut String, proposed: &Proposed) {
    let maps = || {
        proposed
            .projects
            .iter()
            .filter_map(|project| Some((&project.pair, project.statuses.as_ref()?)))
    };
    line(
        text,
        "\n# Statuses go by their category in Huly; a status without one needs an entry here.",
    );
    line(text, "[status.to_vibe]");
    let mut said: Vec<String> = Vec::new();
    for row in maps()
        .flat_map(|(_, map)| &map.rows)
        .filter(|row| row.needs_entry())
    {
        let name = row.name.trim();
        if name.is_empty() || said.contains(&name.to_lowercase()) {
            continue;
        }
        said.push(name.to_lowercase());
        let why = match row.source {
            Source::Name => "no category in Huly: proposed by its name",
            Source::Category | Source::Guess => {
                "no category in Huly, and the name says nothing: look at this one"
            }
        };
        put(text, &quoted(name), &quoted(&row.means), why);
    }
    let mut odd: Vec<String> = maps()
        .flat_map(|(_, map)| &map.rows)
        .filter(|row| !row.needs_entry())
        .filter_map(|row| {
            let suggested = row.odd?;
            let name = comment(&quoted(row.name.trim()));
            Some(format!(
                "# {name} = \"{suggested}\"  # its category says {}; its name might mean this",
                row.means
            ))
        })
        .collect();
    odd.sort();
    odd.dedup();
    for words in &odd {
        line(text, words);
    }
    for (pair, map) in maps() {
        line(
            text,
            &format!(
                "# {}: {}",
                comment(&engine::check::title(&pair.huly)),
                map_of(map)
            ),
        );
    }
}

/// `Backlog, Todo -> todo; Done -> done`.
pub(crate) fn map_of(map: &StatusProposal) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for row in &map.rows {
        let name = words::short(&row.name, 40);
        match groups.iter_mut().find(|(means, _)| **means == *row.means) {
            Some((_, names)) => names.push(name),
            None => groups.push((row.means.to_string(), vec![name])),
        }
    }
    let groups: Vec<String> = groups
        .iter()
        .map(|(means, names)| format!("{} -> {means}", names.join(", ")))
        .collect();
    let nearest = map
        .nearest
        .iter()
        .map(|(vibe, huly)| format!("{vibe} is written as {}", words::short(huly, 40)));
    groups
        .into_iter()
        .chain(nearest)
        .collect::<Vec<_>>()
        .join("; ")
}
