//! Archives with entries that honest builders do not write, or seldom: each is
//! read as runtimes read it, or told, and the rest of the image is read on.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::inspect::malware::MalwareList;
use palisade_scanner::source::Source;
use palisade_scanner::{
    BrokenLayers, Inventory, LayerCache, LayerLimit, Limits, ScanError, Scope, scan,
};
use tar::EntryType;

use crate::fixture::{Layer, OS_RELEASE, Registry, debian, gzip, names, status};

async fn scanned_within(layers: &[Bytes], scope: &Scope) -> Result<Inventory, ScanError> {
    let registry = Registry::start().await;
    registry.put_image("odd", "v1", layers);
    let source = Source::Registry(registry.client().image("odd", "v1").unwrap());
    scan::inventory_of(&source, scope, &LayerCache::default()).await
}

async fn scanned(layers: &[Bytes]) -> Inventory {
    scanned_within(layers, &Limits::default().into()).await.unwrap()
}

fn problems(inventory: &Inventory) -> Vec<(&str, &str)> {
    inventory.problems.iter().map(|one| (one.path.as_str(), one.reason.as_str())).collect()
}

#[tokio::test]
async fn absolute_paths_are_those_of_the_image() {
    let layer = Layer::default()
        .file("/etc/os-release", OS_RELEASE)
        .file("./var//lib/./dpkg/status", &status(&[("curl", "7", "curl")]));
    let inventory = scanned(&[layer.gzip()]).await;
    assert_eq!(names(&inventory), ["curl"]);
    assert_eq!(problems(&inventory), []);
}

/// A kind of file that old systems had, and others take for a regular one.
#[tokio::test]
async fn contiguous_files_are_files() {
    let content = status(&[("curl", "7", "curl")]);
    let layer = Layer::default().file("etc/os-release", OS_RELEASE).entry(
        EntryType::Continuous,
        "var/lib/dpkg/status",
        "",
        content.as_bytes(),
    );
    assert_eq!(names(&scanned(&[layer.gzip()]).await), ["curl"]);
}

