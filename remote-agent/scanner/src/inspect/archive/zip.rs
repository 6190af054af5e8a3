//! The entries of a zip archive in the order of the file, without its index at
//! the end: that needs no seeking, so that an archive can be read from a layer
//! as it comes.

use std::io::{self, BufRead, Read};

use flate2::bufread::DeflateDecoder;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// Signatures of what follows the last entry.
const BEHIND: [u32; 4] = [0x0201_4b50, 0x0605_4b50, 0x0606_4b50, 0x0807_4b50];
/// Bytes before the first entry: programs that unpack themselves.
const PREFIX: u64 = 1 << 20;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Flag: sizes stand behind the content.
const SIZES_BEHIND: u16 = 1 << 3;
/// Flag: the content is encrypted.
const ENCRYPTED: u16 = 1;
/// Sizes that do not fit stand in an extra field of this kind.
const ZIP64: u16 = 1;

/// What is wrong with what is no archive at all.
pub(super) const NO_ENTRY: &str = "it has no entry";

/// Why an archive cannot be read on.
#[derive(Debug)]
pub(super) enum ZipError {
    /// The bytes could not be had.
    Read(io::Error),
    /// They are no archive.
    Malformed(&'static str),
    /// A limit was passed.
    Limit(String),
}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Malformed("it ends too soon"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Self::Malformed("its compression")
            }
            _ => Self::Read(error),
        }
    }
}

/// A walk over the entries.
pub(super) struct Walk<'s> {
    source: &'s mut dyn BufRead,
    first: bool,
    /// The signature of what comes next, where the way to it showed it.
    ahead: Option<u32>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(source: &'s mut dyn BufRead) -> Self {
        Self { source, first: true, ahead: None }
    }

    /// The next entry; none behind the last one. The one before must have
    /// been skipped.
    pub(super) fn next<'w>(&'w mut self) -> Result<Option<Member<'w, 's>>, ZipError> {
        if std::mem::take(&mut self.first) {
            if !self.find_first()? {
                return Err(ZipError::Malformed(NO_ENTRY));
            }
        } else {
            let signature = match self.ahead.take() {
                Some(signature) => signature,
                None if self.source.fill_buf()?.is_empty() => return Ok(None),
                None => word(self.source)?,
            };
            match signature {
                LOCAL => {}
                other if BEHIND.contains(&other) => return Ok(None),
                _ => return Err(ZipError::Malformed("something between its entries")),
            }
        }
        let mut fixed = [0; 26];
        self.source.read_exact(&mut fixed)?;
        let short = |at: usize| {
            u16::from_le_bytes([
                fixed.get(at).copied().unwrap_or_default(),
                fixed.get(at + 1).copied().unwrap_or_default(),
            ])
        };
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        let (flags, method) = (short(2), short(4));
        let (packed, unpacked) = (u64::from(long(14)), u64::from(long(18)));
        let mut name = vec![0; usize::from(short(22))];
        self.source.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(short(24))];
        self.source.read_exact(&mut extra)?;
        let wide = packed == u64::from(u32::MAX) || unpacked == u64::from(u32::MAX);
        let packed = if wide { zip64(&extra, unpacked).unwrap_or(packed) } else { packed };
        if flags & ENCRYPTED != 0 {
            return Err(ZipError::Malformed("it is encrypted"));
        }
        let behind = flags & SIZES_BEHIND != 0;
        let content = match method {
            DEFLATED => Content::Deflated(Box::new(DeflateDecoder::new(Bounded {
                source: &mut *self.source,
                // Deflated content ends by itself.
                left: if behind { u64::MAX } else { packed },
            }))),
            STORED if behind && packed == 0 && !name.ends_with(b"/") => {
                return Err(ZipError::Malformed("an entry does not tell where it ends"));
            }
            STORED => Content::Stored(Bounded { source: &mut *self.source, left: packed }),
            _ => {
                if behind {
                    return Err(ZipError::Malformed("an entry does not tell where it ends"));
                }
                // Packed in another way: passed over.
                Content::Other(Bounded { source: &mut *self.source, left: packed })
            }
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Some(Member { name, content, behind, wide, ahead: &mut self.ahead }))
    }

    fn find_first(&mut self) -> Result<bool, ZipError> {
        let mut last = 0_u32;
        for passed in 0..PREFIX {
            let mut byte = [0];
            if self.source.read(&mut byte)? == 0 {
                return Ok(false);
            }
            last = last >> 8 | u32::from(byte[0]) << 24;
            if last == LOCAL {
                return Ok(true);
            }
            if passed == 3 && BEHIND.contains(&last) {
                // An empty archive.
                return Err(ZipError::Malformed("it is empty"));
            }
        }
        Ok(false)
    }
}

