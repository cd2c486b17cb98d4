//! Signing in: the account service, and the choice of a workspace.

use http_kit::{Call, Effect, Error, Http, Kind, Stats};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::codes::{
    HULY_LOGIN_REFUSED, HULY_LOGIN_TWO_FACTOR, HULY_SHAPE, HULY_WORKSPACE_UNKNOWN,
    HULY_WORKSPACE_WRONG,
};
use crate::discovery::http_url;
use crate::json::Origin;

const SERVICE: &str = "huly-account";

/// What an account is known by.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A token got elsewhere: of the account, or of the workspace itself.
    Token(SecretString),
    /// An e-mail address and its password. Five wrong passwords lock the account.
    Password {
        /// The address.
        email: String,
        /// The password.
        password: SecretString,
    },
}

/// A workspace that was entered.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// The account's uuid.
    pub account: Uuid,
    /// The workspace's uuid.
    pub workspace: Uuid,
    /// The workspace's short name, as asked for.
    pub workspace_url: String,
    /// What the account may do there (`OWNER`, `MAINTAINER`, `USER`, `GUEST` ...).
    pub role: Option<String>,
    /// The transactor.
    pub transactor: Url,
    /// The workspace token.
    pub token: SecretString,
    /// The token that the workspace was asked for with.
    pub(crate) asked_with: SecretString,
}

/// The account service of one installation.
#[derive(Debug, Clone)]
pub struct AccountService {
    http: Http,
    url: Url,
}

impl AccountService {
    /// The service at this address; `http` reads answers with [`crate::classify::account`].
    pub fn new(http: Http, url: Url) -> Self {
        Self { http, url }
    }

    /// Calls and bytes so far.
    pub fn stats(&self) -> Stats {
        self.http.stats()
    }

    /// Enters a workspace: signs in where that is needed, chooses the workspace, and checks that the answer is for
    /// the one that was asked for. A refusal is fatal and nothing is sent again.
    pub async fn enter(&self, who: &Credentials, workspace: &str) -> Result<Entrance, Error> {
        match who {
            Credentials::Password { email, password } => {
                let token = self.login(email, password).await?;
                self.select_workspace(&token, workspace).await
            }
            Credentials::Token(token) => match self.login_info(token, workspace).await? {
                Some(entrance) => Ok(entrance),
                None => self.select_workspace(token, workspace).await,
            },
        }
    }

    /// Signs in with a password, once: the call is sent as a write, so no layer repeats it.
    pub async fn login(&self, email: &str, password: &SecretString) -> Result<SecretString, Error> {
        const LOGIN: Origin = origin("login");
        let params = json!({"email": email, "password": password.expose_secret()});
        let answer = self.ask::<Login>(LOGIN, params, None, Effect::Write).await;
        let untold = |error| without_password(error, password.expose_secret());
        let login = answer.map_err(unchanged).map_err(untold)?;
        if login.tfa_required == Some(true) {
            let detail = "the token of a password stands for no account before the second factor";
            return Err(LOGIN.error(Kind::Fatal, HULY_LOGIN_TWO_FACTOR, detail));
        }
        login.token.ok_or_else(|| {
            LOGIN.error(Kind::Fatal, HULY_LOGIN_REFUSED, "the answer holds no token")
        })
    }

    /// Chooses a workspace by its short name. **The server may answer with another workspace where it knows none of
    /// that name**, so the name in the answer is compared.
    pub async fn select_workspace(
        &self,
        token: &SecretString,
        workspace: &str,
    ) -> Result<Entrance, Error> {
        const SELECT: Origin = origin("selectWorkspace");
        let params = json!({"workspaceUrl": workspace, "kind": "external"});
        let answer: LoginInfo = self.ask(SELECT, params, Some(token), Effect::Read).await?;
        let found = answer.workspace_url.as_deref().unwrap_or_default();
        if found != workspace {
            let detail = format!("asked for `{workspace}`, answered for `{found}`");
            return Err(SELECT.error(Kind::Fatal, HULY_WORKSPACE_WRONG, detail));
        }
        let entrance = self.entrance(SELECT, answer, token)?;
        entrance.ok_or_else(|| {
            let detail = format!("no workspace `{workspace}` in the answer");
            SELECT.error(Kind::Fatal, HULY_WORKSPACE_UNKNOWN, detail)
        })
    }

    /// What a token stands for: an entrance where it is a workspace token (of the right workspace, else fatal),
    /// `None` where it is an account token.
    pub async fn login_info(
        &self,
        token: &SecretString,
        workspace: &str,
    ) -> Result<Option<Entrance>, Error> {
        const INFO: Origin = origin("getLoginInfoByToken");
        let answer: LoginInfo = self.ask(INFO, json!({}), Some(token), Effect::Read).await?;
        if answer.workspace.is_none() {
            return Ok(None);
        }
        let found = answer.workspace_url.as_deref().unwrap_or_default();
        if found != workspace {
            let detail = format!("asked for `{workspace}`, the token is for `{found}`");
            return Err(INFO.error(Kind::Fatal, HULY_WORKSPACE_WRONG, detail));
        }
        self.entrance(INFO, answer, token)
    }

