//! The environment of the service before hvs (`huly-vibe-sync`), variable by variable: what becomes of each in `hvs.toml`,
//! or why nothing does.

use std::path::PathBuf;

use serde::Serialize;

use super::dotenv::{BadLine, Variable};

/// What becomes of one variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub variable: String,
    /// In the file, from 1.
    pub line: usize,
    pub becomes: Becomes,
}

/// What it becomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Becomes {
    /// A key of `hvs.toml`.
    Key {
        key: &'static str,
        value: toml::Value,
        /// What is different from before; may be empty.
        note: &'static str,
    },
    /// The address of Vibe Kanban, to be asked.
    Vibe { addresses: Vec<String> },
    /// The address of Huly's bridge, to be asked.
    Bridge { addresses: Vec<String> },
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// A `.env` in our terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct FromEnv {
    pub file: PathBuf,
    pub rows: Vec<Row>,
    pub bad: Vec<BadLine>,
}

/// The port that the predecessor put into every address of Vibe Kanban, whatever stood there.
const VIBE_PORT: u16 = 3105;

/// And the one that it put into every address of the bridge.
const BRIDGE_PORT: u16 = 3458;

/// Translates every variable. `has_key` says whether this version knows a key.
pub(crate) fn translate(
    file: PathBuf,
    (variables, bad): (Vec<Variable>, Vec<BadLine>),
    has_key: impl Fn(&str) -> bool,
) -> FromEnv {
    let parallel = variables
        .iter()
        .any(|variable| variable.name == "PARALLEL_SYNC" && is_only_true(&variable.value));
    let has_address = variables
        .iter()
        .any(|variable| variable.name == "HULY_API_URL" && !variable.value.is_empty());
    let rows = variables
        .into_iter()
        .map(|variable| {
            let becomes = match becomes(&variable.name, &variable.value, parallel) {
                Becomes::Bridge { .. } if has_address && variable.name == "HULY_MCP_URL" => {
                    Becomes::Nothing("HULY_API_URL went before it")
                }
                Becomes::Key { key, .. } if !has_key(key) => {
                    Becomes::Nothing("this version of hvs has no such setting")
                }
                becomes => becomes,
            };
            Row {
                variable: variable.name,
                line: variable.line,
                becomes,
            }
        })
        .collect();
    FromEnv { file, rows, bad }
}

/// A default of *off* is "only `true`", exactly so.
fn is_only_true(value: &str) -> bool {
    value == "true"
}

fn key(key: &'static str, value: impl Into<toml::Value>, note: &'static str) -> Becomes {
    Becomes::Key {
        key,
        value: value.into(),
        note,
    }
}

fn becomes(name: &str, value: &str, parallel: bool) -> Becomes {
    if value.is_empty() {
        return Becomes::Nothing("it is empty, so its default counted");
    }
    match name {
        "VIBE_API_URL" => Becomes::Vibe {
            addresses: addresses(value, VIBE_PORT).into(),
        },
        "HULY_API_URL" | "HULY_MCP_URL" => {
            // it never used the address as given: its own port comes first
            let [given, rewritten] = addresses(value, BRIDGE_PORT);
            Becomes::Bridge {
                addresses: vec![rewritten, given],
            }
        }
        "SYNC_INTERVAL" => interval(value),
        "PARALLEL_SYNC" if parallel => {
            Becomes::Nothing("`sync.workers` says how many projects are in work at once")
        }
        "PARALLEL_SYNC" => key("sync.workers", 1, "one project after the other"),
        "MAX_WORKERS" if parallel => workers(value),
        "MAX_WORKERS" => Becomes::Nothing("without PARALLEL_SYNC=true it had no effect"),
        "SKIP_EMPTY_PROJECTS" => key(
            "sync.skip_empty",
            is_only_true(value),
            "an empty project gets no counterpart until its first item appears; a fresh store does not hide it any more",
        ),
        "STACKS_DIR" if value.starts_with('/') => key(
            "vibe.repo_roots",
            vec![value.to_owned()],
            "repositories of new Vibe projects must lie below it",
        ),
        "STACKS_DIR" => Becomes::Nothing("it is not an absolute path: give --repo-root"),
        "LOG_LEVEL" => level(value),
        "INCREMENTAL_SYNC" => Becomes::Nothing(
            "hvs always asks for changes only, and compares in full every `sync.full_compare_every`",
        ),
        "API_DELAY" => Becomes::Nothing(
            "calls are limited by `huly.http.rate` and `vibe.http.rate`, not by a pause after each item",
        ),
        "DRY_RUN" => Becomes::Nothing("`hvs plan` shows what a run would do and writes nothing"),
        "HEALTH_PORT" => {
            Becomes::Nothing("hvs opens no port; `hvs status` and exit codes tell how it is")
        }
        "HULY_USE_REST" | "VIBE_USE_REST" | "VIBE_MCP_URL" => {
            Becomes::Nothing("it had no use any more")
        }
        "NODE_ENV" => Becomes::Nothing("it chose the form of the log: `log.format`"),
        name if name.starts_with("LETTA_") => letta(name, value),
        _ => Becomes::Nothing("the service before hvs did not know it"),
    }
}

