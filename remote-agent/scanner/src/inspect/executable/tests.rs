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
    go_program_of(MODULES, at, size)
}

fn go_program_of(modules: &str, at: usize, size: usize) -> Vec<u8> {
    let marked = [&[7; 16][..], modules.as_bytes(), &[8; 16]].concat();
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
    packages_by(window::BYTES, path, bytes)
}

fn packages_by(step: usize, path: &str, bytes: &[u8]) -> Vec<(Ecosystem, String, String)> {
    packages_of(step, path, bytes.len() as u64, &mut &*bytes)
}

fn packages_of(
    step: usize,
    path: &str,
    size: u64,
    content: &mut dyn Read,
) -> Vec<(Ecosystem, String, String)> {
    let mut facts = Facts::default();
    read_by(step, &Entry { path, size, mode: 0o755 }, content, &mut facts).unwrap();
    assert_eq!(facts.problem, None);
    facts.packages.into_iter().map(|p| (p.ecosystem, p.name, p.version)).collect()
}

fn go(name: &str, version: &str) -> (Ecosystem, String, String) {
    (Ecosystem::Go, name.to_owned(), version.to_owned())
}

fn modules() -> [(Ecosystem, String, String); 4] {
    [
        go("stdlib", "1.20.1"),
        go("github.com/a/b", "v1.2.3"),
        go("example.com/new", "v1.1.0"),
        go("example.com/shop", "v2.0.1"),
    ]
}

#[test]
fn modules_of_go() {
    assert_eq!(packages("app/shop", &go_program(4096, 8192)), modules());
    // At any border of what is read at a time.
    let end = window::BYTES + window::OVERLAP;
    for at in [end - 1040, end - 512, end - 32, end - 16, end, end + 16, 18 << 20] {
        assert_eq!(packages("app/shop", &go_program(at, 20 << 20)), modules(), "{at}");
    }
}

/// The version of the program itself, where the build does not tell it.
#[test]
fn versions_of_go_programs() {
    let devel = |module: &str| format!("path\t{module}/cmd\nmod\t{module}\t(devel)\t\n");
    let flags = |text: &str| format!("build\t-ldflags={text}\n");
    let shop = devel("example.com/shop");
    for (modules, expected) in [
        (
            shop.clone() + &flags("\"-s -X=main.appVersion=2.1.0\""),
            go("example.com/shop", "v2.1.0"),
        ),
        (
            shop.clone() + &flags("\"-X 'main.Version=v2.1.0-rc.1'\""),
            go("example.com/shop", "v2.1.0-rc.1"),
        ),
        (shop.clone() + &flags("\"-X main.goVersion=1.22.0\""), go("example.com/shop", "(devel)")),
        // Built without modules.
        (
            "path\texample.com/shop/cmd/serve\n".to_owned() + &flags("-X=main.Version=2.8.2+ds1"),
            go("example.com/shop", "v2.8.2+ds1"),
        ),
        (
            "path\tgithub.com/docker/cli/cmd/docker\n".to_owned()
                + &flags("\" -X \\\"github.com/docker/cli/cli/version.Version=28.2.2\\\" -s\""),
            go("github.com/docker/cli", "v28.2.2"),
        ),
        (
            "path\tgithub.com/shop/orders/v2/server\n".to_owned(),
            go("github.com/shop/orders/v2", "(devel)"),
        ),
        (
            "path\tgithub.com/shop/orders/vendored\n".to_owned(),
            go("github.com/shop/orders", "(devel)"),
        ),
        ("path\tgithub.com/shop\n".to_owned(), go("github.com/shop", "(devel)")),
        ("path\tk8s.io/kubernetes/cmd/kubelet\n".to_owned(), go("k8s.io/kubernetes", "(devel)")),
        ("path\tcmd/gofmt\n".to_owned(), go("stdlib", "1.20.1")),
        ("path\tcommand-line-arguments\n".to_owned(), go("stdlib", "1.20.1")),
    ] {
        let found = packages("app/shop", &go_program_of(&modules, 4096, 8192));
        assert_eq!(found.last(), Some(&expected), "{modules}");
    }
    let mut kubectl = go_program_of(&devel("k8s.io/kubernetes"), 4096, 8192);
    kubectl[8000..8009].copy_from_slice(b"\0v1.28.4\0");
    let found = packages("usr/bin/kubectl", &kubectl);
    let application = (Ecosystem::Application, "kubernetes".to_owned(), "1.28.4".to_owned());
    assert_eq!(found[1..], [go("k8s.io/kubernetes", "v1.28.4"), application]);
    let mut runc = go_program_of(&devel("github.com/opencontainers/runc"), 4096, 8192);
    runc[8000..8011].copy_from_slice(b"\x001.1.5+ds1\0");
    let runc = |path: &str| packages(path, &runc)[1..].to_vec();
    assert_eq!(runc("usr/sbin/runc"), [go("github.com/opencontainers/runc", "v1.1.5")]);
    let mut facts = Facts::default();
    let program = go_program(4096, 8192);
    let entry = Entry { path: "app/shop", size: program.len() as u64, mode: 0o755 };
    read(&entry, &mut &*program, &mut facts).unwrap();
    let main = facts.packages.iter().filter(|one| one.main).map(|one| one.name.as_str());
    assert_eq!(main.collect::<Vec<_>>(), ["example.com/shop"]);
    // Others have versions of whatever among their words.
    assert_eq!(runc("usr/bin/shop"), [go("github.com/opencontainers/runc", "(devel)")]);
}

