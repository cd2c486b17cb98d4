//! How long files and functions may be, with the exceptions and their reasons.

use super::{Finding, source::Source};

/// The longest file.
pub(super) const FILE_LINES: usize = 400;
/// The longest function outside tests.
pub(super) const FUNCTION_LINES: usize = 100;

/// Files over [`FILE_LINES`]: (file, reason).
const LONG_FILES: &[(&str, &str)] = &[
    (
        "crates/huly-client/tests/it/client.rs",
        "one scripted server and the behaviours that are tested against it",
    ),
    (
        "crates/huly-client/tests/it/fixtures.rs",
        "a table: one row for each recorded file",
    ),
    (
        "crates/sim/tests/ports.rs",
        "one scenario through both faces, and what both must show",
    ),
    (
        "crates/sync-core/tests/footer_ours.rs",
        "tables and laws of one grammar",
    ),
    (
        "crates/sync-core/tests/footer_predecessor.rs",
        "a table of every form the predecessor wrote",
    ),
    (
        "crates/sync-core/tests/lens_laws.rs",
        "tables and laws over one generator of status lists",
    ),
    ("crates/sync-core/tests/merge_table.rs", "a table of merges"),
];

/// Functions over [`FUNCTION_LINES`]: (file, function, reason). Only tables belong here.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Checks the sizes of all sources against the lists above.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    check_with(sources, LONG_FILES, LONG_FUNCTIONS)
}

fn check_with(
    sources: &[Source],
    long_files: &[(&str, &str)],
    long_functions: &[(&str, &str, &str)],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used_files = Vec::new();
    let mut used_functions = Vec::new();
    for source in sources {
        let file = source.file.as_str();
        if source.lines > FILE_LINES {
            match long_files.iter().find(|(known, _)| *known == file) {
                Some((known, _)) => used_files.push(*known),
                None => findings.push(Finding::new(
                    file,
                    FILE_LINES + 1,
                    format!("{} lines; a file has at most {FILE_LINES}", source.lines),
                )),
            }
        }
        for function in source
            .functions
            .iter()
            .filter(|function| !function.test && function.lines > FUNCTION_LINES)
        {
            let name = function.name.as_str();
            match long_functions
                .iter()
                .find(|(known, of, _)| *known == file && *of == name)
            {
                Some((known, of, _)) => used_functions.push((*known, *of)),
                None => findings.push(Finding::new(
                    file,
                    function.line,
                    format!(
                        "`{name}` has {} lines; a function has at most {FUNCTION_LINES}",
                        function.lines
                    ),
                )),
            }
        }
    }
    for (file, _) in long_files
        .iter()
        .filter(|(file, _)| !used_files.contains(file))
    {
        findings.push(stale(file));
    }
    for (file, ..) in long_functions
        .iter()
        .filter(|(file, of, _)| !used_functions.contains(&(*file, *of)))
    {
        findings.push(stale(file));
    }
    findings
}

fn stale(file: &str) -> Finding {
    Finding::new(
        file,
        1,
        "listed as long in xtask/src/tidy/sizes.rs, but is not",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn long_function() -> Source {
        let body = "    step();\n".repeat(FUNCTION_LINES - 1);
        source::read("a.rs", &format!("fn run() {{\n{body}}}\n"), false, false).unwrap()
    }

    fn long_file() -> Source {
        source::read("a.rs", &"// line\n".repeat(FILE_LINES + 1), false, false).unwrap()
    }

    fn said(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_long_file_is_found_unless_it_is_listed() {
        assert_eq!(
            said(&check_with(&[long_file()], &[], &[])),
            ["a.rs:401: 401 lines; a file has at most 400"]
        );
        assert_eq!(check_with(&[long_file()], &[("a.rs", "a table")], &[]), []);
    }

    #[test]
    fn a_long_function_is_found_unless_it_is_listed_or_a_test() {
        assert_eq!(
            said(&check_with(&[long_function()], &[], &[])),
            ["a.rs:1: `run` has 101 lines; a function has at most 100"]
        );
        let listed = [("a.rs", "run", "a table")];
        assert_eq!(check_with(&[long_function()], &[], &listed), []);
        let mut test = long_function();
        test.functions[0].test = true;
        assert_eq!(check_with(&[test], &[], &[]), []);
    }

    #[test]
    fn an_exception_that_is_none_any_more_is_found() {
        let findings = check_with(&[], &[("a.rs", "a table")], &[("b.rs", "run", "a table")]);
        assert_eq!(
            said(&findings),
            [
                "a.rs:1: listed as long in xtask/src/tidy/sizes.rs, but is not",
                "b.rs:1: listed as long in xtask/src/tidy/sizes.rs, but is not"
            ]
        );
    }
}
