//! The header of a package: an index of tags, and the data that it points
//! into. All numbers are big-endian.
//!
//! ```text
//! entries: u32, bytes of data: u32,
//! entries × { tag: u32, type: u32, offset: u32, count: u32 }, data
//! ```

use super::bytes::{be32, part};
use crate::inspect::Problem;
use crate::package::{Ecosystem, Package};

/// Tags that are read.
mod tag {
    pub(super) const NAME: usize = 1000;
    pub(super) const VERSION: usize = 1001;
    pub(super) const RELEASE: usize = 1002;
    pub(super) const EPOCH: usize = 1003;
    pub(super) const INSTALLTIME: usize = 1008;
    pub(super) const VENDOR: usize = 1011;
    pub(super) const ARCH: usize = 1022;
    pub(super) const OLDFILENAMES: usize = 1027;
    pub(super) const SOURCERPM: usize = 1044;
    pub(super) const DIRINDEXES: usize = 1116;
    pub(super) const BASENAMES: usize = 1117;
    pub(super) const DIRNAMES: usize = 1118;
    pub(super) const MODULARITYLABEL: usize = 5096;
}

/// In the order of [`Header::found`].
const TAGS: [usize; 13] = [
    tag::NAME,
    tag::VERSION,
    tag::RELEASE,
    tag::EPOCH,
    tag::INSTALLTIME,
    tag::VENDOR,
    tag::ARCH,
    tag::OLDFILENAMES,
    tag::SOURCERPM,
    tag::DIRINDEXES,
    tag::BASENAMES,
    tag::DIRNAMES,
    tag::MODULARITYLABEL,
];

const INT32: usize = 4;
const STRING: usize = 6;
const STRING_ARRAY: usize = 8;
const I18N_STRING: usize = 9;

/// Bytes of a text that is kept; names and versions are far shorter.
const LONGEST: usize = 1024;
/// Bytes of the longest path on Linux.
const PATH: usize = 4096;
/// Paths may be this many times as long together as the header that holds
/// their parts: one folder stands before many names.
const PATHS_TO_HEADER: usize = 32;

/// A package, and when it was installed.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) package: Package,
    /// Unix seconds; 0 when unknown.
    pub(super) installed_at: i64,
}

/// Reads the package that `blob` describes; none where it is a key. `owns`
/// gets the paths of its files.
pub(super) fn package(
    file: &str,
    blob: &[u8],
    owns: &mut dyn FnMut(&str),
) -> Result<Option<Installed>, Problem> {
    let header = Header::read(blob).ok_or_else(|| Problem::new("holds a damaged header"))?;
    let must = |tag, what: &str| {
        header
            .text(tag)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Problem::new(format!("holds a package without a {what}")))
    };
    let name = must(tag::NAME, "name")?;
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = format!("{}-{}", must(tag::VERSION, "version")?, must(tag::RELEASE, "release")?);
    let source = header.text(tag::SOURCERPM).and_then(source);
    let (source, source_version) = match source {
        Some((source, source_version)) if source_version == version => (source, ""),
        Some(source) => source,
        None => (name, ""),
    };
    let epoch = header.number(tag::EPOCH).unwrap_or(0);
    let package = Package {
        source: source.to_owned(),
        source_version: source_version.to_owned(),
        arch: header.text(tag::ARCH).unwrap_or_default().to_owned(),
        vendor: header
            .text(tag::VENDOR)
            .filter(|vendor| *vendor != "(none)")
            .unwrap_or_default()
            .to_owned(),
        stream: header.text(tag::MODULARITYLABEL).map(stream).unwrap_or_default(),
        ..Package::new(
            Ecosystem::Rpm,
            name,
            if epoch == 0 { version.clone() } else { format!("{epoch}:{version}") },
            file,
        )
    };
    let installed_at = header.number(tag::INSTALLTIME).map_or(0, |seconds| seconds as i64);
    header.files(owns)?;
    Ok(Some(Installed { package, installed_at }))
}

