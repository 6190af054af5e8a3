//! A tar archive as a stream of entries. Extended headers are bounded, which
//! the `tar` crate's own iterator does not do; neither does it read records
//! with a line feed in their value ([`pax`]).

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::pax;
use super::sparse::{Map, MapError, Records};
use crate::error::LayerLimit;

const BLOCK: u64 = 512;

/// What can be wrong with an archive.
#[derive(Debug)]
pub(crate) enum TarError {
    /// The bytes could not be had.
    Read(io::Error),
    /// They are no archive.
    Malformed(&'static str),
    /// A limit was passed.
    Limit(LayerLimit),
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The header of an entry, with its extended headers applied.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) kind: EntryType,
    /// Bytes of its content, holes included.
    pub(crate) size: u64,
    /// Bytes of that which are holes and not stored.
    pub(crate) hollow: u64,
    /// Permission bits with setuid, setgid and sticky.
    pub(crate) mode: u32,
}

/// The archive. Content of an entry is read through [`TarStream::content`]
/// before the next entry, or skipped.
pub(crate) struct TarStream<R> {
    inner: R,
    /// Bytes of content left, and of padding after it.
    left: u64,
    padding: u64,
    /// What of the content is stored, where that is not all.
    map: Option<Map>,
    entries: u64,
    /// Bytes read so far.
    position: u64,
    max_entries: u64,
    max_extended: u64,
}

#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: Records,
}

const BAD_MAP: TarError = TarError::Malformed("map of a sparse file");

impl<R: Read> TarStream<R> {
    pub(crate) fn new(inner: R, max_entries: u64, max_extended: u64) -> Self {
        Self {
            inner,
            left: 0,
            padding: 0,
            map: None,
            entries: 0,
            position: 0,
            max_entries,
            max_extended,
        }
    }

