//! How texts are written, as a mark at their beginning tells. Editors and shells of Windows write
//! two bytes a character.

use std::borrow::Cow;

/// The bytes in UTF-8, without the mark.
pub(super) fn narrow(bytes: &[u8]) -> Cow<'_, [u8]> {
    let narrow = |rest: &[u8], read: fn([u8; 2]) -> u16| -> Vec<u8> {
        let pairs = rest.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>().copied());
        let units: Vec<u16> = pairs.map(read).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(narrow(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(narrow(rest, u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        bytes => Cow::Borrowed(bytes),
    }
}
