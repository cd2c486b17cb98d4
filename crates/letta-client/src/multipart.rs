//! The one multipart body that is ever sent: a file of text.

use bytes::Bytes;
use http::HeaderValue;
use http::header::InvalidHeaderValue;

/// The content type and body of a form (RFC 7578) with one part `file`: this name, this type, this text. The boundary is
/// the first of `hvs-form-0`, `hvs-form-1`, .. that does not occur in the text, so the same file gives the same body. The
/// name must hold no quote, line break or other control character: it stands in a header of the part.
pub(crate) fn form(
    name: &str,
    mime: &str,
    text: &str,
) -> Result<(HeaderValue, Bytes), InvalidHeaderValue> {
    let mut number = 0_u64;
    let mut boundary = "hvs-form-0".to_owned();
    // Ends: each round needs another marker in the text, which is finite.
    while text.contains(&boundary) {
        number += 1;
        boundary = format!("hvs-form-{number}");
    }
    let body = format!(
        "--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {mime}\r\n\r\n\
         {text}\r\n\
         --{boundary}--\r\n"
    );
    let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))?;
    Ok((kind, body.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_arrives_unchanged_whatever_it_holds() {
        for text in [
            "# Demo\n",
            "",
            "--hvs-form-0--\r\nhvs-form-1",
            "ä\r\n\r\n--",
        ] {
            let (kind, body) = form("A-README.md", "text/markdown", text).expect("a form");
            let kind = kind.to_str().expect("text");
            let boundary = kind.split_once("boundary=").expect("a boundary").1;
            let body = String::from_utf8(body.to_vec()).expect("text");
            let marker = format!("--{boundary}");
            assert_eq!(body.matches(&marker).count(), 2, "{text}");
            let (_, part) = body.split_once("\r\n\r\n").expect("a part");
            let end = format!("\r\n{marker}--\r\n");
            assert_eq!(part.strip_suffix(&end), Some(text));
            assert!(body.contains("name=\"file\"; filename=\"A-README.md\"\r\n"));
        }
    }
}
