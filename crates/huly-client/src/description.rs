//! Descriptions: a stored text by its name, and the live document at the collaborator.
//!
//! The issue holds the name of a stored text; a new name is a new version, the same name is the same text. Beside it
//! the collaborator keeps a live document, **which is the truth once it exists**. So a change goes through
//! [`Huly::update_description`] only: a stored text that is merely put into the issue is overwritten by the live
//! document at the next keystroke.

use http_kit::{Effect, Error, Kind, Reply};
use serde::Deserialize;
use serde_json::json;

use crate::client::Huly;
use crate::codes::{HULY_BLOB_MISSING, HULY_DESCRIPTION_LIVE, HULY_TOO_LARGE};
use crate::ids::{BlobName, DocId, DocRef};
use crate::json::Origin;

/// The route of stored texts; the workspace is the token's.
pub(crate) const BLOB_ROUTE: &str = "/api/v1/blob";
const BLOB: Origin = Origin {
    service: "huly",
    route: BLOB_ROUTE,
};

/// Most bytes of a request that writes a description: the collaborator takes 10 MB.
pub const DESCRIPTION_MAX: usize = 10_000_000;

/// How the storing of a description before its issue ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptionOutcome {
    /// Stored under this name, which goes into the issue's attributes.
    Stored(BlobName),
    /// Somebody still has the description of a removed issue of this id open: make the issue without a description,
    /// then [`Huly::update_description`].
    LiveExists,
}

impl Huly {
    /// The stored text of a name, as it was saved: markup as JSON text. Creates nothing, and belongs exactly to the
    /// version of the issue that names it. `None`: there is none of that name.
    pub async fn description_text(&self, name: &BlobName) -> Result<Option<String>, Error> {
        let query = [("name", name.as_str())];
        match self.wire().get(BLOB_ROUTE, &["blob"], &query).await {
            Ok(reply) => text_of(&reply).map(Some),
            Err(error) if error.code() == HULY_BLOB_MISSING => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a description for an issue that does not exist yet. Done twice it makes two stored texts, of which the
    /// issue names one. Where the id was used before, follow the create with [`Huly::update_description`]: an old live
    /// document may have outlived the old issue.
    pub async fn create_description(
        &self,
        issue: DocId,
        markup: &str,
    ) -> Result<DescriptionOutcome, Error> {
        const CREATE: Origin = rpc("/rpc/{document} createContent");
        let body = write("createContent", markup, CREATE)?;
        match self.rpc(CREATE, &issue.into(), &body, Effect::Write).await {
            Ok(reply) => {
                let stored: Content<Stored> = CREATE.decode(&reply.body)?;
                Ok(DescriptionOutcome::Stored(stored.content.description))
            }
            Err(error) if error.code() == HULY_DESCRIPTION_LIVE => {
                Ok(DescriptionOutcome::LiveExists)
            }
            Err(error) => Err(error),
        }
    }

    /// The live text, markup as JSON text; `None` where there is no live document (there may be a description all the
    /// same; with `source`, the name that the issue holds, it is read from there then).
    ///
    /// **No pure read**: where somebody is typing the collaborator saves at once, so the issue's `description` gets a
    /// new name. A new name right after this call means that somebody is typing.
    pub async fn live_description(
        &self,
        issue: &DocRef,
        source: Option<&BlobName>,
    ) -> Result<Option<String>, Error> {
        const GET: Origin = rpc("/rpc/{document} getContent");
        let payload = match source {
            Some(source) => json!({"source": source}),
            None => json!({}),
        };
        let body = json!({"method": "getContent", "payload": payload});
        let reply = self.rpc(GET, issue, &body, Effect::Read).await?;
        let live: Content<Live> = GET.decode(&reply.body)?;
        Ok(live.content.description)
    }

    /// Replaces the description of an issue that exists, whether it had one or not, and sets the issue's
    /// `description` to a new name; equal text changes nothing. There is no condition: check right before that the
    /// name is still the observed one.
    pub async fn update_description(&self, issue: &DocRef, markup: &str) -> Result<(), Error> {
        const UPDATE: Origin = rpc("/rpc/{document} updateContent");
        let body = write("updateContent", markup, UPDATE)?;
        self.rpc(UPDATE, issue, &body, Effect::Write)
            .await
            .map(|_| ())
    }

    async fn rpc(
        &self,
        origin: Origin,
        issue: &DocRef,
        body: &serde_json::Value,
        effect: Effect,
    ) -> Result<Reply, Error> {
        let (workspace, _) = self.workspace();
        let document = format!("{workspace}|tracker:class:Issue|{issue}|description");
        let wire = self.wire();
        wire.rpc(origin.route, &document, body, effect).await
    }
}

const fn rpc(route: &'static str) -> Origin {
    Origin {
        service: "huly-collaborator",
        route,
    }
}

/// The request that writes a text, where it is not too large.
fn write(method: &str, markup: &str, origin: Origin) -> Result<serde_json::Value, Error> {
    let body = json!({"method": method, "payload": {"content": {"description": markup}}});
    // The text is escaped into a JSON string: measured as it is sent.
    let bytes = body.to_string().len();
    if bytes > DESCRIPTION_MAX {
        let detail = format!("{bytes} bytes, at most {DESCRIPTION_MAX} are taken");
        return Err(origin.error(Kind::Rejected, HULY_TOO_LARGE, detail));
    }
    Ok(body)
}

/// A stored text comes as what it was stored as, which is never a page: a page is some proxy's, and must not be taken for
/// what an author wrote.
fn text_of(reply: &Reply) -> Result<String, Error> {
    let mime = reply.headers.get("content-type");
    if mime.is_some_and(|mime| mime.as_bytes().starts_with(b"text/html")) {
        return Err(BLOB.shape(".", "an html page instead of a stored text"));
    }
    String::from_utf8(reply.body.to_vec()).map_err(|error| BLOB.shape(".", error.to_string()))
}

#[derive(Debug, Deserialize)]
struct Content<T> {
    content: T,
}

#[derive(Debug, Deserialize)]
struct Stored {
    description: BlobName,
}

#[derive(Debug, Deserialize)]
struct Live {
    #[serde(default)]
    description: Option<String>,
}
