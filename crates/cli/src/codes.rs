//! What to do about an outcome, by its stable code.

use engine::connect::Kind;

/// What to do about a code; `None` for one that no table knows.
pub(crate) fn remedy(code: &str) -> Option<String> {
    let (_, _, remedy) = engine::codes::find(code)?;
    let remedy = remedy.trim_end_matches('.');
    (!remedy.is_empty()).then(|| remedy.to_owned())
}

/// The words of an error without its kind and code, which are printed beside them.
pub(crate) fn told_once(words: &str, code: &str) -> String {
    let kinds = [
        Kind::Transient,
        Kind::Unknown,
        Kind::Conflict,
        Kind::Rejected,
        Kind::Fatal,
    ];
    kinds.iter().fold(words.to_owned(), |words, kind| {
        words.replace(&format!(": {kind} failure {code}"), "")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_crate_have_a_remedy() {
        for code in [
            "PROJECT_PATH",
            "ITEM_TITLE_TOO_LONG",
            "STORE_NEWER",
            "NET_CONNECT",
            "HULY_LOGIN_REFUSED",
        ] {
            assert!(
                remedy(code).is_some_and(|remedy| !remedy.ends_with('.')),
                "{code}"
            );
        }
        assert_eq!(remedy("NO_SUCH_CODE"), None);
    }

    #[test]
    fn kind_and_code_are_not_told_twice() {
        let words = "vibe /api/health: transient failure NET_CONNECT, status 500: no connection";
        assert_eq!(
            told_once(words, "NET_CONNECT"),
            "vibe /api/health, status 500: no connection"
        );
    }
}
