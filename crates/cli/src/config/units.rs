//! Texts with a unit: durations (`"15m"`, `"30 s"`) and sizes (`"16 MiB"`), read and printed.

use std::time::Duration;

/// Units, largest first: every way to write one, the printed one first, and how many of the smallest it is.
pub(super) type Units = &'static [(&'static [&'static str], u64)];

/// Units of time, in milliseconds.
pub(super) const TIME: Units = &[
    (&["d", "day", "days"], 86_400_000),
    (&["h", "hour", "hours"], 3_600_000),
    (&["min", "m", "minute", "minutes"], 60_000),
    (&["s", "sec", "second", "seconds"], 1_000),
    (&["ms"], 1),
];

/// Units of size, in bytes.
pub(super) const SIZE: Units = &[
    (&["GiB"], 1 << 30),
    (&["MiB"], 1 << 20),
    (&["KiB"], 1 << 10),
    (&["B"], 1),
];

/// Reads a duration; the error says what is wrong with the text.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse(
        text,
        TIME,
        "a duration such as \"30 s\", \"15 min\" or \"24 h\"",
    )
    .map(Duration::from_millis)
}

/// Reads a size in bytes; the error says what is wrong with the text.
pub(super) fn size(text: &str) -> Result<u64, String> {
    parse(text, SIZE, "a size such as \"512 KiB\" or \"16 MiB\"")
}

fn parse(text: &str, units: &[(&[&str], u64)], wanted: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text
        .find(|sign: char| !sign.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    if number.is_empty() {
        return Err(format!("is not {wanted}"));
    }
    let unit = unit.trim();
    if unit.is_empty() {
        return Err(format!("has no unit: write {wanted}"));
    }
    let Some((_, factor)) = units.iter().find(|(names, _)| names.contains(&unit)) else {
        let names: Vec<_> = units
            .iter()
            .rev()
            .filter_map(|(names, _)| names.first())
            .copied()
            .collect();
        return Err(format!(
            "has no unit that is known; known are {}",
            names.join(", ")
        ));
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*factor))
        .ok_or_else(|| "is too large to count".to_owned())
}

/// Prints a duration in the largest unit that says it exactly and with more than one of it: `60 s`, `15 min`, `24 h`.
pub(super) fn show_duration(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    show(millis, TIME, 1)
}

/// Prints a size in the largest unit that says it exactly.
pub(super) fn show_size(bytes: u64) -> String {
    show(bytes, SIZE, 0)
}

fn show(value: u64, units: &[(&[&str], u64)], more_than: u64) -> String {
    let exact = |factor: u64| value.is_multiple_of(factor);
    let fits = units
        .iter()
        .find(|(_, factor)| exact(*factor) && value / factor > more_than)
        // `1 s` rather than `1000 ms`
        .filter(|(_, factor)| more_than == 0 || *factor > 1 || !exact(1_000))
        .or_else(|| units.iter().find(|(_, factor)| value > 0 && exact(*factor)))
        .or_else(|| units.iter().rev().nth(usize::from(more_than > 0)));
    match fits {
        Some((names, factor)) => {
            format!(
                "{} {}",
                value / factor,
                names.first().copied().unwrap_or_default()
            )
        }
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_and_without_a_space() {
        for (text, millis) in [
            ("15m", 900_000),
            ("15 min", 900_000),
            ("30 s", 30_000),
            ("90s", 90_000),
            ("250 ms", 250),
            ("24h", 86_400_000),
            (" 90 d ", 7_776_000_000),
            ("0 s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(size("16 MiB"), Ok(16 << 20));
        assert_eq!(size("512KiB"), Ok(512 << 10));
        assert_eq!(size("7 B"), Ok(7));
    }

    #[test]
    fn a_text_without_a_number_or_a_unit_is_refused() {
        let said = |text| duration(text).unwrap_err();
        assert_eq!(
            said("60"),
            "has no unit: write a duration such as \"30 s\", \"15 min\" or \"24 h\""
        );
        assert_eq!(
            said("5 weeks"),
            "has no unit that is known; known are ms, s, min, h, d"
        );
        assert_eq!(
            said("soon"),
            "is not a duration such as \"30 s\", \"15 min\" or \"24 h\""
        );
        assert_eq!(said("-5 s"), said("soon"));
        assert_eq!(
            size("16 MB").unwrap_err(),
            "has no unit that is known; known are B, KiB, MiB, GiB"
        );
    }

    #[test]
    fn a_number_that_cannot_be_counted_is_refused() {
        assert_eq!(
            duration("99999999999999999999 s").unwrap_err(),
            "is too large to count"
        );
        assert_eq!(
            duration("999999999999999999 d").unwrap_err(),
            "is too large to count"
        );
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "60 s", "15 min", "24 h", "90 d", "250 ms", "1 s", "0 s", "1 ms", "1500 ms",
        ] {
            assert_eq!(show_duration(duration(text).unwrap()), text);
        }
        for text in ["64 MiB", "1 KiB", "3 B", "0 B"] {
            assert_eq!(show_size(size(text).unwrap()), text);
        }
    }
}
