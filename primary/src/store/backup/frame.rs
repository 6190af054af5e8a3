//! The form of a backup: frames, each with its kind and its length, packed with
//! zstd; the last one is the SHA-256 of all before it.

use std::fmt;
use std::io::{self, BufReader, Read, Write};

use bytes::Bytes;
use ring::digest::{Context, SHA256};

use super::BackupError;

/// Bytes of a frame at most; rows may span frames.
pub const MOST_BYTES: usize = 1 << 20;
/// Fast, and good enough for rows of text.
const ZSTD_LEVEL: i32 = 3;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// The manifest, JSON. The first frame.
    Manifest,
    /// The head of a table, JSON.
    Table,
    /// Rows of the table, as `COPY` writes them as text.
    Rows,
    /// The digest of all before it. The last frame.
    Digest,
}

impl FrameKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Manifest => b'M',
            Self::Table => b'T',
            Self::Rows => b'R',
            Self::Digest => b'D',
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'M' => Self::Manifest,
            b'T' => Self::Table,
            b'R' => Self::Rows,
            b'D' => Self::Digest,
            _ => return None,
        })
    }
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// What is in it.
    pub content: Bytes,
}

/// Writes frames.
pub struct FrameWriter<W: Write> {
    out: zstd::Encoder<'static, W>,
    digest: Context,
}

impl<W: Write> fmt::Debug for FrameWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameWriter").finish_non_exhaustive()
    }
}

impl<W: Write> FrameWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { out: zstd::Encoder::new(out, ZSTD_LEVEL)?, digest: Context::new(&SHA256) })
    }

    /// Writes a frame, in parts where it is large.
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        for content in frame.content.chunks(MOST_BYTES) {
            let mut head = [frame.kind.byte(), 0, 0, 0, 0];
            head[1..].copy_from_slice(&(content.len() as u32).to_be_bytes());
            self.digest.update(&head);
            self.digest.update(content);
            self.out.write_all(&head)?;
            self.out.write_all(content)?;
        }
        Ok(())
    }

    /// Writes the digest, and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let digest = self.digest.clone().finish();
        let content = Bytes::copy_from_slice(digest.as_ref());
        self.write(&Frame { kind: FrameKind::Digest, content })?;
        self.out.finish()
    }
}

/// Reads frames.
pub struct FrameReader<R: Read> {
    input: zstd::Decoder<'static, BufReader<R>>,
    digest: Context,
    ended: bool,
}

impl<R: Read> fmt::Debug for FrameReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl<R: Read> FrameReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> io::Result<Self> {
        let input = zstd::Decoder::new(input)?;
        Ok(Self { input, digest: Context::new(&SHA256), ended: false })
    }

    /// The next frame; none at the end, when all before it was as written.
    pub fn read(&mut self) -> Result<Option<Frame>, BackupError> {
        if self.ended {
            return Ok(None);
        }
        let mut head = [0; 5];
        self.fill(&mut head)?;
        let [kind, length @ ..] = head;
        let malformed = |text: &str| BackupError::Malformed(text.to_owned());
        let kind = FrameKind::of(kind).ok_or_else(|| malformed("an unknown kind of frame"))?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MOST_BYTES {
            return Err(malformed("a frame that is too large"));
        }
        let mut content = vec![0; length];
        self.fill(&mut content)?;
        if kind == FrameKind::Digest {
            if content != self.digest.clone().finish().as_ref() {
                return Err(BackupError::Damaged);
            }
            self.ended = true;
            return match self.input.read(&mut [0]).map_err(unreadable) {
                Ok(0) => Ok(None),
                Err(BackupError::Io(error)) => Err(error.into()),
                // What follows need not be packed as a backup is.
                Ok(_) | Err(_) => Err(malformed("something follows its end")),
            };
        }
        self.digest.update(&head);
        self.digest.update(&content);
        Ok(Some(Frame { kind, content: content.into() }))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), BackupError> {
        self.input.read_exact(buffer).map_err(unreadable)
    }
}

fn unreadable(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::CutOff,
        // What zstd cannot read is no failure of the disk.
        io::ErrorKind::Other | io::ErrorKind::InvalidData => {
            BackupError::Malformed(error.to_string())
        }
        _ => BackupError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: FrameKind, content: impl Into<Bytes>) -> Frame {
        Frame { kind, content: content.into() }
    }

    fn written(frames: &[Frame]) -> Vec<u8> {
        let mut writer = FrameWriter::new(Vec::new()).unwrap();
        for frame in frames {
            writer.write(frame).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<Frame>, BackupError> {
        let mut reader = FrameReader::new(bytes)?;
        let mut frames = Vec::new();
        while let Some(frame) = reader.read()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    fn sample() -> Vec<Frame> {
        vec![frame(FrameKind::Manifest, "{}"), frame(FrameKind::Rows, "1\ta\n")]
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&written(&sample())).unwrap(), sample());
        let large = frame(FrameKind::Rows, vec![7; MOST_BYTES + 3]);
        let parts = read(&written(&[large])).unwrap();
        assert_eq!(
            parts.iter().map(|part| part.content.len()).collect::<Vec<_>>(),
            [MOST_BYTES, 3]
        );
    }

    #[test]
    fn what_is_cut_off_or_changed_is_refused() {
        let whole = written(&sample());
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 0x10;
            // A bit of the packing may mean nothing; what is read is the same then.
            assert!(read(&other).map_or(true, |frames| frames == sample()), "byte {at}");
        }
        for more in [written(&[]), b"\0".to_vec(), whole[..3].to_vec()] {
            let error = read(&[&whole[..], &more].concat()).unwrap_err().to_string();
            assert!(error.contains("follows"), "{error}");
        }
    }

    #[test]
    fn a_digest_of_something_else_is_refused() {
        let mut writer = FrameWriter::new(Vec::new()).unwrap();
        writer.write(&frame(FrameKind::Manifest, "{}")).unwrap();
        writer.write(&frame(FrameKind::Digest, vec![0; 32])).unwrap();
        let bytes = writer.out.finish().unwrap();
        assert!(matches!(read(&bytes), Err(BackupError::Damaged)));
    }
}
