//! Patterns for whole numbers between two bounds: how the schema holds a text with a unit inside its bounds.

/// A pattern for the decimal numbers from `least` to `most`, leading zeros allowed; `None` where there are none.
pub(super) fn whole_numbers(least: u64, most: u64) -> Option<String> {
    if least > most {
        return None;
    }
    let mut forms = Vec::new();
    let mut from = least;
    loop {
        // numbers of one length at a time: 7 to 9, 10 to 99, 100 to 120
        let digits = from.to_string();
        let longest = "9".repeat(digits.len()).parse().unwrap_or(u64::MAX);
        let to = most.min(longest);
        forms.extend(same_length(digits.as_bytes(), to.to_string().as_bytes()));
        match to.checked_add(1) {
            Some(next) if to < most => from = next,
            Some(_) | None => break,
        }
    }
    Some(format!("0*(?:{})", forms.join("|")))
}

/// Patterns that together fit the numbers between two of the same length.
fn same_length(least: &[u8], most: &[u8]) -> Vec<String> {
    let all = |digits: &[u8], digit: u8| digits.iter().all(|each| *each == digit);
    if all(least, b'0') && all(most, b'9') {
        return vec![any_digits(least.len())];
    }
    let (Some((low, low_rest)), Some((high, high_rest))) =
        (least.split_first(), most.split_first())
    else {
        return vec![String::new()];
    };
    if low == high {
        return led_by(*low, &same_length(low_rest, high_rest));
    }
    let rest = low_rest.len();
    let (mut from, mut to) = (*low, *high);
    let (mut below, mut above) = (Vec::new(), Vec::new());
    if !all(low_rest, b'0') {
        below = led_by(*low, &same_length(low_rest, &vec![b'9'; rest]));
        from += 1;
    }
    if !all(high_rest, b'9') {
        above = led_by(*high, &same_length(&vec![b'0'; rest], high_rest));
        to -= 1;
    }
    if from <= to {
        below.push(format!("{}{}", digit(from, to), any_digits(rest)));
    }
    below.extend(above);
    below
}

fn led_by(first: u8, forms: &[String]) -> Vec<String> {
    forms
        .iter()
        .map(|form| format!("{}{form}", char::from(first)))
        .collect()
}

fn digit(from: u8, to: u8) -> String {
    let [low, high] = [from, to].map(char::from);
    if from == to {
        low.to_string()
    } else {
        format!("[{low}-{high}]")
    }
}

fn any_digits(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "[0-9]".to_owned(),
        count => format!("[0-9]{{{count}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_short_pattern() {
        for (least, most, pattern) in [
            (0, 9, "0*(?:[0-9])"),
            (1, 64, "0*(?:[1-9]|[1-5][0-9]|6[0-4])"),
            (7, 7, "0*(?:7)"),
            (
                100,
                3_600,
                "0*(?:[1-9][0-9]{2}|[1-2][0-9]{3}|3[0-5][0-9]{2}|3600)",
            ),
        ] {
            assert_eq!(
                whole_numbers(least, most).as_deref(),
                Some(pattern),
                "{least} to {most}"
            );
        }
        assert_eq!(whole_numbers(2, 1), None);
    }

    #[test]
    fn a_pattern_fits_the_numbers_of_its_range_and_no_others() {
        let bounds = [0, 1, 9, 10, 11, 35, 99, 100, 101, 250, 365, 999, 1_000];
        for least in bounds {
            for most in bounds.into_iter().filter(|most| *most >= least) {
                let pattern = whole_numbers(least, most).unwrap();
                let pattern = regex::Regex::new(&format!("^{pattern}$")).unwrap();
                for number in 0..=1_101 {
                    assert_eq!(
                        pattern.is_match(&number.to_string()),
                        (least..=most).contains(&number),
                        "{number} in {least} to {most}: {pattern}"
                    );
                }
            }
        }
        assert!(whole_numbers(0, u64::MAX).is_some());
    }
}
