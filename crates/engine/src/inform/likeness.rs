//! What an agent is like beside its blocks: name, model, embedding, tools. It is made after a pattern, and follows its changes.
//!
//! What an agent was last made to be is kept with it, and only what the pattern says otherwise since then is changed: what a person
//! gave one agent by hand stays. The persona is no part of it: a block that belongs to its agent once it is made, and may hold by now
//! what the agent learned.

use std::{collections::BTreeSet, sync::Arc};

use http_kit::Kind;
use serde::{Deserialize, Serialize};
use store::agents::AgentRow;
use sync_core::{digest::OwnTexts, ids::Millis};

use super::{
    codes,
    pass::{Job, Pass, Untold},
    sink::{BlockDraft, Shown},
};

/// What new agents are made like: what the configuration says, and for the rest what a control agent is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The text that the block `persona` is made with, unless the configuration has one.
    pub persona: Option<Arc<str>>,
    /// The model.
    pub model: Option<Arc<str>>,
    /// The embedding.
    pub embedding: Option<Arc<str>>,
    /// Names of tools.
    pub tools: BTreeSet<Arc<str>>,
    /// Whether these are all the tools that agents are made with, and not only those beside the service's own.
    pub tools_are_all: bool,
}

/// What an agent is, or is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// What people call it.
    #[serde(default)]
    pub name: Option<Arc<str>>,
    /// Its model.
    #[serde(default)]
    pub model: Option<Arc<str>>,
    /// Its embedding.
    #[serde(default)]
    pub embedding: Option<Arc<str>>,
    /// Names of its tools; of an agent that is to be, those that are named somewhere.
    #[serde(default)]
    pub tools: BTreeSet<Arc<str>>,
}

/// What is to be changed of an agent; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reshape {
    /// Another name.
    pub name: Option<Arc<str>>,
    /// Another model.
    pub model: Option<Arc<str>>,
    /// Another embedding.
    pub embedding: Option<Arc<str>>,
    /// Tools that it is to have, too.
    pub attach: BTreeSet<Arc<str>>,
    /// Tools that it is to have no more.
    pub detach: BTreeSet<Arc<str>>,
}

impl Reshape {
    /// What brings an agent that is `now` to what is wanted, if it was made to be `before`. Where that is not known, all that is
    /// wanted counts as new, and nothing as taken back.
    pub fn of(before: Option<&Traits>, wanted: &Traits, now: &Traits) -> Option<Reshape> {
        let none = BTreeSet::new();
        let had = before.map_or(&none, |before| &before.tools);
        let news = |field: fn(&Traits) -> &Option<Arc<str>>| {
            let is_news = before.is_none_or(|before| field(before) != field(wanted));
            let wanted = field(wanted).as_ref();
            wanted
                .filter(|wanted| is_news && field(now).as_ref() != Some(wanted))
                .cloned()
        };
        let reshape = Reshape {
            name: news(|traits| &traits.name),
            model: news(|traits| &traits.model),
            embedding: news(|traits| &traits.embedding),
            attach: wanted
                .tools
                .difference(had)
                .filter(|tool| !now.tools.contains(*tool))
                .cloned()
                .collect(),
            detach: had
                .difference(&wanted.tools)
                .filter(|tool| now.tools.contains(*tool))
                .cloned()
                .collect(),
        };
        (reshape != Reshape::default()).then_some(reshape)
    }

    /// What is changed, in words.
    pub fn words(&self) -> String {
        let fields = [
            ("name", self.name.is_some()),
            ("model", self.model.is_some()),
            ("embedding", self.embedding.is_some()),
            ("tools", !self.attach.is_empty() || !self.detach.is_empty()),
        ];
        let changed = fields.iter().filter(|(_, changed)| *changed);
        let names: Vec<&str> = changed.map(|(field, _)| *field).collect();
        names.join(", ")
    }
}

/// Why there is no pattern, for everybody who asks in one pass.
#[derive(Clone, Debug)]
pub(super) struct NoPattern {
    kind: Kind,
    code: &'static str,
    status: Option<u16>,
    words: String,
}

impl NoPattern {
    fn of(error: &http_kit::Error) -> NoPattern {
        NoPattern {
            kind: error.kind(),
            code: error.code(),
            status: error.status(),
            words: error.detail().to_owned(),
        }
    }

    fn error(&self, service: &'static str) -> http_kit::Error {
        let error = http_kit::Error::new(self.kind, self.code, service, "template");
        let error = error.with_detail(self.words.clone());
        match self.status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }
}

