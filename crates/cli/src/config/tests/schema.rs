//! The schema takes what the reader takes, and refuses what one value alone makes wrong.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{super::schema, World};

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).expect("the schema is one")
}

fn as_json(text: &str) -> Value {
    let table: toml::Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    serde_json::to_value(table).unwrap()
}

/// Taken by the reader and by the schema.
const GOOD: &[&str] = &[
    "",
    "[huly]\nurl = \"https://huly.example.org\"\nworkspace = \"harbor\"\ntoken = \"t\"\n[vibe]\nurl = \"http://127.0.0.1:4000\"\n",
    "[huly]\noverlap = \"0 s\"\npage_size = 5_000\n",
    "[huly.http]\nread_timeout = \"10ms\"\nwrite_timeout = \"15 sec\"\nbody_cap = \"1 GiB\"\nrate = 1\n",
    "[vibe.http]\nread_timeout = \"1h\"\nidle_timeout = \" 007 minutes \"\n",
    "[vibe]\nrepo_roots = [\"/srv/code\", \"~/code\"]\ndefault_repo = \"/srv/code/{identifier}\"\n",
    "[guard]\nremovals_share = \"30 %\"\ncreates_share = 0\nrewrites_share = 1.0\n",
    "[status.to_vibe]\n\"In Review\" = \"inreview\"\n[status.to_huly]\ndone = \"Shipped\"\n",
    "[[project]]\nhuly = \"HARB\"\nvibe = \"harbour\"\n[[project]]\nhuly = \"Sandbox\"\nskip = true\n",
    "[store]\npath = \"hvs.db\"\nbackup_every = \"30 d\"\n",
];

/// Refused by both.
const BAD: &[&str] = &[
    "[hully]\n",
    "huly = 1\n",
    "[huly]\noverlp = \"60 s\"\n",
    "[huly]\noverlap = 60\n",
    "[huly]\noverlap = \"61 min\"\n",
    "[huly]\noverlap = \"-5 s\"\n",
    "[huly]\noverlap = \"5 weeks\"\n",
    "[huly]\nurl = \"ftp://huly\"\n",
    "[huly]\nurl = \"https://me:pw@huly\"\n",
    "[huly]\nurl = \"https://huly/?a=1\"\n",
    "[huly]\nworkspace = \"  \"\n",
    "[huly]\ntoken = \"a\"\ntoken_file = \"b\"\n",
    "[huly]\ntoken = \"a\\nb\"\n",
    "[huly]\npage_size = 0\n",
    "[huly]\npage_size = \"500\"\n",
    "[huly.http]\nbody_cap = \"1025 MiB\"\n",
    "[huly.http]\nbody_cap = \"16 MB\"\n",
    "[vibe]\nrepo_roots = \"/srv\"\n",
    "[vibe]\nrepo_roots = [\"srv\"]\n",
    "[vibe]\ndefault_repo = \"/srv/code\"\n",
    "[guard]\nremovals_share = 1.1\n",
    "[guard]\nremovals_share = \"101 %\"\n",
    "[sync]\nprojects_create = \"yes\"\n",
    "[sync]\ncreate = \"bot\"\n",
    "[fields]\nstatus = \"merge\"\n",
    "[status.to_vibe]\n\"In Review\" = \"reviewed\"\n",
    "[status.to_huly]\nnever = \"Todo\"\n",
    "[[project]]\nvibe = \"harbour\"\n",
    "[[project]]\nhuly = \"HARB\"\nhully = \"x\"\n",
    "[project]\nhuly = \"HARB\"\n",
];

#[test]
fn what_the_reader_takes_the_schema_takes() {
    let validator = validator();
    for text in GOOD {
        World::new(text).load();
        let errors: Vec<_> = validator
            .iter_errors(&as_json(text))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{text}\n{errors:?}");
    }
}

#[test]
fn what_one_value_makes_wrong_both_refuse() {
    let validator = validator();
    for text in BAD {
        World::new(text).refused();
        assert!(!validator.is_valid(&as_json(text)), "taken: {text}");
    }
}

#[test]
fn durations_have_the_same_bounds_in_both() {
    let validator = validator();
    for (key, texts) in [
        (
            "ttl",
            [
                "999 ms", "1000 ms", "1 s", "3600 s", "3601 s", "60 m", "61 m", "1 h", "2 h", "0 d",
            ],
        ),
        (
            "heartbeat",
            [
                "99 ms",
                "100 ms",
                "1 s",
                "600 s",
                "601 s",
                "10 m",
                "11 m",
                "0 h",
                "600000 ms",
                "600001 ms",
            ],
        ),
    ] {
        for text in texts {
            let file = format!("[lease]\n{key} = \"{text}\"\n");
            // rules about several keys are told only where each can be read: they are not about this value
            let refused = super::load(&World::new(&file).inputs())
                .is_err_and(|error| error.problems()[0].what.contains("allowed are"));
            let valid = validator.is_valid(&json!({ "lease": { key: text } }));
            assert_eq!(valid, !refused, "{file}");
        }
    }
}

#[test]
fn every_default_is_inside_its_own_schema() {
    fn check(path: &str, schema: &Value, seen: &mut usize) {
        let Some(properties) = schema["properties"].as_object() else {
            return;
        };
        for (name, property) in properties {
            let path = format!("{path}.{name}");
            if let Some(default) = property.get("default") {
                *seen += 1;
                assert!(jsonschema::is_valid(property, default), "{path}: {default}");
            }
            check(&path, property, seen);
        }
    }
    let mut seen = 0;
    check("", &schema(), &mut seen);
    assert!(seen > 30, "{seen}");
}
