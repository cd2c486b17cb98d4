//! `[letta]`: the agents that are told how their projects stand.

use std::{path::PathBuf, time::Duration};

use sync_core::digest::{Label, Limits, MAX_LIMIT, MIN_LIMIT};
use url::Url;

use super::{
    choice::Choice,
    model::Http,
    reader::Reader,
    secret::Secret,
    sections::{LETTA_HTTP, seconds},
};

const DAY: Duration = Duration::from_hours(24);

/// `[letta]`.
#[derive(Clone, Debug)]
pub struct Letta {
    /// `sink`: where digests go; default `none`.
    pub sink: Sink,
    /// `url`: the address of the server, with or without `/v1`. No default.
    pub url: Option<Url>,
    /// `token`: the server's password, or a key. No default.
    pub token: Option<Secret>,
    /// `project`: the project on a server that has several. No default.
    pub project: Option<String>,
    /// `dir`: the directory of the sink `directory`. No default.
    pub dir: Option<PathBuf>,
    /// `name`: of an agent; default `Huly - {project}`.
    pub name: String,
    /// `template`: the agent that new ones are made like: its id, or a name or tag that it alone has. No default.
    pub template: Option<String>,
    /// `model`: of new agents, as the server names it. No default.
    pub model: Option<String>,
    /// `embedding`: of new agents. No default.
    pub embedding: Option<String>,
    /// `tools`: names of tools that new agents get beside the server's own.
    pub tools: Vec<String>,
    /// `persona`: the first text of that block. No default: hvs writes one.
    pub persona: Option<String>,
    /// `human`: likewise.
    pub human: Option<String>,
    /// `form`: of the blocks; default `markdown`.
    pub form: Form,
    /// `entries`: of one list at most; 1 to 200, default 15.
    pub entries: u32,
    /// `[letta.limits]`: characters of each block; 1500 to 100000.
    pub limits: Limits,
    /// `exclude.projects`: by identifier or name.
    pub exclude_projects: Vec<String>,
    /// `exclude.labels`: items with one of them are only counted.
    pub exclude_labels: Vec<String>,
    /// `exclude.fields`: fields whose text is not told; without it descriptions, unless the sink is on this machine or in a private network.
    pub exclude_fields: Option<Vec<Excluded>>,
    /// `deleted`: what becomes of an agent that a person deleted; default `again`.
    pub deleted: Deleted,
    /// `check_every`: how often agents are compared with what was written; 60 s to 30 d, default 24 h.
    pub check_every: Duration,
    /// `deadline`: how long the end of a run waits for it; 0 s to 60 min, default 30 s.
    pub deadline: Duration,
    /// `concurrency`: agents at once; 1 to 64, default 4.
    pub concurrency: u32,
    /// `allow_insecure_http`: as for Huly; default false.
    pub allow_insecure_http: bool,
    /// `[letta.http]`.
    pub http: Http,
}

/// Where digests go: `letta.sink`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Nowhere.
    None,
    /// To the agents of a Letta server.
    Letta,
    /// Into files.
    Directory,
}

impl Choice for Sink {
    const ALL: &'static [Self] = &[Self::None, Self::Letta, Self::Directory];

    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Letta => "letta",
            Self::Directory => "directory",
        }
    }
}

/// How blocks are written down: `letta.form`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Headings and lists.
    Markdown,
    /// An object.
    Json,
}

impl Choice for Form {
    const ALL: &'static [Self] = &[Self::Markdown, Self::Json];

    fn word(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
        }
    }
}

/// A field whose text may be kept from agents: `letta.exclude.fields`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    /// The title.
    Title,
    /// The description, of items and projects.
    Description,
    /// How urgent an item is.
    Priority,
    /// Its labels.
    Labels,
    /// What it is part of.
    Parent,
    /// When it is due.
    DueDate,
}

impl Choice for Excluded {
    const ALL: &'static [Self] = &[
        Self::Title,
        Self::Description,
        Self::Priority,
        Self::Labels,
        Self::Parent,
        Self::DueDate,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Priority => "priority",
            Self::Labels => "labels",
            Self::Parent => "parent",
            Self::DueDate => "due_date",
        }
    }
}

/// What becomes of an agent that a person deleted: `letta.deleted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is made again.
    Again,
    /// It stays away.
    Leave,
}

impl Choice for Deleted {
    const ALL: &'static [Self] = &[Self::Again, Self::Leave];

    fn word(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Leave => "leave",
        }
    }
}

impl Letta {
    /// The address by which the agents are reached, or what is missing for it: the key, and what to do.
    pub fn missing(&self) -> Option<(&'static str, &'static str)> {
        match self.sink {
            Sink::Letta if self.url.is_none() => Some((
                "`letta.url` is not set",
                "set `url` in [letta], or HVS_LETTA_URL: the address of the server, such as http://127.0.0.1:8283",
            )),
            Sink::Letta if self.model.is_none() && self.template.is_none() => Some((
                "neither `letta.model` nor `letta.template` is set",
                "set `model` in [letta] to one of the server's, such as \"letta/letta-free\", or `template` to an agent that has one",
            )),
            Sink::Directory if self.dir.is_none() => Some((
                "`letta.dir` is not set",
                "set `dir` in [letta] to the directory for the files",
            )),
            Sink::None | Sink::Letta | Sink::Directory => None,
        }
    }
}

impl Reader<'_> {
    /// `[letta]`.
    pub(super) fn letta(&mut self) -> Letta {
        Letta {
            sink: self.choice("letta.sink", Sink::None, Sink::ALL),
            url: self.url("letta.url"),
            token: self.secret("letta.token"),
            project: self.text("letta.project"),
            dir: self.path("letta.dir", None),
            name: self
                .text("letta.name")
                .unwrap_or_else(|| "Huly - {project}".to_owned()),
            template: self.text("letta.template"),
            model: self.text("letta.model"),
            embedding: self.text("letta.embedding"),
            tools: self.names("letta.tools"),
            persona: self.text("letta.persona"),
            human: self.text("letta.human"),
            form: self.choice("letta.form", Form::Markdown, Form::ALL),
            entries: self.count("letta.entries", 15, 1..=200),
            limits: self.limits(),
            exclude_projects: self.names("letta.exclude.projects"),
            exclude_labels: self.names("letta.exclude.labels"),
            exclude_fields: self.excluded(),
            deleted: self.choice("letta.deleted", Deleted::Again, Deleted::ALL),
            check_every: self.span("letta.check_every", DAY, seconds(60)..=DAY * 30),
            deadline: self.span(
                "letta.deadline",
                seconds(30),
                Duration::ZERO..=seconds(3_600),
            ),
            concurrency: self.count("letta.concurrency", 4, 1..=64),
            allow_insecure_http: self.switch("letta.allow_insecure_http", false),
            http: self.http("letta.http", &LETTA_HTTP),
        }
    }

    fn limits(&mut self) -> Limits {
        let mut limits = Limits::default();
        // both fit: they are small constants
        let number = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
        for label in Label::ALL {
            let key = format!("letta.limits.{}", label.as_str());
            let bounds = number(MIN_LIMIT)..=number(MAX_LIMIT);
            let limit = self.count(&key, number(limits.of(label)), bounds);
            limits.set(label, usize::try_from(limit).unwrap_or(MAX_LIMIT));
        }
        limits
    }

    fn excluded(&mut self) -> Option<Vec<Excluded>> {
        self.maybe_words("letta.exclude.fields", Excluded::ALL)
    }
}
