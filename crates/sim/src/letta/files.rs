//! Files in folders: what an upload does where the name is there already, and how a file is worked on afterwards.

use super::page::{Defaults, Order, Page, paged};
use super::{LettaModel, Refusal};

/// What an upload does where a file of that name is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicate {
    /// Stores it beside the other under another name. The default.
    #[default]
    Suffix,
    /// Refuses it.
    Error,
    /// Answers with what is there.
    Skip,
    /// Removes one file of that name first.
    Replace,
}

/// A file to store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFile {
    /// Name of the file.
    pub name: String,
    /// Media type, as the caller says it.
    pub kind: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Where the name is taken.
    pub duplicate: Duplicate,
}

/// A file as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// `file-<uuid v4>`.
    pub id: String,
    /// Id of its folder.
    pub folder: String,
    /// Name in lists.
    pub name: String,
    /// Name as it was uploaded; twins made by a suffix share it.
    pub original: String,
    /// Media type as the server has it.
    pub kind: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Unix microseconds.
    pub created_at: i64,
    /// Unix microseconds.
    pub updated_at: i64,
    /// Whether the server is through with it, which takes it 4.5 s.
    pub completed: bool,
}

/// Files' lists: the newest 100.
const LIST: Defaults = Defaults {
    limit: 100,
    order: Order::Desc,
};
/// How long the server works on a file after its upload, in microseconds.
const WORK_US: i64 = 4_500_000;

impl LettaModel {
    /// Files of a folder, newest first where the page does not say otherwise.
    pub fn list_files(&self, folder: &str, page: &Page) -> Result<Vec<SourceFile>, Refusal> {
        self.folder(folder)?;
        let in_it = |file: &&SourceFile| file.folder == folder;
        let wanted = self
            .files
            .iter()
            .filter(in_it)
            .map(|file| self.worked_on(file));
        let place = |file: &SourceFile| (file.created_at, file.id.clone());
        let cursor = |id: &str| self.files.iter().find(|file| file.id == id).map(place);
        paged(wanted.collect(), place, cursor, page, LIST)
    }

    /// A file as far as the server has come with it.
    fn worked_on(&self, file: &SourceFile) -> SourceFile {
        let now = self.clock.shows().saturating_mul(1_000);
        let done_at = file.created_at.saturating_add(WORK_US);
        let mut file = file.clone();
        if !file.completed && now >= done_at {
            file.completed = true;
            file.updated_at = done_at;
        }
        file
    }

    /// A file of a folder.
    pub fn file(&self, folder: &str, id: &str) -> Result<SourceFile, Refusal> {
        self.folder(folder)?;
        let is_it = |file: &&SourceFile| file.folder == folder && file.id == id;
        let known = self
            .files
            .iter()
            .find(is_it)
            .map(|file| self.worked_on(file));
        known.ok_or_else(|| Refusal::no_row("FileMetadata", id))
    }

    /// Stores a file. The answer's name has the folder before it, but for a file that replaced another.
    pub fn upload(&mut self, folder: &str, new: NewFile) -> Result<SourceFile, Refusal> {
        let home = self.folder(folder)?.name.clone();
        let kind = stored_kind(&new)?;
        let of_name = |file: &&SourceFile| file.folder == folder && file.original == new.name;
        let newest = self.files.iter().rev().find(of_name).cloned();
        let name = match (new.duplicate, &newest) {
            (Duplicate::Error, Some(_)) => {
                return Err(Refusal::Invalid(format!(
                    "INVALID_ARGUMENT: File '{}' already exists in folder '{home}'",
                    new.name
                )));
            }
            (Duplicate::Skip, Some(there)) => {
                return Ok(shown(there.clone(), &format!("{home}/{}", there.name)));
            }
            (Duplicate::Replace, Some(there)) => {
                self.files.retain(|file| file.id != there.id);
                new.name.clone()
            }
            (Duplicate::Suffix, Some(_)) => self.free_name(folder, &new.name),
            (_, None) => new.name.clone(),
        };
        let now = self.stamp();
        let file = SourceFile {
            id: self.new_id("file"),
            folder: folder.into(),
            name: name.clone(),
            original: new.name,
            kind,
            content: new.content,
            created_at: now,
            updated_at: now,
            completed: false,
        };
        self.files.push(file.clone());
        let replaced = new.duplicate == Duplicate::Replace && newest.is_some();
        let name = if replaced {
            name
        } else {
            format!("{home}/{name}")
        };
        Ok(shown(file, &name))
    }

    /// `x_(1).md`, `x_(2).md` and so on.
    fn free_name(&self, folder: &str, name: &str) -> String {
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) => (stem, format!(".{ending}")),
            None => (name, String::new()),
        };
        let of_name = |file: &&SourceFile| file.folder == folder && file.original == name;
        let there = self.files.iter().filter(of_name).count();
        format!("{stem}_({there}){ending}")
    }

    /// Removes a file.
    pub fn delete_file(&mut self, folder: &str, id: &str) -> Result<(), Refusal> {
        self.file(folder, id)?;
        self.files.retain(|file| file.id != id);
        Ok(())
    }
}

fn shown(file: SourceFile, name: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        ..file
    }
}

/// The server goes by the part's type and puts the one that it knows for the ending in its place.
fn stored_kind(new: &NewFile) -> Result<String, Refusal> {
    let kind = new.kind.split(';').next().unwrap_or("").trim();
    let is_taken = kind.starts_with("text/")
        || ["application/json", "application/pdf", "application/jsonl"].contains(&kind);
    if !is_taken {
        return Err(Refusal::Unsupported(format!(
            "Unsupported file type: {kind} (filename: {}). Supported types: PDF, text files (.txt, .md), JSON, and code \
             files (.py, .js, .java, etc.).",
            new.name
        )));
    }
    let is_markdown = new
        .name
        .rsplit_once('.')
        .is_some_and(|(_, ending)| ending == "md");
    Ok(if is_markdown { "text/x-markdown" } else { kind }.into())
}