/// Name and `version-release` of `bash-5.1.8-6.el9.src.rpm`.
fn source(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let (rest, _) = stem.rsplit_once('-')?;
    let (name, _) = rest.rsplit_once('-')?;
    Some((name, stem.get(name.len() + 1..)?)).filter(|(name, _)| !name.is_empty())
}

/// `nodejs:18` of `nodejs:18:8090020231114113813:rhel8:x86_64`.
fn stream(label: &str) -> String {
    label.split(':').take(2).collect::<Vec<_>>().join(":")
}

/// Where the data of a tag lies.
#[derive(Clone, Copy)]
struct Place {
    kind: usize,
    offset: usize,
    count: usize,
}

struct Header<'a> {
    data: &'a [u8],
    found: [Option<Place>; TAGS.len()],
}

impl<'a> Header<'a> {
    fn read(blob: &'a [u8]) -> Option<Self> {
        let entries = be32(blob, 0)?;
        let length = be32(blob, 4)?;
        let index = part(blob, 8, entries.checked_mul(16)?)?;
        let data = part(blob, 8 + index.len(), length)?;
        let mut found = [None; TAGS.len()];
        // What was added or changed after the package was built stands
        // behind what its signature covers, and holds.
        for entry in index.chunks_exact(16) {
            let tag = be32(entry, 0)?;
            if let Some(at) = TAGS.iter().position(|known| *known == tag)
                && let Some(slot) = found.get_mut(at)
            {
                *slot = Some(Place {
                    kind: be32(entry, 4)?,
                    offset: be32(entry, 8)?,
                    count: be32(entry, 12)?,
                });
            }
        }
        Some(Self { data, found })
    }

    fn place(&self, tag: usize) -> Option<Place> {
        *self.found.get(TAGS.iter().position(|known| *known == tag)?)?
    }

