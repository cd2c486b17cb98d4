//! The simulated servers on loopback, and a configuration that leads to them.

use std::path::Path;

use engine::report::Exit;
use sim::{
    Shared,
    calls::Counts,
    clock::Clock,
    dataset::{Boards, Login},
    http::{
        BridgeState, Form, RateLimit, Router, Running, Server, bridge_router, huly_router,
        letta_router, serve, vibe_router,
    },
    huly::{Huly, Session},
    letta::LettaModel,
    vibe::{Generation, Vibe},
};
use sync_core::Pair;

use crate::{
    args::{Door, Shape},
    failure::Failure,
};

/// Chances and jitter of faults follow from it.
const SEED: u64 = 1;

/// Both servers, running until this is dropped.
pub(crate) struct World {
    /// The model of Huly, with faults and counters.
    pub huly: Server<Huly>,
    /// The model of Vibe Kanban, likewise.
    pub vibe: Server<Vibe>,
    /// The account that hvs signs in with.
    pub login: Login,
    /// The same person, for what people do by hand.
    pub who: Session,
    listening: Pair<Running>,
    door: Door,
}

/// A clock that shows the real time now and runs with it.
pub(crate) fn clock() -> Clock {
    Clock::running(jiff::Timestamp::now().as_millisecond())
}

/// The simulation's word for a shape.
pub(crate) const fn generation(shape: Shape) -> Generation {
    match shape {
        Shape::L1 => Generation::L1,
        Shape::L2 => Generation::L2,
    }
}

/// The simulated Huly as it is reached by one way.
fn router(huly: &Server<Huly>, who: &Session, door: Door) -> Router {
    let form = match door {
        Door::Platform => return huly_router(huly, RateLimit::default()),
        Door::Bridge => Form::First,
        Door::BridgeLater => Form::Later,
    };
    bridge_router(huly, who.clone(), Shared::new(BridgeState::of(form)))
}

fn unserved(port: u16) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| {
        Failure::new(
            Exit::Usage,
            format!("cannot listen on 127.0.0.1:{port}: {error}"),
        )
        .hint("choose another port, or 0 for a free one")
    }
}

/// The password of the simulated Letta; no secret.
pub(crate) const LETTA_PASSWORD: &str = "demo";

/// An empty Letta server in secure mode; port 0 takes a free one. It runs until what is answered is dropped.
pub(crate) async fn letta(port: u16) -> Result<(Server<LettaModel>, Running), Failure> {
    let model = LettaModel::new(clock(), SEED).with_password(LETTA_PASSWORD);
    let server = Server::new(model, SEED);
    let running = serve(letta_router(&server), port).await;
    Ok((server, running.map_err(unserved(port))?))
}

impl World {
    /// Serves both boards; port 0 takes a free one.
    pub(crate) async fn start(
        boards: Boards,
        ports: Pair<u16>,
        door: Door,
    ) -> Result<Self, Failure> {
        let who = boards.session();
        let Boards {
            huly, vibe, login, ..
        } = boards;
        let (huly, vibe) = (Server::new(huly, SEED), Server::new(vibe, SEED));
        let listening = Pair {
            huly: serve(router(&huly, &who, door), ports.huly)
                .await
                .map_err(unserved(ports.huly))?,
            vibe: serve(vibe_router(&vibe), ports.vibe)
                .await
                .map_err(unserved(ports.vibe))?,
        };
        Ok(Self {
            huly,
            vibe,
            login,
            who,
            listening,
            door,
        })
    }

    /// Where they listen.
    pub(crate) fn addresses(&self) -> Pair<String> {
        self.listening.as_ref().map(Running::url)
    }

    /// `hvs.toml` for these servers, with its store at `store`.
    pub(crate) fn config(&self, store: &Path) -> String {
        let addresses = self.addresses();
        let workspace = self.huly.model.lock().workspace().url.clone();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let way = match self.door {
            Door::Platform => format!(
                "email = {}\npassword = {}",
                quoted(&self.login.email),
                quoted(&self.login.password)
            ),
            Door::Bridge | Door::BridgeLater => "api = \"bridge\"".to_owned(),
        };
        format!(
            "#:schema {}\n# Simulated servers: they hold nothing of value and forget everything when they end.\n\n\
             [huly]\nurl = {}\nworkspace = {}\n{way}\n\n\
             [vibe]\nurl = {}\nrepo_roots = [{}]\n\n\
             [store]\npath = {}\n",
            crate::config::SCHEMA_URL,
            quoted(&addresses.huly),
            quoted(&workspace),
            quoted(&addresses.vibe),
            quoted(sim::dataset::REPO_ROOT),
            quoted(&store.display().to_string()),
        )
    }

    /// What both servers counted so far.
    pub(crate) fn calls(&self) -> Pair<Counts> {
        Pair {
            huly: self.huly.calls.snapshot(),
            vibe: self.vibe.calls.snapshot(),
        }
    }

    /// Starts counting again.
    pub(crate) fn reset_calls(&self) {
        self.huly.calls.reset();
        self.vibe.calls.reset();
    }

    /// Ends both servers.
    pub(crate) async fn shutdown(self) {
        let Pair { huly, vibe } = self.listening;
        tokio::join!(huly.shutdown(), vibe.shutdown());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_configuration_of_simulated_servers_is_as_its_schema_says() {
        let boards = sim::dataset::demo(&clock(), Generation::L2).unwrap();
        let free = Pair { huly: 0, vibe: 0 };
        let Ok(world) = World::start(boards, free, Door::Platform).await else {
            panic!("the servers do not start");
        };
        let text = world.config(Path::new("/tmp/hvs-sim.db"));
        let first = text.lines().next();
        assert_eq!(
            first,
            Some(format!("#:schema {}", crate::config::SCHEMA_URL).as_str())
        );
        let table: toml::Table = text.parse().unwrap();
        let json = serde_json::to_value(table).unwrap();
        let schema = jsonschema::draft202012::new(&crate::config::schema()).unwrap();
        let errors: Vec<_> = schema
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        world.shutdown().await;
    }
}