/// Agents are not switched on by it: the new ones are made beside the old ones, and a person says which are to be taken over.
fn letta(name: &str, value: &str) -> Becomes {
    const ON: &str = "`sink = \"letta\"` in [letta] switches it on; docs/letta.md says how its agents are taken over";
    match name {
        "LETTA_BASE_URL" if url::Url::parse(value).is_ok_and(|url| url.has_host()) => {
            key("letta.url", value, ON)
        }
        "LETTA_BASE_URL" => Becomes::Nothing("it is no address"),
        "LETTA_MODEL" => key("letta.model", value, "of new agents"),
        "LETTA_EMBEDDING" => key("letta.embedding", value, "of new agents"),
        "LETTA_PASSWORD" => Becomes::Nothing(
            "secrets are not carried over: put it into a file and name that as `token_file` in [letta]",
        ),
        _ => Becomes::Nothing(
            "hvs does not do this; docs/letta.md says what its agents are and know",
        ),
    }
}

/// As one version took it, and as the other rewrote it: a trailing `/mcp` or `/api` cut, the first `:digits` replaced.
fn addresses(value: &str, port: u16) -> [String; 2] {
    let base = value.trim().trim_end_matches('/');
    let base = base
        .strip_suffix("/mcp")
        .or_else(|| base.strip_suffix("/api"))
        .unwrap_or(base);
    let digits = base.match_indices(':').find_map(|(at, _)| {
        let rest = base.get(at + 1..)?;
        let length = rest.chars().take_while(char::is_ascii_digit).count();
        (length > 0).then_some((at, length))
    });
    let rewritten = digits.and_then(|(at, length)| {
        let (head, tail) = (base.get(..at)?, base.get(at + 1 + length..)?);
        Some(format!("{head}:{port}{tail}"))
    });
    [
        base.to_owned(),
        rewritten.unwrap_or_else(|| base.to_owned()),
    ]
}

/// Milliseconds between starts; `0` was one run and the end.
fn interval(value: &str) -> Becomes {
    match value.trim().parse::<u64>() {
        Ok(0) => Becomes::Nothing("0 was one run and the end: `hvs sync once`"),
        // the predecessor refused less than a second; an hour is the most that hvs waits
        Ok(millis) => {
            let seconds = millis.div_ceil(1_000).clamp(1, 3_600);
            key(
                "sync.interval",
                format!("{seconds} s"),
                "from start to start, as before; for `hvs sync watch`",
            )
        }
        Err(_) => Becomes::Nothing("it is no whole number of milliseconds"),
    }
}

fn workers(value: &str) -> Becomes {
    match value.trim().parse::<i64>() {
        Ok(workers) if (1..=64).contains(&workers) => key(
            "sync.workers",
            workers,
            "projects at once; none waits for the slowest of its group any more",
        ),
        Ok(_) => Becomes::Nothing("it is not between 1 and 64, the bounds of `sync.workers`"),
        Err(_) => Becomes::Nothing("it is no whole number"),
    }
}

fn level(value: &str) -> Becomes {
    let level = match value.trim().to_lowercase().as_str() {
        "fatal" | "error" | "silent" => "error",
        "warn" => "warn",
        "info" => "info",
        "debug" => "debug",
        "trace" => "trace",
        _ => return Becomes::Nothing("it is none of error, warn, info, debug, trace"),
    };
    key("log.level", level, "")
}

#[cfg(test)]
mod tests {
    use super::{super::dotenv, *};

    fn rows(text: &str) -> FromEnv {
        translate(PathBuf::from(".env"), dotenv::read(text), |_| true)
    }

    fn of(text: &str) -> Becomes {
        rows(text).rows.pop().unwrap().becomes
    }

