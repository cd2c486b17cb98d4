//! What the test runners said: their own summaries, added up.

use std::fmt;

/// Tests that ran, by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed.
    pub(crate) failed: u64,
    /// Not run: ignored (cargo test) or skipped (nextest).
    pub(crate) skipped: u64,
}

impl Counts {
    /// Adds what one line of output says; lines that are no summary add nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        // cargo test: `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; ...`
        // nextest:    `Summary [   0.512s] 12 tests run: 11 passed (1 slow), 1 failed, 3 skipped`
        let said = if let Some(rest) = line.strip_prefix("test result: ") {
            rest.split_once(". ").map(|(_, rest)| rest)
        } else if line.starts_with("Summary [") {
            line.split_once("run: ").map(|(_, rest)| rest)
        } else {
            None
        };
        for part in said.unwrap_or_default().split([';', ',']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(word)) = (words.next().map(str::parse::<u64>), words.next())
            else {
                continue;
            };
            match word {
                "passed" => self.passed += count,
                "failed" | "timed" => self.failed += count,
                "ignored" | "skipped" => self.skipped += count,
                _ => {}
            }
        }
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.read(line);
        }
        counts
    }

    #[test]
    fn summaries_of_cargo_test_are_added_up() {
        let counts = read(&[
            "running 5 tests",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
            "test result: FAILED. 6 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ]);
        assert_eq!(counts.to_string(), "11 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn the_summary_of_nextest_is_read_with_its_remarks() {
        let counts = read(&[
            "     Summary [   0.512s] 14 tests run: 11 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 3 skipped",
        ]);
        assert_eq!(counts.to_string(), "11 passed, 3 failed, 3 skipped");
        let counts = read(&["     Summary [   0.512s] 1 test run: 1 passed, 0 skipped"]);
        assert_eq!(counts.to_string(), "1 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(
            read(&["", "3 passed", "12 tests run: 3 passed"]),
            Counts::default()
        );
    }
}
