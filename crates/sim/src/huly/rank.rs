//! The order of issues on a board: the part of LexoRank that the server uses.

/// Six digits of base 36 between `0|` and `:`; the first issue of a project gets this.
const FIRST: &str = "0|hzzzzz:";
/// The server leaves so much room between neighbours.
const STEP: u64 = 8;

/// The rank behind `last`, or the first one.
pub(crate) fn after(last: Option<&str>) -> String {
    let Some(last) = last else {
        return FIRST.to_owned();
    };
    let digits = last
        .strip_prefix("0|")
        .and_then(|rest| rest.split(':').next())
        .unwrap_or("hzzzzz");
    let value = u64::from_str_radix(digits, 36)
        .unwrap_or(0)
        .saturating_add(STEP);
    format!("0|{}:", base36(value))
}

fn base36(mut value: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while value > 0 || digits.len() < 6 {
        let digit = usize::try_from(value % 36).unwrap_or(0);
        digits.push(DIGITS.get(digit).copied().map_or('0', char::from));
        value /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_as_they_were_recorded() {
        assert_eq!(after(None), "0|hzzzzz:");
        assert_eq!(after(Some("0|hzzzzz:")), "0|i00007:");
        assert_eq!(after(Some("0|i0000n:")), "0|i0000v:");
    }
}
