//! Words for people: counts, times, durations, sizes, and texts of others made harmless.

use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};
use jiff::Timestamp;
use sync_core::{ids::Millis, signs::is_order};
use unicode_width::UnicodeWidthStr;

/// Green: went well, or is added.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Yellow: a person should look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// Red: went wrong, or is taken away.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// Cyan: hints and paths.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
/// For what stands beside the matter.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// For heads.
pub(crate) const BOLD: Style = Style::new().bold();

/// A text in a style. It reads the same where colours are taken out.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A text of others on one line: no control character, escape sequence or direction mark of it reaches the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|sign| if is_space(sign) { ' ' } else { harmless(sign) })
        .collect()
}

/// The same for a text over several lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

const fn is_space(sign: char) -> bool {
    matches!(
        sign,
        '\t' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn harmless(sign: char) -> char {
    if is_order(sign) { '\u{FFFD}' } else { sign }
}

/// How many columns of a terminal a text takes: none for joiners and accents that combine, two for wide scripts and emoji.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A cleaned text of at most `most` columns.
pub(crate) fn short(text: &str, most: usize) -> String {
    cut(&clean(text), most)
}

/// A text of at most `most` columns: what is longer ends in `…`, between characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    // characters without a width are bounded, too
    let enough = most.saturating_mul(8).saturating_add(8);
    let is_whole = text.chars().nth(enough).is_none();
    if is_whole && width(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(1);
    let ends = text
        .char_indices()
        .take(enough)
        .map(|(at, sign)| at + sign.len_utf8());
    let end = ends
        .take_while(|end| text.get(..*end).is_some_and(|start| width(start) <= room))
        .last()
        .unwrap_or(0);
    let mut cut = text.get(..end).unwrap_or_default().trim_end().to_owned();
    if most > 0 {
        cut.push('…');
    }
    cut
}

/// A cleaned text as one word of a log line: in quotes where it is several.
pub(crate) fn quoted(text: &str) -> String {
    let text = clean(text);
    if text.contains([' ', '"', '=']) || text.is_empty() {
        format!("\"{}\"", text.replace('"', "'"))
    } else {
        text
    }
}

/// JSON for a terminal: what the encoder leaves raw although terminals obey it is written as an escape.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string_pretty(value)?))
}

/// The same on one line.
pub(crate) fn json_line(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string(value)?))
}

/// JSON text with the orders in its strings as escapes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        // outside of strings there is none of these but line ends
        if is_order(sign) && sign != '\n' {
            let escaped = format!("\\u{:04x}", u32::from(sign));
            safe.push_str(&escaped);
        } else {
            safe.push(sign);
        }
    }
    safe
}

