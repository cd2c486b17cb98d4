//! Every key against values that are wrong, empty, huge or many: taken where legal, else told with file and line in few words.

use serde_json::Value;

use super::{
    super::{
        Place, Problem,
        describe::{Kind, keys},
        load, schema,
    },
    World,
};

/// The longest message about one value, in bytes.
const MOST_MESSAGE: usize = 2_000;

/// Each key, and a file with `VALUE` where its value stands.
fn places() -> Vec<(String, String)> {
    keys()
        .into_iter()
        .flat_map(|key| match key.kind {
            Kind::Tables(columns) => columns
                .iter()
                .map(|column| {
                    let needed = columns
                        .iter()
                        .filter(|other| other.required && other.name != column.name);
                    let needed: Vec<_> = needed
                        .map(|other| format!("{} = \"A\"\n", other.name))
                        .collect();
                    let needed = needed.concat();
                    let name = format!("{}.{}", key.name, column.name);
                    let text = format!("[[{}]]\n{needed}{} = VALUE\n", key.name, column.name);
                    (name, text)
                })
                .chain([(key.name.clone(), format!("{} = VALUE\n", key.name))])
                .collect(),
            _ => vec![(key.name.clone(), format!("{} = VALUE\n", key.name))],
        })
        .collect()
}

fn repeated(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// The problems of a file; none where it is taken.
fn problems(text: &str) -> Vec<Problem> {
    match load(&World::new(text).inputs()) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let message = error.to_string();
            assert!(
                message.len() < MOST_MESSAGE,
                "{} bytes: {}...",
                message.len(),
                &message.chars().take(300).collect::<String>()
            );
            assert!(
                !message
                    .chars()
                    .any(|sign| sign.is_control() && sign != '\n'),
                "{message:?}"
            );
            error.problems().to_vec()
        }
    }
}

fn is_told_with_its_place(key: &str, problems: &[Problem]) -> bool {
    let last = key.rsplit('.').next().unwrap();
    let last = last.trim_end_matches("_file");
    problems.iter().any(|problem| {
        let named = [last, "[[project]]", "not TOML"]
            .iter()
            .any(|name| problem.what.contains(name));
        matches!(problem.place, Place::File { .. }) && (named || problem.what.contains("section"))
            // what is missing besides this key has no line
            || matches!(problem.place, Place::Whole { .. })
    })
}

fn check(values: &[(&str, &str)]) {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    for (key, file) in places() {
        for (name, value) in values {
            let text = file.replace("VALUE", value);
            let problems = problems(&text);
            assert!(
                problems.is_empty() || is_told_with_its_place(&key, &problems),
                "{key} = {name}: {problems:?}"
            );
            if let Ok(table) = text.parse::<toml::Table>() {
                let json: Value = serde_json::to_value(table).unwrap();
                let taken = problems.is_empty();
                assert!(
                    !taken || validator.is_valid(&json),
                    "{key} = {name}: taken, but not by the schema"
                );
            }
        }
    }
}

#[test]
fn a_value_out_of_its_bounds_or_of_another_type_is_told_or_legal() {
    check(&[
        ("negative", "-1"),
        ("zero", "0"),
        ("one", "1"),
        ("overflowing", "9223372036854775807"),
        (
            "too large for TOML",
            "99999999999999999999999999999999999999999999",
        ),
        ("a fraction", "1.5"),
        ("no number", "nan"),
        ("without end", "inf"),
        ("true", "true"),
        ("a date", "2026-11-21T00:00:00Z"),
        ("empty", "\"\""),
        ("blank", "\"  \""),
        ("a word", "\"word\""),
        ("control characters", "\"a\\u001b[2J\\u0000b\""),
        ("a negative duration", "\"-5 s\""),
        ("no duration", "\"0 s\""),
        ("an overflowing duration", "\"99999999999999999999 d\""),
        ("a huge duration", "\"999999999 d\""),
        ("a huge size", "\"999999999 GiB\""),
        ("a small share", "\"-1 %\""),
        ("an empty array", "[]"),
        ("an array of numbers", "[1, 2]"),
        ("an array of arrays", "[[\"a\"]]"),
        ("an empty table", "{}"),
        ("an unknown key", "{ nothing = 1 }"),
    ]);
}

