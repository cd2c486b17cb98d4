//! The commands that need no service: the configuration and what describes it, completions, the version.

use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, Ran, hvs};

/// Every key of the published schema is set once by the file and once by the environment. What it needs beside it:
const COMPANIONS: &[(&str, &[(&str, &str)])] = &[
    ("huly.email", &[("HVS_HULY_PASSWORD", "secret")]),
    ("huly.password", &[("HVS_HULY_EMAIL", "sam@example.com")]),
    ("huly.http.write_timeout", &[("HVS_LEASE_TTL", "10 min")]),
    ("vibe.http.write_timeout", &[("HVS_LEASE_TTL", "10 min")]),
    ("project", &[("HVS_VIBE_REPO_ROOTS", "/srv/repos")]),
    (
        "letta.sink",
        &[
            ("HVS_LETTA_URL", "https://example.org"),
            ("HVS_LETTA_MODEL", "letta/letta-free"),
            ("HVS_LETTA_DIR", "/srv/digests"),
        ],
    ),
    ("lease.heartbeat", &[("HVS_LEASE_TTL", "10 min")]),
    ("retry.base", &[("HVS_RETRY_CAP", "10 min")]),
    (
        "vibe.default_repo",
        &[("HVS_VIBE_REPO_ROOTS", "/srv/repos")],
    ),
];
/// Texts of every form that a key may ask for.
const TEXTS: &[&str] = &[
    "secret",
    "70 s",
    "2 s",
    "48 h",
    "3 MiB",
    "https://example.org",
    "/srv/repos",
    "/srv/repos/{identifier}",
];

/// A directory without any configuration.
struct Empty(TempDir);

impl Empty {
    fn new() -> Empty {
        Empty(tempfile::tempdir().unwrap())
    }

    async fn hvs(&self, words: &[&str], variables: &[(&str, &str)]) -> Ran {
        let home = self.0.path();
        let mut command = std::process::Command::new(hvs());
        command
            .args(words)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .envs(variables.iter().copied());
        Process::start(&mut command).wait().await
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }
}

/// A key of the schema with a legal value for it.
#[derive(Debug)]
struct Key {
    name: String,
    value: Value,
}

/// Every key: what has no properties of its own.
fn keys(section: &str, schema: &Value, found: &mut Vec<Key>) {
    for (name, property) in schema["properties"].as_object().unwrap() {
        let name = if section.is_empty() {
            name.clone()
        } else {
            format!("{section}.{name}")
        };
        if property["properties"].is_object() {
            keys(&name, property, found);
        } else {
            let value = legal(property).unwrap_or_else(|| panic!("{name}: {property:#}"));
            found.push(Key { name, value });
        }
    }
}

/// A value that the schema takes, and not the default.
fn legal(form: &Value) -> Option<Value> {
    let default = &form["default"];
    if let Some(words) = form["enum"].as_array() {
        return words.iter().rev().find(|word| *word != default).cloned();
    }
    if let Some(forms) = form["anyOf"].as_array() {
        return legal(&forms[0]);
    }
    match form["type"].as_str()? {
        "boolean" => Some(json!(default != &json!(true))),
        "integer" => {
            let [least, most] = ["minimum", "maximum"].map(|bound| form[bound].as_i64().unwrap());
            let usual = default.as_i64().unwrap_or(least);
            Some(json!(if usual < most { usual + 1 } else { usual - 1 }))
        }
        "number" => Some(json!(0.25)),
        "string" => {
            let pattern = Regex::new(form["pattern"].as_str()?).unwrap();
            let mut texts = TEXTS.iter().filter(|text| pattern.is_match(text));
            texts
                .find(|text| default != &json!(text))
                .map(|text| json!(text))
        }
        "array" => Some(json!([legal(&form["items"])?])),
        "object" => legal_table(form),
        _ => None,
    }
}

