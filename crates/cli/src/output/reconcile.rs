//! What a reconciliation found, did and left, as a table and as a document.

use engine::{
    reconcile::finding::{Class, Fate, Finding},
    report::{Exit, Report},
};
use serde_json::json;

use crate::{args::Global, failure::Failure, output, words};

use super::{
    report::document,
    summary::summary,
    table,
    trouble::{Told, troubles},
};

/// Rows of one table; the document has all.
const MOST: usize = 200;

/// Shows what was found, before anything is done about it. `mends` where that follows at once.
pub(crate) fn found(findings: &[Finding], mends: bool) -> Result<(), Failure> {
    if findings.is_empty() {
        return output::data("found: nothing");
    }
    output::data(&rows(findings, mends))?;
    output::data(&count(findings))
}

/// The end: what was found and, after a repair, what became of it.
pub(crate) fn end(
    report: &Report,
    found: &[Finding],
    judged: Option<&[Finding]>,
    json: bool,
    global: &Global,
) -> Result<Exit, Failure> {
    let told = if judged.is_some() {
        Told::Repair
    } else {
        Told::Look
    };
    troubles(report, told, global)?;
    let last = judged.unwrap_or(found);
    let is_open = |finding: &Finding| finding.fate != Fate::Done;
    let exit = if last.iter().any(is_open) {
        report.exit.and(Exit::Items)
    } else {
        report.exit
    };
    if json {
        let mut document = document(report);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("kind".to_owned(), json!("reconcile"));
            fields.insert("exit_code".to_owned(), json!(exit.code()));
            fields.insert("found".to_owned(), json!(found));
            fields.insert("repaired".to_owned(), json!(judged));
        }
        output::json(&document)?;
        return Ok(exit);
    }
    match judged {
        None => self::found(found, false)?,
        Some(judged) => {
            if !judged.is_empty() {
                output::data(&rows(judged, false))?;
            }
            output::data(&count(judged))?;
            output::data(&summary(report))?;
        }
    }
    if judged.is_none()
        && last.iter().any(|finding| finding.fate == Fate::Mendable)
        && global.quiet == 0
    {
        output::tell(&format!(
            "{} `hvs reconcile --full --repair` mends what is marked so; nothing was changed",
            words::styled(words::HINT, "hint:")
        ))?;
    }
    Ok(exit)
}

fn rows(findings: &[Finding], mends: bool) -> String {
    let cells: Vec<Vec<String>> = findings
        .iter()
        .take(MOST)
        .map(|finding| {
            let side = finding.side.map_or("-", |side| side.title());
            vec![
                finding.class.as_str().to_owned(),
                dash(&words::clean(&finding.project)),
                side.to_owned(),
                words::short(&finding.item, 50),
                words::clean(&finding.found),
                fate(&finding.fate, mends),
            ]
        })
        .collect();
    let heads = ["CLASS", "PROJECT", "SIDE", "ITEM", "FOUND", "DONE OR LEFT"];
    let text = table::columns(&heads, &cells);
    if findings.len() > MOST {
        return format!("{text}\n… and {} more", findings.len() - MOST);
    }
    text
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

fn fate(fate: &Fate, mends: bool) -> String {
    match (fate, mends) {
        (Fate::Done, _) => "done".to_owned(),
        (Fate::Mendable, true) => "to be mended now".to_owned(),
        (Fate::Mendable, false) => "--repair mends it".to_owned(),
        (Fate::Left(why), _) => format!("left: {}", words::clean(why)),
    }
}

/// `found: 3 duplicates, 1 drift; 2 done, 2 left`.
fn count(findings: &[Finding]) -> String {
    let all = [
        Class::Unfinished,
        Class::HalfMade,
        Class::Gone,
        Class::Missing,
        Class::Duplicate,
        Class::Drift,
        Class::Store,
        Class::Project,
    ];
    let kinds: Vec<String> = all
        .into_iter()
        .filter_map(|class| {
            let number = findings
                .iter()
                .filter(|finding| finding.class == class)
                .count();
            (number > 0).then(|| format!("{number} {}", class.as_str()))
        })
        .collect();
    if kinds.is_empty() {
        return "found: nothing".to_owned();
    }
    let of = |is: fn(&Fate) -> bool| findings.iter().filter(|finding| is(&finding.fate)).count();
    let parts: Vec<String> = [
        (of(|fate| *fate == Fate::Done), "done"),
        (of(|fate| *fate == Fate::Mendable), "to be mended"),
        (of(|fate| matches!(fate, Fate::Left(_))), "left"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    format!("found: {}; {}", kinds.join(", "), parts.join(", "))
}
