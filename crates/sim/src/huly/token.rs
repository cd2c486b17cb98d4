//! Tokens in the shape of JWTs: the same login always gives the same one, and none expires by itself.
//!
//! They are signed with a plain hash, not an HMAC: nothing but this model ever checks them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What is wrong with a token, in the transactor's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No `Authorization` header at all.
    #[error("Cannot read properties of undefined (reading 'split')")]
    NoHeader,
    /// A header without a word before the token.
    #[error("No token supplied")]
    NoToken,
    /// Not three parts.
    #[error("Not enough or too many segments")]
    Segments,
    /// The first part is no JSON.
    #[error("Unexpected token '{first}', \"{text}\" is not valid JSON")]
    NotJson {
        /// Its first character.
        first: char,
        /// All of it.
        text: String,
    },
    /// Signed by somebody else.
    #[error("Signature verification failed")]
    Signature,
    /// Signed by us, but no longer good.
    #[error("Token expired")]
    Expired,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub account: String,
    pub workspace: Option<String>,
    /// Grows when all tokens are made to expire.
    pub epoch: u64,
}

pub(crate) fn issue(secret: &str, claims: &Claims) -> String {
    let mut body = json!({ "account": claims.account, "extra": { "authMethod": "password" } });
    if let Some(object) = body.as_object_mut() {
        if let Some(workspace) = &claims.workspace {
            object.insert("workspace".into(), json!(workspace));
        }
        if claims.epoch > 0 {
            object.insert("epoch".into(), json!(claims.epoch));
        }
    }
    let head = encode(
        json!({ "typ": "JWT", "alg": "HS256" })
            .to_string()
            .as_bytes(),
    );
    let data = format!("{head}.{}", encode(body.to_string().as_bytes()));
    format!("{data}.{}", sign(secret, &data))
}

/// Reads the second word of an `Authorization` header; the first is not looked at.
pub(crate) fn read(secret: &str, epoch: u64, header: Option<&str>) -> Result<Claims, TokenError> {
    let token = header
        .ok_or(TokenError::NoHeader)?
        .split(' ')
        .nth(1)
        .ok_or(TokenError::NoToken)?;
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts.as_slice() else {
        return Err(TokenError::Segments);
    };
    parse(head)?;
    if sign(secret, &format!("{head}.{body}")) != **signature {
        return Err(TokenError::Signature);
    }
    let body = parse(body)?;
    let claims = Claims {
        account: body
            .get("account")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned(),
        workspace: body
            .get("workspace")
            .and_then(Value::as_str)
            .map(str::to_owned),
        epoch: body.get("epoch").and_then(Value::as_u64).unwrap_or(0),
    };
    if claims.epoch < epoch {
        Err(TokenError::Expired)
    } else {
        Ok(claims)
    }
}

fn parse(part: &str) -> Result<Value, TokenError> {
    let text = String::from_utf8_lossy(&decode(part)).into_owned();
    serde_json::from_str(&text).map_err(|_| TokenError::NotJson {
        first: text.chars().next().unwrap_or(' '),
        text,
    })
}

fn sign(secret: &str, data: &str) -> String {
    encode(&Sha256::digest(format!("{secret}.{data}")))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// base64url without padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |acc, byte| (acc << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            let digit = usize::try_from((group >> (18 - 6 * at)) & 63).unwrap_or(0);
            out.extend(ALPHABET.get(digit).copied().map(char::from));
        }
    }
    out
}

/// The bytes of base64url text, as far as it is that.
fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = 0_u32;
    let mut bits = 0_u32;
    for value in text
        .bytes()
        .filter_map(|byte| ALPHABET.iter().position(|known| *known == byte))
    {
        group = (group << 6) | u32::try_from(value).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((group >> bits) & 255).unwrap_or(0));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(epoch: u64) -> Claims {
        Claims {
            account: "a".into(),
            workspace: Some("w".into()),
            epoch,
        }
    }

    #[test]
    fn a_token_is_read_back_and_the_same_login_gives_the_same_one() {
        let token = issue("secret", &claims(0));
        assert_eq!(token, issue("secret", &claims(0)));
        assert_eq!(
            read("secret", 0, Some(&format!("Bearer {token}"))),
            Ok(claims(0))
        );
    }

    #[test]
    fn bad_tokens_are_refused_in_the_recorded_words() {
        let good = issue("secret", &claims(0));
        let words =
            |header: Option<&str>, epoch| read("secret", epoch, header).unwrap_err().to_string();
        assert_eq!(
            words(None, 0),
            "Cannot read properties of undefined (reading 'split')"
        );
        assert_eq!(words(Some(&good), 0), "No token supplied");
        assert_eq!(
            words(Some("Bearer abc"), 0),
            "Not enough or too many segments"
        );
        assert_eq!(
            words(Some("Bearer abc.def.ghi"), 0),
            "Unexpected token 'i', \"i\u{fffd}\" is not valid JSON"
        );
        assert_eq!(
            words(Some(&format!("Bearer {}", issue("other", &claims(0)))), 0),
            "Signature verification failed"
        );
        assert_eq!(words(Some(&format!("Bearer {good}")), 1), "Token expired");
    }
}