/// A table with all its keys, or one with a name of its own choice.
fn legal_table(form: &Value) -> Option<Value> {
    if let Some(properties) = form["properties"].as_object() {
        let rows = properties.iter();
        let rows = rows.map(|(name, form)| Some((name.clone(), legal(form)?)));
        return Some(Value::Object(rows.collect::<Option<_>>()?));
    }
    let value = legal(&form["additionalProperties"])?;
    // a direction belongs to a field, all else to a status
    let is_direction = value.as_str() == Some("off");
    let name = if is_direction { "title" } else { "In Review" };
    Some(json!({ name: value }))
}

/// A value as TOML in one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(rows) => {
            let rows: Vec<_> = rows
                .iter()
                .map(|(name, value)| format!("{name:?} = {}", toml(value)))
                .collect();
            format!("{{ {} }}", rows.join(", "))
        }
        plain => plain.to_string(),
    }
}

impl Key {
    /// A line of the file, sections and all.
    fn line(&self) -> String {
        format!("{} = {}\n", self.name, toml(&self.value))
    }

    /// The name and value of its variable.
    fn variable(&self) -> (String, String) {
        let name = format!("HVS_{}", self.name.replace('.', "_").to_uppercase());
        let value = match &self.value {
            Value::String(text) => text.clone(),
            // a list of texts is written with colons; a program and its arguments as in the file
            Value::Array(items)
                if !self.name.ends_with("_command") && items.iter().all(Value::is_string) =>
            {
                let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                items.join(":")
            }
            value => toml(value),
        };
        (name, value)
    }

    /// What `config show` says of it: the names and values of its rows, secrets hidden.
    fn rows(&self) -> Vec<(String, Value)> {
        let name = self.name.as_str();
        for secret in ["huly.token", "huly.password", "letta.token"] {
            if [
                secret.to_owned(),
                format!("{secret}_file"),
                format!("{secret}_command"),
            ]
            .contains(&self.name)
            {
                return vec![(secret.to_owned(), json!("[set]"))];
            }
        }
        match &self.value {
            Value::Object(rows) => {
                let row =
                    |(key, value): (&String, &Value)| (format!("{name}.{key:?}"), value.clone());
                rows.iter().map(row).collect()
            }
            Value::Array(items) if items.iter().all(Value::is_object) => {
                let rows = items.iter().enumerate().flat_map(|(at, item)| {
                    let rows = item.as_object().unwrap().iter();
                    // one table more inside: the other tests look into it
                    let rows = rows.filter(|(_, value)| !value.is_object());
                    rows.map(move |(key, value)| (format!("{name}.{at}.{key}"), value.clone()))
                });
                rows.collect()
            }
            value => vec![(self.name.clone(), value.clone())],
        }
    }

    fn companions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = COMPANIONS
            .iter()
            .filter(|(name, _)| self.name.starts_with(name));
        own.flat_map(|(_, variables)| variables.iter().copied())
    }

    /// Holds `config show --json` to this key, with this origin.
    #[track_caller]
    fn arrived(&self, ran: Ran, origin: &Value) {
        let shown = ran.exits(0).json();
        for (name, value) in self.rows() {
            let rows = shown["values"].as_array().unwrap().iter();
            let row = rows.clone().find(|row| row["key"] == *name);
            let row = row.unwrap_or_else(|| panic!("{name} is not shown: {shown:#}"));
            assert!(
                same(&row["value"], &value),
                "{name}: {value} became {row:#}"
            );
            for (part, wanted) in origin.as_object().unwrap() {
                assert_eq!(row["origin"][part], *wanted, "{name}: {row:#}");
            }
        }
    }
}

/// The same value: numbers by their size, durations and paths as they are shown.
fn same(shown: &Value, set: &Value) -> bool {
    let number = |value: &Value| value.as_f64();
    match (shown, set) {
        (Value::Number(_), Value::Number(_)) => number(shown) == number(set),
        (Value::String(shown), Value::String(set)) => {
            let plain = |text: &str| text.trim_end_matches('/').to_owned();
            // a relative path is shown from the root
            plain(shown) == plain(set)
                || shown.ends_with(&format!("/{set}"))
                || (set == "70 s" || set == "48 h") && units(shown) == units(set)
        }
        _ => shown == set,
    }
}

