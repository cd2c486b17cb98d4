//! The models that the server offers, by handle.

use super::{LettaModel, Refusal};

/// A language model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageModel {
    /// `provider/name`: what a create is given.
    pub handle: String,
    /// The part behind the slash.
    pub name: String,
    /// Who offers it.
    pub provider: String,
    /// Where it is reached.
    pub endpoint: String,
    /// Tokens.
    pub context_window: u64,
    /// Tokens of one answer.
    pub max_tokens: u64,
    /// The model that shortens long conversations.
    pub compaction: String,
}

/// An embedding model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingModel {
    /// `provider/name`: what a create is given.
    pub handle: String,
    /// The part behind the slash.
    pub name: String,
    /// Where it is reached.
    pub endpoint: String,
    /// Numbers in one vector.
    pub dim: u64,
}

const FREE: &str = "letta/letta-free";
const LETTA: &str = "https://inference.letta.com/v1/";
const STUB: &str = "http://127.0.0.1:55441/v1";

/// What the recorded server had: the free model that is always there, and those of one provider.
pub(super) fn language() -> Vec<LanguageModel> {
    let model =
        |handle: &str, provider: &str, endpoint: &str, sizes: (u64, u64), compaction: &str| {
            LanguageModel {
                handle: handle.into(),
                name: name(handle),
                provider: provider.into(),
                endpoint: endpoint.into(),
                context_window: sizes.0,
                max_tokens: sizes.1,
                compaction: compaction.into(),
            }
        };
    vec![
        model(FREE, "letta", LETTA, (30_000, 4_096), "letta/auto"),
        model(
            "openai-proxy/gpt-4o-mini",
            "openai",
            STUB,
            (128_000, 16_384),
            "openai/gpt-5-mini",
        ),
    ]
}

pub(super) fn embedding() -> Vec<EmbeddingModel> {
    [
        (FREE, LETTA, 1_536),
        ("openai/text-embedding-3-large", STUB, 3_072),
        ("openai/text-embedding-3-small", STUB, 1_536),
    ]
    .map(|(handle, endpoint, dim)| EmbeddingModel {
        handle: handle.into(),
        name: name(handle),
        endpoint: endpoint.into(),
        dim,
    })
    .into()
}

fn name(handle: &str) -> String {
    handle.rsplit('/').next().unwrap_or(handle).into()
}

impl LettaModel {
    /// The language models, in order of their handles.
    pub fn models(&self) -> &[LanguageModel] {
        &self.models
    }

    /// The embedding models, in order of their handles.
    pub fn embeddings(&self) -> &[EmbeddingModel] {
        &self.embeddings
    }

    /// Replaces the language models, such as after a provider was taken away. Agents keep what they have.
    pub fn set_models(&mut self, models: Vec<LanguageModel>) {
        self.models = models;
    }

    /// Replaces the embedding models.
    pub fn set_embeddings(&mut self, embeddings: Vec<EmbeddingModel>) {
        self.embeddings = embeddings;
    }

    /// Refuses a language model that is not offered.
    pub(super) fn check_model(&self, handle: &str) -> Result<(), Refusal> {
        let known = |provider: &str| {
            self.models
                .iter()
                .filter(|model| model.handle.split('/').next() == Some(provider))
                .map(|model| model.handle.clone())
                .collect()
        };
        check(handle, known)
    }

    /// Refuses an embedding model that is not offered.
    pub(super) fn check_embedding(&self, handle: &str) -> Result<(), Refusal> {
        let known = |provider: &str| {
            self.embeddings
                .iter()
                .filter(|model| model.handle.split('/').next() == Some(provider))
                .map(|model| model.handle.clone())
                .collect()
        };
        check(handle, known)
    }
}

fn check(handle: &str, of_provider: impl Fn(&str) -> Vec<String>) -> Result<(), Refusal> {
    let Some((provider, _)) = handle.split_once('/') else {
        return Err(Refusal::Invalid(
            "INVALID_ARGUMENT: The model handle should be in the format provider/model-name".into(),
        ));
    };
    let offered = of_provider(provider);
    if offered.iter().any(|known| known == handle) {
        return Ok(());
    }
    let offered: Vec<String> = offered.iter().map(|known| format!("'{known}'")).collect();
    Err(Refusal::NotFound(format!(
        "NOT_FOUND: Handle {handle} not found, must be one of [{}]",
        offered.join(", ")
    )))
}
