//! The authenticated calls of one workspace: the token put in, renewed once where it is refused, and an upgrade told
//! apart from a lost membership.

use http_kit::{Call, Effect, Error, Http, Kind, Reply};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use crate::codes::{
    HULY_CONFIG, HULY_SESSION_REFUSED, HULY_TOKEN_REFUSED, HULY_WORKSPACE_UPGRADING,
};
use crate::description::BLOB_ROUTE;
use crate::discovery::below;
use crate::session::Session;

/// Transactor and collaborator of a workspace.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) transactor: Http,
    pub(crate) transactor_url: Url,
    pub(crate) collaborator: Option<(Http, Url)>,
    pub(crate) workspace: Uuid,
    pub(crate) session: Session,
}

impl Wire {
    /// Asks the transactor by GET; `path` stands behind `/api/v1`.
    pub(crate) async fn get(
        &self,
        route: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Error> {
        let mut url = self.route(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let call = Call::get(route, url);
        // A blob is whatever somebody stored.
        let call = if route == BLOB_ROUTE {
            call
        } else {
            call.without_pages()
        };
        self.send(&self.transactor, call).await
    }

    /// Sends JSON to a route of the transactor that ends in the workspace.
    pub(crate) async fn post(
        &self,
        route: &'static str,
        verb: &str,
        body: &impl Serialize,
        effect: Effect,
    ) -> Result<Reply, Error> {
        let url = self.route(&[verb, &self.workspace.to_string()])?;
        let call = Call::post_json(route, url, body, effect)?;
        self.send(&self.transactor, call.without_pages()).await
    }

    /// Sends JSON to the collaborator, about one document. Its name is escaped whole: `|` and `:` too.
    pub(crate) async fn rpc(
        &self,
        route: &'static str,
        document: &str,
        body: &impl Serialize,
        effect: Effect,
    ) -> Result<Reply, Error> {
        let Some((http, base)) = &self.collaborator else {
            let detail = "config.json names no COLLABORATOR_URL, so descriptions cannot be written";
            let error = Error::new(Kind::Fatal, HULY_CONFIG, "huly-collaborator", route);
            return Err(error.with_detail(detail));
        };
        let mut url = below(base, &["rpc"])?;
        let escaped: String = url::form_urlencoded::byte_serialize(document.as_bytes()).collect();
        let path = format!("{}/{}", url.path(), escaped.replace('+', "%20"));
        url.set_path(&path);
        let call = Call::post_json(route, url, body, effect)?;
        self.send(http, call.without_pages()).await
    }

    fn route(&self, path: &[&str]) -> Result<Url, Error> {
        let mut segments = vec!["api", "v1"];
        segments.extend(path);
        below(&self.transactor_url, &segments)
    }

    /// Sends with the token at hand. A refusal of the token means that nothing was carried out, so after the one
    /// renewal even a write may be sent again.
    async fn send(&self, http: &Http, call: Call) -> Result<Reply, Error> {
        let (token, generation) = self.session.token().await;
        let first = http.call(call.clone().with_bearer(&token)?).await;
        let last = match first {
            Err(refusal) if refusal.code() == HULY_TOKEN_REFUSED => {
                let token = self.session.renew(generation, refusal).await?;
                http.call(call.with_bearer(&token)?).await
            }
            answered => answered,
        };
        match last {
            Err(refusal) if refusal.code() == HULY_SESSION_REFUSED => {
                Err(self.told_apart(refusal).await)
            }
            answered => answered,
        }
    }

    /// "Upgrading" is said of a workspace that is being upgraded and to an account that is no member of it: the
    /// account service knows which.
    async fn told_apart(&self, refusal: Error) -> Error {
        match self.session.may_enter().await {
            Ok(()) => Error::new(
                Kind::Transient,
                HULY_WORKSPACE_UPGRADING,
                refusal.service(),
                refusal.route(),
            )
            .with_detail(refusal.detail())
            .with_tries(refusal.tries()),
            Err(reason) => reason,
        }
    }
}
