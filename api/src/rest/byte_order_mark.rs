//! What some editors and shells put before a text. It is no part of it.

const MARK: &[u8] = b"\xef\xbb\xbf";

/// `bytes` without the mark.
pub fn strip(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}
