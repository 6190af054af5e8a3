//! Decompression, chosen by the first bytes: media types lie.

use std::io::{self, BufReader, Chain, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use crate::scope::USUAL_WINDOW;

/// Largest zstd window: 128 MiB, which the highest level has and a decoder then takes.
const ZSTD_WINDOW_LOG: u32 = 27;
/// How every frame of zstd begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes that tell how an archive is compressed and, of zstd, how far its decoder looks back.
const HEAD: u64 = 6;
/// What a decoder of xz may keep, in KiB: the highest level takes 65 MiB.
const XZ_KIB: u32 = 80 << 10;

/// The compressed side: the first bytes that were looked at, then the rest.
type Compressed<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// Whether a file with these first bytes is compressed.
pub(crate) fn is_compressed(head: &[u8]) -> bool {
    is_gzip(head) || is_zstd(head) || is_xz(head) || is_bzip2(head) || is_lz4(head)
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

/// A frame, or one that decoders skip.
fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&ZSTD)
        || (head.first().is_some_and(|byte| byte & 0xf0 == 0x50)
            && head.get(1..4) == Some(&[0x2a, 0x4d, 0x18]))
}

/// How many bytes the decoder keeps, where the first frame tells: its window. One that is a single
/// segment tells the length of its own content alone, and encoders write what is short in that
/// way: a frame behind it may ask for more.
fn zstd_window(head: &[u8]) -> Option<u64> {
    let (descriptor, rest) = head.strip_prefix(&ZSTD)?.split_first()?;
    let is_one_segment = descriptor & 0x20 != 0;
    // The lower bits add less than as much again.
    let window = 1 << (10 + (rest.first()? >> 3));
    (!is_one_segment).then_some(window)
}

/// The largest window that a frame may ask for where the first one asks for this one: what begins
/// with little must not want much later, when nobody takes turns any more.
const fn zstd_window_log(window: u64) -> u32 {
    if window > USUAL_WINDOW { ZSTD_WINDOW_LOG } else { USUAL_WINDOW.ilog2() + 1 }
}

fn is_xz(head: &[u8]) -> bool {
    head.starts_with(b"\xfd7zXZ\0")
}

/// An archive may begin with a file that is called `BZh`, without a level.
fn is_bzip2(head: &[u8]) -> bool {
    head.starts_with(b"BZh") && head.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
}

fn is_lz4(head: &[u8]) -> bool {
    head.starts_with(&[0x04, 0x22, 0x4d, 0x18])
}

/// The unpacked bytes of a layer.
pub(crate) enum Decompressed<R: Read> {
    Gzip(Box<MultiGzDecoder<Compressed<R>>>),
    /// With the bytes that the decoder keeps; the most where the first frame does not tell.
    Zstd(Box<zstd::stream::read::Decoder<'static, Compressed<R>>>, u64),
    Xz(Box<XzReader<Compressed<R>>>),
    Bzip2(Box<MultiBzDecoder<Compressed<R>>>),
    Plain(Compressed<R>),
}

impl<R: Read> Decompressed<R> {
    pub(crate) fn new(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD as usize);
        inner.by_ref().take(HEAD).read_to_end(&mut head)?;
        let (gzip, zstd, xz, bzip2) =
            (is_gzip(&head), is_zstd(&head), is_xz(&head), is_bzip2(&head));
        if is_lz4(&head) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is compressed with lz4, which no current builder does: unpack it first",
            ));
        }
        let window = zstd_window(&head).unwrap_or(1 << ZSTD_WINDOW_LOG);
        let compressed = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(inner));
        Ok(if gzip {
            Self::Gzip(Box::new(MultiGzDecoder::new(compressed)))
        } else if zstd {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)?;
            decoder.window_log_max(zstd_window_log(window))?;
            Self::Zstd(Box::new(decoder), window)
        } else if xz {
            Self::Xz(Box::new(XzReader::new_mem_limit(compressed, true, XZ_KIB)))
        } else if bzip2 {
            Self::Bzip2(Box::new(MultiBzDecoder::new(compressed)))
        } else {
            Self::Plain(compressed)
        })
    }

    /// Whether it is not stored as it is.
    pub(crate) fn is_compressed(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// How many bytes of what came before it keeps, where that may be many.
    pub(super) fn window(&self) -> u64 {
        match self {
            Self::Zstd(_, window) => *window,
            Self::Xz(_) => u64::from(XZ_KIB) << 10,
            _ => 0,
        }
    }

    /// Reads what follows the archive without decompressing it, and gives
    /// the source back.
    pub(super) fn drain(self) -> io::Result<R> {
        let mut compressed = match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder, _) => decoder.finish(),
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Bzip2(decoder) => decoder.into_inner(),
            Self::Plain(inner) => inner,
        };
        io::copy(&mut compressed, &mut io::sink())?;
        Ok(compressed.into_inner().into_inner().1)
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder, _) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Plain(inner) => inner.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_frames() {
        let frame = |rest: &[u8]| zstd_window(&[&ZSTD[..], rest].concat());
        assert_eq!(frame(&[0x00, 17 << 3]), Some(128 << 20));
        assert_eq!(frame(&[0x84, 13 << 3 | 7, 1, 2, 3, 4]), Some(8 << 20));
        assert_eq!(frame(&[0x20, 200]), None);
        assert_eq!(frame(&[0x00]), None);
        assert_eq!(frame(&[]), None);
        assert_eq!(zstd_window(&[0x50, 0x2a, 0x4d, 0x18, 0, 0x88]), None);
    }

    #[test]
    fn where_no_window_is_told_it_may_be_the_largest() {
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7];
        assert_eq!(Decompressed::new(skipped.as_slice()).unwrap().window(), 128 << 20);
        let xz = b"\xfd7zXZ\0";
        assert_eq!(Decompressed::new(xz.as_slice()).unwrap().window(), 80 << 20);
        assert_eq!(Decompressed::new([0x1f, 0x8b].as_slice()).unwrap().window(), 0);
    }

    fn frame(log: u32, content: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.include_contentsize(false).unwrap();
        io::Write::write_all(&mut encoder, content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_begins_without_a_turn_needs_none_later() {
        let segment = zstd::bulk::compress(b"short", 1).unwrap();
        for (first, later, is_turn, is_read) in [
            (frame(20, b"short"), 20, false, true),
            (frame(20, b"short"), 24, false, true),
            (frame(20, b"short"), 25, false, false),
            (frame(25, b"short"), 27, true, true),
            (segment, 27, true, true),
        ] {
            let packed = [first, frame(later, b", long")].concat();
            let mut unpacked = Decompressed::new(packed.as_slice()).unwrap();
            assert_eq!(unpacked.window() > USUAL_WINDOW, is_turn, "{later}");
            let mut text = String::new();
            let read = unpacked.read_to_string(&mut text);
            assert_eq!(read.is_ok(), is_read, "{later}: {read:?}");
            assert_eq!(text == "short, long", is_read, "{later}: {text}");
        }
    }

    #[test]
    fn what_an_encoder_writes_is_understood() {
        let content = vec![7_u8; 100_000];
        for log in [20, 23, 27] {
            let packed = frame(log, &content);
            assert_eq!(zstd_window(&packed), Some(1 << log));
            let mut unpacked = Decompressed::new(packed.as_slice()).unwrap();
            assert_eq!(unpacked.window(), 1 << log);
            let mut bytes = Vec::new();
            unpacked.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, content);
        }
    }
}