    /// The text of a tag, or the first of several.
    fn text(&self, tag: usize) -> Option<&'a str> {
        let place = self.place(tag)?;
        if !matches!(place.kind, STRING | STRING_ARRAY | I18N_STRING) {
            return None;
        }
        let rest = self.data.get(place.offset..)?;
        let end = rest.iter().take(LONGEST).position(|byte| *byte == 0)?;
        std::str::from_utf8(rest.get(..end)?).ok()
    }

    fn number(&self, tag: usize) -> Option<usize> {
        let place = self.place(tag).filter(|place| place.kind == INT32 && place.count > 0)?;
        be32(self.data, place.offset)
    }

    /// The texts of a tag, one after the other, each with a zero at its end.
    fn texts(&self, tag: usize) -> impl Iterator<Item = &'a [u8]> {
        let place = self.place(tag).filter(|place| place.kind == STRING_ARRAY);
        let (offset, count) = place.map_or((0, 0), |place| (place.offset, place.count));
        let rest = self.data.get(offset..).unwrap_or_default();
        // Without a zero at its end the last one is cut.
        let complete = rest.iter().rposition(|byte| *byte == 0).map_or(0, |at| at + 1);
        rest.get(..complete).unwrap_or_default().split(|byte| *byte == 0).take(count)
    }

    /// Tells `owns` the paths of the package's files, without the slash at
    /// their beginning.
    fn files(&self, owns: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let most = self.data.len().saturating_mul(PATHS_TO_HEADER);
        let mut told = 0;
        let mut tell = |path: &[u8]| {
            told += path.len();
            if path.len() <= PATH
                && let Ok(path) = std::str::from_utf8(path)
            {
                owns(path.trim_start_matches('/'));
            }
            told <= most
        };
        let too_many = || Problem::new("holds a package with too many files");
        // Packages built before 1999 wrote whole paths.
        for path in self.texts(tag::OLDFILENAMES) {
            if !tell(path) {
                return Err(too_many());
            }
        }
        let folders: Vec<&[u8]> = self.texts(tag::DIRNAMES).collect();
        let Some(indexes) = self.place(tag::DIRINDEXES).filter(|place| place.kind == INT32) else {
            return Ok(());
        };
        let mut path = Vec::new();
        for (at, base) in self.texts(tag::BASENAMES).take(indexes.count).enumerate() {
            let folder = be32(self.data, indexes.offset.saturating_add(at * 4))
                .and_then(|folder| folders.get(folder))
                .ok_or_else(|| Problem::new("holds a package with files in no folder"))?;
            if folder.len() + base.len() > PATH {
                continue;
            }
            path.clear();
            path.extend_from_slice(folder);
            path.extend_from_slice(base);
            if !tell(&path) {
                return Err(too_many());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod fixture {
    use super::{I18N_STRING, INT32, STRING, STRING_ARRAY, tag};

    /// What a test puts behind a tag.
    pub(in super::super) enum Value<'a> {
        Number(u32),
        Numbers(&'a [u32]),
        Text(&'a str),
        Texts(&'a [&'a str]),
        Translated(&'a str),
    }

    /// A header with these tags.
    pub(in super::super) fn header(tags: &[(usize, Value<'_>)]) -> Vec<u8> {
        let mut index = Vec::new();
        let mut data = Vec::new();
        for (tag, value) in tags {
            if matches!(value, Value::Number(_) | Value::Numbers(_)) {
                data.resize(data.len().next_multiple_of(4), 0);
            }
            let offset = data.len();
            let (kind, count) = match value {
                Value::Number(number) => {
                    data.extend(number.to_be_bytes());
                    (INT32, 1)
                }
                Value::Numbers(numbers) => {
                    data.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
                    (INT32, numbers.len())
                }
                Value::Text(text) => {
                    data.extend(text.bytes().chain([0]));
                    (STRING, 1)
                }
                Value::Texts(texts) => {
                    data.extend(texts.iter().flat_map(|text| text.bytes().chain([0])));
                    (STRING_ARRAY, texts.len())
                }
                Value::Translated(text) => {
                    data.extend(text.bytes().chain([0]));
                    (I18N_STRING, 1)
                }
            };
            for number in [*tag, kind, offset, count] {
                index.extend((number as u32).to_be_bytes());
            }
        }
        let mut blob = Vec::new();
        blob.extend((tags.len() as u32).to_be_bytes());
        blob.extend((data.len() as u32).to_be_bytes());
        blob.extend(index);
        blob.extend(data);
        blob
    }

    /// The header of a plain package, with as many files.
    pub(in super::super) fn plain(name: &str, version: &str, files: usize) -> Vec<u8> {
        let names: Vec<String> = (0..files).map(|n| format!("file-{n:05}.so")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        header(&[
            (tag::NAME, Value::Text(name)),
            (tag::VERSION, Value::Text(version)),
            (tag::RELEASE, Value::Text("1")),
            (tag::INSTALLTIME, Value::Number(1_700_000_000)),
            (tag::ARCH, Value::Text("x86_64")),
            (tag::SOURCERPM, Value::Text(&format!("{name}-{version}-1.src.rpm"))),
            (tag::DIRINDEXES, Value::Numbers(&vec![0; files])),
            (tag::BASENAMES, Value::Texts(&names)),
            (tag::DIRNAMES, Value::Texts(&["/usr/lib/"])),
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fixture::{Value, header, plain};
    use super::*;

    fn read(blob: &[u8]) -> (Result<Option<Installed>, Problem>, Vec<String>) {
        let mut owned = Vec::new();
        let found = package("f", blob, &mut |path| owned.push(path.to_owned()));
        (found, owned)
    }

    #[test]
    fn a_package_with_all_that_is_read() {
        let blob = header(&[
            (tag::NAME, Value::Text("perl-Errno")),
            (tag::VERSION, Value::Text("1.28")),
            (tag::RELEASE, Value::Text("420.el8")),
            (tag::EPOCH, Value::Number(4)),
            (tag::INSTALLTIME, Value::Number(3_000_000_000)),
            (tag::VENDOR, Value::Text("Red Hat, Inc.")),
            (tag::ARCH, Value::Text("x86_64")),
            (tag::SOURCERPM, Value::Text("perl-5.26.3-420.el8.src.rpm")),
            (tag::DIRINDEXES, Value::Numbers(&[1, 0])),
            (tag::BASENAMES, Value::Texts(&["a", "b"])),
            (tag::DIRNAMES, Value::Texts(&["/usr/bin/", "/"])),
            (tag::MODULARITYLABEL, Value::Text("perl:5.26:820181219174508:9edba152:x86_64")),
        ]);
        let (found, owned) = read(&blob);
        let found = found.unwrap().unwrap();
        let expected = Package {
            source: "perl".to_owned(),
            source_version: "5.26.3-420.el8".to_owned(),
            arch: "x86_64".to_owned(),
            stream: "perl:5.26".to_owned(),
            vendor: "Red Hat, Inc.".to_owned(),
            ..Package::new(Ecosystem::Rpm, "perl-Errno", "4:1.28-420.el8", "f")
        };
        assert_eq!(found.package, expected);
        assert_eq!(found.installed_at, 3_000_000_000);
        assert_eq!(owned, ["a", "usr/bin/b"]);
    }

    #[test]
    fn what_is_no_package() {
        let key = header(&[(tag::NAME, Value::Text("gpg-pubkey"))]);
        assert!(read(&key).0.unwrap().is_none());
        for blob in [
            Vec::new(),
            vec![0xff; 64],
            header(&[(tag::NAME, Value::Translated("bash"))]),
            header(&[(tag::NAME, Value::Number(1))]),
            // A folder that does not exist.
            header(&[
                (tag::NAME, Value::Text("a")),
                (tag::VERSION, Value::Text("1")),
                (tag::RELEASE, Value::Text("1")),
                (tag::DIRINDEXES, Value::Numbers(&[7])),
                (tag::BASENAMES, Value::Texts(&["b"])),
                (tag::DIRNAMES, Value::Texts(&["/"])),
            ]),
        ] {
            read(&blob).0.unwrap_err();
        }
    }

    #[test]
    fn paths_do_not_multiply() {
        let folder = format!("/{}/", "x".repeat(4000));
        let names = vec!["y"; 2000];
        let blob = header(&[
            (tag::NAME, Value::Text("a")),
            (tag::VERSION, Value::Text("1")),
            (tag::RELEASE, Value::Text("1")),
            (tag::DIRINDEXES, Value::Numbers(&vec![0; names.len()])),
            (tag::BASENAMES, Value::Texts(&names)),
            (tag::DIRNAMES, Value::Texts(&[&folder])),
        ]);
        let (found, owned) = read(&blob);
        assert_eq!(found.unwrap_err(), Problem::new("holds a package with too many files"));
        assert!(owned.len() < 200, "{}", owned.len());
    }

    #[test]
    fn sources() {
        for (file, expected) in [
            ("bash-5.1.8-6.el9.src.rpm", Some(("bash", "5.1.8-6.el9"))),
            ("java-1.8.0-openjdk-1.8.0.1-1.nosrc.rpm", Some(("java-1.8.0-openjdk", "1.8.0.1-1"))),
            ("(none)", None),
            ("-1-1.src.rpm", None),
            ("a.src.rpm", None),
        ] {
            assert_eq!(source(file), expected, "{file}");
        }
    }

    proptest! {
        /// Whatever stands in a header, it is read or refused.
        #[test]
        fn damage_is_no_disaster(at in 0usize..400, byte: u8, cut in 0usize..600) {
            let mut blob = plain("bash", "5.1", 5);
            if let Some(place) = blob.get_mut(at) {
                *place = byte;
            }
            blob.truncate(blob.len().saturating_sub(cut));
            let (_, owned) = read(&blob);
            prop_assert!(owned.len() <= 5);
        }
    }
}