/// Programs that read the build information of others have the magic too.
#[test]
fn decoys_of_go() {
    let decoys: [&[u8]; 3] = [
        b"\xff Go buildinf:",
        b"\xff Go buildinf:\x08\x02and then some text of the program that follows it",
        b"\xff Go buildinf:\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    for decoy in decoys {
        // Close before the information and further than any text is long.
        for (at, real) in [(1024, 4096), (1024, 6 << 20), (1027, 6 << 20)] {
            let mut file = go_program(real, real + 4096);
            for n in 0..8 {
                let at = at + n * 128;
                file[at..at + decoy.len()].copy_from_slice(decoy);
            }
            assert_eq!(packages("app/shop", &file), modules(), "{decoy:?} {at} {real}");
        }
    }
}

/// A file of 64 bit with one segment, that is all of it, from an address on.
fn elf(size: usize, address: u64) -> Vec<u8> {
    let mut file = vec![0_u8; size];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    file[56..58].copy_from_slice(&1_u16.to_le_bytes());
    file[64..68].copy_from_slice(&1_u32.to_le_bytes());
    file[80..88].copy_from_slice(&address.to_le_bytes());
    file[96..104].copy_from_slice(&(size as u64).to_le_bytes());
    file
}

/// Two pointers, as Go wrote them up to 1.17: the texts come first, then the
/// information, then the headers of the texts.
fn old_go_program(texts: usize, info: usize, size: usize) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    let mut file = elf(size, BASE);
    let before = hex::decode("3077af0c9274080241e1c107e6d618e6").unwrap();
    let behind = hex::decode("f932433186182072008242104116d8f2").unwrap();
    let list = [&before[..], b"mod\texample.com/shop\tv1.0.0\n", &behind].concat();
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    // Texts of Go stand side by side, without an end.
    put(texts, b"needs go1.99 and go1.15.2 or more");
    let version = texts + 17;
    let modules = texts + 100;
    put(modules, &list);
    put(info, b"\xff Go buildinf:\x08\x00");
    for (n, (at, length)) in [(version, 8), (modules, list.len())].into_iter().enumerate() {
        let header = info + 256 + n * 16;
        put(info + 16 + n * 8, &(BASE + header as u64).to_le_bytes());
        put(header, &(BASE + at as u64).to_le_bytes());
        put(header + 8, &(length as u64).to_le_bytes());
    }
    file
}

#[test]
fn modules_of_old_go() {
    let expected = [go("stdlib", "1.15.2"), go("example.com/shop", "v1.0.0")];
    for (texts, info, size) in
        [(1000, 2048, 4096), (1 << 20, 16 << 20, 18 << 20), (window::BYTES - 20, 1 << 20, 2 << 20)]
    {
        let file = old_go_program(texts, info, size);
        assert_eq!(packages("app/shop", &file), expected, "{texts} {info} {size}");
    }
}

/// A program with a list of crates at `at` and the table of sections at the
/// end.
fn rust_program(at: usize, size: usize) -> Vec<u8> {
    let json = br#"{"packages":[{"name":"time","version":"0.1.43"},{"name":"cc","version":"1.0.0","kind":"build"},{"name":"shop","version":"0.1.0","root":true}]}"#;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).unwrap();
    let packed = encoder.finish().unwrap();
    let mut file = elf(size, 0);
    let table = size - 2 * 64;
    file[40..48].copy_from_slice(&(table as u64).to_le_bytes());
    file[58..60].copy_from_slice(&64_u16.to_le_bytes());
    file[60..62].copy_from_slice(&2_u16.to_le_bytes());
    let section = table + 64;
    file[section + 24..section + 32].copy_from_slice(&(at as u64).to_le_bytes());
    file[section + 32..section + 40].copy_from_slice(&(packed.len() as u64).to_le_bytes());
    file[at..at + packed.len()].copy_from_slice(&packed);
    file
}

fn crates() -> [(Ecosystem, String, String); 2] {
    [("time", "0.1.43"), ("shop", "0.1.0")]
        .map(|(name, version)| (Ecosystem::Cargo, name.to_owned(), version.to_owned()))
}