    /// The entrance in an answer, where it names a workspace and a transactor.
    fn entrance(
        &self,
        origin: Origin,
        answer: LoginInfo,
        asked_with: &SecretString,
    ) -> Result<Option<Entrance>, Error> {
        let (Some(workspace), Some(endpoint)) = (answer.workspace, answer.endpoint) else {
            return Ok(None);
        };
        let Some(token) = answer.token else {
            return Err(origin.error(Kind::Fatal, HULY_SHAPE, "field `result.token`: missing"));
        };
        Ok(Some(Entrance {
            account: answer.account,
            workspace,
            workspace_url: answer.workspace_url.unwrap_or_default(),
            role: answer.role,
            transactor: http_url(&self.url, &endpoint, origin)?,
            token,
            asked_with: asked_with.clone(),
        }))
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        origin: Origin,
        params: Value,
        token: Option<&SecretString>,
        effect: Effect,
    ) -> Result<T, Error> {
        let body = json!({"method": origin.route, "params": params});
        let call = Call::post_json(origin.route, self.url.clone(), &body, effect)?;
        let mut call = call.without_pages();
        if let Some(token) = token {
            call = call.with_bearer(token)?;
        }
        let reply = self.http.call(call).await?;
        let answer: Answer<T> = origin.decode_secret(&reply.body)?;
        Ok(answer.result)
    }
}

const fn origin(method: &'static str) -> Origin {
    Origin {
        service: SERVICE,
        route: method,
    }
}

/// A login without an answer changed nothing that matters: it is tried again in the next run.
fn unchanged(error: Error) -> Error {
    match error.kind() {
        Kind::Unknown => again(Kind::Transient, &error, error.detail()),
        Kind::Transient | Kind::Conflict | Kind::Rejected | Kind::Fatal => error,
    }
}

/// The shortest part of a password by which it is known in the server's words.
const PART: usize = 4;

/// The server's words are told and logged. Where it throws the request back, they hold the password, however it was quoted on the
/// way: then they are left out.
fn without_password(error: Error, password: &str) -> Error {
    // White space is not told as it came.
    let close = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    // As it stands in the request, and in a text that quotes the request.
    let once = escaped(password);
    let forms = [password.to_owned(), escaped(&once), once];
    let parts = password
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.chars().count() >= PART);
    let mut parts = parts
        .map(str::to_owned)
        .chain(forms.iter().map(|form| close(form)))
        .filter(|part| !part.is_empty());
    let detail = close(error.detail());
    if parts.any(|part| detail.contains(&part)) {
        let detail = "the server threw the request back; its words hold the password";
        return again(error.kind(), &error, detail);
    }
    error
}

/// A text as JSON has it between its quotes.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

/// The same error with another kind and other words.
fn again(kind: Kind, error: &Error, detail: &str) -> Error {
    let again = Error::new(kind, error.code(), SERVICE, error.route())
        .with_detail(detail)
        .with_retry_after(error.retry_after())
        .with_tries(error.tries());
    match error.status() {
        Some(status) => again.with_status(status),
        None => again,
    }
}

/// A success of the account service.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<T> {
    pub(crate) result: T,
}

/// What `login` answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Login {
    #[serde(default)]
    token: Option<SecretString>,
    #[serde(default)]
    tfa_required: Option<bool>,
}

/// What `selectWorkspace` and `getLoginInfoByToken` answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginInfo {
    account: Uuid,
    #[serde(default)]
    token: Option<SecretString>,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    workspace: Option<Uuid>,
    #[serde(default)]
    workspace_url: Option<String>,
    #[serde(default)]
    role: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of these words of a server, of a login with this password.
    fn told(words: &str, password: &str) -> String {
        let error = Error::new(Kind::Fatal, HULY_LOGIN_REFUSED, SERVICE, "login");
        let error = without_password(error.with_detail(words), password);
        error.detail().to_owned()
    }

    #[test]
    fn a_password_is_left_out_however_the_server_quotes_it() {
        for password in ["a\"b", "\\'\"", "é\t#", "a  b", "correct horse", "x"] {
            let request = json!({ "password": password }).to_string();
            let words = [
                format!("you said: {password}"),
                format!("bad request: {request}"),
                format!("bad request: {}", Value::from(request.as_str())),
            ];
            for words in words {
                let told = told(&words, password);
                assert!(told.contains("hold the password"), "{password:?}: {told}");
            }
        }
        assert_eq!(told("out of order", "a\"b"), "out of order");
        assert_eq!(told("out of order", "  "), "out of order");
    }
}
