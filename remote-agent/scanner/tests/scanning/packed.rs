//! Packed images in the forms that builders write.

use std::io::Write as _;
use std::path::Path;

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::source::platform::Platform;
use palisade_scanner::{BrokenLayers, Inventory, Limits, ScanError, Scope, Target, TargetOptions};
use serde_json::{Value, json};
use tar::EntryType;

use crate::fixture::{Layer, OS_RELEASE, debian, descriptor, gzip, names, status};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar";

async fn scanned(path: &Path, platform: Option<&str>) -> Result<Inventory, ScanError> {
    let platform: Option<Platform> = platform.map(|platform| platform.parse().unwrap());
    let options = TargetOptions { platform, ..TargetOptions::default() };
    Target::parse(path.to_str().unwrap(), options).unwrap().inventory(&Limits::default()).await
}

async fn of_archive(bytes: &[u8]) -> Result<Inventory, ScanError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    scanned(file.path(), None).await
}

fn one_package() -> Bytes {
    debian(&[("libssl3", "3.0.9-1", "openssl")]).tar()
}

/// Adds the files of an image with one layer to an archive of a layout, and
/// gives the descriptor of its manifest.
fn add_image(archive: Layer, layer: &Bytes, platform: &str) -> (Layer, Value) {
    let (os, architecture) = platform.split_once('/').unwrap();
    let config = json!({"os": os, "architecture": architecture}).to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "config": descriptor("application/vnd.oci.image.config.v1+json",
            Digest::of(config.as_bytes()), config.len()),
        "layers": [descriptor(LAYER, Digest::of(layer), layer.len())],
    })
    .to_string();
    let mut archive = archive;
    for blob in [config.as_bytes(), manifest.as_bytes(), &layer[..]] {
        let name = format!("blobs/sha256/{}", Digest::of(blob));
        archive = archive.entry(EntryType::Regular, &name, "", blob);
    }
    let mut named = descriptor(MANIFEST, Digest::of(manifest.as_bytes()), manifest.len());
    named["platform"] = json!({"os": os, "architecture": architecture});
    (archive, named)
}

fn index(manifests: &[Value]) -> String {
    json!({"schemaVersion": 2, "manifests": manifests}).to_string()
}

fn by_sha512(blob: &[u8]) -> String {
    Digest::Sha512([0; 64]).same_of(blob).to_oci()
}

/// OCI knows names by SHA-512, and so do copies of such images.
#[tokio::test]
async fn images_are_named_by_sha512_too() {
    let (layer, other) = (one_package(), debian(&[("zlib1g", "1", "zlib")]).tar());
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
    let (config_name, layer_name) = (by_sha512(config.as_bytes()), by_sha512(&layer));
    let file = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
    let manifest = json!({
        "schemaVersion": 2,
        "config": {"digest": config_name, "size": config.len()},
        "layers": [{"digest": layer_name, "size": layer.len()}],
    })
    .to_string();
    let digest = by_sha512(manifest.as_bytes());
    let named = json!({"mediaType": MANIFEST, "digest": digest, "size": manifest.len()});
    // Such names stand in a header of their own.
    let archive = |layer: &Bytes| {
        [(&digest, manifest.as_bytes()), (&config_name, config.as_bytes()), (&layer_name, layer)]
            .into_iter()
            .fold(Layer::default(), |archive, (digest, blob)| {
                archive.entry(EntryType::GNULongName, "long", "", file(digest).as_bytes()).entry(
                    EntryType::Regular,
                    "short",
                    "",
                    blob,
                )
            })
            .file("index.json", &index(std::slice::from_ref(&named)))
    };
    let list = json!([{"Config": file(&config_name), "Layers": [file(&layer_name)]}]);
    for saved in [archive(&layer), archive(&layer).file("manifest.json", &list.to_string())] {
        let inventory = of_archive(&saved.tar()).await.unwrap();
        assert_eq!(names(&inventory), ["libssl3"]);
        assert_eq!(inventory.digest.unwrap().to_oci(), digest);
        assert_eq!(inventory.image_id.unwrap().to_oci(), config_name);
        assert_eq!(inventory.layers[0].digest.to_oci(), layer_name);
    }
    // Another layer of the same size under the name.
    let mut lie = layer.to_vec();
    let name = lie.windows(7).position(|bytes| bytes == b"libssl3").unwrap();
    lie[name + 6] = b'4';
    for lie in [Bytes::from(lie), other] {
        let error = of_archive(&archive(&lie).tar()).await.unwrap_err();
        assert!(
            matches!(error, ScanError::DigestMismatch { .. } | ScanError::SizeMismatch { .. }),
            "{error}"
        );
    }
}