#[test]
fn a_huge_value_is_told_in_few_words_or_legal() {
    let text = format!("\"{}\"", "x".repeat(100_000));
    let lines = format!("'''\n{}'''", "a\n".repeat(50_000));
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    check(&[
        ("100,000 characters", &text),
        ("50,000 lines", &lines),
        ("an abyss", &deep),
    ]);
}

#[test]
fn a_list_of_100000_is_told_in_few_words() {
    let numbers = format!("[{}]", "0,".repeat(100_000));
    let texts = format!("[{}]", "\"/a\",".repeat(100_000));
    let tables = format!("[{}]", "{},".repeat(100_000));
    for (key, file) in places() {
        // the bounds are those of the form: one key of each is enough for what takes so long to parse
        let is_first = places()
            .iter()
            .find(|(other, _)| kind_of(other) == kind_of(&key))
            .is_some_and(|(other, _)| *other == key);
        if !is_first {
            continue;
        }
        for value in [&numbers, &texts, &tables] {
            let problems = problems(&file.replace("VALUE", value));
            assert!(
                is_told_with_its_place(&key, &problems),
                "{key}: {problems:?}"
            );
        }
    }
}

fn kind_of(name: &str) -> Option<std::mem::Discriminant<Kind>> {
    let keys = keys();
    let key = keys.iter().find(|key| key.name == name);
    key.map(|key| std::mem::discriminant(&key.kind))
}

#[test]
fn a_file_of_many_faults_is_told_by_the_first_of_them() {
    let unknown = repeated(80_000, |at| format!("k{at} = 1\n"));
    let wrong = repeated(40_000, |at| format!("\"{at}\" = \"never\"\n"));
    let statuses = format!("[status.to_vibe]\n{wrong}");
    let some = repeated(1_000, |at| format!("\"{at}\" = \"never\"\n"));
    let some = format!("[status.to_vibe]\n{some}");
    let projects = "[[project]]\nhuly = 1\n".repeat(1_500);
    let broken = "= =\n".repeat(100_000);
    for text in [unknown, statuses, some, projects, broken] {
        let error = load(&World::new(&text).inputs()).unwrap_err();
        assert!(error.problems().len() <= 51, "{}", error.problems().len());
        assert!(error.to_string().len() < 20_000);
    }
}

#[test]
fn a_file_of_10_mb_is_refused_unread() {
    let text = format!("[huly]\nworkspace = \"{}\"\n", "x".repeat(10 << 20));
    let problems = problems(&text);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].what.ends_with("bytes; allowed are 1 MiB"),
        "{problems:?}"
    );
}

#[test]
fn a_variable_or_a_flag_of_10_mb_is_told_in_few_words_or_legal() {
    let [long, huge] = [1 << 17, 10 << 20].map(|size| "x".repeat(size));
    let keys = keys();
    let mut seen = Vec::new();
    for key in &keys {
        // one key of each form is enough for what takes so long to copy
        let is_first = !seen.contains(&std::mem::discriminant(&key.kind));
        seen.push(std::mem::discriminant(&key.kind));
        let text = if is_first { &huge } else { &long };
        let variable = format!("HVS_{}", key.name.replace('.', "_").to_uppercase());
        for world in [
            World::new("").set(&variable, text),
            World::new("").flag("--key", &key.name, text),
        ] {
            if let Err(error) = load(&world.inputs()) {
                let message = error.to_string();
                assert!(
                    message.len() < MOST_MESSAGE,
                    "{}: {}",
                    key.name,
                    message.len()
                );
            }
        }
    }
}

#[test]
fn as_much_as_is_allowed_is_taken() {
    let projects = repeated(2_000, |at| {
        format!("[[project]]\nhuly = \"P{at}\"\nvibe = \"v{at}\"\n")
    });
    assert_eq!(World::new(&projects).load().projects.len(), 2_000);
    let statuses = repeated(2_000, |at| format!("\"S{at}\" = \"todo\"\n"));
    let statuses = format!("[status.to_vibe]\n{statuses}");
    assert_eq!(World::new(&statuses).load().status.to_vibe.len(), 2_000);
    let name = "n".repeat(4_096);
    let config = World::new(&format!("[huly]\nworkspace = \"{name}\"\n")).load();
    assert_eq!(config.huly.workspace, Some(name));
}
