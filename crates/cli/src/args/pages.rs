//! Every command that the pages show is one: it is parsed as it would be typed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{CommandFactory, Parser, error::ErrorKind};

use super::Args;

/// Where a command stands, and what it says.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    words: Vec<String>,
    /// In a sentence a command may be named without what it needs.
    named: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages for users, by their paths from the root.
fn pages() -> Vec<String> {
    let directory = fs::read_dir(root().join("docs")).unwrap();
    let names = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<_> = names
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "md")
        })
        .map(|name| format!("docs/{name}"))
        .chain(["README.md", "CHANGELOG.md", "ARCHITECTURE.md"].map(str::to_owned))
        .collect();
    pages.sort();
    pages
}

/// The commands of a page: lines of fenced blocks, and what stands between backticks.
fn commands(page: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut fence: Option<String> = None;
    for (index, text) in page.lines().enumerate() {
        let line = index + 1;
        let code = text.trim_start();
        if let Some(language) = code.strip_prefix("```") {
            fence = fence.is_none().then(|| language.to_owned());
            continue;
        }
        let Some(language) = &fence else {
            let spans = text.split('`').skip(1).step_by(2);
            let spans = spans.filter(|span| *span == "hvs" || span.starts_with("hvs "));
            found.extend(spans.map(|span| Shown {
                line,
                words: words(span),
                named: true,
            }));
            continue;
        };
        let typed = match language.as_str() {
            "sh" => Some(code),
            "console" => code.strip_prefix("$ "),
            // five words say when
            "cron" => code.find("hvs ").and_then(|at| code.get(at..)),
            _ => None,
        };
        // what one command prints another reads
        for part in typed.into_iter().flat_map(|typed| typed.split(" | ")) {
            let words = words(part);
            if words.first().is_some_and(|word| word == "hvs") {
                found.push(Shown {
                    line,
                    words,
                    named: false,
                });
            }
        }
    }
    found
}

/// The words of a command line up to its comment, redirections, or the next command.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for sign in line.chars() {
        match (sign, quote) {
            (sign, Some(open)) if sign == open => quote = None,
            ('\'' | '"', None) => quote = Some(sign),
            (' ', None) => words.push(String::new()),
            (sign, _) => words.last_mut().unwrap().push(sign),
        }
    }
    words.retain(|word| !word.is_empty());
    let ends = ["#", ">", ">>", "2>", "2>&1", "&", "&&", "||", ";", "..."];
    let end = words.iter().position(|word| ends.contains(&word.as_str()));
    words.truncate(end.unwrap_or(words.len()));
    words
}

/// What is wrong with a command; `None` where it could be typed.
fn refused(shown: &Shown) -> Option<String> {
    let error = Args::try_parse_from(&shown.words).err()?;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::InvalidSubcommand
        | ErrorKind::UnknownArgument
            if shown.named && is_named(&shown.words) =>
        {
            None
        }
        _ => Some(error.to_string()),
    }
}

/// Whether the words before the first flag or placeholder are commands, and the flags among them are known there.
fn is_named(words: &[String]) -> bool {
    let root = Args::command();
    let mut command = &root;
    for word in words.iter().skip(1) {
        if let Some(name) = word.strip_prefix("--") {
            let name = name.split('=').next().unwrap_or(name);
            let mut known = command.get_arguments().chain(root.get_arguments());
            if !known.any(|argument| argument.get_long() == Some(name)) {
                return false;
            }
        } else if let Some(next) = command.find_subcommand(word) {
            command = next;
        } else if command.has_subcommands() && word.chars().all(char::is_lowercase) {
            return false;
        }
    }
    true
}

#[test]
fn every_command_of_every_page_can_be_typed() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for shown in commands(&text) {
            count += 1;
            if let Some(error) = refused(&shown) {
                wrong.push(format!(
                    "{page}:{}: `{}`: {error}",
                    shown.line,
                    shown.words.join(" ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 60, "{count} commands were found");
}

#[test]
fn commands_are_found_in_blocks_and_sentences() {
    let page = "See `hvs plan --json` or `x hvs`.\n```sh\nhvs status  # all\nls\n```\n  ```console\n  $ hvs plan | less\n  hvs says\n  ```\n\
                ```cron\n* * * * * hvs -q sync once --config 'a b'\n```\n```toml\nhvs = 1\n```\n";
    let found: Vec<_> = commands(page)
        .into_iter()
        .map(|shown| (shown.line, shown.words.join(" "), shown.named))
        .collect();
    let wanted = [
        (1, "hvs plan --json", true),
        (3, "hvs status", false),
        (7, "hvs plan", false),
        (11, "hvs -q sync once --config a b", false),
    ];
    assert_eq!(
        found,
        wanted.map(|(line, words, named)| (line, words.to_owned(), named))
    );
}

#[test]
fn a_command_or_flag_that_does_not_exist_is_refused() {
    let shown = |line: &str, named| Shown {
        line: 1,
        words: words(line),
        named,
    };
    for line in [
        "hvs plan --jsno",
        "hvs plann",
        "hvs runs show",
        "hvs sync once --dry-run --accept a",
        "hvs status now",
    ] {
        assert!(refused(&shown(line, false)).is_some(), "{line}");
    }
    for line in [
        "hvs plan --jsno",
        "hvs plann",
        "hvs sync twice",
        "hvs --accept",
    ] {
        assert!(refused(&shown(line, true)).is_some(), "{line}");
    }
    for line in [
        "hvs",
        "hvs import",
        "hvs runs show",
        "hvs sync",
        "hvs config",
        "hvs runs show ID",
        "hvs --version",
    ] {
        assert_eq!(refused(&shown(line, true)), None, "{line}");
    }
}