/// What Docker wrote before version 25: links stand for layers that several
/// images share, before or after what they lead to.
#[tokio::test]
async fn links_stand_for_shared_layers() {
    let (base, top) = (one_package(), Layer::default().file("opt/app", "x").tar());
    let diff_ids = [Digest::of(&base).to_oci(), Digest::of(&top).to_oci()];
    let config = json!({"rootfs": {"diff_ids": diff_ids}}).to_string();
    let manifest = json!([{"Config": "c.json", "Layers": ["b/layer.tar", "a/layer.tar"]}]);
    let saved = Layer::default()
        .link("b/layer.tar", "../base/layer.tar")
        .entry(EntryType::Regular, "base/layer.tar", "", &base)
        .entry(EntryType::Regular, "top.tar", "", &top)
        .hard_link("a/layer.tar", "top.tar")
        .file("c.json", &config)
        .file("manifest.json", &manifest.to_string());
    let inventory = of_archive(&saved.tar()).await.unwrap();
    assert_eq!(names(&inventory), ["libssl3"]);
    let digests: Vec<_> = inventory.layers.iter().map(|layer| layer.digest.to_oci()).collect();
    assert_eq!(digests, diff_ids);
}

/// What Docker writes since version 25: a layout with `manifest.json` beside.
#[tokio::test]
async fn a_layout_beside_the_list_tells_the_manifest() {
    let layer = one_package();
    let (archive, manifest) = add_image(Layer::default(), &layer, "linux/amd64");
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
    let list = json!([{
        "Config": format!("blobs/sha256/{}", Digest::of(config.as_bytes())),
        "Layers": [format!("blobs/sha256/{}", Digest::of(&layer))],
    }]);
    let saved = archive
        .file("index.json", &index(std::slice::from_ref(&manifest)))
        .file("manifest.json", &list.to_string());
    let inventory = of_archive(&saved.tar()).await.unwrap();
    assert_eq!(names(&inventory), ["libssl3"]);
    assert_eq!(inventory.digest.unwrap().to_oci(), manifest["digest"]);
}

#[tokio::test]
async fn layers_that_are_not_what_they_are_called_are_told() {
    let lie = Digest::of(b"another layer");
    let config = json!({"rootfs": {"diff_ids": [lie.to_oci()]}}).to_string();
    for name in ["plain/layer.tar".to_owned(), format!("blobs/sha256/{lie}")] {
        let list = json!([{"Config": "c.json", "Layers": [&name]}]).to_string();
        let saved = Layer::default()
            .entry(EntryType::Regular, &name, "", &one_package())
            .file("c.json", &config)
            .file("manifest.json", &list);
        let error = of_archive(&saved.tar()).await.unwrap_err();
        assert!(matches!(error, ScanError::DigestMismatch { .. }), "{name}: {error}");
    }
}

