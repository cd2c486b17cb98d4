//! Columns for people.

use crate::words;

/// Rows of plain cells under heads, columns two blanks apart; the last column is as long as it is.
pub(crate) fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = (*most).max(width(cell));
        }
    }
    let head: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut lines = vec![words::styled(words::BOLD, line(&head, &widths))];
    lines.extend(rows.iter().map(|row| line(row, &widths)));
    lines.join("\n")
}

/// Names on the left, what they name on the right.
pub(crate) fn facts(rows: &[(&str, String)]) -> String {
    let most = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
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
            if at == last {
                cell.clone()
            } else {
                format!("{cell}{}  ", pad(cell, *most))
            }
        })
        .collect()
}

fn pad(cell: &str, most: usize) -> String {
    " ".repeat(most.saturating_sub(width(cell)))
}

/// Characters, as an approximation of columns: wide scripts only make a column look ragged.
fn width(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![
            vec!["HARB".into(), "14".into(), "Harbor".into()],
            vec!["X".into(), "1,234".into(), "ü".into()],
        ];
        let text = columns(&["PROJECT", "LINKS", "NAME"], &rows);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "PROJECT  LINKS  NAME\nHARB     14     Harbor\nX        1,234  ü"
        );
    }
}
