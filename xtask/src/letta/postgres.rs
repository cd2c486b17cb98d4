//! The server's database: a cluster of its own, on a free port of loopback.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    install,
    place::Place,
    process::{Running, User, finish, give_away, program},
};

/// For one command of it.
const WITHIN: Duration = Duration::from_mins(2);
/// User, password and database. It listens on loopback only, and for minutes.
const NAME: &str = "letta";

/// A running PostgreSQL with the empty database of the server.
#[derive(Debug)]
pub(super) struct Database {
    running: Running,
    port: u16,
}

impl Database {
    /// Makes a cluster, starts it, and makes the database with its extension.
    pub(super) fn start(place: &Place) -> Result<Self> {
        let bin = install::postgres(place)?;
        let cluster = place.run().join("cluster");
        std::fs::create_dir(&cluster).context("cannot make a directory for the database")?;
        give_away(&cluster)?;
        let log = place.log("postgres");
        let mut initdb = program(bin.join("initdb"), User::NotRoot)?;
        initdb.arg("-D").arg(&cluster).args(["-U", NAME]);
        initdb.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        // where it may not read its own directory it fails, too
        initdb.current_dir("/");
        finish(&mut initdb, WITHIN, &log).with_context(|| {
            let home = place.home().display();
            format!("initdb; as root it runs as `nobody`, who must be able to read {home}")
        })?;
        let port = free_port()?;
        let mut postgres = program(bin.join("postgres"), User::NotRoot)?;
        postgres.arg("-D").arg(&cluster);
        postgres.args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        // no file outside the cluster; and nobody needs it after a power cut
        postgres.args(["-c", "unix_socket_directories=", "-c", "fsync=off"]);
        postgres.current_dir("/");
        let running = Running::start("PostgreSQL", &mut postgres, "INT", log.clone())?;
        let mut database = Self { running, port };
        let tool = |name: &str| {
            let mut tool = Command::new(bin.join(name));
            tool.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", NAME]);
            tool
        };
        let is_ready = || {
            let asked = tool("pg_isready").stdout(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        database.running.until(WITHIN, is_ready)?;
        finish(tool("createdb").arg(NAME), WITHIN, &log)?;
        let extension = ["-d", NAME, "-c", "create extension vector"];
        finish(tool("psql").args(extension), WITHIN, &log)?;
        Ok(database)
    }

    /// How its clients reach it.
    pub(super) fn uri(&self) -> String {
        format!("postgresql://{NAME}:{NAME}@127.0.0.1:{}/{NAME}", self.port)
    }

    pub(super) fn stop(self) -> Result<()> {
        self.running.stop()
    }
}

/// A port of loopback on which nobody listens. Somebody may take it before it is used: the server then says so.
pub(super) fn free_port() -> Result<u16> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    if port == 0 {
        bail!("the system gave no port");
    }
    Ok(port)
}