/// Layers that lie elsewhere are in no copy of an image.
#[tokio::test]
async fn of_an_image_without_a_layer_the_others_are_read() {
    let (layer, elsewhere) = (one_package(), Digest::of(b"elsewhere"));
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
    let mut foreign = descriptor(FOREIGN, elsewhere, 9);
    foreign["urls"] = json!(["https://layers.example/1"]);
    let manifest = json!({
        "schemaVersion": 2,
        "config": descriptor("application/vnd.oci.image.config.v1+json",
            Digest::of(config.as_bytes()), config.len()),
        "layers": [foreign, descriptor(LAYER, Digest::of(&layer), layer.len())],
    })
    .to_string();
    let digest = Digest::of(manifest.as_bytes());
    let saved = Layer::default()
        .file(&format!("blobs/sha256/{digest}"), &manifest)
        .file(&format!("blobs/sha256/{}", Digest::of(config.as_bytes())), &config)
        .entry(EntryType::Regular, format!("blobs/sha256/{}", Digest::of(&layer)), "", &layer)
        .file("index.json", &index(&[descriptor(MANIFEST, digest, manifest.len())]));
    let error = of_archive(&saved.tar()).await.unwrap_err();
    assert!(
        matches!(error, ScanError::LayerDamaged { layer, .. } if layer == elsewhere),
        "{error}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), saved.tar()).unwrap();
    let target = Target::parse(file.path().to_str().unwrap(), TargetOptions::default()).unwrap();
    let mut scope = Scope::from(Limits::default());
    scope.broken_layers = BrokenLayers::Note;
    let inventory = target.inventory_of(&scope).await.unwrap();
    assert_eq!(names(&inventory), ["libssl3"]);
    let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
    assert_eq!(problem.path, elsewhere.to_oci());
    assert!(problem.reason.contains("missing"), "{}", problem.reason);
}

/// What Docker wrote in its first years: folders that name their parents.
#[tokio::test]
async fn a_chain_of_folders() {
    let base = one_package();
    let top = debian(&[("libssl3", "3.0.9-1", "openssl"), ("curl", "7", "curl")]).tar();
    let json_of = |parent: &str, command: &str| {
        json!({"parent": parent, "author": "the shop", "config": {"User": "7"},
               "container_config": {"Cmd": ["/bin/sh", "-c", command]}})
        .to_string()
    };
    let saved = Layer::default()
        .file("two/json", &json_of("one", "second"))
        .entry(EntryType::Regular, "two/layer.tar", "", &top)
        .file("one/json", &json_of("", "first"))
        .entry(EntryType::Regular, "one/layer.tar", "", &base)
        .file("repositories", r#"{"shop/orders": {"v1": "two"}}"#);
    let inventory = of_archive(&saved.tar()).await.unwrap();
    assert_eq!(names(&inventory), ["curl", "libssl3"]);
    assert_eq!(inventory.layers.len(), 2);
    assert_eq!(inventory.config.user, "7");
    assert!(inventory.config.history[0].created_by.ends_with("first"));

    let circle = Layer::default()
        .file("one/json", &json_of("one", "me"))
        .entry(EntryType::Regular, "one/layer.tar", "", &base)
        .file("repositories", r#"{"shop/orders": {"v1": "one"}}"#);
    let error = of_archive(&circle.tar()).await.unwrap_err().to_string();
    assert!(error.contains("circle"), "{error}");
}

/// What skopeo writes as `dir:`: all files in one folder, called by their
/// digests; manifests of several platforms are told by their ending.
#[tokio::test]
async fn a_folder_of_files_by_digest() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).unwrap();
    };
    let layer = one_package();
    let config = br#"{"os":"linux","architecture":"amd64"}"#;
    let manifest = json!({
        "schemaVersion": 2,
        "config": descriptor("application/vnd.oci.image.config.v1+json",
            Digest::of(config), config.len()),
        "layers": [descriptor(LAYER, Digest::of(&layer), layer.len())],
    })
    .to_string();
    let digest = Digest::of(manifest.as_bytes());
    write("version", b"Directory Transport Version: 1.1\n");
    write(&Digest::of(config).to_string(), config);
    write(&Digest::of(&layer).to_string(), &layer);
    write("manifest.json", manifest.as_bytes());
    let alone = scanned(folder.path(), None).await.unwrap();
    assert_eq!((names(&alone), alone.digest), (vec!["libssl3"], Some(digest)));

    write(&format!("{digest}.manifest.json"), manifest.as_bytes());
    let mut named = descriptor(MANIFEST, digest, manifest.len());
    named["platform"] = json!({"os": "linux", "architecture": "amd64"});
    write("manifest.json", index(&[named]).as_bytes());
    let of_platform = scanned(folder.path(), Some("linux/amd64")).await.unwrap();
    assert_eq!((names(&of_platform), of_platform.digest), (vec!["libssl3"], Some(digest)));

    write(&Digest::of(config).to_string(), b"{}");
    let error = scanned(folder.path(), None).await.unwrap_err();
    assert!(matches!(error, ScanError::DigestMismatch { .. }), "{error}");
}

#[tokio::test]
async fn an_archive_may_be_compressed() {
    let (archive, manifest) = add_image(Layer::default(), &one_package(), "linux/amd64");
    let packed = archive.file("index.json", &index(&[manifest])).tar();
    for compressed in compressions(&packed) {
        assert_eq!(names(&of_archive(&compressed).await.unwrap()), ["libssl3"]);
    }
    let error = of_archive(b"\x04\x22\x4d\x18\x40").await.unwrap_err().to_string();
    assert!(error.contains("lz4") && error.contains("unpack it first"), "{error}");
    // The beginning of xz alone.
    of_archive(b"\xfd7zXZ\0\0\x04").await.unwrap_err();
}

