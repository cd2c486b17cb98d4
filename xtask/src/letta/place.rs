//! Where everything lies that a run needs, so that it can go as a whole.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// A directory for what is installed, and in it one for what only this run needs.
#[derive(Debug)]
pub(super) struct Place {
    home: PathBuf,
    /// It is there for the next run, too.
    is_kept: bool,
}

impl Place {
    /// `cache` itself, or a directory that is this run's alone.
    pub(super) fn new(cache: Option<&Path>) -> Result<Self> {
        let home = cache.map_or_else(
            || std::env::temp_dir().join(format!("hvs-letta-{}", std::process::id())),
            Path::to_owned,
        );
        let is_kept = cache.is_some();
        if is_kept {
            fs::create_dir_all(&home)
        } else {
            // never somebody else's
            fs::create_dir(&home)
        }
        .with_context(|| format!("cannot make the directory {}", home.display()))?;
        let home = home.canonicalize()?;
        let place = Self { home, is_kept };
        // what a run left that was killed, or that failed
        remove(&place.run())?;
        fs::create_dir_all(place.logs())
            .with_context(|| format!("cannot make the directory {}", place.logs().display()))?;
        Ok(place)
    }

    /// What is installed.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Something that is installed.
    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// What only this run needs: the database, the server's home, logs.
    pub(super) fn run(&self) -> PathBuf {
        self.at("run")
    }

    /// What the commands and servers of this run print.
    fn logs(&self) -> PathBuf {
        self.run().join("logs")
    }

    /// The log of one of them.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    /// How much disk all of it takes.
    pub(super) fn megabytes(&self) -> Result<u64> {
        let output = Command::new("du").arg("-sk").arg(&self.home).output()?;
        let text = String::from_utf8(output.stdout)?;
        let kilobytes: u64 = text
            .split_whitespace()
            .next()
            .context("du says nothing")?
            .parse()?;
        Ok(kilobytes / 1_024)
    }

    /// Removes what need not stay.
    pub(super) fn clear(&self) -> Result<()> {
        if self.is_kept {
            remove(&self.run())
        } else {
            remove(&self.home)
        }
    }
}

/// Removes a directory with all that is in it, if it is there.
pub(super) fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => bail!("cannot remove {}: {error}", directory.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_its_own_goes_as_a_whole_and_a_kept_one_keeps_what_is_installed() {
        let own = Place::new(None).unwrap();
        assert!(own.log("x").starts_with(own.home()));
        assert!(Place::new(None).is_err(), "never shared");
        own.clear().unwrap();
        assert!(!own.home().exists());

        let cache = std::env::temp_dir().join(format!("hvs-letta-kept-{}", std::process::id()));
        let kept = Place::new(Some(&cache)).unwrap();
        fs::write(kept.at("installed"), "x").unwrap();
        fs::write(kept.log("x"), "x").unwrap();
        kept.clear().unwrap();
        assert!(kept.at("installed").is_file() && !kept.run().exists());
        let again = Place::new(Some(&cache)).unwrap();
        assert!(again.run().is_dir() && !again.log("x").exists());
        remove(&cache).unwrap();
        remove(&cache).unwrap();
    }
}
