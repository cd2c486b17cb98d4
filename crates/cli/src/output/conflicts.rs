//! Conflicts, for people and programs.

use serde_json::{Value as Json, json};
use store::row::{ConflictRow, Decision};
use sync_core::{
    Side,
    item::{Field, Value},
};

use super::table;
use crate::{failure::Failure, output, words};

/// Texts of more lines are shown one below the other, not line by line.
const MOST_LINES: usize = 1_500;

/// The list.
pub(crate) fn list(rows: &[ConflictRow], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&rows.iter().map(document).collect::<Vec<_>>());
    }
    if rows.is_empty() {
        return output::tell("no conflicts wait");
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                state(row),
                row.field.to_string(),
                words::clean(&row.cause),
                words::time(row.at),
                words::clean(&row.label),
            ]
        })
        .collect();
    output::data(&table::columns(
        &["ID", "STATE", "FIELD", "CAUSE", "SINCE", "ITEM"],
        &cells,
    ))
}

/// How it stands, in one word or two.
fn state(row: &ConflictRow) -> String {
    match (row.pending, row.open, row.winner) {
        (true, _, _) => "decided".to_owned(),
        (false, true, _) => "open".to_owned(),
        (false, false, _) if row.decision.is_some() => "resolved".to_owned(),
        (false, false, Some(side)) => format!("{} won", side.title()),
        (false, false, None) => "merged".to_owned(),
    }
}

/// One with both values as a diff: `-` is Huly's, `+` is Vibe's.
pub(crate) fn show(row: &ConflictRow, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&document(row));
    }
    let mut facts = vec![
        ("conflict", row.id.to_string()),
        ("item", words::clean(&row.label)),
        ("field", row.field.to_string()),
        ("state", state(row)),
        ("cause", words::clean(&row.cause)),
        ("since", words::time(row.at)),
        ("run", row.run.to_string()),
        ("version", row.version.to_string()),
    ];
    if let Some(decision) = &row.decision {
        let by = format!(
            "take {}, by {}, {}",
            decision.take.word(),
            words::clean(&decision.by),
            words::time(decision.at)
        );
        facts.push(("decided", by));
    }
    output::data(&format!(
        "{}\n\n{}",
        table::facts(&facts),
        diff(&lines(&row.values.huly), &lines(&row.values.vibe))
    ))?;
    if row.open && !row.pending {
        output::tell(&format!(
            "{} `hvs conflicts resolve {} --take {}` decides it",
            words::styled(words::HINT, "hint:"),
            row.id,
            choices(row.field)
        ))?;
    }
    Ok(())
}

/// What can be taken of a field.
const fn choices(field: Field) -> &'static str {
    match field {
        Field::Description => "huly|vibe|both|edit",
        Field::Title => "huly|vibe|edit",
        Field::Status
        | Field::Priority
        | Field::Parent
        | Field::Labels
        | Field::Assignee
        | Field::DueDate => "huly|vibe",
    }
}

/// What was decided.
pub(crate) fn resolved(row: &ConflictRow, decision: &Decision, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "conflict": row.id, "item": row.label, "field": row.field, "take": decision.take, "value": decision.value,
            "by": decision.by, "at": words::exact_time(decision.at),
        }));
    }
    output::data(&format!(
        "decided: {} for the {} of {}; the next run writes it, unless the item changes before",
        decision.take.word(),
        row.field,
        words::clean(&row.label)
    ))
}

/// A value as cleaned lines.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => text.lines().map(words::clean).collect(),
        Value::Status(status) => vec![words::clean(status.as_str())],
        Value::Unset => Vec::new(),
        Value::Priority(_)
        | Value::Parent(_)
        | Value::Labels(_)
        | Value::Assignee(_)
        | Value::DueDate(_) => vec![words::clean(&format!("{value:?}"))],
    }
}

/// Line by line, by the longest common part.
fn diff(huly: &[String], vibe: &[String]) -> String {
    let mark = |side: Side, line: &String| match side {
        Side::Huly => words::styled(words::BAD, format!("- {line}")),
        Side::Vibe => words::styled(words::GOOD, format!("+ {line}")),
    };
    let mut out = vec![
        words::styled(words::BAD.bold(), "--- Huly"),
        words::styled(words::GOOD.bold(), "+++ Vibe Kanban"),
    ];
    let common = if huly.len().max(vibe.len()) > MOST_LINES {
        Vec::new()
    } else {
        common(huly, vibe)
    };
    let (mut left, mut right) = (huly.iter(), vibe.iter());
    for line in &common {
        out.extend(
            left.by_ref()
                .take_while(|one| *one != line)
                .map(|one| mark(Side::Huly, one)),
        );
        out.extend(
            right
                .by_ref()
                .take_while(|one| *one != line)
                .map(|one| mark(Side::Vibe, one)),
        );
        out.push(format!("  {line}"));
    }
    out.extend(left.map(|line| mark(Side::Huly, line)));
    out.extend(right.map(|line| mark(Side::Vibe, line)));
    out.join("\n")
}

/// The longest list of lines that both have in this order.
fn common(one: &[String], other: &[String]) -> Vec<String> {
    let mut rows: Vec<Vec<u16>> = vec![vec![0; other.len() + 1]];
    for line in one {
        let above = rows.last().cloned().unwrap_or_default();
        let mut row = vec![0_u16];
        for ((same, up_left), up) in other.iter().zip(&above).zip(above.iter().skip(1)) {
            let left = row.last().copied().unwrap_or(0);
            row.push(if same == line {
                up_left + 1
            } else {
                left.max(*up)
            });
        }
        rows.push(row);
    }
    let at = |i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j) = (one.len(), other.len());
    let mut found = Vec::new();
    while i > 0 && j > 0 {
        let (here, there) = (one.get(i - 1), other.get(j - 1));
        if here == there {
            found.extend(here.cloned());
            (i, j) = (i - 1, j - 1);
        } else if at(i - 1, j) >= at(i, j - 1) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    found.reverse();
    found
}

/// The same for programs.
fn document(row: &ConflictRow) -> Json {
    json!({
        "id": row.id, "item": row.label, "link": row.link, "field": row.field, "state": state(row), "open": row.open,
        "cause": row.cause, "at": words::exact_time(row.at), "run": row.run, "winner": row.winner, "values": row.values,
        "base": row.base, "version": row.version, "pending": row.pending, "decision": row.decision,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixtures::plain;

    fn of(text: &str) -> Vec<String> {
        lines(&Value::Text(text.into()))
    }

    #[test]
    fn a_diff_keeps_common_lines_and_marks_whose_the_others_are() {
        let text = diff(&of("a\nb\nc"), &of("a\nx\nc\nd"));
        assert_eq!(
            plain(&text),
            "--- Huly\n+++ Vibe Kanban\n  a\n- b\n+ x\n  c\n+ d"
        );
        assert_eq!(
            plain(&diff(&[], &of("x"))),
            "--- Huly\n+++ Vibe Kanban\n+ x"
        );
    }

    #[test]
    fn the_longest_common_part_is_found() {
        assert_eq!(common(&of("a\nb\na\nc"), &of("b\nc\na")), of("b\na"));
        assert_eq!(common(&of("a"), &of("b")), Vec::<String>::new());
    }
}
