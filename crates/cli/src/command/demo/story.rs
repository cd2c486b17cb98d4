//! Telling a story whose claims are checked while it is told.

use crate::{failure::Failure, output, words};

/// Characters of a line of the story.
const WIDTH: usize = 88;
/// Lines of a listing that are shown before the rest is only counted.
const SHOWN: usize = 12;

/// What was told and claimed so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    chapter: u32,
    claims: u32,
    /// Claims that do not hold.
    pub broken: Vec<String>,
}

impl Story {
    /// Begins the next chapter.
    pub(super) fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        self.chapter += 1;
        output::data(&format!(
            "\n{}",
            words::styled(words::BOLD, format!("{}. {title}", self.chapter))
        ))
    }

    /// Claims something that was checked.
    pub(super) fn claim(&mut self, holds: bool, text: &str) -> Result<(), Failure> {
        self.claims += 1;
        let text = words::clean(text);
        if holds {
            return output::data(&format!(
                "   {} {text}",
                words::styled(words::GOOD.bold(), "✓")
            ));
        }
        output::data(&format!(
            "   {} {}",
            words::styled(words::BAD.bold(), "✗"),
            words::styled(words::BAD, format!("this does not hold: {text}"))
        ))?;
        self.broken
            .push(format!("chapter {}: {text}", self.chapter));
        Ok(())
    }

    /// How many claims were made.
    pub(super) fn claims(&self) -> u32 {
        self.claims
    }
}

/// Says something, in lines of a width that every terminal has.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    let lines: Vec<String> = text.lines().flat_map(wrapped).collect();
    output::data(&indent(&lines.join("\n"), "   "))
}

/// Cuts a line between words; one that begins with a blank, or with a style, is a listing and stays as it is.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    if line.starts_with([' ', '\u{1b}']) {
        return vec![line.to_owned()];
    }
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.chars().count() + 1 + word.chars().count() <= WIDTH => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Shows what a command would print, as typed and as answered.
pub(super) fn shows(command: &str, answer: &str) -> Result<(), Failure> {
    output::data(&format!(
        "   {}",
        words::styled(words::HINT, format!("$ {command}"))
    ))?;
    let lines: Vec<&str> = answer.lines().collect();
    // the last line has the totals
    let (shown, rest) = if lines.len() > SHOWN + 2 {
        (SHOWN, lines.len() - SHOWN - 1)
    } else {
        (lines.len(), 0)
    };
    let mut text: Vec<String> = lines
        .iter()
        .take(shown)
        .map(|line| (*line).to_owned())
        .collect();
    if rest > 0 {
        text.push(words::styled(
            words::FAINT,
            format!(
                "… {} …",
                words::count(rest as u64, "more line", "more lines")
            ),
        ));
        text.extend(lines.last().map(|line| (*line).to_owned()));
    }
    output::data(&indent(&text.join("\n"), "   │ "))
}

fn indent(text: &str, margin: &str) -> String {
    text.lines()
        .map(|line| format!("{margin}{line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_between_words() {
        let lines = wrapped(&"harbor ".repeat(20));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(lines.join(" ").split_whitespace().count(), 20);
        assert_eq!(wrapped("  a   table"), ["  a   table"]);
    }
}