/// The packed size in an extra field, behind the unpacked one where that is
/// there as well.
fn zip64(extra: &[u8], unpacked: u64) -> Option<u64> {
    let mut rest = extra;
    while let Some((head, after)) = rest.split_at_checked(4) {
        let kind = u16::from_le_bytes([*head.first()?, *head.get(1)?]);
        let size = usize::from(u16::from_le_bytes([*head.get(2)?, *head.get(3)?]));
        let (field, after) = after.split_at_checked(size)?;
        if kind == ZIP64 {
            let skip = if unpacked == u64::from(u32::MAX) { 8 } else { 0 };
            return Some(u64::from_le_bytes(field.get(skip..skip + 8)?.try_into().ok()?));
        }
        rest = after;
    }
    None
}

/// One entry. Reading it gives its unpacked content.
pub(super) struct Member<'w, 's> {
    name: String,
    content: Content<'w, 's>,
    behind: bool,
    wide: bool,
    ahead: &'w mut Option<u32>,
}

enum Content<'w, 's> {
    Stored(Bounded<'w, 's>),
    Deflated(Box<DeflateDecoder<Bounded<'w, 's>>>),
    Other(Bounded<'w, 's>),
}

struct Bounded<'w, 's> {
    source: &'w mut (dyn BufRead + 's),
    left: u64,
}

impl Read for Bounded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.source.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        Ok(read)
    }
}

impl BufRead for Bounded<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let bytes = self.source.fill_buf()?;
        Ok(bytes.get(..most.min(bytes.len())).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.source.consume(amount);
    }
}

impl Member<'_, '_> {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Passes over what was not read; content whose end is known is not
    /// unpacked for that. Unpacks no more than `most` bytes.
    pub(super) fn skip(&mut self, most: u64) -> Result<u64, ZipError> {
        let unpacked = match &mut self.content {
            Content::Stored(bounded) | Content::Other(bounded) => {
                io::copy(bounded, &mut io::sink())?;
                if bounded.left > 0 {
                    return Err(ZipError::Malformed("it ends too soon"));
                }
                0
            }
            Content::Deflated(decoder) if self.behind => {
                let unpacked = io::copy(&mut decoder.take(most), &mut io::sink())?;
                if unpacked == most {
                    return Err(ZipError::Limit(format!("unpacks to more than {most} bytes")));
                }
                unpacked
            }
            Content::Deflated(decoder) => {
                let bounded = decoder.get_mut();
                io::copy(bounded, &mut io::sink())?;
                if bounded.left > 0 {
                    return Err(ZipError::Malformed("it ends too soon"));
                }
                0
            }
        };
        if self.behind {
            *self.ahead = match &mut self.content {
                Content::Stored(bounded) | Content::Other(bounded) => {
                    descriptor(bounded.source, self.wide, None)?
                }
                Content::Deflated(decoder) => {
                    let unpacked = decoder.total_out();
                    descriptor(decoder.get_mut().source, self.wide, Some(unpacked))?
                }
            };
        }
        Ok(unpacked)
    }
}

fn word(source: &mut dyn BufRead) -> io::Result<u32> {
    let mut word = [0; 4];
    source.read_exact(&mut word)?;
    Ok(u32::from_le_bytes(word))
}

/// Passes over the sizes behind the content: with or without a signature, and
/// of four bytes each or of eight. Which it is, the size tells that is known,
/// else the signature of what follows, which is given where it was read.
fn descriptor(
    source: &mut dyn BufRead,
    wide: bool,
    unpacked: Option<u64>,
) -> io::Result<Option<u32>> {
    if word(source)? == DESCRIPTOR {
        word(source)?;
    }
    let (_, second) = (word(source)?, word(source)?);
    // Of eight bytes, the second word is the high half of the packed size.
    let narrow = unpacked.is_some_and(|size| size > 0 && second == size as u32);
    if narrow {
        return Ok(None);
    }
    if !wide {
        if source.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let next = word(source)?;
        if next == LOCAL || BEHIND.contains(&next) {
            return Ok(Some(next));
        }
        word(source)?;
        return Ok(None);
    }
    word(source)?;
    word(source)?;
    Ok(None)
}

impl Read for Member<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.content {
            Content::Stored(bounded) => bounded.read(buffer),
            Content::Deflated(decoder) => decoder.read(buffer),
            Content::Other(_) => Ok(0),
        }
    }
}
