//! What went wrong with items and projects: `error: what happened (to which item) [CODE]`, and once per code what to do.

use engine::{connect::Kind, report::Outcome};

use crate::{codes, words};

/// At most so many lines of one list on a terminal; the store has all.
pub(crate) const MOST: usize = 20;

/// All outcomes, those with the same code together, each group with its hint. `total` counts those not kept, too.
pub(crate) fn list(outcomes: &[Outcome], total: u64) -> Vec<String> {
    let mut order: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !order.contains(&&*outcome.code) {
            order.push(&outcome.code);
        }
    }
    let mut lines = Vec::new();
    let mut shown = 0;
    for code in order {
        let group = outcomes.iter().filter(|outcome| *outcome.code == *code);
        let before = shown;
        for outcome in group.take(MOST.saturating_sub(shown)) {
            lines.push(line(outcome));
            shown += 1;
        }
        if let (Some(remedy), true) = (codes::remedy(code), shown > before) {
            lines.push(format!(
                "  {} {}",
                words::styled(words::HINT, "hint:"),
                words::clean(&remedy)
            ));
        }
    }
    let rest = total
        .max(outcomes.len() as u64)
        .saturating_sub(shown as u64);
    if rest > 0 {
        lines.push(format!("  … and {} more", words::grouped(rest)));
    }
    lines
}

/// One outcome.
fn line(outcome: &Outcome) -> String {
    let Outcome {
        kind,
        code,
        side,
        item,
        field,
        message,
    } = outcome;
    let head = match kind {
        Kind::Rejected | Kind::Fatal => words::styled(words::BAD.bold(), "error:"),
        Kind::Transient | Kind::Unknown | Kind::Conflict => {
            words::styled(words::WARN.bold(), "warning:")
        }
    };
    let item = (!item.is_empty()).then(|| words::short(item, 60));
    let field = field.map(|field| field.to_string());
    // errors of a whole service begin with its name
    let side = side
        .filter(|side| !message.starts_with(side.title()))
        .map(|side| format!("in {}", side.title()));
    let place: Vec<String> = [item, field, side].into_iter().flatten().collect();
    let place = if place.is_empty() {
        String::new()
    } else {
        format!(" ({})", place.join(", "))
    };
    format!(
        "{head} {}{place} [{code}]",
        words::clean(&codes::told_once(message, code))
    )
}

#[cfg(test)]
mod tests {
    use sync_core::{Side, item::Field};

    use super::*;

    fn outcome(kind: Kind, code: &str, item: &str, message: &str) -> Outcome {
        Outcome {
            kind,
            code: code.into(),
            side: Some(Side::Vibe),
            item: item.into(),
            field: Some(Field::Title),
            message: message.into(),
        }
    }

    fn plain(outcomes: &[Outcome], total: u64) -> String {
        anstream::adapter::strip_str(&list(outcomes, total).join("\n")).to_string()
    }

    #[test]
    fn a_hint_stands_once_below_all_problems_of_its_code() {
        let text = plain(
            &[
                outcome(
                    Kind::Rejected,
                    "ITEM_TITLE_TOO_LONG",
                    "HARB-1 \u{1b}[31mRed",
                    "the title has 300 characters",
                ),
                outcome(Kind::Transient, "NO_SUCH_CODE", "", "no answer"),
                outcome(
                    Kind::Rejected,
                    "ITEM_TITLE_TOO_LONG",
                    "HARB-2 Blue",
                    "the title has 301 characters",
                ),
            ],
            3,
        );
        assert_eq!(
            text,
            "error: the title has 300 characters (HARB-1 \u{FFFD}[31mRed, title, in Vibe) [ITEM_TITLE_TOO_LONG]\n\
             error: the title has 301 characters (HARB-2 Blue, title, in Vibe) [ITEM_TITLE_TOO_LONG]\n  \
             hint: shorten the title on either side\n\
             warning: no answer (title, in Vibe) [NO_SUCH_CODE]"
        );
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let many: Vec<Outcome> = (0..30)
            .map(|at| outcome(Kind::Conflict, "X", &format!("A-{at}"), "m"))
            .collect();
        let text = plain(&many, 500);
        assert_eq!(text.lines().count(), MOST + 1);
        assert!(text.ends_with("… and 480 more"), "{text}");
    }
}
