//! `cargo xtask tidy`: the figures of the code, and the rules that lints cannot hold.
//!
//! Each check is a function from what was read to a list of [`Finding`]s, so that a test can show that it fails.

use std::{collections::BTreeMap, fmt, fs};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

mod direction;
mod failures;
mod figures;
pub(crate) mod links;
mod named;
mod sizes;
mod source;
mod visit;
mod words;

/// Flags of `cargo xtask tidy`: none yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// One broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what } = self;
        write!(f, "{file}:{line}: {what}")
    }
}

/// Prints the figures, then what is broken; fails if anything is.
pub(crate) fn run(_args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    let files = workspace.files()?;
    let mut texts = BTreeMap::new();
    for file in &files {
        let bytes =
            fs::read(workspace.root.join(file)).with_context(|| format!("cannot read {file}"))?;
        // what is not text has no rules
        if let Ok(text) = String::from_utf8(bytes) {
            texts.insert(file.clone(), text);
        }
    }
    let mut findings = direction::check(&workspace.packages);
    findings.extend(words::check(&texts));
    findings.extend(failures::check(&texts));
    findings.extend(links::check(&files, &texts));
    findings.extend(named::check(&texts));
    let (sources, unread) = source::read_all(&workspace, &texts);
    findings.extend(unread);
    findings.extend(sizes::check(&sources));
    findings.extend(sources.iter().flat_map(|source| source.banned.clone()));
    let (table, short) = figures::table(&workspace.packages, &sources);
    findings.extend(short);
    println!("{table}");
    findings.sort();
    findings.dedup();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing to mend", files.len());
            Ok(())
        }
        count => bail!("tidy: {count} to mend, listed above"),
    }
}
