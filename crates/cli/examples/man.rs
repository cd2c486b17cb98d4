//! Writes the man pages, one per command, into a directory: `cargo xtask man`.
//!
//! They are made from the declaration of the command line whenever they are wanted, so there is none to be kept equal to it.

use std::{env, error::Error, fs, io, path::PathBuf};

use clap::{Command, builder::Resettable};
use clap_mangen::Man;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or("name the directory to write to")?;
    fs::create_dir_all(&directory)?;
    for (name, page) in pages()? {
        fs::write(directory.join(name), page)?;
    }
    Ok(())
}

/// The name and the text of every page: `hvs.1`, `hvs-plan.1`, `hvs-sync-once.1`.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    // the commit is no part of a page: it would differ where nothing else does
    let mut root = cli::command_line()
        .long_version(Resettable::Reset)
        .disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    add(&root, "hvs", &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name.to_uppercase())
        .render(&mut page)?;
    pages.push((format!("{name}.1"), page));
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        add(below, &format!("{name}-{}", below.get_name()), pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_the_version_of_the_program() {
        let pages = pages().unwrap();
        for name in [
            "hvs.1",
            "hvs-plan.1",
            "hvs-sync.1",
            "hvs-sync-once.1",
            "hvs-config-schema.1",
        ] {
            assert!(pages.iter().any(|(page, _)| page == name), "{name}");
        }
        for (name, page) in &pages {
            let page = String::from_utf8(page.clone()).unwrap();
            assert!(page.contains(env!("CARGO_PKG_VERSION")), "{name}");
            assert!(
                page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"),
                "{name}"
            );
            assert!(!page.contains("commit:"), "{name}");
        }
    }
}