impl Pass<'_> {
    /// What agents are made like; asked once in a pass, however many need it.
    pub(super) async fn pattern(&self) -> Result<Arc<Pattern>, http_kit::Error> {
        let sink = &self.world.informing.sink;
        let asked = self.pattern.get_or_init(|| async {
            let pattern = sink.pattern().await.map(Arc::new);
            pattern.map_err(|error| NoPattern::of(&error))
        });
        match asked.await {
            Ok(pattern) => Ok(Arc::clone(pattern)),
            Err(none) => Err(none.error(sink.name())),
        }
    }

    /// The pattern, where this pass asked for it.
    pub(super) fn pattern_if_known(&self) -> Option<&Pattern> {
        self.pattern.get()?.as_deref().ok()
    }

    /// What the project's agent is to be like, and how that is written down.
    pub(super) fn wanted_traits(&self, job: &Job, pattern: &Pattern) -> (Traits, Arc<str>) {
        let sink = &self.world.informing.sink;
        let wanted = sink.traits(pattern, &job.row.label, &job.row.name);
        // a struct of texts cannot fail to be written
        let text = serde_json::to_string(&wanted).unwrap_or_default();
        (wanted, text.into())
    }

    /// Has an agent that hvs made follow the pattern's changes. Where that fails, all is compared again with the next try.
    pub(super) async fn follow(
        &self,
        job: &Job,
        row: AgentRow,
        shown: &Shown,
    ) -> Result<AgentRow, Untold> {
        if shown.found.made.is_none() {
            // somebody else made it what it is
            return Ok(row);
        }
        match self.reshape(job, &row, shown).await {
            Ok(None) => Ok(row),
            Ok(Some(traits)) => {
                let row = AgentRow { traits, ..row };
                self.put(&row).await?;
                Ok(row)
            }
            Err(error) => {
                self.put(&AgentRow {
                    checked_at: Millis(0),
                    ..row
                })
                .await?;
                Err(error.into())
            }
        }
    }

    async fn reshape(
        &self,
        job: &Job,
        row: &AgentRow,
        shown: &Shown,
    ) -> Result<Option<Arc<str>>, http_kit::Error> {
        let pattern = self.pattern().await?;
        let (wanted, text) = self.wanted_traits(job, &pattern);
        if text == row.traits {
            return Ok(None);
        }
        let before: Option<Traits> = serde_json::from_str(&row.traits).ok();
        if let Some(reshape) = Reshape::of(before.as_ref(), &wanted, &shown.traits) {
            self.world.informing.sink.reshape(shown, &reshape).await?;
            self.shared.note(|told| told.followed += 1);
            let (project, what) = (&job.row.label, reshape.words());
            tracing::info!(%project, agent = %shown.found.id, "its agent follows the template and the configuration: {what}");
        }
        Ok(Some(text))
    }

    /// The blocks of a project as an agent is made with them.
    pub(super) fn with_own(
        &self,
        job: &Job,
        drafts: &[BlockDraft],
        pattern: Option<&Pattern>,
    ) -> Vec<BlockDraft> {
        let own = &self.world.informing.settings.own;
        let persona = pattern.and_then(|pattern| pattern.persona.clone());
        let texts = OwnTexts {
            persona: own.persona.clone().or(persona),
            ..own.clone()
        };
        let own = super::digest::own(&texts, &job.row);
        drafts.iter().cloned().chain(own).collect()
    }
}

/// The template cannot be one.
pub(super) fn no_template(service: &'static str, why: String) -> http_kit::Error {
    http_kit::Error::new(Kind::Rejected, codes::AGENT_TEMPLATE, service, "template")
        .with_detail(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(model: &str, tools: &[&str]) -> Traits {
        Traits {
            name: Some("Huly - Harbor".into()),
            model: Some(model.into()),
            embedding: None,
            tools: tools.iter().map(|tool| Arc::from(*tool)).collect(),
        }
    }

    fn set(tools: &[&str]) -> BTreeSet<Arc<str>> {
        tools.iter().map(|tool| Arc::from(*tool)).collect()
    }

    #[test]
    fn only_what_the_pattern_says_otherwise_is_changed() {
        let before = traits("a/old", &["one", "two"]);
        let wanted = traits("a/new", &["two", "three"]);
        // a person gave it `four` and took `two` away
        let now = traits("a/old", &["one", "four"]);
        let change = Reshape::of(Some(&before), &wanted, &now).unwrap();
        assert_eq!(change.model.as_deref(), Some("a/new"));
        assert_eq!((change.name, change.embedding), (None, None));
        assert_eq!(
            (change.attach, change.detach),
            (set(&["three"]), set(&["one"]))
        );

        // a person chose another model, and the pattern is as it was
        let now = traits("a/other", &["one"]);
        assert_eq!(Reshape::of(Some(&before), &before, &now), None);
    }

    #[test]
    fn where_it_is_not_known_what_an_agent_was_made_to_be_nothing_is_taken_from_it() {
        let wanted = traits("a/new", &["two"]);
        let now = traits("a/old", &["one"]);
        let change = Reshape::of(None, &wanted, &now).unwrap();
        assert_eq!(change.model.as_deref(), Some("a/new"));
        assert_eq!((change.attach, change.detach), (set(&["two"]), set(&[])));
        assert_eq!(Reshape::of(None, &wanted, &wanted), None);
    }

    #[test]
    fn a_model_that_is_named_no_more_is_left_as_it_is() {
        let before = traits("a/old", &[]);
        let wanted = Traits {
            model: None,
            ..before.clone()
        };
        assert_eq!(Reshape::of(Some(&before), &wanted, &before), None);
    }
}
