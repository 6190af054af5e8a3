//! Decompression, chosen by the first bytes: media types lie.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// Largest zstd window: 64 MiB, the memory that a decoder may take.
const ZSTD_WINDOW_LOG: u32 = 26;

/// The compressed side: the first bytes that were looked at, then the rest.
type Compressed<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// The unpacked bytes of a layer.
pub(super) enum Decompressed<R: Read> {
    Gzip(Box<MultiGzDecoder<Compressed<R>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Compressed<R>>>),
    Plain(Compressed<R>),
}

impl<R: Read> Decompressed<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(4);
        inner.by_ref().take(4).read_to_end(&mut head)?;
        let gzip = head.starts_with(&[0x1f, 0x8b]);
        let zstd = head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            || (head.first().is_some_and(|byte| byte & 0xf0 == 0x50)
                && head.get(1..4) == Some(&[0x2a, 0x4d, 0x18]));
        let compressed = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(inner));
        Ok(if gzip {
            Self::Gzip(Box::new(MultiGzDecoder::new(compressed)))
        } else if zstd {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Self::Zstd(Box::new(decoder))
        } else {
            Self::Plain(compressed)
        })
    }

    /// Reads what follows the archive without decompressing it, and gives
    /// the source back.
    pub(super) fn drain(self) -> io::Result<R> {
        let mut compressed = match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
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
            Self::Plain(inner) => inner.read(buffer),
        }
    }
}
