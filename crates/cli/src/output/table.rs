//! Columns for people: as wide as the terminal at most, a cell that is too long is cut with `…`, and nothing is wrapped.
//! Into a file or a pipe nothing is cut.

use crate::words;

use super::screen;

/// Blanks between two columns.
const GAP: usize = 2;
/// No column is cut below this.
const LEAST: usize = 8;

/// Rows of plain cells under heads, as wide as stdout allows.
pub(crate) fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    columns_within(heads, rows, screen::columns())
}

/// The same in so many columns of the terminal; in as many as it takes where there is no limit.
fn columns_within(heads: &[&str], rows: &[Vec<String>], limit: Option<usize>) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|head| words::width(head)).collect();
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = (*most).max(words::width(cell));
        }
    }
    if let Some(limit) = limit {
        narrow(&mut widths, limit);
    }
    let line = |cells: &[String]| {
        let line = line(cells, &widths);
        limit.map_or_else(|| line.clone(), |limit| words::cut(&line, limit))
    };
    let head: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut lines = vec![words::styled(words::BOLD, line(&head))];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// Takes from the widest column until all fit, or none can give any more.
fn narrow(widths: &mut [usize], limit: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    loop {
        let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        let second = {
            let mut sorted = widths.to_vec();
            sorted.sort_unstable();
            sorted.into_iter().rev().nth(1).unwrap_or(0)
        };
        // the last of the widest: names stand at the end of a row
        let Some(widest) = widths
            .iter_mut()
            .rev()
            .max_by_key(|width| **width)
            .filter(|width| over > 0 && **width > LEAST)
        else {
            return;
        };
        let least = LEAST.max(second.min(*widest - 1));
        *widest = (*widest - over.min(*widest)).max(least);
    }
}

/// Names on the left, what they name on the right.
pub(crate) fn facts(rows: &[(&str, String)]) -> String {
    let most = rows
        .iter()
        .map(|(name, _)| words::width(name))
        .max()
        .unwrap_or(0);
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, fact)| {
            format!(
                "{}{}  {fact}",
                words::styled(words::FAINT, name),
                pad(name, most)
            )
        })
        .collect();
    rows.join("\n")
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let last = cells.len().saturating_sub(1);
    let cells = cells.iter().zip(widths).enumerate();
    cells
        .map(|(at, (cell, most))| {
            let cell = words::cut(cell, *most);
            if at == last {
                cell
            } else {
                format!("{cell}{}", pad(&cell, most + GAP))
            }
        })
        .collect()
}

fn pad(cell: &str, most: usize) -> String {
    " ".repeat(most.saturating_sub(words::width(cell)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{output::fixtures::plain, words::tests::any_title};

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect()
    }

    #[test]
    fn columns_line_up_in_every_script() {
        let rows = rows(&[&["HARB", "14", "Harbor"], &["港口", "1,234", "ü"]]);
        let text = columns_within(&["PROJECT", "LINKS", "NAME"], &rows, None);
        assert_eq!(
            plain(&text),
            "PROJECT  LINKS  NAME\nHARB     14     Harbor\n港口     1,234  ü"
        );
    }

    #[test]
    fn what_is_too_long_for_the_terminal_is_cut_and_marked() {
        let name = "A very long name of a project that nobody can remember";
        let rows = rows(&[&["HARB", "14", name], &["X", "1", "Y"]]);
        let heads = ["PROJECT", "LINKS", "NAME"];
        assert_eq!(
            plain(&columns_within(&heads, &rows, Some(40))),
            "PROJECT  LINKS  NAME\nHARB     14     A very long name of a p…\nX        1      Y"
        );
        assert!(columns_within(&heads, &rows, None).contains(name));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(titles in prop::collection::vec(any_title(), 1..6), limit in 20_usize..120) {
            let row: Vec<String> = titles.iter().map(|title| words::clean(title)).collect();
            let heads = vec!["HEAD"; row.len()];
            for line in plain(&columns_within(&heads, &[row], Some(limit))).lines() {
                prop_assert!(words::width(line) <= limit, "{}", line);
            }
        }
    }
}
