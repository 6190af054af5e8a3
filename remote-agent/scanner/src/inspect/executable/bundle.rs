//! What .NET puts into a program that is published as one file: its libraries, and the list of
//! them that lies beside other programs as `NAME.deps.json`.
//!
//! A mark in the host, which comes first, tells where the header of the bundle is. That stands
//! behind all files, and tells where the list was. So what begins as such a list is kept until
//! the header has come.

use memchr::memmem;

use super::window::{Span, Window};
use crate::inspect::language::libraries_of_dotnet;
use crate::inspect::{Entry, Facts, Problem};

/// Behind the place of the header, which is zero in a host of no bundle. Others who look for bundles
/// have it too, behind whatever.
const MARK: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
    0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];
/// Bytes of a number, in the order of the least first.
const NUMBER: usize = 8;
/// The version of .NET Core 3, whose header only names the files; later ones tell where the list
/// is, too.
const OF_CORE: u64 = 1;
/// Bytes of the header before its name, and of it as far as it is read: of .NET Core 3 with the
/// names of some hundred files.
const VERSIONS: usize = 12;
const HEADER: usize = 64 << 10;
/// How the name of the list ends, which lies in no folder: those of plug-ins do.
const ENDING: &[u8] = b".deps.json";
/// How lists begin, as they are written on Linux and on Windows.
const BEGINNINGS: [&[u8]; 2] = [b"{\n  \"runtimeTarget\"", b"{\r\n  \"runtimeTarget\""];
/// Bytes of a list, and lists that are kept: among the libraries may be others.
const LONGEST: usize = 4 << 20;
const LISTS: usize = 4;

/// Looks for a bundle.
#[derive(Debug, Default)]
pub(super) struct Search {
    header: Option<Span>,
    /// By their places.
    lists: Vec<(u64, Span)>,
}

impl Search {
    pub(super) fn look(&mut self, window: &Window<'_>) {
        if self.header.is_none() {
            self.header = header_place(window).map(|place| Span::new(place, HEADER));
        }
        let Some(header) = &mut self.header else { return };
        header.take(window);
        for beginning in BEGINNINGS {
            for at in memmem::find_iter(window.bytes, beginning).take_while(|at| *at < window.own) {
                if self.lists.len() < LISTS {
                    let place = window.start + at as u64;
                    self.lists.push((place, Span::new(place, LONGEST)));
                }
            }
        }
        self.lists.iter_mut().for_each(|(_, list)| list.take(window));
    }

    /// Notes the libraries of the list that the header tells of.
    pub(super) fn tell(&self, entry: &Entry<'_>, facts: &mut Facts) -> Result<(), Problem> {
        let Some((place, size)) =
            self.header.as_ref().and_then(|header| list_place(header.so_far()))
        else {
            return Ok(());
        };
        let list = self.lists.iter().find(|(start, _)| *start == place);
        match list.and_then(|(_, list)| list.so_far().get(..size)) {
            Some(list) => libraries_of_dotnet(entry, list, facts),
            None => Err(Problem::new("holds a list of libraries that cannot be read")),
        }
    }
}

/// The place that stands before the mark, which the header stands behind.
fn header_place(window: &Window<'_>) -> Option<u64> {
    let behind = window.bytes.get(NUMBER..)?;
    let mut marks = memmem::find_iter(behind, &MARK).take_while(|at| *at < window.own);
    marks.find_map(|at| {
        let place = number(window.bytes.get(at..at + NUMBER)?)?;
        (place > window.start + at as u64).then_some(place)
    })
}

/// Where a header says that the list is, and its bytes: behind the version, the number of files,
/// and the name of the bundle after its length.
fn list_place(header: &[u8]) -> Option<(u64, usize)> {
    let version = number(header.get(..4)?).filter(|version| *version >= OF_CORE)?;
    let (length, rest) = header.get(VERSIONS..)?.split_first()?;
    let told = rest.get(usize::from(*length)..)?;
    let (place, size) = if version == OF_CORE {
        let mut files = Files { left: number(header.get(8..VERSIONS)?)?, told };
        let (_, place, size) = files.find(|(name, ..)| is_list(name))?;
        (place, size)
    } else {
        (number(told.get(..NUMBER)?)?, number(told.get(NUMBER..2 * NUMBER)?)?)
    };
    (place > 0).then_some((place, usize::try_from(size).ok()?))
}

fn is_list(name: &[u8]) -> bool {
    name.ends_with(ENDING) && !name.contains(&b'/')
}

/// The names of files in a bundle of .NET Core 3, with their places and bytes.
struct Files<'a> {
    left: u64,
    told: &'a [u8],
}

