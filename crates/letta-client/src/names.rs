//! Names that the server takes for an agent.
//!
//! Its rule is `^[\w '\-]+$` (reference 3.2), where `\w` is Python's: letters and numbers of every script and `_`, but no
//! combining marks. A create with another name is a 500, a PATCH with one is accepted and makes an agent that cannot be
//! exported; so both are refused here first.

use std::sync::LazyLock;

use regex::Regex;

/// Most characters of a name that [`agent_name`] makes. The server took 800; people read the first few dozen.
pub const NAME_MAX: usize = 200;

/// What the server refuses in a name.
static REFUSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"[^\p{L}\p{N}_ '\-]+"));
/// Combining marks.
static MARKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{M}+"));

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and a test compiles both"
)]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// Whether the server takes this name.
pub fn is_agent_name(name: &str) -> bool {
    !name.is_empty() && !REFUSED.is_match(name)
}

/// The nearest name that the server takes: combining marks are dropped (`e` with an accent of its own becomes `e`), each
/// run of other refused characters becomes one `-`, blanks at both ends go, and what is longer than [`NAME_MAX`]
/// characters is cut. None where no letter or digit is left.
///
/// ```
/// use letta_client::agent_name;
///
/// assert_eq!(agent_name("Huly - Harbour"), Some("Huly - Harbour".to_owned()));
/// assert_eq!(agent_name("v1.2 (beta) & co."), Some("v1-2 -beta- - co-".to_owned()));
/// assert_eq!(agent_name("Größe 数"), Some("Größe 数".to_owned()));
/// assert_eq!(agent_name("???"), None);
/// ```
pub fn agent_name(text: &str) -> Option<String> {
    let text = MARKS.replace_all(text, "");
    let text = REFUSED.replace_all(&text, "-");
    let cut: String = text.trim().chars().take(NAME_MAX).collect();
    let name = cut.trim_end();
    let says_something = name.chars().any(char::is_alphanumeric);
    says_something.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_judged_as_the_server_judges_them() {
        let taken = [
            "a",
            "Huly - Demo",
            "it's",
            "snake_case",
            "数据 ٣",
            " x ",
            "²",
        ];
        let refused = [
            "",
            "bad/name: x?",
            "v1.2",
            "(x)",
            "a&b",
            "tab\t",
            "e\u{301}",
            "हि",
            "Ⓐ",
            "\u{0}",
        ];
        for name in taken {
            assert!(is_agent_name(name), "{name}");
        }
        for name in refused {
            assert!(!is_agent_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_changed_as_little_as_possible() {
        let cases = [
            ("e\u{301}te\u{301}", Some("ete")),
            ("a / b", Some("a - b")),
            ("a://b", Some("a-b")),
            ("  x  ", Some("x")),
            ("line\nbreak", Some("line-break")),
            ("", None),
            (" - ", None),
        ];
        for (text, expected) in cases {
            assert_eq!(agent_name(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_is_taken_and_stays_as_it_is(text in "\\PC{0,300}|[a-z /]{0,300}") {
            if let Some(name) = agent_name(&text) {
                prop_assert!(is_agent_name(&name), "{name}");
                prop_assert!(name.chars().count() <= NAME_MAX);
                prop_assert_eq!(agent_name(&name), Some(name.clone()));
            }
            if is_agent_name(&text) && text.trim() == text && text.len() <= NAME_MAX && text.chars().any(char::is_alphanumeric) {
                prop_assert_eq!(agent_name(&text), Some(text.clone()));
            }
        }
    }
}
