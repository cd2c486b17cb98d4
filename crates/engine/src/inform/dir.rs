//! Digests as files: one directory a project, one file a block. Useful without Letta, and what a person can read and diff.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use http_kit::Kind;
use serde::{Deserialize, Serialize};
use sync_core::ids::{ProjectId, StoreId};
use tokio::fs;
use uuid::Uuid;

use super::{
    codes,
    likeness::Traits,
    sink::{AgentDraft, BlockDraft, Found, Shown, ShownBlock, Sink, hash},
};
use crate::port::Answer;

/// Says that a directory is ours, and whose project it is about.
const MARK: &str = ".hvs.json";
/// Directories that one listing looks at.
const MAX_DIRECTORIES: usize = 10_000;
/// Bytes of a file that is read back.
const MAX_FILE: u64 = 16 << 20;

/// A directory with a directory for each project.
#[derive(Clone, Debug)]
pub struct DirSink {
    root: PathBuf,
    workspace: Uuid,
    extension: &'static str,
}

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    workspace: Uuid,
    project: String,
    name: String,
    store: Uuid,
    attempt: u32,
}

impl DirSink {
    /// Files under `root` about the projects of one workspace; `extension` fits the digests' form (`md`, `json`).
    pub fn new(root: impl Into<PathBuf>, workspace: Uuid, extension: &'static str) -> DirSink {
        DirSink {
            root: root.into(),
            workspace,
            extension,
        }
    }

    fn failed(route: &'static str, path: &Path, error: io::Error) -> http_kit::Error {
        let kind = match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::StorageFull => Kind::Transient,
            _ => Kind::Fatal,
        };
        http_kit::Error::new(kind, codes::DIGEST_FILE, "directory", route)
            .with_detail(format!("{}: {error}", path.display()))
            .with_source(error)
    }

    /// The mark of a directory; `None` where it is not one of this workspace's.
    async fn mark(&self, directory: &Path) -> Answer<Option<Mark>> {
        let path = directory.join(MARK);
        let text = match fs::read(&path).await {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Self::failed("read", &path, error)),
        };
        let mark: Mark = serde_json::from_slice(&text)
            .map_err(|error| Self::failed("read", &path, error.into()))?;
        Ok(Some(mark).filter(|mark| mark.workspace == self.workspace))
    }

    fn file(&self, agent: &str, label: &str) -> PathBuf {
        self.root
            .join(agent)
            .join(format!("{label}.{}", self.extension))
    }

    /// Whoever reads the file meanwhile sees the old text or the new one, never a part.
    async fn put(&self, path: &Path, text: &[u8]) -> Answer<()> {
        let coming = path.with_extension("new");
        let put = async {
            fs::write(&coming, text).await?;
            fs::rename(&coming, path).await
        };
        put.await
            .map_err(|error| Self::failed("write", path, error))
    }
}

fn found(id: &str, mark: Mark) -> Found {
    Found {
        id: id.into(),
        name: mark.name.into(),
        project: ProjectId::new(mark.project),
        made: Some((StoreId(mark.store), mark.attempt)),
    }
}

/// A name that every file system takes: what stands in an identifier and is no letter, digit, `-` or `_` becomes `-`.
fn directory_name(label: &str) -> String {
    let safe = |c: char| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => c,
        _ => '-',
    };
    let name: String = label.chars().take(60).map(safe).collect();
    if name.is_empty() {
        "project".to_owned()
    } else {
        name
    }
}

