//! The name that somebody who mistyped one probably meant.

/// A longer name is no slip of one of ours, in bytes; comparing takes time with the length.
const LONGEST: usize = 100;

/// The nearest of the names, if it is near enough to be meant.
pub(crate) fn nearest<'n>(
    meant: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    if meant.len() > LONGEST {
        return None;
    }
    let folded = meant.to_lowercase();
    let names: Vec<_> = names.into_iter().collect();
    let (distance, name) = names
        .iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&folded, &name.to_lowercase()),
                *name,
            )
        })
        .min()?;
    // a third of the letters may be wrong, at least one, but not all
    let longest = folded.chars().count().max(name.chars().count());
    if distance <= (longest / 3).max(1) && distance < longest {
        return Some(name);
    }
    // or only the begin was typed: `work` for `workspace`
    names
        .into_iter()
        .find(|name| folded.len() > 2 && name.starts_with(&folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_finds_none() {
        let names = ["url", "workspace", "token", "token_file", "overlap"];
        assert_eq!(nearest("workspce", names), Some("workspace"));
        assert_eq!(nearest("Overlap", names), Some("overlap"));
        assert_eq!(nearest("tokenfile", names), Some("token_file"));
        assert_eq!(nearest("work", names), Some("workspace"));
        assert_eq!(nearest("ulr", names), Some("url"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