impl<'a> Iterator for Files<'a> {
    type Item = (&'a [u8], u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (place, rest) = self.told.split_at_checked(NUMBER)?;
        let (size, rest) = rest.split_at_checked(NUMBER)?;
        // Behind what kind of file it is, the length has seven bits in a byte.
        let (low, rest) = rest.get(1..)?.split_first()?;
        let (high, rest) = if low & 0x80 == 0 { (&0, rest) } else { rest.split_first()? };
        let length = usize::from(low & 0x7f) | usize::from(high & 0x7f) << 7;
        let (name, rest) = rest.split_at_checked(length)?;
        self.told = rest;
        Some((name, number(place)?, number(size)?))
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    (bytes.len() <= NUMBER).then(|| bytes.iter().rev().fold(0, fold))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::executable::{read_by, window};

    const LIST: &str = r#"{
  "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
  "targets": {".NETCoreApp,Version=v8.0/linux-x64": {
    "shop/1.0.0": {}, "Newtonsoft.Json/12.0.1": {},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {}}},
  "libraries": {"shop/1.0.0": {"type": "project"}, "Newtonsoft.Json/12.0.1": {"type": "package"},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"}}
}"#;
    /// Bytes behind the list, before the header.
    const BETWEEN: usize = 100;

    /// A program with the mark and the list at these places, of which the header tells `size`.
    fn program(mark: usize, at: usize, list: &str, size: usize) -> Vec<u8> {
        let header = at + list.len() + BETWEEN;
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(mark, b'x');
        file.extend((header as u64).to_le_bytes());
        file.extend(MARK);
        file.resize(at, b'x');
        file.extend(list.as_bytes());
        file.resize(header, b'y');
        file.extend([6_u32, 0, 3].into_iter().flat_map(u32::to_le_bytes));
        file.push(12);
        file.extend(b"abcdefgh.ijk");
        file.extend([at, size, 0, 0, 0].into_iter().flat_map(|told| (told as u64).to_le_bytes()));
        file
    }

    fn found(file: &[u8]) -> (Vec<String>, Option<String>) {
        let entry = Entry { path: "app/shop", size: file.len() as u64, mode: 0o755 };
        let mut facts = Facts::default();
        read_by(window::BYTES, &entry, &mut &*file, &mut facts).unwrap();
        let mut names: Vec<_> =
            facts.packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
        names.sort();
        (names, facts.problem)
    }

    fn libraries() -> (Vec<String>, Option<String>) {
        let names = ["Microsoft.NETCore.App.Runtime.linux-x64 8.0.1", "Newtonsoft.Json 12.0.1"];
        (names.map(str::to_owned).to_vec(), None)
    }

    #[test]
    fn libraries_of_a_program_in_one_file() {
        assert_eq!(found(&program(4_096, 8_192, LIST, LIST.len())), libraries());
        let of_windows = LIST.replace('\n', "\r\n");
        assert_eq!(found(&program(4_096, 8_192, &of_windows, of_windows.len())), libraries());
        // At any border of what is read at a time.
        let end = window::BYTES + window::OVERLAP;
        for near in [end - 1_064, end - 1_024, end - 40, end - 8, end - 4, end, end + 1] {
            assert_eq!(found(&program(near, 2 * end, LIST, LIST.len())), libraries(), "{near}");
            let [list, header] = [near, near - LIST.len() - BETWEEN];
            assert_eq!(found(&program(4_096, list, LIST, LIST.len())), libraries(), "{near}");
            assert_eq!(found(&program(4_096, header, LIST, LIST.len())), libraries(), "{near}");
        }
    }

    /// Its header names the files, the list among them.
    #[test]
    fn libraries_of_a_program_of_dotnet_core_3() {
        let long = "lib/".repeat(50) + "other.deps.json";
        let file = |name: &str, place: usize, size: usize| {
            let mut told: Vec<u8> =
                [place, size].into_iter().flat_map(|n| (n as u64).to_le_bytes()).collect();
            told.push(1);
            let length = name.len() as u8;
            if length < 0x80 {
                told.push(length);
            } else {
                told.extend([length, 1]);
            }
            told.extend(name.as_bytes());
            told
        };
        let program = |names: [&str; 3], count: u32| {
            let mut file_of = program(4_096, 8_192, LIST, LIST.len());
            file_of.truncate(8_192 + LIST.len() + BETWEEN);
            file_of.extend([1_u32, 0, count].into_iter().flat_map(u32::to_le_bytes));
            file_of.push(12);
            file_of.extend(b"abcdefgh.ijk");
            let places = [(64, 100), (8_192, LIST.len()), (200, 10)];
            for (name, (place, size)) in names.into_iter().zip(places) {
                file_of.extend(file(name, place, size));
            }
            file_of
        };
        let names = [long.as_str(), "shop.deps.json", "shop.runtimeconfig.json"];
        assert_eq!(found(&program(names, 3)), libraries());
        for (names, count) in [(names, 1), (["a.dll", "b.dll", "c.json"], 3), (names, 0)] {
            assert_eq!(found(&program(names, count)), (Vec::new(), None), "{names:?} {count}");
        }
        let whole = program(names, 3);
        assert_eq!(found(&whole[..whole.len() - 60]), (Vec::new(), None));
    }

    #[test]
    fn lists_of_others_do_not_count() {
        let mut file = program(4_096, 8_192, LIST, LIST.len());
        file[4_096..4_104].fill(0);
        assert_eq!(found(&file), (Vec::new(), None));
        // What stands before the mark in programs that only look for it.
        file[4_096..4_104].copy_from_slice(&64_u64.to_le_bytes());
        assert_eq!(found(&file), (Vec::new(), None));
        file[4_096..4_104].fill(b'x');
        assert_eq!(found(&file), (Vec::new(), None));
        // A list that the header does not tell of.
        let both = format!("{}\n{LIST}", LIST.replace("Newtonsoft", "Other"));
        let mut file = program(4_096, 8_192, &both, LIST.len());
        let header = file.len() - 5 * NUMBER;
        let second = 8_192 + (both.len() - LIST.len()) as u64;
        file[header..header + NUMBER].copy_from_slice(&second.to_le_bytes());
        assert_eq!(found(&file), libraries());
    }

    #[test]
    fn a_damaged_list_is_told() {
        for size in [LONGEST + 1, usize::MAX, LIST.len() / 2] {
            let (names, problem) = found(&program(4_096, 8_192, LIST, size));
            assert!(names.is_empty() && problem.is_some(), "{size}");
        }
        let mut file = program(4_096, 8_192, LIST, LIST.len());
        // The file ends within the header.
        file.truncate(8_192 + LIST.len() + BETWEEN + VERSIONS + 6);
        assert_eq!(found(&file), (Vec::new(), None));
    }
}
