//! Dead letters, for people and programs.

use serde_json::{Value, json};
use store::row::DeadLetter;
use sync_core::item::TextVersion;

use super::{given_up, table};
use crate::{codes, command::given_up::GivenUp, failure::Failure, output, words};

/// Names a letter on the command line: the same as long as it stands.
pub(crate) fn id(letter: &DeadLetter) -> String {
    let field = letter.field.map_or("", sync_core::item::Field::as_str);
    let text = format!("{}:{}:{field}", letter.link, letter.side.as_str());
    TextVersion::of_text(&text)
        .as_str()
        .chars()
        .take(8)
        .collect()
}

/// The list.
pub(crate) fn list(letters: &[DeadLetter], agents: &[GivenUp], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&documents(letters, agents));
    }
    if letters.is_empty() && agents.is_empty() {
        return output::tell("no dead letters");
    }
    let rows: Vec<Vec<String>> = letters
        .iter()
        .map(|letter| {
            vec![
                id(letter),
                letter.side.title().to_owned(),
                field(letter),
                words::time(letter.since),
                letter.tries.to_string(),
                words::clean(&letter.code),
                words::clean(&letter.label),
            ]
        })
        .chain(agents.iter().map(given_up::row))
        .collect();
    output::data(&table::columns(
        &["ID", "SIDE", "FIELD", "SINCE", "TRIES", "CODE", "ITEM"],
        &rows,
    ))
}

fn documents(letters: &[DeadLetter], agents: &[GivenUp]) -> Vec<Value> {
    let letters = letters.iter().map(document);
    letters
        .chain(agents.iter().map(given_up::document))
        .collect()
}

/// All that is known of some.
pub(crate) fn show(letters: &[DeadLetter], agents: &[GivenUp], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&documents(letters, agents));
    }
    let parts = letters.iter().map(facts);
    let parts: Vec<String> = parts.chain(agents.iter().map(given_up::facts)).collect();
    if parts.is_empty() {
        return output::tell("no dead letters");
    }
    output::data(&parts.join("\n\n"))
}

/// What was done with some.
pub(crate) fn acted(
    letters: &[DeadLetter],
    agents: &[GivenUp],
    act: &str,
    is_retry: bool,
    json: bool,
) -> Result<(), Failure> {
    if json {
        let letters = documents(letters, agents);
        return output::json(&json!({ "done": act, "letters": letters }));
    }
    let count = letters.len() + agents.len();
    let count = words::count(count as u64, "dead letter", "dead letters");
    let told = if is_retry {
        format!("{count} taken away: the next run tries once more")
    } else {
        format!("{count} dropped: told no more, and sent only when the value changes")
    };
    output::data(&told)
}

/// What happened, without what stands beside it anyway: the item and the code.
pub(crate) fn message(message: &str, label: &str, code: &str) -> String {
    let rest = message.strip_prefix(label);
    let rest = rest.and_then(|rest| rest.strip_prefix(": "));
    codes::told_once(rest.unwrap_or(message), code)
}

/// On which field it stands.
pub(crate) fn field(letter: &DeadLetter) -> String {
    letter
        .field
        .map_or_else(|| "(item)".to_owned(), |field| field.to_string())
}

/// One letter, line by line.
pub(crate) fn facts(letter: &DeadLetter) -> String {
    let message = message(&letter.message, &letter.label, &letter.code);
    let mut rows = vec![
        ("id", id(letter)),
        ("item", words::clean(&letter.label)),
        ("side", letter.side.title().to_owned()),
        ("field", field(letter)),
        ("state", letter.state.word().to_owned()),
        ("since", words::time(letter.since)),
        ("tries", letter.tries.to_string()),
        ("code", words::clean(&letter.code)),
        ("message", words::clean(&message)),
        ("run", letter.run.to_string()),
        ("version", letter.version.to_string()),
    ];
    if letter.state == store::row::LetterState::Waiting {
        rows.insert(7, ("next try", words::time(letter.next_try)));
    }
    if let Some(remedy) = codes::remedy(&letter.code) {
        rows.push(("what to do", remedy));
    }
    table::facts(&rows)
}

/// The same for programs.
pub(crate) fn document(letter: &DeadLetter) -> Value {
    json!({
        "id": id(letter), "item": letter.label, "link": letter.link, "side": letter.side, "field": letter.field,
        "state": letter.state, "since": words::exact_time(letter.since), "tries": letter.tries,
        "next_try": words::exact_time(letter.next_try), "code": letter.code, "message": letter.message,
        "what_to_do": codes::remedy(&letter.code), "run": letter.run, "version": letter.version,
    })
}
