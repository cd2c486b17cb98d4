//! Pages that answer with tests: a test that they name is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, words::is_rust};

/// The pages whose words are promises that tests hold.
const PAGES: &[&str] = &[
    "SECURITY.md",
    "docs/bad-input.md",
    "docs/recovery.md",
    "docs/reliability.md",
];

/// Names of tests are sentences: a name of fewer words may be something else.
const FEWEST_WORDS: usize = 4;

/// Checks that every test and file that the pages name in code quotes exists.
pub(super) fn check(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let functions: BTreeSet<&str> = texts
        .iter()
        .filter(|(file, _)| is_rust(file))
        .flat_map(|(_, text)| text.lines().filter_map(function))
        .collect();
    let mut findings = Vec::new();
    for page in PAGES {
        let Some(text) = texts.get(*page) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            // every second part stands between two quotes
            for quoted in line.split('`').skip(1).step_by(2) {
                let missing = if is_test(quoted) && !functions.contains(quoted) {
                    "no such test"
                } else if is_file(quoted) && !texts.contains_key(quoted) {
                    "no such file"
                } else {
                    continue;
                };
                findings.push(Finding::new(
                    page,
                    index + 1,
                    format!("`{quoted}`: {missing}"),
                ));
            }
        }
    }
    findings
}

fn function(line: &str) -> Option<&str> {
    let code = line.trim_start();
    let code = code.strip_prefix("async ").unwrap_or(code);
    code.strip_prefix("fn ")?.split(['(', '<']).next()
}

fn is_test(quoted: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    quoted.split('_').count() >= FEWEST_WORDS && quoted.split('_').all(is_word)
}

fn is_file(quoted: &str) -> bool {
    is_rust(quoted) && (quoted.starts_with("tests/") || quoted.starts_with("crates/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let texts = BTreeMap::from([
            ("SECURITY.md".to_owned(), page.to_owned()),
            (
                "tests/it/a.rs".to_owned(),
                "async fn no_secret_is_shown() {}".to_owned(),
            ),
        ]);
        check(&texts).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_test_and_a_file_that_are_there_are_fine() {
        assert_eq!(
            found("`no_secret_is_shown` in `tests/it/a.rs`, `vibe.repo_roots`"),
            [""; 0]
        );
    }

    #[test]
    fn a_test_or_a_file_that_is_not_there_is_found() {
        assert_eq!(
            found("`no_secret_is_hidden`\n`tests/it/b.rs`"),
            [
                "SECURITY.md:1: `no_secret_is_hidden`: no such test",
                "SECURITY.md:2: `tests/it/b.rs`: no such file"
            ]
        );
    }
}
