//! Programs made here, and those of this machine.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;

use super::*;
use crate::package::Ecosystem;

const MODULES: &str = "path\texample.com/shop\nmod\texample.com/shop\t(devel)\t\n\
    dep\tgithub.com/a/b\tv1.2.3\th1:x=\ndep\texample.com/old\tv1.0.0\n=>\texample.com/new\tv1.1.0\th1:y=\n\
    dep\texample.com/local\tv1.0.0\n=>\t../local\t\nbuild\t-ldflags=\"-s -w -X example.com/shop/version.Version=v2.0.1\"\n";

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A file of Go since 1.18, with the information at `at`.
fn go_program(at: usize, size: usize) -> Vec<u8> {
    let marked = [&[7; 16][..], MODULES.as_bytes(), &[8; 16]].concat();
    let mut info = b"\xff Go buildinf:\x08\x02".to_vec();
    info.resize(32, 0);
    info.extend(varint("go1.20.1".len()));
    info.extend(b"go1.20.1");
    info.extend(varint(marked.len()));
    info.extend(marked);
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(at, b'x');
    file.extend(info);
    file.resize(size.max(file.len()), b'y');
    file
}

fn packages(path: &str, bytes: &[u8]) -> Vec<(Ecosystem, String, String)> {
    packages_of(path, bytes.len() as u64, &mut &*bytes)
}

fn packages_of(path: &str, size: u64, content: &mut dyn Read) -> Vec<(Ecosystem, String, String)> {
    let mut facts = Facts::default();
    read(&Entry { path, size, mode: 0o755 }, content, &mut facts).unwrap();
    assert_eq!(facts.problem, None);
    facts.packages.into_iter().map(|p| (p.ecosystem, p.name, p.version)).collect()
}

fn go(name: &str, version: &str) -> (Ecosystem, String, String) {
    (Ecosystem::Go, name.to_owned(), version.to_owned())
}

#[test]
fn modules_of_go() {
    let expected = [
        go("stdlib", "1.20.1"),
        go("github.com/a/b", "v1.2.3"),
        go("example.com/new", "v1.1.0"),
        go("example.com/shop", "v2.0.1"),
    ];
    assert_eq!(packages("app/shop", &go_program(4096, 8192)), expected);
    // Too large to be kept whole, with the information at any border.
    for at in [WINDOW - 20, WINDOW - 4, WINDOW + 5, 3 * WINDOW - 300, 18 << 20] {
        assert_eq!(packages("app/shop", &go_program(at, 20 << 20)), expected, "{at}");
    }
}

/// Two pointers, as Go wrote them up to 1.17.
#[test]
fn modules_of_old_go() {
    let base = 0x40_0000_u64;
    let mut file = vec![0_u8; 4096];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    file[56..58].copy_from_slice(&1_u16.to_le_bytes());
    // One segment that is the whole file.
    file[64..68].copy_from_slice(&1_u32.to_le_bytes());
    file[80..88].copy_from_slice(&base.to_le_bytes());
    file[96..104].copy_from_slice(&4096_u64.to_le_bytes());
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(512, b"\xff Go buildinf:\x08\x00");
    put(528, &(base + 600).to_le_bytes());
    put(536, &(base + 616).to_le_bytes());
    let modules = [&[7; 16][..], b"mod\texample.com/shop\tv1.0.0\n", &[8; 16]].concat();
    for (at, text_at, text) in [(600, 1000, &b"go1.15.2"[..]), (616, 1100, &modules)] {
        put(at, &(base + text_at as u64).to_le_bytes());
        put(at + 8, &(text.len() as u64).to_le_bytes());
        put(text_at, text);
    }
    let expected = [go("stdlib", "1.15.2"), go("example.com/shop", "v1.0.0")];
    assert_eq!(packages("app/shop", &file), expected);
}

