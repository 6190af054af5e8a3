//! Content of files: text, code and noise that compress as real ones do.

use std::io::Write as _;

use anyhow::Result;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Numbers without a pattern, the same in each run.
#[derive(Debug)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    /// Xorshift.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Half of the bytes are noise, half are always the same.
    pub(super) fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut content = Vec::with_capacity(size + 16);
        while content.len() < size {
            content.extend_from_slice(&self.next().to_le_bytes());
            content.extend_from_slice(b"palisade");
        }
        content.truncate(size);
        content
    }

    /// Lines of code or settings.
    pub(super) fn text(&mut self, size: usize) -> Vec<u8> {
        const WORDS: [&str; 32] = [
            "return",
            "const",
            "function",
            "value",
            "if (",
            ") {",
            "}\n",
            "let ",
            " = ",
            ";\n",
            "this.",
            "module",
            "exports",
            "require('",
            "')",
            "name",
            "key",
            "options",
            "token",
            "path",
            "length",
            "=> ",
            "null",
            "index",
            "  ",
            "    ",
            "// ",
            "user",
            "host",
            "port:",
            "\n",
            "0x1f",
        ];
        let mut content = Vec::with_capacity(size + 16);
        while content.len() < size {
            let mut draws = self.next();
            for _ in 0..12 {
                content.extend_from_slice(WORDS[(draws & 31) as usize].as_bytes());
                draws >>= 5;
            }
        }
        content.truncate(size);
        content
    }
}

/// A Java archive with these entries, all deflated, as builders write it.
pub(super) fn jar(entries: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut index = Vec::new();
    for (name, content) in entries {
        let mut crc = Crc::new();
        crc.update(content);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content)?;
        let packed = encoder.finish()?;
        let at = u32::try_from(archive.len())?;
        let mut facts = Vec::new();
        for short in [20_u16, 0, 8, 0, 0] {
            facts.extend(short.to_le_bytes());
        }
        for long in [crc.sum(), u32::try_from(packed.len())?, u32::try_from(content.len())?] {
            facts.extend(long.to_le_bytes());
        }
        facts.extend(u16::try_from(name.len())?.to_le_bytes());
        facts.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.as_bytes());
        archive.extend(packed);
        index.extend(b"PK\x01\x02\x14\x00");
        index.extend(&facts);
        index.extend([0; 10]);
        index.extend(at.to_le_bytes());
        index.extend(name.as_bytes());
    }
    let (at, size) = (u32::try_from(archive.len())?, u32::try_from(index.len())?);
    let count = u16::try_from(entries.len())?.to_le_bytes();
    archive.extend(index);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(size.to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend([0, 0]);
    Ok(archive)
}
