//! What servers call their versions.

use std::fmt;
use std::str::FromStr;

/// A server's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Three numbers, with or without `v` before them; what follows the third one's digits (`rc1`, `.post2`, `-20260218`, `+x`) is
/// ignored. The error is empty: not a version.
impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.trim().trim_start_matches('v').splitn(3, '.');
        let mut part = || parts.next().ok_or(());
        let (major, minor, rest) = (part()?, part()?, part()?);
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let patch = end.map_or(Some(rest), |end| rest.get(..end));
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| ());
        Ok(Version(
            number(major)?,
            number(minor)?,
            number(patch.unwrap_or_default())?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_where_they_are_versions() {
        let cases = [
            ("0.16.8", Some(Version(0, 16, 8))),
            (" v0.16.10 ", Some(Version(0, 16, 10))),
            ("0.16.7rc1", Some(Version(0, 16, 7))),
            ("0.16.7.post1", Some(Version(0, 16, 7))),
            ("0.16.7+local", Some(Version(0, 16, 7))),
            ("v0.1.14-20260218113639", Some(Version(0, 1, 14))),
            ("0.1.2.3", Some(Version(0, 1, 2))),
            ("0.1x.2", None),
            ("0.16", None),
            ("0.16.", None),
            ("a.b.c", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
        assert!(Version(0, 0, 117) > Version(0, 0, 99));
        assert!(Version(0, 16, 10) > Version(0, 16, 9));
        assert_eq!(Version(0, 1, 14).to_string(), "0.1.14");
    }
}
