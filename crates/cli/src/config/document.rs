//! The text of `hvs.toml`: found, read, and able to show a place of itself.

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    error::{ConfigError, Place, Problem, cut},
    inputs::{Inputs, NotUnicode},
    reader::MOST_SHOWN,
    units,
};

/// The largest file that is read as a configuration, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A configuration file in memory.
#[derive(Clone)]
pub(super) struct Document {
    /// As it was found.
    pub(super) path: PathBuf,
    /// Its text, without a byte order mark.
    pub(super) text: String,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

/// How much of a line may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// The range that is meant: a key, or a value that is no secret.
    Span,
    /// Not that either.
    Nothing,
}

impl Document {
    /// Finds and reads the file: `--config`, `HVS_CONFIG`, the working directory, XDG. The first two must exist.
    pub(super) fn find(inputs: &Inputs) -> Result<Option<Self>, ConfigError> {
        if let Some(path) = &inputs.file {
            let value = path.display().to_string();
            let place = Place::Flag {
                name: "--config".to_owned(),
                value: Some(value),
            };
            return Self::read_named(inputs, path, place).map(Some);
        }
        let name = "HVS_CONFIG".to_owned();
        match inputs.environment.get(&name) {
            Some(Ok(path)) => {
                let place = Place::Environment {
                    name,
                    value: Some(path.to_owned()),
                };
                return Self::read_named(inputs, Path::new(path), place).map(Some);
            }
            Some(Err(NotUnicode)) => {
                let place = Place::Environment { name, value: None };
                return Err(Problem::new("the path is not Unicode", place).into());
            }
            None => {}
        }
        for path in usual_places(inputs) {
            match fs::metadata(inputs.directory.join(&path)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(_) | Err(_) => return Self::read(&inputs.directory, &path).map(Some),
            }
        }
        Ok(None)
    }

    /// A file that a person named: one that is not there is a problem of the name.
    fn read_named(inputs: &Inputs, path: &Path, place: Place) -> Result<Self, ConfigError> {
        if !inputs.directory.join(path).exists() {
            let what = format!("there is no configuration at `{}`", path.display());
            return Err(Problem::new(what, place).into());
        }
        Self::read(&inputs.directory, path)
    }

    fn read(directory: &Path, path: &Path) -> Result<Self, ConfigError> {
        let problem = |what: String| {
            let path = path.to_owned();
            ConfigError::from(Problem::new(what, Place::Whole { path }))
        };
        let full = directory.join(path);
        let unread = |error: io::Error| problem(format!("cannot read the configuration: {error}"));
        let size = fs::metadata(&full).map_err(unread)?.len();
        if size > MOST_BYTES {
            let most = units::show_size(MOST_BYTES);
            return Err(problem(format!(
                "the configuration has {size} bytes; allowed are {most}"
            )));
        }
        let bytes = fs::read(&full).map_err(unread)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let good = error.as_bytes().get(..at).unwrap_or_default();
            let line = 1 + String::from_utf8_lossy(good).matches('\n').count();
            problem(format!(
                "the configuration is not UTF-8 from line {line} on"
            ))
        })?;
        let text = text
            .strip_prefix('\u{FEFF}')
            .map_or(text.clone(), str::to_owned);
        Ok(Self::new(path.to_owned(), text))
    }

    fn new(path: PathBuf, text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { path, text, lines }
    }

    /// The directory that relative paths in the file start from.
    pub(super) fn directory(&self, inputs: &Inputs) -> PathBuf {
        let full = inputs.directory.join(&self.path);
        full.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= at)
    }

    /// The place of a range of bytes. Of its line only what cannot be secret is shown: the name before the first `=`,
    /// and with [`Shows::Span`] the range itself.
    pub(super) fn place(&self, span: &Range<usize>, shows: Shows) -> Place {
        let before = self.before(span.start);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let lead = before.get(begin..).unwrap_or_default();
        let rest = self.text.get(span.start..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        let meant = rest.get(..span.len()).unwrap_or(rest);
        let after = rest.get(meant.len()..).unwrap_or_default();

        // `huly = { token = "..", page_size = 0 }` becomes `huly = ... 0 ...`
        let mut excerpt = match lead.split_once('=') {
            None if is_long(lead) => "... ".to_owned(),
            None => lead.to_owned(),
            Some((name, _)) if is_long(name) => "... = ... ".to_owned(),
            Some((name, value)) if value.trim().is_empty() => format!("{name}={value}"),
            Some((name, _)) => format!("{name}= ... "),
        };
        let caret = 1 + excerpt.chars().count();
        let meant = match shows {
            Shows::Span => cut(meant, MOST_SHOWN),
            Shows::Nothing => "...".to_owned(),
        };
        excerpt.push_str(&meant);
        match after.split('#').next().unwrap_or_default().trim() {
            "" => {}
            next if next.starts_with('=') => excerpt.push_str(" = ..."),
            "]" | "]]" => excerpt.push_str(after.trim_end()),
            _ => excerpt.push_str(" ..."),
        }
        let column = 1 + lead.chars().count();
        let width = meant.trim_end().chars().count().max(1);
        Place::File {
            path: self.path.clone(),
            line: self.line(span.start),
            column,
            excerpt,
            caret,
            width,
        }
    }

    /// The place of what the parser could not read. Nothing is known of the line, so only a name that `is_name` knows is
    /// shown of it.
    pub(super) fn unread_place(&self, at: usize, is_name: impl Fn(&str) -> bool) -> Place {
        let before = self.before(at);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let lead = before.get(begin..).unwrap_or_default();
        let line = self.text.get(begin..).unwrap_or_default();
        let line = line.lines().next().unwrap_or_default();
        let name = line.split_once('=').map(|(name, _)| name.trim());
        let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
        let excerpt = match name.and_then(last).filter(|last| is_name(last)) {
            Some(_) => format!("{} = ...", cut(name.unwrap_or_default(), MOST_SHOWN)),
            None => "...".to_owned(),
        };
        let caret = 1 + excerpt.chars().count().saturating_sub("...".len());
        Place::File {
            path: self.path.clone(),
            line: self.line(at),
            column: 1 + lead.chars().count(),
            excerpt,
            caret,
            width: "...".len(),
        }
    }

    fn before(&self, at: usize) -> &str {
        // a place inside a character (there should be none) is shown at its line's begin
        self.text.get(..at).unwrap_or_default()
    }
}