/// The same bytes in each form that archives are found in.
fn compressions(bytes: &[u8]) -> [Bytes; 4] {
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(bytes).unwrap();
    [
        gzip(bytes),
        zstd::encode_all(bytes, 1).unwrap().into(),
        bzip2.finish().unwrap().into(),
        xz(bytes).into(),
    ]
}

/// One block of stored bytes without a check: nothing here compresses to xz.
fn xz(bytes: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    let number = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let padded = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(4), 0);
    let flags = [0_u8; 2];
    // LZMA2 with a dictionary of 8 MiB.
    let mut block = vec![2, 0, 0x21, 1, 0x16, 0, 0, 0];
    block.extend(sum(&block));
    for (at, chunk) in bytes.chunks(1 << 16).enumerate() {
        block.push(if at == 0 { 1 } else { 2 });
        block.extend((chunk.len() as u16).wrapping_sub(1).to_be_bytes());
        block.extend_from_slice(chunk);
    }
    block.push(0);
    let mut index = [vec![0, 1], number(block.len()), number(bytes.len())].concat();
    padded(&mut block);
    padded(&mut index);
    index.extend(sum(&index));
    let size = (index.len() as u32 / 4 - 1).to_le_bytes();
    let end = [&size[..], &flags].concat();
    let head = [b"\xfd7zXZ\0".as_slice(), &flags, &sum(&flags)].concat();
    [&head[..], &block[..], &index[..], &sum(&end), &end[..], b"YZ"].concat()
}

/// What `docker export` and `mmdebstrap` write: one root, no image.
#[tokio::test]
async fn an_archive_of_a_root_file_system_is_scanned_like_its_folder() {
    let root = debian(&[("libssl3", "3.0.9-1", "openssl")])
        .file("srv/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#)
        .tar();
    for archive in compressions(&root).iter().chain([&root]) {
        let inventory = of_archive(archive).await.unwrap();
        assert_eq!(names(&inventory), ["libssl3", "a"]);
        assert_eq!(inventory.distribution.unwrap().base_os(), "debian:12");
        assert!(inventory.layers.is_empty() && inventory.digest.is_none());
    }
    let file = tempfile::Builder::new().suffix(".tar").tempfile().unwrap();
    std::fs::write(file.path(), &root).unwrap();
    let named = format!("{}:shop:v1", file.path().display());
    let error = scanned(Path::new(&named), None).await.unwrap_err().to_string();
    assert!(error.contains("root file system"), "{error}");
}

#[tokio::test]
async fn a_platform_is_chosen_among_those_that_are_there() {
    let arm = debian(&[("arm", "1", "arm")]).tar();
    let (archive, arm) = add_image(Layer::default(), &arm, "linux/arm64");
    let s390 = debian(&[("s390", "1", "s390")]).tar();
    let (archive, s390) = add_image(archive, &s390, "linux/s390x");
    // Named in the index, and not packed with it.
    let mut absent = descriptor(MANIFEST, Digest::of(b"absent"), 6);
    absent["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let packed = archive.file("index.json", &index(&[absent, arm, s390])).tar();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &packed).unwrap();
    for (platform, found) in [(Some("linux/s390x"), "s390"), (Some("linux/arm64/v8"), "arm")] {
        assert_eq!(names(&scanned(file.path(), platform).await.unwrap()), [found]);
    }
    scanned(file.path(), None).await.unwrap();
    let error = scanned(file.path(), Some("linux/amd64")).await.unwrap_err().to_string();
    assert!(error.contains("linux/arm64, linux/s390x"), "{error}");
}

#[tokio::test]
async fn an_image_for_another_platform_than_was_asked_for_is_refused() {
    let (archive, mut manifest) = add_image(Layer::default(), &one_package(), "linux/arm64");
    manifest.as_object_mut().unwrap().remove("platform");
    let packed = archive.file("index.json", &index(&[manifest])).tar();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &packed).unwrap();
    assert_eq!(names(&scanned(file.path(), Some("linux/arm64")).await.unwrap()), ["libssl3"]);
    let error = scanned(file.path(), Some("linux/amd64")).await.unwrap_err().to_string();
    assert_eq!(error, "it is an image for linux/arm64, not for linux/amd64");
}

#[tokio::test]
async fn names_that_lead_out_of_a_layout_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir_in(outside.path()).unwrap();
    std::fs::write(outside.path().join("c.json"), "{}").unwrap();
    std::fs::write(outside.path().join("l.tar"), one_package()).unwrap();
    let list = json!([{"Config": "../c.json", "Layers": ["../l.tar"]}]).to_string();
    std::fs::write(folder.path().join("manifest.json"), list).unwrap();
    std::fs::write(folder.path().join("repositories"), "{}").unwrap();
    let error = scanned(folder.path(), None).await.unwrap_err().to_string();
    assert!(error.contains("leads out of it"), "{error}");
}

