//! Files that go out as attachments, and the texts of those that come in.

use std::convert::Infallible;
use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::{HeaderMap, Response, header};
use multer::Multipart;
use thiserror::Error;

use super::byte_order_mark;

/// Bytes at most of a file that is sent.
pub const MOST_BYTES: usize = 4 << 20;
/// How a file that is packed begins.
const GZIP: &[u8] = b"\x1f\x8b";
/// The part of a form that holds the file.
pub const PART: &str = "configuration";

/// YAML as an attachment, packed whatever the client accepts, as clients expect of
/// exports.
pub fn packed(name: &str, text: &str) -> io::Result<Response<Bytes>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes())?;
    Response::builder()
        .header(header::CONTENT_DISPOSITION, format!("Attachment; filename={name}"))
        .header(header::CONTENT_TYPE, "application/yaml")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(packed.finish()?.into())
        .map_err(io::Error::other)
}

/// A file that cannot be read out of what was sent.
#[derive(Debug, Error)]
pub enum FileError {
    /// It came in a form that is none.
    #[error("The form is malformed.")]
    Malformed(#[from] multer::Error),
    /// The form has other parts.
    #[error("The form has no part {PART:?}.")]
    NoPart,
    /// It is packed: exports are, and tools that do not unpack them keep them so.
    #[error("The file is packed with gzip: unpack it, or send Content-Encoding: gzip with it.")]
    Packed,
    /// It is no text.
    #[error("The file is no UTF-8.")]
    NoText,
    /// There is nothing in it.
    #[error("The file is empty.")]
    Empty,
}

/// The file that was sent: the body itself, or a part of a form.
pub async fn file(headers: &HeaderMap, body: Bytes) -> Result<Bytes, FileError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match kind.filter(|kind| kind.to_ascii_lowercase().starts_with("multipart/")) {
        Some(kind) => part(kind, body).await,
        None => Ok(body),
    }
}

/// The text of the file that was sent.
pub async fn sent(headers: &HeaderMap, body: Bytes) -> Result<String, FileError> {
    text(&file(headers, body).await?).map(str::to_owned)
}

async fn part(kind: &str, body: Bytes) -> Result<Bytes, FileError> {
    let boundary = multer::parse_boundary(kind)?;
    let mut form = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    while let Some(field) = form.next_field().await? {
        if field.name() == Some(PART) {
            return Ok(field.bytes().await?);
        }
    }
    Err(FileError::NoPart)
}

fn text(file: &[u8]) -> Result<&str, FileError> {
    if file.starts_with(GZIP) {
        return Err(FileError::Packed);
    }
    let text = std::str::from_utf8(byte_order_mark::strip(file)).map_err(|_| FileError::NoText)?;
    if text.trim().is_empty() { Err(FileError::Empty) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// What is read of a body; the whole of it is there, so that nothing is waited for.
    fn read(kind: &'static str, body: &'static [u8]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        let read = sent(&headers, Bytes::from_static(body)).now_or_never().unwrap();
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_the_body_or_a_part_of_a_form() {
        let form = "multipart/form-data; boundary=x";
        for (kind, body, expected) in [
            ("application/yaml", &b"a: 1"[..], Ok("a: 1")),
            ("text/plain", b"\xef\xbb\xbfa: 1", Ok("a: 1")),
            ("text/plain", b" \n", Err("The file is empty.")),
            ("text/plain", b"\xff", Err("The file is no UTF-8.")),
            (
                "text/plain",
                b"\x1f\x8b\x08",
                Err(
                    "The file is packed with gzip: unpack it, or send Content-Encoding: gzip with it.",
                ),
            ),
            (
                form,
                b"--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nb\r\n\
                  --x\r\nContent-Disposition: form-data; name=\"configuration\"; filename=\"f\"\r\n\
                  Content-Type: text/plain\r\n\r\na: 1\r\n--x--\r\n",
                Ok("a: 1"),
            ),
            (
                form,
                b"--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nb\r\n--x--\r\n",
                Err("The form has no part \"configuration\"."),
            ),
            (form, b"--y\r\n", Err("The form is malformed.")),
            ("multipart/form-data", b"--x--\r\n", Err("The form is malformed.")),
            ("multipart/mixed; boundary=x", b"--x--\r\n", Err("The form is malformed.")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(read(kind, body), expected, "{kind} {:?}", String::from_utf8_lossy(body));
        }
    }
}