/// A word for a shell: quoted where it holds anything that a shell reads.
pub(crate) fn shell(word: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || "/._-+:@%,=".contains(sign);
    let word = clean(word);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `1 task`, `2 tasks`, `12,345 tasks`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 tasks and 1 issue`, `a, b and c`.
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A moment as people and programs read it: RFC 3339, UTC, to the second.
pub(crate) fn time(at: Millis) -> String {
    stamp(at, 0)
}

/// The same to the millisecond, for JSON.
pub(crate) fn exact_time(at: Millis) -> String {
    stamp(at, 3)
}

fn stamp(at: Millis, digits: usize) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(|_| "-".to_owned(), |at| format!("{at:.digits$}"))
}

/// The time between two moments.
pub(crate) fn between(from: Millis, to: Millis) -> Duration {
    Duration::from_millis(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0))
}

/// `230 ms`, `1.2 s`, `48 s`, `3 min 20 s`, `2 h 5 min`, `3 days`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..172_800 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => count(seconds / 86_400, "day", "days"),
    }
}

fn two(large: u64, unit: &str, small: u64, below: &str) -> String {
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {below}")
    }
}

/// `812 B`, `14 KiB`, `3.2 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        None => format!("{bytes} B"),
        Some((unit, name)) if bytes >= unit * 10 => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Titles as nobody should write them: any character, and those that terminals obey more often than not.
    pub(crate) fn any_title() -> impl Strategy<Value = String> {
        let orders = prop_oneof![
            Just('\u{1b}'),
            Just('\u{9b}'),
            Just('\u{7}'),
            Just('\r'),
            Just('\u{202e}'),
            Just('\u{2066}'),
            Just('\u{feff}'),
            Just('\u{200d}'),
            Just('港'),
            Just('👩'),
        ];
        prop::collection::vec(prop_oneof![any::<char>(), orders], 0..40)
            .prop_map(|signs| signs.into_iter().collect())
    }

    #[test]
    fn escape_sequences_of_others_become_harmless() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}"), "a\u{FFFD}[2Jb\u{FFFD}");
        assert_eq!(
            clean("csi\u{9b}31m del\u{7f} nul\0"),
            "csi\u{FFFD}31m del\u{FFFD} nul\u{FFFD}"
        );
        assert_eq!(clean("abc\u{202e}cba"), "abc\u{FFFD}cba");
    }

    #[test]
    fn people_write_in_their_own_letters() {
        let text = "Grüße 漢字 👩‍👩‍👧 שלום";
        assert_eq!(clean(text), text);
    }

    #[test]
    fn a_title_stays_on_its_line() {
        assert_eq!(
            clean("one\r\ntwo\tthree\u{2028}four"),
            "one  two three four"
        );
        assert_eq!(clean_lines("one\r\ntwo\n\u{1b}c"), "one\ntwo\n\u{FFFD}c");
    }

    #[test]
    fn json_carries_no_raw_order_either() {
        let text = json(&serde_json::json!({ "title": "a\u{1b}\u{9b}\u{202e}" })).unwrap();
        assert_eq!(text, "{\n  \"title\": \"a\\u001b\\u009b\\u202e\"\n}");
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            back.get("title").and_then(|title| title.as_str()),
            Some("a\u{1b}\u{9b}\u{202e}")
        );
    }

    #[test]
    fn words_for_a_shell_are_quoted_where_needed() {
        assert_eq!(
            ["/etc/hvs.toml", "my file", "it's", ""].map(shell),
            ["/etc/hvs.toml", "'my file'", "'it'\\''s'", "''"]
        );
    }

    #[test]
    fn long_titles_are_cut_between_characters() {
        assert_eq!(short("häuser am see", 7), "häuser…");
        assert_eq!(short("häuser", 6), "häuser");
        assert_eq!(short("", 0), "");
        assert_eq!(short("ab", 0), "");
    }

    #[test]
    fn wide_letters_count_twice_and_joiners_not_at_all() {
        assert_eq!(width("港口"), 4);
        assert_eq!(short("港口の倉庫", 7), "港口の…");
        assert_eq!(width("e\u{301}"), 1);
        // one picture made of several is whole or absent
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(width(family), 2);
        assert_eq!(
            short(&format!("{family} am See"), 6),
            format!("{family} am…")
        );
        // a flood of marks without width is cut as well
        let flood = format!("a{}", "\u{301}".repeat(10_000));
        assert!(short(&flood, 10).len() < 500);
    }

    proptest! {
        #[test]
        fn no_text_of_others_gives_the_terminal_an_order(text in any_title(), most in 0_usize..60) {
            let lines = [
                clean(&text),
                clean_lines(&text).replace('\n', ""),
                short(&text, most),
                quoted(&text),
                shell(&text),
                json(&[&text]).unwrap().replace('\n', ""),
            ];
            for line in lines {
                prop_assert!(!line.contains(is_order), "{:?}", line);
            }
            prop_assert!(width(&short(&text, most)) <= most);
        }
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "task", "tasks"), "1 task");
        assert_eq!(count(0, "task", "tasks"), "0 tasks");
        assert_eq!(count(1_234_567, "task", "tasks"), "1,234,567 tasks");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn times_are_utc_whatever_the_zone() {
        assert_eq!(time(Millis(1_795_245_290_420)), "2026-11-21T07:14:50Z");
        assert_eq!(
            exact_time(Millis(1_795_245_290_420)),
            "2026-11-21T07:14:50.420Z"
        );
        assert_eq!(time(Millis(i64::MAX)), "-");
    }

    #[test]
    fn durations_and_sizes_are_as_exact_as_needed() {
        let shown = [
            230,
            9_990,
            48_400,
            200_000,
            7_200_000,
            7_500_000,
            300_000_000,
        ]
        .map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(
            shown,
            [
                "230 ms",
                "10.0 s",
                "48 s",
                "3 min 20 s",
                "2 h",
                "2 h 5 min",
                "3 days"
            ]
        );
        assert_eq!(
            [812, 14_500, 3_400_000].map(size),
            ["812 B", "14 KiB", "3.2 MiB"]
        );
    }
}
