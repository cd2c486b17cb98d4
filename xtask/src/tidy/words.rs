//! Rules about the text of files: paths of this machine, the length of ARCHITECTURE.md, examples that are not run.

use std::collections::BTreeMap;

use super::Finding;

/// Directories that exist on the machine of whoever wrote the line. Spelled in parts: this file is checked too.
const MACHINE_PATHS: &[&str] = &[
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "home/"),
];

/// Files that others write.
const GENERATED: &[&str] = &["Cargo.lock"];

/// The longest ARCHITECTURE.md that somebody reads.
const ARCHITECTURE_LINES: usize = 200;

/// Checks every text file.
pub(super) fn check(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in texts {
        if !GENERATED.contains(&file.as_str()) {
            findings.extend(machine_paths(file, text));
        }
        if is_rust(file) {
            findings.extend(unrun_examples(file, text));
        }
        let lines = text.lines().count();
        if file == "ARCHITECTURE.md" && lines > ARCHITECTURE_LINES {
            let what = format!("{lines} lines; {ARCHITECTURE_LINES} are what a stranger reads");
            findings.push(Finding::new(file, ARCHITECTURE_LINES + 1, what));
        }
    }
    findings
}

/// Whether a file is Rust.
pub(super) fn is_rust(file: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

fn machine_paths(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for path in MACHINE_PATHS {
            if line
                .match_indices(path)
                .any(|(at, _)| begins_here(line, at))
            {
                let what = format!("names `{path}`: a path of one machine");
                findings.push(Finding::new(file, index + 1, what));
            }
        }
    }
    findings
}

/// Whether the path begins at `at`, and is not the middle of a longer one (`host/home/`, `~/work/`).
fn begins_here(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let last = before.chars().next_back();
    // `https://work/`: a host
    !before.ends_with(":/")
        && last.is_none_or(|last| !last.is_alphanumeric() && !"_-.~}$)>".contains(last))
}

fn unrun_examples(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fence = line
            .trim_start()
            .strip_prefix("//")
            .map(|rest| rest.trim_start_matches(['/', '!']).trim());
        let Some(words) = fence.and_then(|rest| rest.strip_prefix("```")) else {
            continue;
        };
        if words
            .split(',')
            .any(|word| matches!(word.trim(), "ignore" | "should_panic"))
        {
            let what = format!("an example marked `{words}` proves nothing");
            findings.push(Finding::new(file, index + 1, what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        check(&BTreeMap::from([(file.to_owned(), text.to_owned())]))
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn a_path_of_this_machine_is_found_with_its_line() {
        let path = concat!("/", "home/me");
        assert_eq!(
            found("a.md", &format!("one\nsee {path}/x\n")),
            [format!(
                "a.md:2: names `{}`: a path of one machine",
                concat!("/", "home/")
            )]
        );
        assert_eq!(found("a.md", &format!("file://{path}")).len(), 1);
        assert_eq!(found("Cargo.lock", path), [""; 0]);
    }

    #[test]
    fn the_middle_of_a_longer_path_is_not_taken_for_one() {
        for ours in ["http://host", "http:/", "~", "docs", "{base}", "$HOME"] {
            assert_eq!(
                found("a.md", &format!("{ours}{}", concat!("/", "work/x"))),
                [""; 0]
            );
        }
    }

    #[test]
    fn an_architecture_page_that_nobody_would_read_is_found() {
        assert_eq!(found("ARCHITECTURE.md", &"line\n".repeat(200)), [""; 0]);
        assert_eq!(found("ARCHITECTURE.md", &"line\n".repeat(201)).len(), 1);
        assert_eq!(found("docs/x.md", &"line\n".repeat(201)), [""; 0]);
    }

    #[test]
    fn an_example_that_is_not_run_is_found() {
        assert_eq!(
            found("a.rs", &["/// ``", "`rust,ignore"].concat()),
            ["a.rs:1: an example marked `rust,ignore` proves nothing"]
        );
        assert_eq!(found("a.rs", &["/// ``", "`text"].concat()), [""; 0]);
    }
}
