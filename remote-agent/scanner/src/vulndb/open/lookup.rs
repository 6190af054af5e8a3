//! Looking up in an open database: by name in its indexes, and from there in its
//! records and blocks of texts.

use std::borrow::Cow;
use std::fmt;
use std::os::unix::fs::FileExt as _;

use serde::de::DeserializeOwned;

use super::{OpenError, VulnDb};
use crate::vulndb::format::{
    ENTRY, LARGEST_BLOCK, MAGIC, ProseAt, RECORD, Stored, hash, package_key,
};
use crate::vulndb::record::{Affected, Prose, Vulnerability};

/// Bytes that are read of a record at once; few are larger.
const USUAL: usize = 1 << 10;

impl VulnDb {
    /// What is known of the vulnerability `name`.
    pub fn vulnerability(&self, name: &str) -> Result<Option<Vulnerability>, OpenError> {
        Ok(self.stored(name)?.map(|stored| stored.vulnerability))
    }

    /// The texts about vulnerabilities, to be asked for one after the other.
    pub fn texts(&self) -> Result<Texts<'_>, OpenError> {
        let dictionary = self.part(MAGIC.len() as u64)?;
        let unpacker = zstd::bulk::Decompressor::with_dictionary(&dictionary)
            .map_err(|_| self.damaged("its dictionary"))?;
        Ok(Texts { database: self, unpacker, block: 0, unpacked: Vec::new() })
    }

    /// The vulnerabilities of `package` in `ecosystem`, whatever version.
    pub fn affected(&self, ecosystem: &str, package: &str) -> Result<Vec<Affected>, OpenError> {
        let key = package_key(ecosystem, package);
        Ok(self.find(self.packages, self.header.packages, &key)?.unwrap_or_default())
    }

    fn stored(&self, name: &str) -> Result<Option<Stored>, OpenError> {
        let count = self.header.vulnerabilities;
        let found: Option<Stored> = self.find(self.vulnerabilities, count, name.as_bytes())?;
        Ok(found.map(|mut stored| {
            name.clone_into(&mut stored.vulnerability.name);
            stored
        }))
    }

    fn find<T: DeserializeOwned>(
        &self,
        index: u64,
        count: u64,
        key: &[u8],
    ) -> Result<Option<T>, OpenError> {
        let wanted = hash(key);
        let entries = self.slice(index, count * ENTRY, self.size)?;
        let (entries, _) = entries.as_chunks::<{ ENTRY as usize }>();
        let mut buffer = [0; USUAL];
        let mut longer = Vec::new();
        for entry in entries.iter().skip(first(entries, wanted)) {
            let mut entry = Cursor(entry);
            if entry.number() != wanted {
                break;
            }
            let position = entry.number();
            let begun = if key.len() + 8 <= USUAL {
                self.read_into(position, &mut buffer)?
            } else {
                longer.resize(key.len() + 8, 0);
                self.read_into(position, &mut longer)?
            };
            let mut record = Cursor(begun);
            let size = u64::from(record.size());
            if size != key.len() as u64 || record.take(key.len()) != key {
                continue;
            }
            let value = self.part_of(position + 4 + size, record.0)?;
            return postcard::from_bytes(&value).map(Some).map_err(|_| self.damaged("a record"));
        }
        Ok(None)
    }

    /// A value or block.
    fn part(&self, position: u64) -> Result<Vec<u8>, OpenError> {
        let mut buffer = [0; USUAL];
        let begun = self.read_into(position, &mut buffer)?;
        Ok(self.part_of(position, begun)?.into_owned())
    }

    /// The same, of which `begun` was read.
    fn part_of<'a>(&self, position: u64, begun: &'a [u8]) -> Result<Cow<'a, [u8]>, OpenError> {
        let mut part = Cursor(begun);
        let size = part.size();
        if let Some(whole) = part.0.get(..size as usize).filter(|_| begun.len() >= 4) {
            return Ok(Cow::Borrowed(whole));
        }
        // Of a large key the beginning may not have been read.
        let size = match begun.len() {
            0..4 => Cursor(self.read_into(position, &mut [0; 4])?).size(),
            _ => size,
        };
        if u64::from(size) > RECORD {
            return Err(self.damaged("the size of a record"));
        }
        let mut whole = vec![0; size as usize];
        let read = self.read_into(position + 4, &mut whole)?.len();
        if read < size as usize {
            return Err(self.damaged("a position"));
        }
        Ok(Cow::Owned(whole))
    }

    /// Bytes of the records, as many as there is room for; fewer where the records end.
    fn read_into<'a>(&self, position: u64, buffer: &'a mut [u8]) -> Result<&'a [u8], OpenError> {
        let there = self.vulnerabilities.checked_sub(position).filter(|there| *there >= 4);
        let there = there.ok_or_else(|| self.damaged("a position"))?;
        let size = buffer.len().min(usize::try_from(there).unwrap_or(usize::MAX));
        let (bytes, _) = buffer.split_at_mut(size);
        self.file
            .read_exact_at(bytes, position)
            .map_err(|source| OpenError::Read { path: self.path.clone(), source })?;
        Ok(bytes)
    }
}

/// The texts about vulnerabilities.
pub struct Texts<'a> {
    database: &'a VulnDb,
    unpacker: zstd::bulk::Decompressor<'a>,
    /// The block that was unpacked last, by its position; 0 where none was.
    block: u64,
    unpacked: Vec<u8>,
}

impl Texts<'_> {
    /// The texts about the vulnerability `name`; empty where there are none.
    pub fn prose(&mut self, name: &str) -> Result<Prose, OpenError> {
        let Some(stored) = self.database.stored(name)? else { return Ok(Prose::default()) };
        let damaged = |reason| self.database.damaged(reason);
        let ProseAt { block, start, size } = stored.prose;
        if self.block != block {
            let packed = self.database.part(block)?;
            self.block = 0;
            self.unpacked.clear();
            self.unpacked.reserve(LARGEST_BLOCK);
            self.unpacker
                .decompress_to_buffer(&packed, &mut self.unpacked)
                .map_err(|_| damaged("a block of texts"))?;
            self.block = block;
        }
        let (start, size) = (start as usize, size as usize);
        let text = self.unpacked.get(start..).and_then(|rest| rest.get(..size));
        text.and_then(|text| postcard::from_bytes(text).ok()).ok_or_else(|| damaged("a text"))
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Texts").field("database", &self.database.path).finish()
    }
}

/// The first of the entries, ordered by hash, that has `wanted` or more. Hashes
/// are spread evenly, so that it lies near its share of the whole.
fn first(entries: &[[u8; ENTRY as usize]], wanted: u64) -> usize {
    let below = |at: usize| entries.get(at).is_some_and(|entry| Cursor(entry).number() < wanted);
    let share = (u128::from(wanted) * entries.len() as u128) >> 64;
    let (mut low, mut high) = (share as usize, share as usize);
    let mut step = 64;
    while low > 0 && !below(low) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    let mut step = 64;
    while high < entries.len() && below(high) {
        high = (high + step).min(entries.len());
        step *= 2;
    }
    let between = entries.get(low..high).unwrap_or_default();
    low + between.partition_point(|entry| Cursor(entry).number() < wanted)
}

/// Bytes that are taken from the front; missing ones are zero.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, size: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(size).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    pub(super) fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap_or_default())
    }

    fn size(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap_or_default())
    }
}
