//! The workspace token of a run, and its one renewal.

use http_kit::{Error, Kind};
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::account::{AccountService, Credentials, Entrance};
use crate::codes::HULY_WORKSPACE_WRONG;

/// Holds the workspace token. Where the server refuses it in the middle of a run, it is renewed **exactly once**,
/// however many calls found it refused; a second refusal is fatal.
#[derive(Debug)]
pub(crate) struct Session {
    accounts: AccountService,
    credentials: Credentials,
    workspace: Uuid,
    workspace_url: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    token: SecretString,
    /// The token that the workspace was chosen with.
    asked_with: SecretString,
    /// How often the token was renewed: tells a refusal of the old token from one of the new.
    generation: u64,
    /// Whether this run's fresh login was used.
    spent: bool,
}

impl Session {
    pub(crate) fn new(
        accounts: AccountService,
        credentials: Credentials,
        entrance: &Entrance,
    ) -> Self {
        Self {
            accounts,
            credentials,
            workspace: entrance.workspace,
            workspace_url: entrance.workspace_url.clone(),
            state: Mutex::new(State {
                token: entrance.token.clone(),
                asked_with: entrance.asked_with.clone(),
                generation: 0,
                spent: false,
            }),
        }
    }

    /// The account service.
    pub(crate) fn accounts(&self) -> &AccountService {
        &self.accounts
    }

    /// The token and its generation.
    pub(crate) async fn token(&self) -> (SecretString, u64) {
        let state = self.state.lock().await;
        (state.token.clone(), state.generation)
    }

    /// A token newer than the refused one of `generation`, or the refusal where the run's fresh login is used up.
    /// The lock is held over the login: other calls wait for it instead of signing in themselves.
    pub(crate) async fn renew(
        &self,
        generation: u64,
        refusal: Error,
    ) -> Result<SecretString, Error> {
        let mut state = self.state.lock().await;
        if state.generation > generation {
            return Ok(state.token.clone());
        }
        if state.spent {
            return Err(refusal);
        }
        state.spent = true;
        let entered = self.enter().await;
        match entered {
            Ok(entrance) => {
                state.token = entrance.token;
                state.asked_with = entrance.asked_with;
                state.generation += 1;
                Ok(state.token.clone())
            }
            Err(error) => {
                // A login that never reached the server was none.
                state.spent = error.kind() != Kind::Transient;
                Err(error)
            }
        }
    }

    /// Lets a new run renew the token once more.
    pub(crate) async fn begin_run(&self) {
        self.state.lock().await.spent = false;
    }

    /// Signs in again and checks that the door leads to the same workspace.
    pub(crate) async fn enter(&self) -> Result<Entrance, Error> {
        let who = &self.credentials;
        let entrance = self.accounts.enter(who, &self.workspace_url).await?;
        if entrance.workspace == self.workspace {
            return Ok(entrance);
        }
        let detail = "the short name now leads to another workspace";
        let (service, route) = ("huly-account", "selectWorkspace");
        Err(Error::new(Kind::Fatal, HULY_WORKSPACE_WRONG, service, route).with_detail(detail))
    }

    /// Asks the account service whether the account may enter the workspace at all, with the token at hand.
    pub(crate) async fn may_enter(&self) -> Result<(), Error> {
        let token = self.state.lock().await.asked_with.clone();
        let answer = self.accounts.select_workspace(&token, &self.workspace_url);
        answer.await.map(|_| ())
    }
}
