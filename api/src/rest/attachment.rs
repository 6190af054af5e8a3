//! Files that go out as attachments, and the texts of those that come in.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Response, header};

/// Bytes at most of a file that is sent.
pub const MOST_BYTES: usize = 4 << 20;
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

/// The text of a file that was sent, or what is wrong with it.
pub fn text(file: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(file).map_err(|_| "The file is no UTF-8.")?;
    // Some editors put a mark of the byte order first.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() { Err("The file is empty.") } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_file_is_read_without_the_mark_of_editors() {
        for (file, read) in [
            (&b"a: 1"[..], Ok("a: 1")),
            (b"\xef\xbb\xbfa: 1", Ok("a: 1")),
            (b" \n", Err("The file is empty.")),
            (b"\xff", Err("The file is no UTF-8.")),
        ] {
            assert_eq!(text(file), read);
        }
    }
}