/// A duration in seconds.
fn units(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let factor = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? * factor)
}

async fn schema(empty: &Empty) -> Value {
    empty.hvs(&["config", "schema"], &[]).await.exits(0).json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_37_every_key_of_the_published_schema_arrives_from_the_file_and_from_the_environment() {
    let empty = Empty::new();
    empty.write("secret", "0123456789\n");
    let mut all = Vec::new();
    keys("", &schema(&empty).await, &mut all);
    assert!(all.len() > 60, "{all:#?}");
    for key in &all {
        let companions: Vec<_> = key.companions().collect();
        let file = key.line();
        empty.write("hvs.toml", &file);
        let ran = empty.hvs(&["config", "show", "--json"], &companions).await;
        key.arrived(
            ran,
            &json!({ "from": "file", "path": "hvs.toml", "line": 1 }),
        );

        // over a file that says something else for all others
        empty.write("hvs.toml", "");
        let (name, value) = key.variable();
        let mut variables = companions;
        variables.push((&name, &value));
        let ran = empty.hvs(&["config", "show", "--json"], &variables).await;
        key.arrived(ran, &json!({ "from": "environment", "name": name }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_37_what_is_no_key_is_refused_with_its_place_by_every_command_that_reads_the_configuration()
 {
    let empty = Empty::new();
    empty.write("hvs.toml", "[sync]\nworkerz = 3\n");
    for words in [
        &["config", "show"][..],
        &["plan"],
        &["sync", "once"],
        &["status"],
        &["runs"],
        &["check"],
    ] {
        let ran = empty.hvs(words, &[]).await.exits(2);
        let ran = ran.tells(&["workerz", "hvs.toml:2:1", "workers"]);
        assert_eq!(ran.out, "", "{ran}");
    }
    empty.write("hvs.toml", "");
    let variable = [("HVS_SYNC_WORKERZ", "3")];
    let ran = empty.hvs(&["config", "show"], &variable).await.exits(2);
    ran.tells(&["HVS_SYNC_WORKERZ", "HVS_SYNC_WORKERS"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_schema_is_the_published_one_and_needs_no_configuration() {
    let empty = Empty::new();
    empty.write("hvs.toml", "this is no TOML");
    let printed = schema(&empty).await;
    let published = crate::transcript::root().join("docs/hvs.schema.json");
    let published: Value =
        serde_json::from_str(&std::fs::read_to_string(published).unwrap()).unwrap();
    assert_eq!(
        printed, published,
        "`hvs config schema > docs/hvs.schema.json` publishes it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completions_name_the_commands_in_every_shell_and_other_shells_are_refused() {
    let empty = Empty::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = empty.hvs(&["completions", shell], &[]).await.exits(0);
        assert_eq!(ran.err, "", "{shell}");
        ran.prints(&["hvs", "sync", "once", "status", "config", "dry-run"]);
    }
    let ran = empty.hvs(&["completions", "cmd"], &[]).await.exits(2);
    ran.tells(&["invalid value 'cmd'", "bash"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scripts_of_bash_and_sh_are_read_by_their_shell() {
    let empty = Empty::new();
    let script = empty.hvs(&["completions", "bash"], &[]).await.exits(0).out;
    empty.write("hvs.bash", &script);
    let found = std::process::Command::new("bash")
        .args(["--norc", "-c", "source ./hvs.bash && complete -p hvs"])
        .current_dir(empty.0.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&found.stdout);
    assert!(
        found.status.success() && printed.contains("_hvs"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_version_names_commit_store_and_configuration_schema_and_is_one_everywhere() {
    let empty = Empty::new();
    let long = empty.hvs(&["--version"], &[]).await.exits(0).out;
    let lines: Vec<_> = long.lines().collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(lines[0], format!("hvs {version}"), "{long}");
    for part in ["commit: ", "store schema: ", "configuration schema: "] {
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with(part) && line.len() > part.len()),
            "{part}: {long}"
        );
    }
    let short = empty.hvs(&["-V"], &[]).await.exits(0).out;
    assert_eq!(short, format!("hvs {version}\n"));
}
