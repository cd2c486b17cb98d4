//! The failures that users of the predecessor suffered: each has a test that carries its number.

use std::collections::BTreeMap;

use super::{Finding, words::is_rust};

/// The page that lists them.
const PAGE: &str = "docs/failures-of-the-predecessor.md";
/// Where tests run the built program.
const PROCESSES: &str = "tests/it/";

/// How a failure has to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By the built program as a process.
    Process,
    /// By any test.
    Any,
    /// By a figure of `cargo xtask bench`.
    Figure,
    /// Not yet: its part of the product does not exist.
    Later,
}

/// A line of the page's table.
#[derive(Debug)]
struct Row {
    number: u32,
    kind: Kind,
    line: usize,
}

/// Checks that every row of the page's table has its test, and that every numbered test has its row.
pub(super) fn check(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let Some(page) = texts.get(PAGE) else {
        return vec![Finding::new(PAGE, 1, "is not there")];
    };
    let mut findings = Vec::new();
    let mut rows = Vec::new();
    for (index, line) in page.lines().enumerate() {
        match row(line, index + 1) {
            None => {}
            Some(Ok(row)) => rows.push(row),
            Some(Err(what)) => findings.push(Finding::new(PAGE, index + 1, what)),
        }
    }
    let numbered = tests(texts);
    for row in &rows {
        let own: Vec<_> = numbered
            .iter()
            .filter(|test| test.number == row.number)
            .collect();
        let number = row.number;
        let missing = match row.kind {
            Kind::Any if own.is_empty() => format!("no test is called `row_{number:02}_...`"),
            Kind::Process if !own.iter().any(|test| test.file.starts_with(PROCESSES)) => {
                format!("no test in {PROCESSES} is called `row_{number:02}_...`")
            }
            Kind::Any | Kind::Process | Kind::Figure | Kind::Later => continue,
        };
        findings.push(Finding::new(PAGE, row.line, missing));
    }
    for test in &numbered {
        if !rows.iter().any(|row| row.number == test.number) {
            let what = format!("`row_{:02}` has no row in {PAGE}", test.number);
            findings.push(Finding::new(test.file, test.line, what));
        }
    }
    findings
}

/// `| 7 | what happened | process |`; `None` for any other line.
fn row(line: &str, at: usize) -> Option<Result<Row, String>> {
    let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let number = cells.split(" | ").next()?.trim().parse().ok()?;
    let last = cells.rsplit(" | ").next()?.trim();
    let kind = match last {
        "process" => Kind::Process,
        "simulation" | "unit" | "recorded traffic" => Kind::Any,
        "benchmark" => Kind::Figure,
        "later" => Kind::Later,
        other => return Some(Err(format!("`{other}` is no way to show a failure"))),
    };
    Some(Ok(Row {
        number,
        kind,
        line: at,
    }))
}

/// A test with a number in its name.
struct Test<'a> {
    number: u32,
    file: &'a str,
    line: usize,
}

fn tests(texts: &BTreeMap<String, String>) -> Vec<Test<'_>> {
    let mut found = Vec::new();
    for (file, text) in texts.iter().filter(|(file, _)| is_rust(file)) {
        for (index, line) in text.lines().enumerate() {
            let code = line.trim_start();
            let code = code.strip_prefix("async ").unwrap_or(code);
            let name = code
                .strip_prefix("fn ")
                .and_then(|rest| rest.strip_prefix("row_"));
            let number = name.and_then(|name| name.split('_').next()?.parse().ok());
            if let Some(number) = number {
                found.push(Test {
                    number,
                    file,
                    line: index + 1,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str, file: &str, test: &str) -> Vec<String> {
        let texts = BTreeMap::from([
            (PAGE.to_owned(), page.to_owned()),
            (file.to_owned(), test.to_owned()),
        ]);
        let findings = check(&texts).into_iter();
        findings.map(|finding| finding.to_string()).collect()
    }

    const ONE: &str = concat!("async fn ", "row_07_statuses_stay() {}");

    #[test]
    fn a_row_with_its_test_is_fine() {
        assert_eq!(
            found("| 7 | fought | process |", "tests/it/a.rs", ONE),
            [""; 0]
        );
        assert_eq!(
            found("| 7 | fought | unit |", "crates/a/src/a.rs", ONE),
            [""; 0]
        );
    }

    #[test]
    fn a_row_without_its_test_is_found() {
        assert_eq!(
            found(
                "# x\n| 8 | swung | simulation |\n| 7 | x | unit |",
                "a.rs",
                ONE
            ),
            [format!("{PAGE}:2: no test is called `row_08_...`")]
        );
    }

    #[test]
    fn a_row_that_wants_a_process_is_not_shown_by_less() {
        assert_eq!(
            found("| 7 | fought | process |", "crates/a/tests/a.rs", ONE),
            [format!(
                "{PAGE}:1: no test in tests/it/ is called `row_07_...`"
            )]
        );
    }

    #[test]
    fn a_test_without_a_row_and_a_row_of_no_kind_are_found() {
        assert_eq!(
            found("| 8 | x | later |", "a.rs", ONE),
            [format!("a.rs:1: `row_07` has no row in {PAGE}")]
        );
        assert_eq!(found("| 7 | x | hope |", "a.rs", "").len(), 1);
    }
}