#[test]
fn crates_of_rust() {
    for (at, size) in [(1024, 4096), (3 << 20, 17 << 20), (window::BYTES - 9, 1 << 20)] {
        assert_eq!(packages("app/shop", &rust_program(at, size)), crates(), "{at} {size}");
    }
    // A list that is no section is data: of a program that reads such lists.
    let mut file = rust_program(1024, 4096);
    let section = 4096 - 64 + 24;
    file[section] = 1;
    assert_eq!(packages("app/shop", &file), []);
    // One that is damaged is told.
    let mut file = rust_program(1024, 4096);
    file[1024 + 90..1024 + 100].fill(0xff);
    let mut facts = Facts::default();
    let entry = Entry { path: "app/shop", size: 4096, mode: 0o755 };
    read(&entry, &mut file.as_slice(), &mut facts).unwrap();
    assert!(facts.problem.unwrap().contains("list of crates"));
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
        ("usr/lib/libcrypto.so.1.1", "OpenSSL 1.1.1k  FIPS 25 Mar 2021", "openssl", "1.1.1k"),
        (
            "opt/java/lib/server/libjvm.so",
            "OpenJDK 64-Bit Server VM (17.0.9+9) for linux-amd64 JRE (17.0.9+9), built on",
            "jdk",
            "17.0.9",
        ),
        (
            "opt/jre/lib/amd64/server/libjvm.so",
            "OpenJDK 64-Bit Server VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08), built",
            "jdk",
            "1.8.0_392",
        ),
        ("usr/local/bin/kube-apiserver", "\x00v1.29.3\x00", "kubernetes", "1.29.3"),
        ("usr/bin/kubelet", "\x00v1.27.3+k3s1\x00", "kubernetes", "1.27.3"),
        (
            "usr/lib/postgresql/15/bin/postgres",
            "before upgrading to PostgreSQL 9.1.\x00postgres (PostgreSQL) 15.18 (Debian)",
            "postgresql",
            "15.18",
        ),
        (
            "usr/sbin/haproxy",
            "a hard error in version 2.5.\n\x002.6.12-1+deb12u4\x00",
            "haproxy",
            "2.6.12",
        ),
        (
            "usr/bin/redis-server",
            "\x002.6.0\x00err\x007.0.15\x00c11-builtin\x00",
            "redis",
            "7.0.15",
        ),
        ("usr/bin/redis-cli", "\x002.6.0\x00%s\n\x007.0.15\x00 (git:%s\x00", "redis", "7.0.15"),
        (
            "opt/lib/libpython3.10.so.1.0",
            "/opt/versions/3.10.13\x00python3.10\x00",
            "python",
            "3.10.13",
        ),
        ("bin/bash", "@(#)Bash version 5.1.4(1) release", "bash", "5.1.4"),
    ] {
        let file = |at: usize| {
            let mut file = b"\x7fELF\x02\x01\x01".to_vec();
            file.resize(at, 1);
            file.extend(words.as_bytes());
            file.resize(4000, 1);
            file
        };
        let expected = [(Ecosystem::Application, name.to_owned(), version.to_owned())];
        assert_eq!(packages(path, &file(600)), expected, "{path}");
        // Another program may well speak of it.
        assert_eq!(packages("usr/bin/other", &file(600)), []);
        // Wherever one read ends and the next begins.
        for at in 1480..1540 {
            assert_eq!(packages_by(500, path, &file(at)), expected, "{path} at {at}");
        }
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

    /// However the bytes come and whatever is read at a time, the same is found.
    #[test]
    fn the_size_of_reads_does_not_matter(
        // Behind the headers of the file, which end at 120.
        at in 8_usize..1_200, step in 64_usize..5_000, pieces in 1_usize..5_000,
    ) {
        for (file, expected) in [
            (go_program(at * 16, 30_000), modules().to_vec()),
            (
                old_go_program(at * 16, at * 16 + 4096, 30_000),
                vec![go("stdlib", "1.15.2"), go("example.com/shop", "v1.0.0")],
            ),
            (rust_program(at * 16 + 104, 30_000), crates().to_vec()),
        ] {
            let size = file.len() as u64;
            let found = packages_of(step, "app/shop", size, &mut Dribble(&file, pieces));
            prop_assert_eq!(found, expected);
        }
    }

    /// No file makes it panic.
    #[test]
    fn hostile_programs(mut bytes in proptest::collection::vec(any::<u8>(), 600..3000), class in 0_u8..4) {
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4] = class;
        bytes.extend(b"\xff Go buildinf:\x08\x02");
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        bytes.extend(b"\xff Go buildinf:\x08\x02");
        bytes.extend([0xff; 40]);
        let mut facts = Facts::default();
        let entry = Entry { path: "x", size: bytes.len() as u64, mode: 0o755 };
        read(&entry, &mut &*bytes, &mut facts).unwrap();
    }
}