#[tokio::test]
async fn what_is_no_image_says_so() {
    let text = Layer::default().file("readme", "hello").tar();
    let error = of_archive(&text).await.unwrap_err();
    assert_eq!(error.outcome().text(), "invalid input arguments", "{error}");
    for bytes in [&b""[..], b"hello"] {
        of_archive(bytes).await.unwrap_err();
    }
}

/// The skippable frames of zstd:chunked carry its table of contents; those of
/// eStargz are files of the archive, in a member of its own each.
#[tokio::test]
async fn layers_that_may_be_read_in_pieces() {
    let head = Layer::default().file("etc/os-release", OS_RELEASE);
    let tail = Layer::default().file("var/lib/dpkg/status", &status(&[("curl", "7", "curl")]));
    let skippable = |bytes: &[u8]| {
        let mut frame = vec![0x50, 0x2a, 0x4d, 0x18];
        frame.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        frame.extend(bytes);
        frame
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let chunked =
        [skippable(b"head"), zstd(head.open()), zstd(&tail.tar()), skippable(b"{\"toc\":1}")]
            .concat();
    let toc = Layer::default().file("stargz.index.json", "{}");
    let mut members: Vec<u8> = Vec::new();
    for member in [head.open(), tail.open(), &toc.tar()[..], b""] {
        members.extend(gzip(member));
    }
    for layer in [Bytes::from(chunked), Bytes::from(members)] {
        let (archive, manifest) = add_image(Layer::default(), &layer, "linux/amd64");
        let packed = archive.file("index.json", &index(&[manifest])).tar();
        assert_eq!(names(&of_archive(&packed).await.unwrap()), ["curl"]);
    }
}

/// A folder or archive may hold several images; which is meant stands behind
/// its path.
#[tokio::test]
async fn of_several_images_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let layer = |package| debian(&[(package, "1", package)]).tar();
    let (one, two) = (layer("one"), layer("two"));

    let (archive, mut first) = add_image(Layer::default(), &one, "linux/amd64");
    let (archive, mut second) = add_image(archive, &two, "linux/amd64");
    first["annotations"] = json!({"org.opencontainers.image.ref.name": "v1"});
    second["annotations"] =
        json!({"org.opencontainers.image.ref.name": "registry.example/shop:v2"});
    let by_digest = second["digest"].as_str().unwrap().to_owned();
    let layout = archive.file("index.json", &index(&[first, second])).tar();

    let saved = |config: &str, layer: &str, tag: &str| json!({"Config": config, "Layers": [layer], "RepoTags": [tag]});
    let list = json!([saved("1.json", "1.tar", "a:v1"), saved("2.json", "2.tar", "b:v2")]);
    let config = |layer: &Bytes| {
        let id = Digest::of(layer).to_oci();
        json!({"os": "linux", "rootfs": {"type": "layers", "diff_ids": [id]}}).to_string()
    };
    let saved = Layer::default()
        .file("1.json", &config(&one))
        .file("2.json", &config(&two))
        .entry(EntryType::Regular, "1.tar", "", &one)
        .entry(EntryType::Regular, "2.tar", "", &two)
        .file("manifest.json", &list.to_string())
        .tar();

    for (file, bytes, meant) in [
        ("layout.tar", layout, vec![":v2", ":shop:v2", "@DIGEST"]),
        ("saved.tar", saved, vec![":b:v2", ":v2"]),
    ] {
        let path = folder.path().join(file);
        std::fs::write(&path, bytes).unwrap();
        let error = scanned(&path, None).await.unwrap_err().to_string();
        assert!(error.contains("several images") && error.contains("v2"), "{error}");
        for name in meant {
            let target = format!("{}{}", path.display(), name.replace("DIGEST", &by_digest));
            let inventory = scanned(Path::new(&target), None).await.unwrap();
            assert_eq!(names(&inventory), ["two"], "{target}");
            let told = format!("oci-archive:{target}");
            assert_eq!(names(&scanned(Path::new(&told), None).await.unwrap()), ["two"], "{told}");
        }
        let none = format!("{}:v3", path.display());
        let error = scanned(Path::new(&none), None).await.unwrap_err().to_string();
        assert!(error.contains("no image \"v3\""), "{error}");
    }
}
