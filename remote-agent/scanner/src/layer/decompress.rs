//! Decompression, chosen by the first bytes: media types lie.

use std::io::{self, BufReader, Chain, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

/// Largest zstd window: 64 MiB, the memory that a decoder may take.
const ZSTD_WINDOW_LOG: u32 = 26;
/// The same for xz, in KiB: its highest level takes 65 MiB.
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
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || (head.first().is_some_and(|byte| byte & 0xf0 == 0x50)
            && head.get(1..4) == Some(&[0x2a, 0x4d, 0x18]))
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
    Zstd(Box<zstd::stream::read::Decoder<'static, Compressed<R>>>),
    Xz(Box<XzReader<Compressed<R>>>),
    Bzip2(Box<MultiBzDecoder<Compressed<R>>>),
    Plain(Compressed<R>),
}

impl<R: Read> Decompressed<R> {
    pub(crate) fn new(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(6);
        inner.by_ref().take(6).read_to_end(&mut head)?;
        let (gzip, zstd, xz, bzip2) =
            (is_gzip(&head), is_zstd(&head), is_xz(&head), is_bzip2(&head));
        if is_lz4(&head) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is compressed with lz4, which no current builder does: unpack it first",
            ));
        }
        let compressed = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(inner));
        Ok(if gzip {
            Self::Gzip(Box::new(MultiGzDecoder::new(compressed)))
        } else if zstd {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Self::Zstd(Box::new(decoder))
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

    /// Reads what follows the archive without decompressing it, and gives
    /// the source back.
    pub(super) fn drain(self) -> io::Result<R> {
        let mut compressed = match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
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
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Plain(inner) => inner.read(buffer),
        }
    }
}
