//! Names of things at the boundary: documents, transactions, blobs, authors, stamps.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Length of an id that a client chooses, in hexadecimal digits (as the platform makes them).
const HEX_LEN: usize = 24;

/// The id of any document as the server shows it: 24 hexadecimal digits, or `plugin:kind:Name` where built in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocRef(String);

impl DocRef {
    /// An id as read from the server or from a store.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for DocRef {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<DocId> for DocRef {
    fn from(id: DocId) -> Self {
        Self(id.to_string())
    }
}

/// The text is no id of 24 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 24 lowercase hexadecimal digits")]
pub struct NotAnId;

/// The id of a document that this side chooses: 24 lowercase hexadecimal digits. Derived from a create key, so that a
/// repeated create is the same document.
///
/// ```
/// use huly_client::DocId;
///
/// let key = uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
/// assert_eq!(DocId::derived(key).to_string(), "0123456789abcdef01234567");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId([u8; HEX_LEN / 2]);

impl DocId {
    /// The first 24 hexadecimal digits of a UUID (a version 5 one: its last bits hold no version).
    pub fn derived(key: Uuid) -> Self {
        let mut id = [0; HEX_LEN / 2];
        for (digit_pair, byte) in id.iter_mut().zip(key.as_bytes()) {
            *digit_pair = *byte;
        }
        Self(id)
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for DocId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        parse_hex(text).map(Self)
    }
}

/// The id of a transaction: 8 hexadecimal digits that belong to one store, then 16 of its choice, so that a range
/// query finds a store's own rows in the history. **Never send one twice**: a repeated transaction is carried out
/// again, and only the history keeps the first.
///
/// ```
/// use huly_client::TxId;
///
/// let id = TxId::tagged(0xa1ee_0daf, [0, 0, 0, 0, 0, 0, 0, 9]);
/// assert_eq!(id.to_string(), "a1ee0daf0000000000000009");
/// assert_eq!(id.tag(), 0xa1ee_0daf);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxId([u8; HEX_LEN / 2]);

impl TxId {
    /// An id under a store's tag.
    pub fn tagged(tag: u32, rest: [u8; 8]) -> Self {
        let [t0, t1, t2, t3] = tag.to_be_bytes();
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rest;
        Self([t0, t1, t2, t3, r0, r1, r2, r3, r4, r5, r6, r7])
    }

    /// The tag: the first 8 hexadecimal digits.
    pub fn tag(&self) -> u32 {
        let [t0, t1, t2, t3, ..] = self.0;
        u32::from_be_bytes([t0, t1, t2, t3])
    }

    /// What follows the tag: the last 16 hexadecimal digits.
    pub fn rest(&self) -> [u8; 8] {
        let [_, _, _, _, r0, r1, r2, r3, r4, r5, r6, r7] = self.0;
        [r0, r1, r2, r3, r4, r5, r6, r7]
    }
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for TxId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        parse_hex(text).map(Self)
    }
}

impl Serialize for TxId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn parse_hex(text: &str) -> Result<[u8; HEX_LEN / 2], NotAnId> {
    let mut bytes = [0; HEX_LEN / 2];
    let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) if lower => Ok(bytes),
        Ok(()) | Err(_) => Err(NotAnId),
    }
}

/// The name of a stored description. A new name is a new version of the text; the same name is the same text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobName(String);

impl BlobName {
    /// A name as read from an issue or from a store.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of one of an account's social identities: what stands in `modifiedBy` and `createdBy` since 0.7.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SocialId(String);

impl SocialId {
    /// An id as read from the server.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Milliseconds since 1970, by some clock of Huly's servers. Stamps of one document can step back by some
/// milliseconds, and several servers have several clocks.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_24_lowercase_hex_digits_and_nothing_else() {
        for bad in [
            "",
            "abc",
            "0123456789ABCDEF01234567",
            "tracker:project:DefaultPr",
        ] {
            assert_eq!(bad.parse::<DocId>(), Err(NotAnId), "{bad}");
        }
        let id = "6b0144aca1b2c3d4e5000007";
        assert_eq!(
            id.parse::<DocId>().map(|id| id.to_string()),
            Ok(id.to_owned())
        );
        assert_eq!(id.parse::<TxId>().map(|id| id.tag()), Ok(0x6b01_44ac));
    }

    #[test]
    fn a_tagged_id_gives_back_tag_and_rest() {
        let id = TxId::tagged(7, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((id.tag(), id.rest()), (7, [1, 2, 3, 4, 5, 6, 7, 8]));
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