/// Runtimes keep such entries inside the root, and so they count.
#[tokio::test]
async fn paths_that_lead_outside_are_told_and_read_inside() {
    let layer = debian(&[("curl", "7", "curl")])
        .file("../../opt/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#)
        .file("a/../../srv/node_modules/b/package.json", r#"{"name":"b","version":"1.0.0"}"#)
        .hard_link("srv/passwd", "../../../etc/passwd")
        .file("etc/../etc/hostname", "x");
    let inventory = scanned(&[layer.gzip()]).await;
    assert_eq!(names(&inventory), ["curl", "a", "b"]);
    let outside = "leads out of the image";
    assert_eq!(
        problems(&inventory),
        [
            ("../../../etc/passwd", outside),
            ("../../opt/node_modules/a/package.json", outside),
            ("a/../../srv/node_modules/b/package.json", outside),
        ]
    );
    let files: Vec<&str> = inventory.packages.iter().map(|one| one.package.file.as_str()).collect();
    assert_eq!(files[1..], ["opt/node_modules/a/package.json", "srv/node_modules/b/package.json"]);
}

/// A hard link is the file that it leads to, whatever the layer hides then.
#[tokio::test]
async fn hard_links_to_files_of_lower_layers() {
    let base = Layer::default()
        .file("etc/os-release", OS_RELEASE)
        .file("old/dpkg/status", &status(&[("curl", "7", "curl")]))
        .file("old/notes", "x")
        .file("old/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    let top = Layer::default()
        .hard_link("var/lib/dpkg/status", "old/dpkg/status")
        .hard_link("srv/node_modules/a/package.json", "old/node_modules/a/package.json")
        .hard_link("srv/node_modules/b/package.json", "old/notes")
        .hard_link("srv/notes", "old/notes")
        .file(".wh.old", "");
    let inventory = scanned(&[base.gzip(), top.gzip()]).await;
    assert_eq!(names(&inventory), ["curl", "a"]);
    let unread = "is a hard link to old/notes, which was not read";
    assert_eq!(problems(&inventory), [("srv/node_modules/b/package.json", unread)]);
    let layers: Vec<_> = inventory.packages.iter().map(|one| one.layer).collect();
    assert_eq!(layers, [Some(inventory.layers[1].digest); 2]);
    let files: Vec<_> = inventory.packages.iter().map(|one| one.package.file.as_str()).collect();
    assert_eq!(files.last(), Some(&"srv/node_modules/a/package.json"));
}

/// Each name of a file tells what is in it, under that name.
#[tokio::test]
async fn hard_links_tell_packages_under_their_own_paths() {
    let module = r#"{"name":"a","version":"1.0.0"}"#;
    let base = Layer::default()
        .file("etc/os-release", OS_RELEASE)
        .file("node_modules/a/package.json", module)
        .hard_link("opt/node_modules/a/package.json", "node_modules/a/package.json");
    let top = Layer::default()
        .hard_link("srv/node_modules/a/package.json", "node_modules/a/package.json");
    let inventory = scanned(&[base.gzip(), top.gzip()]).await;
    let mut files: Vec<_> =
        inventory.packages.iter().map(|one| one.package.file.as_str()).collect();
    files.sort_unstable();
    let expected =
        ["", "opt/", "srv/"].map(|folder| format!("{folder}node_modules/a/package.json"));
    assert_eq!(files, expected);
}

#[tokio::test]
async fn a_link_that_hides_the_package_database_is_told() {
    let curl = status(&[("curl", "7", "curl")]);
    for (link, target, database, place) in [
        ("var/lib/dpkg/status", "/data/packages", "data/packages", "data/packages"),
        ("var/lib/dpkg", "../../data", "data/status", "data/status"),
        ("var/lib/dpkg", "dpkg", "var/lib/dpkg/status", "itself"),
    ] {
        let base = Layer::default().file("etc/os-release", OS_RELEASE).file(database, &curl);
        let top = Layer::default().link(link, target);
        let inventory = scanned(&[base.gzip(), top.gzip()]).await;
        let reason = format!("leads to {place}, which was not read");
        assert_eq!(problems(&inventory), [("var/lib/dpkg/status", reason.as_str())]);
    }
    // Where it leads to a folder that is called so, the database is found.
    let base = Layer::default().file("etc/os-release", OS_RELEASE).file("data/dpkg/status", &curl);
    let top = Layer::default().link("var/lib/dpkg", "/data/dpkg");
    let inventory = scanned(&[base.gzip(), top.gzip()]).await;
    assert_eq!((names(&inventory), problems(&inventory)), (vec!["curl"], vec![]));
}

/// What a hostile layer tells by hard links counts each time.
#[tokio::test]
async fn hard_links_to_lower_layers_have_a_bound() {
    let many: Vec<(String, &str, &str)> = (0..50).map(|n| (format!("p{n}"), "1", "p")).collect();
    let many: Vec<_> = many.iter().map(|(name, v, s)| (name.as_str(), *v, *s)).collect();
    let base = debian(&many).gzip();
    let top = (0..20).fold(Layer::default(), |layer, n| {
        layer.hard_link(&format!("{n}/dpkg/status"), "var/lib/dpkg/status")
    });
    let limits = Limits { packages: 500, ..Limits::default() };
    let error = scanned_within(&[base, top.gzip()], &limits.into()).await.unwrap_err();
    let packages = matches!(error, ScanError::LayerLimit { limit: LayerLimit::Packages(_), .. });
    assert!(packages, "{error}");
}

#[tokio::test]
async fn devices_and_pipes_hide_what_they_replace() {
    let base = debian(&[("curl", "7", "curl")]).gzip();
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        // Whatever size the header claims, no content follows it.
        let top = Layer::default()
            .header(kind, "var/lib/dpkg", "", 1 << 40)
            .file("srv/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
        assert_eq!(names(&scanned(&[base.clone(), top.gzip()]).await), ["a"], "{kind:?}");
    }
}

/// `umoci insert` ends an archive with the last byte of the last file.
#[tokio::test]
async fn an_archive_may_end_with_its_last_content() {
    let layer = debian(&[("curl", "7", "curl")]);
    let content = status(&[("curl", "7", "curl")]);
    let rest = content.len().next_multiple_of(512) - content.len();
    assert!(rest > 1, "the last block must be filled up");
    let whole = layer.open();
    for cut in [1, rest] {
        let inventory = scanned(&[gzip(&whole[..whole.len() - cut])]).await;
        assert_eq!(names(&inventory), ["curl"]);
        assert_eq!(problems(&inventory), []);
    }
    let cut = gzip(&whole[..whole.len() - rest - 1]);
    let error = scanned_within(&[cut], &Scope::default()).await.unwrap_err();
    assert!(matches!(error, ScanError::LayerDamaged { .. }), "{error}");
}

#[tokio::test]
async fn paths_that_are_too_long() {
    let record = format!("path={}\n", "a/".repeat(5000));
    let record = format!("{} {record}", record.len() + 6);
    let layer = debian(&[("curl", "7", "curl")])
        .entry(EntryType::XHeader, "long", "", record.as_bytes())
        .file("short", "x");
    let inventory = scanned(&[layer.gzip()]).await;
    assert_eq!(names(&inventory), ["curl"]);
    let [(_, reason)] = problems(&inventory)[..] else { panic!("{:?}", inventory.problems) };
    assert_eq!(reason, "has a path that is too long, or holds a zero byte");
}

#[tokio::test]
async fn sizes_that_are_none() {
    for size in
        [&[0xff_u8; 12][..], &[0x80, 0xff, 0xff, 0xff, 0xff, 0xff], b"-0000000001\0", b"9999\0"]
    {
        let mut header = Layer::default().header(EntryType::Regular, "a", "", 0).open().to_vec();
        header[124..136].fill(0);
        header[124..124 + size.len()].copy_from_slice(size);
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let error = scanned_within(&[gzip(&header)], &Scope::default()).await.unwrap_err();
        assert!(matches!(error, ScanError::LayerDamaged { .. }), "{size:?}: {error}");
    }
}

/// A record of an extended header: its length counts itself.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length =
        (rest..rest + 20).find(|length| rest + length.to_string().len() == *length).unwrap();
    [length.to_string().as_bytes(), b" ", key.as_bytes(), b"=", value, b"\n"].concat()
}

/// Values are any bytes: the line feed in the capabilities of `ping` ends no
/// record, and an empty name is none.
#[tokio::test]
async fn extended_records_of_any_bytes() {
    let capabilities = [1, 0, 0, 2, 10, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let before = [
        record("SCHILY.xattr.security.capability", &capabilities),
        record("SCHILY.xattr.user.a", b"\n\n"),
    ]
    .concat();
    let layer = Layer::default()
        .file("etc/os-release", OS_RELEASE)
        .entry(
            EntryType::XHeader,
            "x",
            "",
            &[before, record("path", b"var/lib/dpkg/status")].concat(),
        )
        .file("elsewhere", &status(&[("curl", "7", "curl")]))
        .entry(EntryType::XHeader, "x", "", &[record("path", b""), record("size", b"")].concat())
        .file("srv/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    let inventory = scanned(&[layer.gzip()]).await;
    assert_eq!(names(&inventory), ["curl", "a"]);
    assert_eq!(problems(&inventory), []);
}

/// A file with data at its beginning and in its middle, the rest are holes.
fn write_sparse(path: &Path, size: u64) {
    let mut file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.write_all(b"the beginning").unwrap();
    file.seek(SeekFrom::Start(size / 2)).unwrap();
    file.write_all(&[7; 9000]).unwrap();
}

/// What GNU tar makes of the folder, in one of its forms for sparse files.
fn packed(folder: &Path, form: &[&str]) -> Option<Vec<u8>> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sparse", "--file=-", "--directory"]).arg(folder).args(form).arg(".");
    let output = tar.output().ok()?;
    output.status.success().then_some(output.stdout)
}

const FORMS: [&[&str]; 4] = [
    &["--format=gnu"],
    &["--format=posix", "--sparse-version=0.0"],
    &["--format=posix", "--sparse-version=0.1"],
    &["--format=posix", "--sparse-version=1.0"],
];

/// What is stored without its holes is read with them, under its own name.
#[tokio::test]
async fn sparse_files_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let sparse = folder.path().join("a.bin");
    write_sparse(&sparse, 1 << 20);
    let dpkg = folder.path().join("var/lib/dpkg");
    fs::create_dir_all(&dpkg).unwrap();
    fs::write(dpkg.join("status"), status(&[("curl", "7", "curl")])).unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/os-release"), OS_RELEASE).unwrap();
    let list = format!("{}  Sparse", Digest::of(&fs::read(&sparse).unwrap()));
    let mut scope = Scope::default();
    scope.malware = Some(Arc::new(MalwareList::parse(&list, "list").unwrap()));
    for form in FORMS {
        let Some(archive) = packed(folder.path(), form) else {
            println!("skipped: there is no GNU tar");
            return;
        };
        assert!(archive.len() < 1 << 19, "{form:?} is not sparse: {}", archive.len());
        let inventory = scanned_within(&[gzip(&archive)], &scope).await.unwrap();
        assert_eq!(names(&inventory), ["curl"], "{form:?}");
        let found: Vec<&str> = inventory.malware.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(found, ["a.bin"], "{form:?}");
    }
}

/// Holes cost nothing to store, so all of a layer together are counted.
#[tokio::test]
async fn holes_have_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    write_sparse(&folder.path().join("a.bin"), 10 << 30);
    for form in FORMS {
        let Some(archive) = packed(folder.path(), form) else {
            println!("skipped: there is no GNU tar");
            return;
        };
        let layer = [gzip(&archive)];
        assert_eq!(scanned(&layer).await.problems, [], "{form:?}");
        let limits = Limits { unpacked_bytes: 1 << 30, ..Limits::default() };
        let error = scanned_within(&layer, &limits.into()).await.unwrap_err();
        let unpacked =
            matches!(error, ScanError::LayerLimit { limit: LayerLimit::Unpacked(_), .. });
        assert!(unpacked, "{form:?}: {error}");
    }
}

/// A hundred thousand small files of many folders: each is remembered, none is
/// held.
#[tokio::test]
async fn very_many_small_files() {
    let mut archive = debian(&[("curl", "7", "curl")]).open().to_vec();
    for n in 0..100_000 {
        let entry = Layer::default().file(&format!("srv/{}/{n}.txt", n % 1000), "x");
        archive.extend_from_slice(entry.open());
    }
    archive.resize(archive.len() + 1024, 0);
    let inventory = scanned(&[gzip(&archive)]).await;
    assert_eq!(names(&inventory), ["curl"]);
    assert_eq!(problems(&inventory), []);
}

/// What comes behind one block of zeros some programs read, and others do not.
#[tokio::test]
async fn entries_behind_a_lone_block_of_zeros_are_told() {
    let mut scope = Scope::from(Limits::default());
    scope.broken_layers = BrokenLayers::Note;
    let hidden = Layer::default().file("node_modules/a/package.json", "{}");
    for (blocks, is_told) in [(1, true), (2, false)] {
        let zeros = vec![0; blocks * 512];
        let shown = debian(&[("curl", "7", "curl")]);
        let archive = [shown.open(), &zeros[..], &hidden.tar()[..]].concat();
        let inventory = scanned_within(&[gzip(&archive)], &scope).await.unwrap();
        assert_eq!(names(&inventory), ["curl"]);
        let told = problems(&inventory);
        let is_lone = |(_, reason): &(&str, &str)| reason.contains("a lone block of zeros");
        assert_eq!(told.iter().any(is_lone), is_told, "{told:?}");
    }
}

/// Archives from before there was a kind for folders.
#[tokio::test]
async fn a_name_that_ends_with_a_slash_is_a_folder() {
    let base = debian(&[("curl", "7", "curl")]).gzip();
    let mut header = tar::Header::new_old();
    header.set_path("var/lib/dpkg/").unwrap();
    header.set_size(0);
    header.as_old_mut().linkflag = [0];
    header.set_cksum();
    let top = gzip(&[&header.as_bytes()[..], &[0; 1024]].concat());
    assert_eq!(names(&scanned(&[base, top]).await), ["curl"]);
}
