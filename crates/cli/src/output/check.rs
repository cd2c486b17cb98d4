//! The answer of `hvs check`: a table of what was looked at, then what is wrong, with file, line and remedy.

use engine::{
    check::{Right, Severity},
    report::Exit,
};
use serde_json::json;

use super::table;
use crate::{
    command::check::{Checked, Row, Told, Topic},
    failure::Failure,
    words,
};

/// Prints it.
pub(crate) fn print(checked: &Checked, exit: Exit, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return super::json(&document(checked, exit));
    }
    super::data(&text(checked))
}

fn document(checked: &Checked, exit: Exit) -> serde_json::Value {
    json!({
        "found": checked.rows,
        "rights": checked.rights,
        "findings": checked.findings,
        "errors": count(checked, Severity::Error),
        "warnings": count(checked, Severity::Warning),
        "exit_code": exit.code(),
    })
}

fn count(checked: &Checked, severity: Severity) -> u64 {
    let findings = checked.findings.iter();
    findings.filter(|told| told.severity == severity).count() as u64
}

/// For people.
pub(crate) fn text(checked: &Checked) -> String {
    let rows: Vec<Vec<String>> = checked.rows.iter().map(|row| line(row, checked)).collect();
    let mut parts = vec![table::columns(&["CHECK", "RESULT", "FOUND"], &rows)];
    if !checked.rights.is_empty() {
        let rights: Vec<Vec<String>> = checked.rights.iter().map(right).collect();
        parts.push(table::columns(&["LEAST RIGHTS", "ENOUGH", "HAS"], &rights));
    }
    parts.extend(findings(checked));
    parts.push(total(checked));
    parts.join("\n\n")
}

/// Each finding as a block, errors first.
pub(crate) fn findings(checked: &Checked) -> Vec<String> {
    let mut findings: Vec<&Told> = checked.findings.iter().collect();
    findings.sort_by_key(|told| told.severity);
    findings.into_iter().map(block).collect()
}

/// `check: no errors, 1 warning`.
pub(crate) fn total(checked: &Checked) -> String {
    let (errors, warnings) = (
        count(checked, Severity::Error),
        count(checked, Severity::Warning),
    );
    let style = match (errors, warnings) {
        (0, 0) => words::GOOD,
        (0, _) => words::WARN,
        (_, _) => words::BAD,
    };
    format!(
        "{} {}, {}",
        words::styled(style.bold(), "check:"),
        words::count(errors, "error", "errors"),
        words::count(warnings, "warning", "warnings")
    )
}

fn line(row: &Row, checked: &Checked) -> Vec<String> {
    let worst = checked
        .findings
        .iter()
        .filter(|told| told.topic == row.topic)
        .map(|told| told.severity)
        .min();
    let result = match (worst, &row.found) {
        (Some(Severity::Error), _) => "error",
        (Some(Severity::Warning), _) => "warning",
        (None, Some(_)) => "ok",
        (None, None) => "open",
    };
    let found = row.found.as_deref().unwrap_or("could not be looked at");
    vec![
        topic(row.topic).to_owned(),
        result.to_owned(),
        words::clean(found),
    ]
}

const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::Huly => "Huly",
        Topic::Vibe => "Vibe Kanban",
        Topic::Rights => "rights",
        Topic::Projects => "projects",
        Topic::Statuses => "statuses",
        Topic::Filter => "filter",
        Topic::Repositories => "repositories",
        Topic::Store => "store",
        Topic::Clocks => "clocks",
        Topic::Agents => "agents",
    }
}

fn right(right: &Right) -> Vec<String> {
    let enough = match right.enough {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    vec![
        right.need.clone(),
        enough.to_owned(),
        words::clean(&right.has),
    ]
}

fn block(told: &Told) -> String {
    let head = match told.severity {
        Severity::Error => words::styled(words::BAD.bold(), "error:"),
        Severity::Warning => words::styled(words::WARN.bold(), "warning:"),
    };
    let code = if told.code.is_empty() {
        String::new()
    } else {
        format!(" [{}]", told.code)
    };
    let mut lines = vec![format!("{head} {}{code}", words::clean(&told.what))];
    if let Some(origin) = &told.origin {
        let key = told.key.as_deref().unwrap_or_default();
        lines.push(format!(
            " --> {} ({})",
            words::clean(&origin.to_string()),
            words::clean(key)
        ));
    }
    if let Some(remedy) = &told.remedy {
        lines.push(format!(
            "{} {}",
            words::styled(words::HINT.bold(), "hint:"),
            words::clean(remedy)
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::plain, *};
    use crate::config::Origin;

    #[test]
    fn findings_stand_below_the_table_with_place_and_remedy() {
        let told = Told {
            severity: Severity::Error,
            code: "CHECK_STATUS_UNKNOWN".to_owned(),
            topic: Topic::Statuses,
            what: "no project in Huly has a status In\u{1b}[2J Reviw".to_owned(),
            key: Some("status.to_vibe.\"In Reviw\"".to_owned()),
            origin: Some(Origin::File {
                path: "hvs.toml".into(),
                line: 14,
            }),
            remedy: Some("did you mean `In Review`?".to_owned()),
            exit: Exit::Usage,
        };
        let row = |topic, found: Option<&str>| Row {
            topic,
            found: found.map(str::to_owned),
        };
        let checked = Checked {
            rows: vec![
                row(Topic::Statuses, Some("5 names")),
                row(Topic::Clocks, None),
            ],
            rights: Vec::new(),
            findings: vec![told],
        };
        assert_eq!(
            plain(&text(&checked)),
            "CHECK     RESULT  FOUND\n\
             statuses  error   5 names\n\
             clocks    open    could not be looked at\n\n\
             error: no project in Huly has a status In\u{FFFD}[2J Reviw [CHECK_STATUS_UNKNOWN]\n \
             --> hvs.toml:14 (status.to_vibe.\"In Reviw\")\n\
             hint: did you mean `In Review`?\n\n\
             check: 1 error, 0 warnings"
        );
        let json = document(&checked, checked.exit(false));
        assert_eq!(json["exit_code"], 2);
        assert_eq!(json["findings"][0]["line"], 14);
        assert_eq!(json["findings"][0]["file"], "hvs.toml");
    }

    #[test]
    fn warnings_fail_only_where_they_are_to() {
        let mut checked = Checked::default();
        checked.findings.push(Told {
            severity: Severity::Warning,
            code: String::new(),
            topic: Topic::Clocks,
            what: "late".to_owned(),
            key: None,
            origin: None,
            remedy: None,
            exit: Exit::Service,
        });
        assert_eq!(
            (checked.exit(false), checked.exit(true)),
            (Exit::Done, Exit::Service)
        );
    }
}