#[test]
fn crates_of_rust() {
    let json = br#"{"packages":[{"name":"time","version":"0.1.43"},{"name":"cc","version":"1.0.0","kind":"build"},{"name":"shop","version":"0.1.0","root":true}]}"#;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).unwrap();
    let packed = encoder.finish().unwrap();
    let mut file = vec![0_u8; 2048];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[40..48].copy_from_slice(&256_u64.to_le_bytes());
    file[58..60].copy_from_slice(&64_u16.to_le_bytes());
    file[60..62].copy_from_slice(&2_u16.to_le_bytes());
    file[62..64].copy_from_slice(&1_u16.to_le_bytes());
    let mut section = |index: usize, name: u32, offset: u64, size: u64| {
        let at = 256 + index * 64;
        file[at..at + 4].copy_from_slice(&name.to_le_bytes());
        file[at + 24..at + 32].copy_from_slice(&offset.to_le_bytes());
        file[at + 32..at + 40].copy_from_slice(&size.to_le_bytes());
    };
    section(0, 1, 1024, packed.len() as u64);
    section(1, 9, 700, 32);
    file[701..709].copy_from_slice(b".dep-v0\0");
    file[1024..1024 + packed.len()].copy_from_slice(&packed);
    let names: Vec<_> = packages("app/shop", &file).into_iter().map(|(_, n, v)| (n, v)).collect();
    assert_eq!(names, [("time".into(), "0.1.43".into()), ("shop".into(), "0.1.0".into())]);
}

#[test]
fn words_of_programs() {
    for (path, words, name, version) in [
        ("usr/lib/libcrypto.so.1.1", "OpenSSL 1.1.1k  25 Mar 2021", "openssl", "1.1.1k"),
        ("usr/sbin/nginx", "nginx/1.21.6", "nginx", "1.21.6"),
        ("usr/local/bin/node", "https://x/node-v16.13.0-headers.tar.gz", "node", "16.13.0"),
        ("usr/local/bin/python3.9", "\x003.9.13\x00", "python", "3.9.13"),
        ("bin/busybox", "BusyBox v1.34.1 (2022)", "busybox", "1.34.1"),
        ("usr/sbin/httpd", "Apache/2.4.52 (Unix)", "http_server", "2.4.52"),
        ("bin/bash", "@(#)Bash version 5.1.4(1) release", "bash", "5.1.4"),
    ] {
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(600, 1);
        file.extend(words.as_bytes());
        file.resize(2000, 1);
        let expected = (Ecosystem::Application, name.to_owned(), version.to_owned());
        assert_eq!(packages(path, &file), [expected], "{path}");
        // Another program may well speak of it.
        assert_eq!(packages("usr/bin/other", &file), []);
    }
}

#[test]
fn what_is_no_program_is_passed_over() {
    assert!(!is_executable(b"\xca\xfe\xba\xbe\x00\x00\x00\x34"));
    assert!(is_executable(b"\xca\xfe\xba\xbe\x00\x00\x00\x02"));
    assert_eq!(packages("usr/sbin/nginx", "nginx/1.21.6 ".repeat(100).as_bytes()), []);
}

/// A reader that gives as many bytes as it likes.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However the bytes come, the same is found.
    #[test]
    fn the_size_of_reads_does_not_matter(at in 16_usize..20_000, step in 1_usize..5_000) {
        let file = go_program(at, 30_000);
        let dribbled = packages_of("app/shop", file.len() as u64, &mut Dribble(&file, step));
        prop_assert_eq!(dribbled, packages("app/shop", &file));
    }

    /// No file makes it panic.
    #[test]
    fn hostile_programs(mut bytes in proptest::collection::vec(any::<u8>(), 600..3000), class in 0_u8..4) {
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4] = class;
        bytes.extend(b"\xff Go buildinf:\x08\x02");
        bytes.extend([0xff; 40]);
        let mut facts = Facts::default();
        let entry = Entry { path: "x", size: bytes.len() as u64, mode: 0o755 };
        read(&entry, &mut &*bytes, &mut facts).unwrap();
    }
}
