//! The members of a zip archive, in the order of its directory.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::CrcReader;
use flate2::read::DeflateDecoder;

/// Bytes of the directory.
const DIRECTORY_BYTES: u64 = 256 << 20;
/// The end record and the longest comment after it.
const TAIL: u64 = 22 + 65_535;
/// A size or position that stands in the extension instead.
const ELSEWHERE: u64 = 0xffff_ffff;

type Each<'a> = dyn FnMut(&str, Box<dyn Read + '_>) -> io::Result<()> + 'a;

/// Gives each member's name and content to `each`.
pub(super) fn members<F: Read + Seek>(mut archive: F, each: &mut Each<'_>) -> io::Result<()> {
    let directory = directory(&mut archive)?;
    let mut rest = directory.as_slice();
    while let Some(member) = Member::take(&mut rest)? {
        if member.name.ends_with('/') {
            continue;
        }
        archive.seek(SeekFrom::Start(member.position))?;
        let mut header = [0; 30];
        archive.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(bad("a member has no header"));
        }
        let skip = u64::from(le16(&header, 26)) + u64::from(le16(&header, 28));
        archive.seek(SeekFrom::Start(member.position + 30 + skip))?;
        let packed = BufReader::new(archive.by_ref().take(member.packed));
        let content: Box<dyn Read + '_> = match member.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            method => return Err(bad(&format!("{}: method {method}", member.name))),
        };
        let checked = Checked {
            inner: CrcReader::new(content.take(member.size)),
            left: member.size,
            crc: member.crc,
        };
        each(&member.name, Box::new(checked))?;
    }
    Ok(())
}

/// Content whose length and checksum the directory told.
struct Checked<R> {
    inner: CrcReader<R>,
    left: u64,
    crc: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && !to.is_empty() {
            if self.left > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if self.inner.crc().sum() != self.crc {
                return Err(bad("the checksum of a member is wrong"));
            }
        }
        Ok(read)
    }
}

struct Member {
    name: String,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    position: u64,
}

impl Member {
    /// Takes the next entry off the directory.
    fn take(rest: &mut &[u8]) -> io::Result<Option<Self>> {
        if !rest.starts_with(b"PK\x01\x02") {
            return Ok(None);
        }
        let (fixed, after) = rest.split_at_checked(46).ok_or_else(cut)?;
        let lengths = [28, 30, 32].map(|at| usize::from(le16(fixed, at)));
        let (name, after) = after.split_at_checked(lengths[0]).ok_or_else(cut)?;
        let (extra, after) = after.split_at_checked(lengths[1]).ok_or_else(cut)?;
        let (_, after) = after.split_at_checked(lengths[2]).ok_or_else(cut)?;
        *rest = after;
        let mut wide = wide(extra);
        // Only what does not fit stands in the extension, in this order.
        let mut value = |at| match u64::from(le32(fixed, at)) {
            ELSEWHERE => wide.next().unwrap_or(ELSEWHERE),
            value => value,
        };
        let (size, packed, position) = (value(24), value(20), value(42));
        Ok(Some(Self {
            name: String::from_utf8_lossy(name).into_owned(),
            method: le16(fixed, 10),
            crc: le32(fixed, 16),
            packed,
            size,
            position,
        }))
    }
}

/// The values of the extension for large archives.
fn wide(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut values = Vec::new();
    while let Some((head, after)) = extra.split_at_checked(4) {
        let Some((field, after)) = after.split_at_checked(usize::from(le16(head, 2))) else {
            break;
        };
        if le16(head, 0) == 1 {
            values.extend(field.chunks_exact(8).map(|chunk| le64(chunk, 0)));
        }
        extra = after;
    }
    values.into_iter()
}

/// The archive's directory.
fn directory<F: Read + Seek>(archive: &mut F) -> io::Result<Vec<u8>> {
    let length = archive.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(TAIL);
    archive.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    archive.by_ref().take(TAIL).read_to_end(&mut tail)?;
    let at = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or_else(|| bad("it is no zip archive"))?;
    let end = tail.get(at..).filter(|end| end.len() >= 22).ok_or_else(cut)?;
    let (mut size, mut position) = (u64::from(le32(end, 12)), u64::from(le32(end, 16)));
    if size == ELSEWHERE || position == ELSEWHERE {
        let locator = at.checked_sub(20).and_then(|at| tail.get(at..)).ok_or_else(cut)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Err(cut());
        }
        archive.seek(SeekFrom::Start(le64(locator, 8)))?;
        let mut end = [0; 56];
        archive.read_exact(&mut end)?;
        (size, position) = (le64(&end, 40), le64(&end, 48));
    }
    if size > DIRECTORY_BYTES || position > length {
        return Err(bad("the directory is too large"));
    }
    archive.seek(SeekFrom::Start(position))?;
    let mut directory = Vec::new();
    archive.by_ref().take(size).read_to_end(&mut directory)?;
    Ok(directory)
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    from.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn le16(from: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes(from, at))
}

fn le32(from: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes(from, at))
}

fn le64(from: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes(from, at))
}

fn cut() -> io::Error {
    bad("the zip archive is cut off")
}

fn bad(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
