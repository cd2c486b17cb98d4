//! The repository's path in a Huly project's description: a `Path:`, `Filesystem:`, `Directory:` or `Location:` line, as the
//! predecessor had it, without its pitfalls.

use std::{fmt, sync::Arc};

use serde::Serialize;

const KEYS: [&str; 4] = ["path", "filesystem", "directory", "location"];

/// Why a path cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PathProblem {
    /// It does not begin at the root.
    NotAbsolute,
    /// It holds `..`.
    Parent,
    /// It holds a control character.
    Control,
    /// It does not lie under one of the allowed roots.
    OutsideRoots,
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PathProblem::NotAbsolute => "is not absolute",
            PathProblem::Parent => "holds `..`",
            PathProblem::Control => "holds a control character",
            PathProblem::OutsideRoots => "does not lie under one of `vibe.repo_roots`",
        })
    }
}

/// The path that a description names: the first value of a key word that is absolute, else the first value at all.
///
/// A key word counts in any case, anywhere in a line, but not inside another word; its value is the rest of *its own* line,
/// without white space around it, one trailing `,` `;` or `.`, and a pair of quotes or backticks.
///
/// ```
/// use sync_core::project::path_of;
/// assert_eq!(path_of("Our harbour.\nPath: /srv/harbour."), Some("/srv/harbour"));
/// assert_eq!(path_of("ClassPath: /x"), None);
/// assert_eq!(path_of("Path:\nSee the wiki"), None);
/// ```
pub fn path_of(description: &str) -> Option<&str> {
    let values = || description.lines().flat_map(values_of);
    values()
        .find(|value| value.starts_with('/'))
        .or_else(|| values().next())
}

/// The values of the key words of one line. A value runs to the end of the line, so there is mostly one.
fn values_of(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices(':').filter_map(move |(colon, _)| {
        let (before, after) = (line.get(..colon)?, line.get(colon + 1..)?);
        let is_key = KEYS.iter().any(|key| ends_with_word(before, key));
        let value = clean(after);
        (is_key && !value.is_empty()).then_some(value)
    })
}

fn ends_with_word(text: &str, word: &str) -> bool {
    let Some(start) = text.len().checked_sub(word.len()) else {
        return false;
    };
    let (Some(head), Some(tail)) = (text.get(..start), text.get(start..)) else {
        return false;
    };
    let joined = head
        .chars()
        .next_back()
        .is_some_and(|char| char.is_alphanumeric() || char == '_' || char == '-');
    tail.eq_ignore_ascii_case(word) && !joined
}

fn clean(value: &str) -> &str {
    // markdown may have made the key word bold: `**Path:** /srv`
    let value = value.trim().trim_start_matches("**").trim_start();
    let value = value
        .strip_suffix([',', ';', '.'])
        .unwrap_or(value)
        .trim_end();
    for quote in ['`', '"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner.trim();
        }
    }
    value
}

/// The path in its plain form, if it may be used: absolute, without `..`, and below one of the roots. Whether a symbolic link
/// leads out of them is for the caller to see.
///
/// ```
/// use sync_core::project::{PathProblem, check_path};
/// let roots = ["/srv/repos".into()];
/// assert_eq!(check_path("/srv/repos//a/./b/", &roots).as_deref(), Ok("/srv/repos/a/b"));
/// assert_eq!(check_path("/srv/repos/../etc", &roots), Err(PathProblem::Parent));
/// assert_eq!(check_path("/srv/repos-old/a", &roots), Err(PathProblem::OutsideRoots));
/// ```
pub fn check_path(path: &str, roots: &[Arc<str>]) -> Result<String, PathProblem> {
    if path.chars().any(char::is_control) {
        return Err(PathProblem::Control);
    }
    if !path.starts_with('/') {
        return Err(PathProblem::NotAbsolute);
    }
    let parts = parts(path);
    if parts.contains(&"..") {
        return Err(PathProblem::Parent);
    }
    let below = |root: &Arc<str>| {
        let root_parts = self::parts(root);
        root.starts_with('/')
            && !root_parts.contains(&"..")
            && parts.len() > root_parts.len()
            && parts.starts_with(&root_parts)
    };
    if !roots.iter().any(below) {
        return Err(PathProblem::OutsideRoots);
    }
    Ok(format!("/{}", parts.join("/")))
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}