/// Whether a text is too long to be shown before what is meant.
fn is_long(text: &str) -> bool {
    text.chars().nth(MOST_SHOWN).is_some()
}

/// Where a configuration is looked for when nobody named one.
fn usual_places(inputs: &Inputs) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("hvs.toml")];
    let environment = &inputs.environment;
    let base = environment.directory("XDG_CONFIG_HOME").or_else(|| {
        environment
            .directory("HOME")
            .map(|home| home.join(".config"))
    });
    places.extend(base.map(|base| base.join("hvs").join("hvs.toml")));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(directory: &Path, environment: &[(&str, &Path)]) -> Inputs {
        Inputs {
            directory: directory.to_owned(),
            environment: environment.iter().copied().collect(),
            ..Inputs::default()
        }
    }

    fn write(path: &Path, text: &[u8]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(inputs: &Inputs) -> String {
        Document::find(inputs).map_or_else(
            |problem| problem.to_string(),
            |found| found.map_or("none".to_owned(), |document| document.text),
        )
    }

    #[test]
    fn the_file_is_looked_for_in_the_documented_order() {
        let dir = tempfile::tempdir().unwrap();
        let (work, home, xdg) = (
            dir.path().join("w"),
            dir.path().join("h"),
            dir.path().join("x"),
        );
        fs::create_dir_all(&work).unwrap();
        let all = inputs(&work, &[("HOME", &home), ("XDG_CONFIG_HOME", &xdg)]);
        assert_eq!(found(&all), "none");
        write(&home.join(".config/hvs/hvs.toml"), b"# home");
        assert_eq!(found(&inputs(&work, &[("HOME", &home)])), "# home");
        assert_eq!(found(&all), "none", "XDG_CONFIG_HOME replaces ~/.config");
        write(&xdg.join("hvs/hvs.toml"), b"# xdg");
        assert_eq!(found(&all), "# xdg");
        write(&work.join("hvs.toml"), b"\xef\xbb\xbf# here");
        assert_eq!(found(&all), "# here");
        write(&work.join("named.toml"), b"# named");
        let mut all = inputs(&work, &[("HVS_CONFIG", Path::new("named.toml"))]);
        assert_eq!(found(&all), "# named");
        write(&work.join("flag.toml"), b"# flag");
        all.file = Some("flag.toml".into());
        assert_eq!(found(&all), "# flag");
    }

    #[test]
    fn a_named_file_that_is_not_there_is_a_problem_of_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut all = inputs(dir.path(), &[("HVS_CONFIG", Path::new("gone.toml"))]);
        assert_eq!(
            found(&all),
            "error: there is no configuration at `gone.toml`\n --> environment: HVS_CONFIG=gone.toml"
        );
        all.file = Some("lost.toml".into());
        assert_eq!(
            found(&all),
            "error: there is no configuration at `lost.toml`\n --> command line: --config lost.toml"
        );
    }

    #[test]
    fn a_file_that_cannot_be_a_configuration_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let all = inputs(dir.path(), &[]);
        let path = dir.path().join("hvs.toml");
        write(&path, b"a = 1\nb = \"\xff\"\n");
        assert_eq!(
            found(&all),
            "error: the configuration is not UTF-8 from line 2 on\n --> hvs.toml"
        );
        write(&path, &vec![b'#'; (1 << 20) + 1]);
        assert_eq!(
            found(&all),
            "error: the configuration has 1048577 bytes; allowed are 1 MiB\n --> hvs.toml"
        );
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(found(&all).starts_with("error: cannot read the configuration: "));
    }

    #[test]
    fn a_place_counts_characters_and_hides_what_may_be_secret() {
        let text = "a = 1\r\n\"ü\" = \"canary\"\r\n".to_owned();
        let document = Document::new("hvs.toml".into(), text);
        let at = document.text.find("\"canary").unwrap();
        let shown = |shows| match document.place(&(at..at + 8), shows) {
            Place::File {
                line,
                column,
                excerpt,
                caret,
                width,
                ..
            } => (line, column, excerpt, caret, width),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            shown(Shows::Span),
            (2, 7, "\"ü\" = \"canary\"".to_owned(), 7, 8)
        );
        assert_eq!(
            shown(Shows::Nothing),
            (2, 7, "\"ü\" = ...".to_owned(), 7, 3)
        );
    }

    #[test]
    fn the_neighbours_of_a_value_on_its_line_are_hidden() {
        let text = "a = { b = \"canary\", c = 0, d = 1 } # x".to_owned();
        let document = Document::new("hvs.toml".into(), text);
        let at = document.text.find("0,").unwrap();
        let place = document.place(&(at..at + 1), Shows::Span);
        let Place::File { excerpt, caret, .. } = place else {
            panic!("{place:?}")
        };
        assert_eq!((excerpt.as_str(), caret), ("a = ... 0 ...", 9));
    }
}
