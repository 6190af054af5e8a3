//! Records by key, however many: what does not fit into memory goes to
//! sorted files, which are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

/// Bytes that are held before they go to a file.
const HELD: usize = 48 << 20;
/// What a record costs in memory beside its bytes.
const OVERHEAD: usize = 72;

/// Ordered by key, then by the order in which they came.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Record {
    key: Vec<u8>,
    number: u64,
    value: Vec<u8>,
}

/// Takes records in any order.
pub(super) struct Spool {
    folder: PathBuf,
    limit: usize,
    records: Vec<Record>,
    bytes: usize,
    next: u64,
    /// Sorted, and already nameless: the system removes them.
    runs: Vec<File>,
}

impl Spool {
    /// A spool with its files in `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, limit: HELD, records: Vec::new(), bytes: 0, next: 0, runs: Vec::new() }
    }

    pub(super) fn push(&mut self, key: Vec<u8>, value: Vec<u8>) -> io::Result<()> {
        self.bytes += key.len() + value.len() + OVERHEAD;
        self.records.push(Record { key, number: self.next, value });
        self.next += 1;
        if self.bytes > self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.records.sort_unstable();
        let mut run = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for record in self.records.drain(..) {
            run.write_all(&record.number.to_le_bytes())?;
            for part in [&record.key, &record.value] {
                run.write_all(&(part.len() as u64).to_le_bytes())?;
                run.write_all(part)?;
            }
        }
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.rewind()?;
        self.runs.push(run);
        self.bytes = 0;
        Ok(())
    }

    /// The records by key, in the order of the keys.
    pub(super) fn groups(mut self) -> io::Result<Groups> {
        self.records.sort_unstable();
        let mut runs: Vec<Run> =
            self.runs.into_iter().map(|file| Run::File(BufReader::new(file))).collect();
        runs.push(Run::Held(self.records.into_iter()));
        let mut heads = BinaryHeap::new();
        for (at, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next()?.map(|record| Reverse((record, at))));
        }
        Ok(Groups { runs, heads })
    }
}

/// All that came under one key, in the order in which it came.
pub(super) struct Group {
    pub(super) key: Vec<u8>,
    pub(super) values: Vec<Vec<u8>>,
}

/// The records of a spool by key.
pub(super) struct Groups {
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Record, usize)>>,
}

impl Groups {
    pub(super) fn next(&mut self) -> io::Result<Option<Group>> {
        let Some(first) = self.pop()? else { return Ok(None) };
        let mut group = Group { key: first.key, values: vec![first.value] };
        while self.heads.peek().is_some_and(|Reverse((record, _))| record.key == group.key) {
            group.values.extend(self.pop()?.map(|record| record.value));
        }
        Ok(Some(group))
    }

    fn pop(&mut self) -> io::Result<Option<Record>> {
        let Some(Reverse((record, at))) = self.heads.pop() else { return Ok(None) };
        if let Some(run) = self.runs.get_mut(at) {
            self.heads.extend(run.next()?.map(|record| Reverse((record, at))));
        }
        Ok(Some(record))
    }
}

enum Run {
    File(BufReader<File>),
    Held(std::vec::IntoIter<Record>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Self::Held(records) => Ok(records.next()),
            Self::File(file) => {
                let Some(number) = number(file)? else { return Ok(None) };
                let mut part = || {
                    let size = number_or_end(file)?;
                    let mut bytes = Vec::new();
                    file.by_ref().take(size).read_to_end(&mut bytes)?;
                    Ok::<_, io::Error>(bytes)
                };
                Ok(Some(Record { key: part()?, number, value: part()? }))
            }
        }
    }
}

/// None at the end of the file.
fn number(file: &mut BufReader<File>) -> io::Result<Option<u64>> {
    let mut bytes = [0; 8];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u64::from_le_bytes(bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn number_or_end(file: &mut BufReader<File>) -> io::Result<u64> {
    number(file)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is spilled when: all values of a key, in their order.
        #[test]
        fn groups_are_whole(
            keys in prop::collection::vec("[a-e]{0,2}", 0..200),
            limit in 0_usize..20_000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut spool = Spool { limit, ..Spool::new(folder.path().to_owned()) };
            let mut expected: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
            for (at, key) in keys.into_iter().enumerate() {
                let value = at.to_string().into_bytes();
                spool.push(key.clone().into_bytes(), value.clone()).unwrap();
                expected.entry(key.into_bytes()).or_default().push(value);
            }
            let mut groups = spool.groups().unwrap();
            let mut found = Vec::new();
            while let Some(group) = groups.next().unwrap() {
                found.push((group.key, group.values));
            }
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
