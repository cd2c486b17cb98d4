//! The server itself: started, asked for its version, stopped, and started again where the story asks for it.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    install::{self, VERSION},
    place::Place,
    postgres::{Database, free_port},
    process::{Running, User, finish, program},
};

/// For its schema: 166 migrations.
const MIGRATION: Duration = Duration::from_mins(5);
/// For its start: it imports for most of it.
const START: Duration = Duration::from_mins(5);
/// For one question.
const ANSWER: Duration = Duration::from_secs(5);

/// Makes the tables.
pub(super) fn migrate(place: &Place, database: &Database) -> Result<()> {
    let mut alembic = Command::new(install::python(place));
    alembic.args(["-m", "alembic", "upgrade", "head"]);
    alembic.current_dir(install::source(place));
    clean(&mut alembic, &place.run())?;
    alembic.env("LETTA_PG_URI", database.uri());
    finish(&mut alembic, MIGRATION, &place.log("alembic"))
}

/// Letta on a port of loopback, in secure mode.
#[derive(Debug)]
pub(super) struct Letta<'a> {
    place: &'a Place,
    uri: String,
    port: u16,
    password: String,
    running: Option<Running>,
}

impl<'a> Letta<'a> {
    pub(super) fn start(place: &'a Place, database: &Database) -> Result<Self> {
        let mut letta = Self {
            place,
            // else it insists on TLS
            uri: format!("{}?sslmode=disable", database.uri()),
            port: free_port()?,
            password: password()?,
            running: None,
        };
        letta.go()?;
        Ok(letta)
    }

    /// Where it answers.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it asks everybody for.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// The end of its log, without the password that it prints at its start.
    pub(super) fn tail(&self) -> String {
        let tail = self.running.as_ref().map(Running::tail);
        tail.unwrap_or_default()
            .replace(&self.password, "<password>")
    }

    /// Stops it and starts it again, on the same port with the same database.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.halt()?;
        self.go()
    }

    pub(super) fn stop(mut self) -> Result<()> {
        self.halt()
    }

    fn halt(&mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::stop)
    }

    fn go(&mut self) -> Result<()> {
        // it writes its API's description into the directory where it runs
        let home = self.place.run().join("letta");
        fs::create_dir_all(&home).context("cannot make a directory for Letta")?;
        let mut server = program(install::python(self.place), User::Same)?;
        server.args(["-m", "uvicorn", "letta.server.rest_api.app:app"]);
        server.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        server.current_dir(&home);
        clean(&mut server, &home)?;
        server.env("LETTA_PG_URI", &self.uri);
        server.env("LETTA_SERVER_SECURE", "true");
        server.env("LETTA_SERVER_PASSWORD", &self.password);
        let log = self.place.log("server");
        let mut running = Running::start("Letta", &mut server, "TERM", log)?;
        let mut health = None;
        running.until(START, || {
            health = ask_health(self.port);
            health.is_some()
        })?;
        let health = health.unwrap_or_default();
        if !health.contains(&format!("\"{VERSION}\"")) {
            bail!("the server is not Letta {VERSION}: {health}");
        }
        self.running = Some(running);
        Ok(())
    }
}

/// Nothing of our environment: no key of a model provider, no proxy.
fn clean(command: &mut Command, home: &Path) -> Result<()> {
    let path = std::env::var_os("PATH").context("there is no PATH")?;
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("LANG", "C.UTF-8");
    Ok(())
}

/// The answer to `GET /v1/health/`, if there is one that is good.
fn ask_health(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.set_write_timeout(Some(ANSWER)).ok()?;
    let request = "GET /v1/health/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.take(65_536).read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}

/// A password that nobody knows.
fn password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("the system gives no random bytes")?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_comes_twice() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }

    #[test]
    fn a_port_where_nobody_answers_is_not_healthy() {
        assert_eq!(ask_health(free_port().unwrap()), None);
    }
}
