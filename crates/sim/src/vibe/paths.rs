//! The disk that the server sees: a set of paths, no real files.

use std::collections::BTreeMap;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A file.
    File,
    /// A directory without `.git`.
    Dir,
    /// A git repository.
    Repo,
}

/// A virtual disk.
#[derive(Clone, Debug)]
pub struct Paths {
    known: BTreeMap<String, PathKind>,
    /// Below these, any path counts as a repository.
    roots: Vec<String>,
    home: String,
    working_dir: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            roots: Vec::new(),
            home: "/var/lib/vibe".into(),
            working_dir: "/srv/vibe".into(),
        }
    }
}

impl Paths {
    /// Puts something at a path.
    pub fn add(&mut self, path: &str, kind: PathKind) {
        self.known.insert(path.into(), kind);
    }

    /// From now on any path below `root` that is not otherwise known is a repository.
    pub fn all_repos_below(&mut self, root: &str) {
        self.roots.push(root.trim_end_matches('/').into());
    }

    /// What lies there.
    pub fn kind(&self, path: &str) -> Option<PathKind> {
        let below = |root: &String| {
            path.strip_prefix(root.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        self.known
            .get(path)
            .copied()
            .or_else(|| self.roots.iter().any(below).then_some(PathKind::Repo))
    }

    /// `~` is the server's home, a relative path starts at its working directory.
    pub fn absolute(&self, path: &str) -> String {
        match path.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("{}{rest}", self.home)
            }
            _ if path.starts_with('/') => path.to_owned(),
            _ => format!("{}/{path}", self.working_dir),
        }
    }

    /// Why the path cannot be taken as an existing repository.
    pub(crate) fn refuse_as_repo(&self, path: &str) -> Option<&'static str> {
        match self.kind(path) {
            None => Some("The specified path does not exist"),
            Some(PathKind::File) => Some("The specified path is not a directory"),
            Some(PathKind::Dir) => Some("The specified directory is not a git repository"),
            Some(PathKind::Repo) => None,
        }
    }
}