#[async_trait]
impl Sink for DirSink {
    fn name(&self) -> &'static str {
        "directory"
    }

    async fn agents(&self) -> Answer<Vec<Found>> {
        let failed = |error| Self::failed("list", &self.root, error);
        let mut entries = match fs::read_dir(&self.root).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            if names.len() >= MAX_DIRECTORIES {
                let many = format!("more than {MAX_DIRECTORIES} entries");
                return Err(failed(io::Error::other(many)));
            }
            names.extend(entry.file_name().into_string().ok());
        }
        names.sort_unstable();
        let mut all = Vec::new();
        for name in names {
            if let Some(mark) = self.mark(&self.root.join(&name)).await? {
                all.push(found(&name, mark));
            }
        }
        Ok(all)
    }

    async fn agent(&self, id: &str) -> Answer<Option<Shown>> {
        let directory = self.root.join(id);
        let Some(mark) = self.mark(&directory).await? else {
            return Ok(None);
        };
        let failed = |error| Self::failed("read", &directory, error);
        let mut entries = fs::read_dir(&directory).await.map_err(failed)?;
        let mut blocks = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let path = entry.path();
            let is_ours = path
                .extension()
                .is_some_and(|extension| extension == self.extension);
            let Some(label) = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .filter(|_| is_ours)
            else {
                continue;
            };
            // what is larger was not written by us: it differs, whatever it is
            let text = match entry.metadata().await.map_err(failed)?.len() {
                0..=MAX_FILE => fs::read(&path).await.map_err(failed)?,
                _ => Vec::new(),
            };
            blocks.push(ShownBlock {
                id: label.into(),
                label: label.into(),
                hash: hash(&String::from_utf8_lossy(&text)),
                read_only: true,
            });
        }
        blocks.sort_by(|a, b| a.label.cmp(&b.label));
        Ok(Some(Shown {
            traits: Traits::default(),
            found: found(id, mark),
            blocks,
        }))
    }

    async fn create(&self, draft: &AgentDraft) -> Answer<Shown> {
        let name = directory_name(&draft.label);
        let mut id = name.clone();
        // a directory of that name that is not this project's stays as it is
        let mut next = 1_u32;
        while fs::try_exists(self.root.join(&id))
            .await
            .map_err(|error| Self::failed("create", &self.root, error))?
        {
            next += 1;
            id = format!("{name}-{next}");
        }
        let directory = self.root.join(&id);
        fs::create_dir_all(&directory)
            .await
            .map_err(|error| Self::failed("create", &directory, error))?;
        for block in &draft.blocks {
            let path = self.file(&id, &block.label);
            self.put(&path, block.value.as_bytes()).await?;
        }
        let mark = Mark {
            workspace: self.workspace,
            project: draft.project.as_str().to_owned(),
            name: (*draft.name).to_owned(),
            store: draft.made.0.0,
            attempt: draft.made.1,
        };
        let path = directory.join(MARK);
        let text = serde_json::to_vec_pretty(&mark)
            .map_err(|error| Self::failed("create", &path, error.into()))?;
        // last: a directory without it is nobody's
        self.put(&path, &text).await?;
        let made = self.agent(&id).await?;
        made.ok_or_else(|| Self::failed("create", &directory, io::ErrorKind::NotFound.into()))
    }

    async fn remove(&self, id: &str) -> Answer<()> {
        let directory = self.root.join(id);
        if self.mark(&directory).await?.is_none() {
            return Ok(());
        }
        fs::remove_dir_all(&directory)
            .await
            .map_err(|error| Self::failed("remove", &directory, error))
    }

    async fn adopt(&self, id: &str, _project: &ProjectId) -> Answer<Found> {
        let why = format!("{id}: a directory is made for its project and never taken over");
        Err(
            http_kit::Error::new(Kind::Rejected, codes::AGENT_TAKEN, "directory", "adopt")
                .with_detail(why),
        )
    }

    async fn write(
        &self,
        agent: &str,
        _known: Option<&str>,
        block: &BlockDraft,
    ) -> Answer<Arc<str>> {
        if self.mark(&self.root.join(agent)).await?.is_none() {
            let gone = io::Error::from(io::ErrorKind::NotFound);
            return Err(http_kit::Error::new(
                Kind::Conflict,
                codes::AGENT_GONE,
                "directory",
                "write",
            )
            .with_source(gone));
        }
        let path = self.file(agent, &block.label);
        self.put(&path, block.value.as_bytes()).await?;
        Ok(Arc::clone(&block.label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(label: &str) -> AgentDraft {
        AgentDraft {
            project: ProjectId::from("p1"),
            label: label.into(),
            name: "Harbour".into(),
            made: (StoreId(Uuid::nil()), 1),
            pattern: Arc::default(),
            blocks: vec![block("project", "one")],
        }
    }

    fn block(label: &str, value: &str) -> BlockDraft {
        BlockDraft {
            label: label.into(),
            value: value.into(),
            description: "".into(),
            limit: 100,
            read_only: true,
        }
    }

    #[tokio::test]
    async fn a_directory_is_made_found_again_and_its_files_are_written_whole() {
        let root = tempfile::tempdir().unwrap();
        let sink = DirSink::new(root.path(), Uuid::nil(), "md");
        assert_eq!(sink.agents().await.unwrap(), []);
        let made = sink.create(&draft("HARB")).await.unwrap();
        assert_eq!(&*made.found.id, "HARB");
        assert_eq!(
            sink.agents().await.unwrap(),
            std::slice::from_ref(&made.found)
        );
        sink.write("HARB", None, &block("project", "two"))
            .await
            .unwrap();
        let text = std::fs::read_to_string(root.path().join("HARB/project.md")).unwrap();
        assert_eq!(text, "two");
        let now = sink.agent("HARB").await.unwrap().unwrap();
        assert_eq!(now.blocks[0].hash, hash("two"));
        sink.remove("HARB").await.unwrap();
        assert_eq!(sink.agent("HARB").await.unwrap(), None);
        let gone = sink.write("HARB", None, &block("project", "x")).await;
        assert_eq!(gone.unwrap_err().kind(), Kind::Conflict);
    }

    #[tokio::test]
    async fn what_is_not_ours_stays_and_no_identifier_leads_out_of_the_directory() {
        let root = tempfile::tempdir().unwrap();
        let sink = DirSink::new(root.path().join("in"), Uuid::nil(), "md");
        std::fs::create_dir_all(root.path().join("in/---x")).unwrap();
        let made = sink.create(&draft("../x")).await.unwrap();
        assert_eq!(&*made.found.id, "---x-2");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
        let other = DirSink::new(root.path().join("in"), Uuid::max(), "md");
        assert_eq!(other.agents().await.unwrap(), []);
        other.remove("---x-2").await.unwrap();
        assert_eq!(
            sink.agents().await.unwrap().len(),
            1,
            "another workspace's stays"
        );
    }
}
