//! Reading answers: an unexpected shape is a fatal error that names route and field.

use http_kit::{Error, Kind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::codes::HULY_SHAPE;

/// Where an answer came from, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) service: &'static str,
    pub(crate) route: &'static str,
}

impl Origin {
    /// An error of this place.
    pub(crate) fn error(self, kind: Kind, code: &'static str, detail: impl AsRef<str>) -> Error {
        Error::new(kind, code, self.service, self.route).with_detail(detail)
    }

    /// The error of an answer that has not the expected shape.
    pub(crate) fn shape(self, field: &str, words: impl AsRef<str>) -> Error {
        let field = if field == "." { "the answer" } else { field };
        self.error(
            Kind::Fatal,
            HULY_SHAPE,
            format!("field `{field}`: {}", words.as_ref()),
        )
    }

    /// The body as a value of the expected type.
    pub(crate) fn decode<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, Error> {
        // Keeping track of the place makes reading a good deal slower, so that is left to answers that cannot be read.
        if let Ok(read) = serde_json::from_slice(body) {
            return Ok(read);
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| self.shape(&error.path().to_string(), error.inner().to_string()))
    }

    /// A part of an answer as a value of the expected type; `field` is where the part stands.
    pub(crate) fn part<T: DeserializeOwned>(self, field: &str, part: Value) -> Result<T, Error> {
        serde_path_to_error::deserialize(part).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." {
                field.to_owned()
            } else {
                format!("{field}.{path}")
            };
            self.shape(&path, error.inner().to_string())
        })
    }

    /// As [`Origin::decode`], for answers that hold secrets: the words of the failure are left out.
    pub(crate) fn decode_secret<T: DeserializeOwned>(self, body: &[u8]) -> Result<T, Error> {
        let mut json = serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| self.shape(&error.path().to_string(), "not as expected"))
    }
}
