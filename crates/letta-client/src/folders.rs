//! Folders of files that an agent can open.

use http_kit::{Call, Effect, Error};

use crate::client::{incomplete, patch, refusal};
use crate::multipart::form;
use crate::{
    AgentId, Deletion, Folder, FolderFile, FolderId, Letta, NewFolder, SERVICE, codes, route,
};

/// Most bytes of a file that is uploaded.
pub const UPLOAD_MAX: usize = 1 << 20;

impl Letta {
    /// The folder of exactly this name, checked here again.
    pub async fn folder_named(&self, name: &str) -> Result<Option<Folder>, Error> {
        if name.is_empty() {
            return Ok(None);
        }
        let url = self.url(route::FOLDERS);
        let folders: Vec<Folder> = self.walk(route::FOLDERS, url, &[("name", name)]).await?;
        Ok(folders.into_iter().find(|folder| folder.name == name))
    }

    /// Creates a folder, or gives the one that has the name already: names are unique, so a create whose answer was lost
    /// may be asked for again.
    pub async fn create_folder(&self, new: &NewFolder) -> Result<Folder, Error> {
        let url = self.url(route::FOLDERS);
        let call = Call::post_json(route::FOLDERS, url, new, Effect::Write)?;
        let created: Result<Folder, Error> = self.fetch(call).await;
        match created {
            Ok(folder) if folder.name != new.name => {
                let gap = ["name".to_owned()];
                Err(incomplete(route::FOLDERS, &folder.id.to_string(), &gap))
            }
            Err(error) if error.code() == codes::LETTA_TWIN => {
                self.folder_named(&new.name).await?.ok_or(error)
            }
            done => done,
        }
    }

    /// Attaches a folder to an agent; again does nothing.
    pub async fn attach_folder(&self, agent: AgentId, folder: FolderId) -> Result<(), Error> {
        let path = format!("/v1/agents/{agent}/folders/attach/{folder}");
        self.send(patch(route::FOLDER_ATTACH, self.url(&path)))
            .await
            .map(drop)
    }

    /// Detaches a folder from an agent; both stay. Again does nothing.
    pub async fn detach_folder(&self, agent: AgentId, folder: FolderId) -> Result<Deletion, Error> {
        let path = format!("/v1/agents/{agent}/folders/detach/{folder}");
        self.remove(patch(route::FOLDER_DETACH, self.url(&path)))
            .await
    }

    /// Uploads a text under this name in place of the one that has it. It is taken in later: its status is in
    /// [`Letta::files`]. Not repeated, but safe to ask for again. Rejected, and not sent, over [`UPLOAD_MAX`] bytes or
    /// with a name that holds a slash, a quote or a control character. A name that ends with `.md` is markdown.
    pub async fn upload(
        &self,
        folder: FolderId,
        name: &str,
        text: &str,
    ) -> Result<FolderFile, Error> {
        let odd = |c: char| c.is_control() || ['"', '/', '\\'].contains(&c);
        if name.is_empty() || name.contains(odd) {
            let why = "a file's name is empty or holds a slash, quote or control character";
            return Err(refusal(codes::LETTA_BAD_VALUE, route::UPLOAD, why));
        }
        if text.len() > UPLOAD_MAX {
            let why = format!("{name} has {} bytes, the limit is {UPLOAD_MAX}", text.len());
            return Err(refusal(codes::LETTA_TOO_LONG, route::UPLOAD, why));
        }
        let mime = if name.to_ascii_lowercase().ends_with(".md") {
            "text/markdown"
        } else {
            "text/plain"
        };
        let (kind, body) = form(name, mime, text).map_err(|cause| {
            let code = http_kit::codes::NET_ENCODE;
            Error::new(http_kit::Kind::Fatal, code, SERVICE, route::UPLOAD).with_source(cause)
        })?;
        let mut url = self.url(&format!("/v1/folders/{folder}/upload"));
        url.query_pairs_mut()
            .append_pair("duplicate_handling", "replace");
        let call = Call::new(http::Method::POST, route::UPLOAD, url, Effect::Write);
        self.fetch(call.with_body(body, kind)).await
    }

    /// All files of a folder.
    pub async fn files(&self, folder: FolderId) -> Result<Vec<FolderFile>, Error> {
        let url = self.url(&format!("/v1/folders/{folder}/files"));
        self.walk(route::FOLDER_FILES, url, &[]).await
    }
}
