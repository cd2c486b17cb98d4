//! What is wrong with a configuration, told like the compiler does: what, where, the line, what to do.

use std::{fmt, path::PathBuf};

use serde::Serialize;

/// The most problems that are told at once: a file that is all wrong is not one of hvs.
pub(super) const MOST_PROBLEMS: usize = 50;
/// The longest line of a message, in characters: names and values in it may be of any length.
const MOST_WORDS: usize = 600;

/// Everything that is wrong with the configuration, as far as it could be read; never empty, never with a secret.
///
/// Its `Display` is the whole message over several lines, ready for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
}

impl ConfigError {
    /// Of these problems, the first ones.
    pub(super) fn of(mut problems: Vec<Problem>) -> Self {
        if problems.len() > MOST_PROBLEMS {
            problems.truncate(MOST_PROBLEMS);
            let what = format!("there are more problems than these {MOST_PROBLEMS}");
            problems.push(Problem::new(what, Place::Nowhere));
        }
        Self { problems }
    }

    /// The problems, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What is wrong, in one line.
    pub what: String,
    /// Where.
    pub place: Place,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>, place: Place) -> Self {
        Self {
            what: cut(&what.into(), MOST_WORDS),
            place,
            hints: Vec::new(),
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(cut(&hint.into(), MOST_WORDS));
        self
    }

    pub(super) fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "in")]
pub enum Place {
    /// At one place of a file.
    File {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// The line, with values that may be secret cut out.
        excerpt: String,
        /// The character in the excerpt that is meant, from 1.
        caret: usize,
        /// How many characters of it are meant.
        width: usize,
    },
    /// A file as a whole.
    Whole {
        /// The file.
        path: PathBuf,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        name: String,
        /// Its value, where it cannot be secret.
        value: Option<String>,
    },
    /// A flag of the command line.
    Flag {
        /// Its name, with the dashes.
        name: String,
        /// Its value.
        value: Option<String>,
    },
    /// Nothing was given.
    Nowhere,
}

impl Place {
    /// Files first, line by line.
    pub(super) fn order(&self) -> (u8, usize, usize) {
        match self {
            Self::File { line, column, .. } => (0, *line, *column),
            Self::Whole { .. } => (1, 0, 0),
            Self::Environment { .. } => (2, 0, 0),
            Self::Flag { .. } => (3, 0, 0),
            Self::Nowhere => (4, 0, 0),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        match self.problems.len() {
            0 | 1 => Ok(()),
            count => write!(f, "\n\nerror: {count} problems in the configuration"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", clean(&self.what))?;
        let given = |value: &Option<String>| value.as_deref().map(clean);
        match &self.place {
            Place::File {
                path,
                line,
                column,
                excerpt,
                caret,
                width,
            } => {
                let number = line.to_string();
                let margin = " ".repeat(number.len());
                let excerpt = clean(excerpt);
                let before = " ".repeat(caret.saturating_sub(1));
                let carets = "^".repeat((*width).max(1));
                write!(f, "\n{margin}--> {}:{line}:{column}", path.display())?;
                write!(
                    f,
                    "\n{margin} |\n{number} | {excerpt}\n{margin} | {before}{carets}"
                )?;
            }
            Place::Whole { path } => write!(f, "\n --> {}", path.display())?,
            Place::Environment { name, value } => match given(value) {
                Some(value) => write!(f, "\n --> environment: {name}={value}")?,
                None => write!(f, "\n --> environment: {name}")?,
            },
            Place::Flag { name, value } => match given(value) {
                Some(value) => write!(f, "\n --> command line: {name} {value}")?,
                None => write!(f, "\n --> command line: {name}")?,
            },
            Place::Nowhere => {}
        }
        for hint in &self.hints {
            write!(f, "\nhint: {}", clean(hint))?;
        }
        Ok(())
    }
}

/// The begin of a text, where it is longer than `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}

/// Control characters never reach the terminal; one character stays one character, so that carets stay below theirs.
fn clean(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '\t' => ' ',
            sign if sign.is_control() => '\u{FFFD}',
            sign => sign,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_file_is_shown_with_its_line_and_a_caret() {
        let place = Place::File {
            path: "hvs.toml".into(),
            line: 12,
            column: 2,
            excerpt: "\tab = 1".to_owned(),
            caret: 2,
            width: 2,
        };
        let problem = Problem::new("unknown key `ab`", place).hint("did you mean `abc`?");
        assert_eq!(
            problem.to_string(),
            "error: unknown key `ab`\n  --> hvs.toml:12:2\n   |\n12 |  ab = 1\n   |  ^^\nhint: did you mean `abc`?"
        );
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let place = Place::Environment {
            name: "HVS_X".to_owned(),
            value: Some("a\u{1b}[2J".to_owned()),
        };
        let shown = Problem::new("bad\u{7}", place).to_string();
        assert_eq!(
            shown,
            "error: bad\u{FFFD}\n --> environment: HVS_X=a\u{FFFD}[2J"
        );
    }

    #[test]
    fn several_problems_are_counted_at_the_end() {
        let problem = Problem::new("bad", Place::Nowhere);
        let error = ConfigError {
            problems: vec![problem.clone(), problem],
        };
        assert_eq!(
            error.to_string(),
            "error: bad\n\nerror: bad\n\nerror: 2 problems in the configuration"
        );
    }
}