    #[test]
    fn booleans_are_exact_strings_as_they_were() {
        assert_eq!(
            of("SKIP_EMPTY_PROJECTS=true"),
            key(
                "sync.skip_empty",
                true,
                match of("SKIP_EMPTY_PROJECTS=true") {
                    Becomes::Key { note, .. } => note,
                    Becomes::Vibe { .. } | Becomes::Bridge { .. } | Becomes::Nothing(_) => "",
                }
            )
        );
        for off in ["TRUE", "1", "yes", " true"] {
            let made = of(&format!("SKIP_EMPTY_PROJECTS=\"{off}\""));
            assert!(
                matches!(made, Becomes::Key { ref value, .. } if *value == false.into()),
                "{off}: {made:?}"
            );
        }
    }

    #[test]
    fn workers_count_only_beside_parallel() {
        assert!(
            matches!(of("PARALLEL_SYNC=true\nMAX_WORKERS=8"), Becomes::Key { key: "sync.workers", ref value, .. } if *value == 8.into())
        );
        assert!(matches!(
            of("PARALLEL_SYNC=1\nMAX_WORKERS=8"),
            Becomes::Nothing(_)
        ));
        assert!(
            matches!(of("PARALLEL_SYNC=no"), Becomes::Key { key: "sync.workers", ref value, .. } if *value == 1.into())
        );
        assert!(matches!(
            of("PARALLEL_SYNC=true\nMAX_WORKERS=0"),
            Becomes::Nothing(_)
        ));
    }

    #[test]
    fn the_interval_is_in_milliseconds_and_zero_means_once() {
        let value = |text: &str| match of(text) {
            Becomes::Key { value, .. } => value.as_str().map(str::to_owned),
            Becomes::Vibe { .. } | Becomes::Bridge { .. } | Becomes::Nothing(_) => None,
        };
        assert_eq!(value("SYNC_INTERVAL=300000").as_deref(), Some("300 s"));
        assert_eq!(value("SYNC_INTERVAL=10").as_deref(), Some("1 s"));
        assert_eq!(value("SYNC_INTERVAL=0"), None);
        assert_eq!(value("SYNC_INTERVAL=soon"), None);
    }

    #[test]
    fn addresses_are_tried_as_given_and_as_they_were_rewritten() {
        let table = [
            ("http://h:3000/api", vec!["http://h:3000", "http://h:3105"]),
            ("http://h:3105", vec!["http://h:3105"]),
            ("http://h:1/mcp/", vec!["http://h:1", "http://h:3105"]),
            ("https://vibe.example", vec!["https://vibe.example"]),
        ];
        for (value, expected) in table {
            let mut made: Vec<String> = addresses(value, VIBE_PORT).into();
            made.dedup();
            assert_eq!(made, expected, "{value}");
        }
    }

    #[test]
    fn the_bridges_address_is_tried_as_it_was_rewritten_and_then_as_given() {
        let made = rows("HULY_MCP_URL=http://old:1/mcp\nHULY_API_URL=http://h:3457/api\n");
        let expected = Becomes::Bridge {
            addresses: vec!["http://h:3458".to_owned(), "http://h:3457".to_owned()],
        };
        assert_eq!(made.rows[1].becomes, expected);
        assert!(matches!(made.rows[0].becomes, Becomes::Nothing(_)));
        // where it stands alone it counts
        let alone = of("HULY_MCP_URL=http://h:3457/mcp");
        assert_eq!(alone, expected);
    }

    #[test]
    fn no_variable_is_dropped_in_silence_and_no_value_of_an_unknown_one_is_kept() {
        let made =
            rows("LETTA_PASSWORD=canary\nMY_TOKEN=canary\nDRY_RUN=true\nbad line\nHULY_API_URL=\n");
        assert_eq!(made.rows.len(), 4);
        assert_eq!(made.bad.len(), 1);
        assert!(
            made.rows
                .iter()
                .all(|row| matches!(row.becomes, Becomes::Nothing(why) if !why.is_empty()))
        );
        assert!(!format!("{made:?}").contains("canary"));
    }

    #[test]
    fn a_key_of_another_version_is_not_written() {
        let made = translate(
            PathBuf::from(".env"),
            dotenv::read("SYNC_INTERVAL=1000"),
            |_| false,
        );
        assert!(matches!(made.rows[0].becomes, Becomes::Nothing(_)));
    }
}