    /// Entries seen so far.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Bytes read so far: where the content of the entry that was given last
    /// begins, until it is read.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn into_inner(self) -> R {
        self.inner
    }

    /// The content of the entry that was given last.
    pub(crate) fn content(&mut self) -> impl Read + '_ {
        Content(self)
    }

    /// The next entry; none at the end of the archive.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, TarError> {
        let mut extended = Extended::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            self.entries += 1;
            if self.entries > self.max_entries {
                return Err(TarError::Limit(LayerLimit::Entries(self.max_entries)));
            }
            let size = header.entry_size().map_err(|_| TarError::Malformed("size of an entry"))?;
            let mut kind = header.entry_type();
            match kind {
                EntryType::GNULongName => extended.path = Some(self.text(size)?),
                EntryType::GNULongLink => extended.link = Some(self.text(size)?),
                EntryType::XHeader => self.pax(size, &mut extended)?,
                EntryType::XGlobalHeader => {
                    self.begin(size)?;
                }
                _ => {
                    let path = extended.path.take();
                    let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
                    // Archives from before there were kinds tell a folder so.
                    if header.as_old().linkflag == [0] && path.ends_with(b"/") {
                        kind = EntryType::Directory;
                    }
                    let in_header = match kind {
                        EntryType::GNUSparse => Some(self.sparse_map(&header)?),
                        _ => None,
                    };
                    // Links and folders have no content, whatever their size says.
                    let size = if matches!(
                        kind,
                        EntryType::Link
                            | EntryType::Symlink
                            | EntryType::Directory
                            | EntryType::Char
                            | EntryType::Block
                            | EntryType::Fifo
                    ) {
                        0
                    } else {
                        extended.size.unwrap_or(size)
                    };
                    self.begin(size)?;
                    let sparse = std::mem::take(&mut extended.sparse);
                    let path = sparse.path.clone().unwrap_or(path);
                    self.map = match in_header {
                        Some(map) => Some(map),
                        None => self.map_of_records(sparse)?,
                    };
                    let size = self.map.as_ref().map_or(size, Map::size);
                    let hollow = self.map.as_ref().map_or(0, Map::hollow);
                    let link = extended
                        .link
                        .take()
                        .or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
                    let mode = header.mode().unwrap_or_default() & 0o7777;
                    return Ok(Some(Entry { path, link, kind, size, hollow, mode }));
                }
            }
        }
    }

    fn begin(&mut self, size: u64) -> Result<(), TarError> {
        self.left = size;
        self.map = None;
        self.padding = (BLOCK - size % BLOCK) % BLOCK;
        size.checked_add(self.padding).ok_or(TarError::Malformed("size of an entry"))?;
        Ok(())
    }

    fn skip(&mut self) -> Result<(), TarError> {
        let rest = self.left + self.padding;
        if rest > 0 {
            let skipped = io::copy(&mut self.inner.by_ref().take(rest), &mut io::sink())?;
            self.position += skipped;
            // Some builders end an archive with the content of its last entry.
            if skipped < self.left {
                return Err(TarError::Malformed("the archive ends within an entry"));
            }
        }
        self.left = 0;
        self.padding = 0;
        Ok(())
    }

    /// The next header block; none at the end, which is a block of zeros or
    /// simply the end of the stream.
    fn header(&mut self) -> Result<Option<Header>, TarError> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(TarError::Malformed("the archive ends within a header")),
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        if block.iter().all(|byte| *byte == 0) {
            return self.end();
        }
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        // The place of the sum counts as eight spaces.
        let sum = sum(header.as_bytes()) - sum(&header.as_old().cksum) + 8 * u32::from(b' ');
        match header.cksum() {
            Ok(expected) if expected == sum => Ok(Some(header)),
            _ => Err(TarError::Malformed("checksum of a header")),
        }
    }

    /// What follows a block of zeros, of which the end has two: others who read the archive go on
    /// behind a lone one, or refuse it.
    fn end(&mut self) -> Result<Option<Header>, TarError> {
        let mut second = Vec::new();
        self.inner.by_ref().take(BLOCK).read_to_end(&mut second)?;
        self.position += second.len() as u64;
        if second.len() as u64 == BLOCK && second.iter().any(|byte| *byte != 0) {
            return Err(TarError::Malformed("entries behind a lone block of zeros"));
        }
        Ok(None)
    }

    /// The content of an extended header, whole.
    fn extended(&mut self, size: u64) -> Result<Vec<u8>, TarError> {
        if size > self.max_extended {
            return Err(TarError::Limit(LayerLimit::ExtendedHeader(self.max_extended)));
        }
        self.begin(size)?;
        let mut bytes = Vec::new();
        self.content().read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size {
            return Err(TarError::Malformed("the archive ends within an extended header"));
        }
        Ok(bytes)
    }

    fn text(&mut self, size: u64) -> Result<Vec<u8>, TarError> {
        let mut bytes = self.extended(size)?;
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(bytes)
    }

    fn pax(&mut self, size: u64, extended: &mut Extended) -> Result<(), TarError> {
        const BAD: TarError = TarError::Malformed("extended header");
        let size_of = |value: &[u8]| {
            std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(BAD)
        };
        let bytes = self.extended(size)?;
        for record in pax::Records::of(&bytes) {
            let (key, value) = record.map_err(|_| BAD)?;
            // An empty value takes back what a record before it said.
            let told = Some(value).filter(|value| !value.is_empty());
            match key {
                b"path" => extended.path = told.map(<[u8]>::to_vec),
                b"linkpath" => extended.link = told.map(<[u8]>::to_vec),
                b"size" => extended.size = told.map(size_of).transpose()?,
                key => extended.sparse.add(key, value).map_err(|_| BAD_MAP)?,
            }
        }
        Ok(())
    }

    /// The map of a sparse file that extended records tell of, if they do.
    fn map_of_records(&mut self, records: Records) -> Result<Option<Map>, TarError> {
        let found = records.map(&mut self.content()).map_err(|error| match error {
            MapError::Read(error) if error.kind() == io::ErrorKind::UnexpectedEof => BAD_MAP,
            MapError::Read(error) => error.into(),
            MapError::Bad => BAD_MAP,
        })?;
        let Some((map, read)) = found else { return Ok(None) };
        let rest = (BLOCK - read % BLOCK) % BLOCK;
        io::copy(&mut self.content().take(rest), &mut io::sink())?;
        Ok(Some(map))
    }

    /// Reads the map of a sparse file in the header and the blocks that
    /// continue it.
    fn sparse_map(&mut self, header: &Header) -> Result<Map, TarError> {
        let mut map = Map::of_header(header).map_err(|_| BAD_MAP)?;
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            self.entries += 1;
            if self.entries > self.max_entries {
                return Err(TarError::Limit(LayerLimit::Entries(self.max_entries)));
            }
            let mut block = tar::GnuExtSparseHeader::new();
            self.inner.read_exact(block.as_mut_bytes())?;
            self.position += BLOCK;
            map.add_block(&block).map_err(|_| BAD_MAP)?;
            more = block.is_extended();
        }
        Ok(map)
    }

    /// Reads what is stored of the content.
    fn read_stored(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.by_ref().take(self.left).read(buffer)?;
        self.left -= read as u64;
        self.position += read as u64;
        Ok(read)
    }
}

/// What is stored of the content.
struct StoredContent<'a, R>(&'a mut TarStream<R>);

impl<R: Read> Read for StoredContent<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_stored(buffer)
    }
}

struct Content<'a, R>(&'a mut TarStream<R>);

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut map) = self.0.map.take() else { return self.0.read_stored(buffer) };
        let read = map.read(&mut StoredContent(self.0), buffer);
        self.0.map = Some(map);
        read
    }
}
