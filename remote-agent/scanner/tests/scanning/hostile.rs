//! Registries and images that mean ill: the scan fails, with a reason, and
//! soon.

use axum::body::Bytes;
use axum::http::StatusCode;
use palisade_api::Digest;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient, RegistryError};
use palisade_scanner::{Inventory, LayerLimit, Limits, ScanError};
use tar::EntryType;

use crate::fixture::{Answer, Layer, OS_RELEASE, Registry, debian, descriptor, gzip, names};

const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Scans an image of one layer that is answered with `answer`.
async fn scan(digest: Digest, size: usize, answer: Answer, limits: &Limits) -> ScanError {
    let registry = Registry::start().await;
    registry.put_blob("evil", digest, answer);
    let manifest = registry.manifest("evil", &[descriptor(LAYER_TYPE, digest, size)]);
    registry.put_manifest("evil", "v1", &manifest);
    registry.scan_within("evil", "v1", limits).await.unwrap_err()
}

async fn scan_layer(layer: Bytes, limits: &Limits) -> ScanError {
    scan(Digest::of(&layer), layer.len(), Answer::Bytes(layer), limits).await
}

/// The inventory of an image of one layer.
async fn inventory_of(layer: Layer, limits: &Limits) -> Inventory {
    let registry = Registry::start().await;
    let layer = layer.gzip();
    let (digest, size) = (Digest::of(&layer), layer.len());
    registry.put_blob("evil", digest, Answer::Bytes(layer));
    let manifest = registry.manifest("evil", &[descriptor(LAYER_TYPE, digest, size)]);
    registry.put_manifest("evil", "v1", &manifest);
    registry.scan_within("evil", "v1", limits).await.unwrap()
}

#[tokio::test]
async fn a_layer_with_another_digest() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    let error =
        scan(Digest::of(b"other"), layer.len(), Answer::Bytes(layer), &Limits::default()).await;
    assert!(matches!(error, ScanError::DigestMismatch { what: "layer", .. }), "{error}");
}

#[tokio::test]
async fn a_manifest_with_another_digest() {
    let registry = Registry::start().await;
    let manifest = registry.manifest("evil", &[]);
    let (_, _) = registry.put_manifest("evil", "v1", &manifest);
    let asked = Digest::of(b"asked");
    registry.put(
        &format!("evil/manifests/{}", asked.to_oci()),
        Answer::Bytes(manifest.to_string().into()),
    );
    let error = registry.scan("evil", &asked.to_oci()).await.unwrap_err();
    assert!(matches!(error, ScanError::DigestMismatch { what: "the manifest", .. }), "{error}");
}

#[tokio::test]
async fn a_layer_of_another_size() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    for size in [layer.len() - 1, layer.len() + 1, 1] {
        let answer = Answer::Repeating { head: layer.clone(), block: Bytes::new(), times: 0 };
        let error = scan(Digest::of(&layer), size, answer, &Limits::default()).await;
        let text = error.to_string();
        let cut = matches!(&error, ScanError::Registry(RegistryError::CutOff { .. }));
        assert!(matches!(error, ScanError::SizeMismatch { .. }) || cut, "{size}: {text}");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_off() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    let answer = Answer::CutOff { given: layer.slice(..100), announced: layer.len() };
    let error = scan(Digest::of(&layer), layer.len(), answer, &Limits::default()).await;
    assert!(matches!(error, ScanError::Registry(RegistryError::CutOff { .. })), "{error}");
    assert_eq!(error.outcome().text(), "network error");
}

#[tokio::test]
async fn a_layer_that_is_not_there() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    let gone = Answer::Status(StatusCode::NOT_FOUND);
    let error = scan(Digest::of(&layer), layer.len(), gone, &Limits::default()).await;
    assert_eq!(error.outcome().text(), "Image not found", "{error}");
}

#[tokio::test]
async fn a_registry_that_fails_is_asked_again_and_then_told() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    let broken = Answer::Status(StatusCode::INTERNAL_SERVER_ERROR);
    let error = scan(Digest::of(&layer), layer.len(), broken, &Limits::default()).await;
    assert_eq!(error.outcome().text(), "registry API error", "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn nobody_listens() {
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/", taken.local_addr().unwrap());
    let client = RegistryClient::new(RegistryAccess::new(&url).unwrap()).unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.outcome().text(), "network error", "{error}");
}

/// A file of a terabyte of zeros, in parts that follow one another.
#[tokio::test]
async fn a_bomb() {
    let open = Layer::default().header(EntryType::Regular, "zeros", "", 1 << 40);
    let zeros = vec![0; 16 << 20];
    let zstd = |bytes: &[u8]| Bytes::from(zstd::encode_all(bytes, 1).unwrap());
    for (head, block) in [(gzip(open.open()), gzip(&zeros)), (zstd(open.open()), zstd(&zeros))] {
        let size = head.len() + block.len() * 65_536;
        let answer = Answer::Repeating { head, block, times: 65_536 };
        let limits = Limits { ratio_free_bytes: 64 << 20, ..Limits::default() };
        let error = scan(Digest::of(b"bomb"), size, answer, &limits).await;
        let ratio = matches!(error, ScanError::LayerLimit { limit: LayerLimit::Ratio(_), .. });
        assert!(ratio, "{error}");
        assert_eq!(error.outcome().text(), "file size over limit");
    }
}

/// A decoder of zstd takes as much memory as the window that a frame asks for.
#[tokio::test]
async fn a_window_larger_than_memory() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(30).unwrap();
    encoder.include_contentsize(false).unwrap();
    std::io::Write::write_all(&mut encoder, &Layer::default().file("a", "x").tar()).unwrap();
    let error = scan_layer(encoder.finish().unwrap().into(), &Limits::default()).await;
    assert!(matches!(error, ScanError::LayerDamaged { .. }), "{error}");
    assert!(error.to_string().contains("memory"), "{error}");
}

/// The highest level of zstd looks 128 MiB back.
#[tokio::test]
async fn layers_of_the_widest_window_that_is_usual() {
    let layers = ["a", "b", "c"].map(|name| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.include_contentsize(false).unwrap();
        let package = format!(r#"{{"name":"{name}","version":"1.0.0"}}"#);
        let layer = Layer::default().file(&format!("{name}/package.json"), &package);
        std::io::Write::write_all(&mut encoder, &layer.tar()).unwrap();
        Bytes::from(encoder.finish().unwrap())
    });
    let registry = Registry::start().await;
    registry.put_image("wide", "v1", &layers);
    assert_eq!(names(&registry.scan("wide", "v1").await.unwrap()), ["a", "b", "c"]);
}

#[tokio::test]
async fn more_than_may_be_unpacked() {
    let layer = Layer::default().entry(EntryType::Regular, "big", "", &vec![7; 100_000]).gzip();
    let limits = Limits { unpacked_bytes: 50_000, ..Limits::default() };
    let error = scan_layer(layer, &limits).await;
    let unpacked =
        matches!(error, ScanError::LayerLimit { limit: LayerLimit::Unpacked(50_000), .. });
    assert!(unpacked, "{error}");
}

#[tokio::test]
async fn a_million_entries() {
    let mut layer =
        Layer::default().header(EntryType::Regular, "e", "", 0).open().repeat(1_000_000);
    layer.extend_from_slice(&debian(&[("libssl3", "3.0.9-1", "openssl")]).tar());
    let layer: Bytes = zstd::encode_all(layer.as_slice(), 1).unwrap().into();
    let registry = Registry::start().await;
    registry.put_image("many", "v1", std::slice::from_ref(&layer));
    let inventory = registry.scan("many", "v1").await.unwrap();
    assert_eq!(names(&inventory), ["libssl3"]);

    let limits = Limits { entries: 999_999, ..Limits::default() };
    let error = scan_layer(layer, &limits).await;
    let entries = matches!(error, ScanError::LayerLimit { limit: LayerLimit::Entries(_), .. });
    assert!(entries, "{error}");
}

#[tokio::test]
async fn a_huge_extended_header() {
    for kind in [EntryType::XHeader, EntryType::GNULongName, EntryType::GNULongLink] {
        let layer = gzip(Layer::default().header(kind, "x", "", 1 << 40).open());
        let error = scan_layer(layer, &Limits::default()).await;
        let header =
            matches!(error, ScanError::LayerLimit { limit: LayerLimit::ExtendedHeader(_), .. });
        assert!(header, "{error}");
    }
}

/// What one file hides is told; the rest of the image is read on.
#[tokio::test]
async fn package_databases_that_are_not_understood() {
    let status = "Package: a\nStatus: install ok installed\nVersion: 1\n";
    let os = || Layer::default().file("etc/os-release", OS_RELEASE);
    for (layer, reason) in [
        (os().file("var/lib/dpkg/status", "Package: a\n\0garbage\n"), "no field"),
        (os().file("var/lib/dpkg/status", &status.repeat(3)), "more than 100 bytes"),
        (
            os().file("opt/status", status).hard_link("var/lib/dpkg/status", "opt/status"),
            "hard link to opt/status",
        ),
    ] {
        let limits = Limits { database_bytes: 100, ..Limits::default() };
        let inventory = inventory_of(layer.file("etc/alpine-release", "3"), &limits).await;
        assert_eq!(inventory.distribution.unwrap().base_os(), "debian:12");
        let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
        assert_eq!(problem.path, "var/lib/dpkg/status");
        assert!(problem.reason.contains(reason), "{}", problem.reason);
    }
}

/// Who puts more in a database than there is room for hides no more than the rest.
#[tokio::test]
async fn a_database_that_is_too_large_is_read_in_part() {
    let many: Vec<String> = (100..300).map(|n| format!("p{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1", "p")).collect();
    let limits = Limits { packages: 100, ..Limits::default() };
    let layer =
        debian(&many).file("srv/node_modules/a/package.json", r#"{"name":"a","version":"1"}"#);
    let inventory = inventory_of(layer, &limits).await;
    let names = names(&inventory);
    assert!(names.starts_with(&["p100", "p101"]) && names.len() > 40, "{names:?}");
    assert!(names.contains(&"a") && names.len() < 60, "{names:?}");
    let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
    assert_eq!(problem.path, "var/lib/dpkg/status");
    assert!(problem.reason.contains("of 200 packages"), "{}", problem.reason);
}

#[tokio::test]
async fn bytes_that_are_no_archive() {
    let layers = [
        Bytes::from_static(b"neither gzip nor tar, but long enough to be looked at"),
        gzip(&[7; 2048]),
        gzip(Layer::default().header(EntryType::Regular, "cut", "", 5000).open()),
        debian(&[("a", "1", "a")]).gzip().slice(..60),
    ];
    for layer in layers {
        let error = scan_layer(layer, &Limits::default()).await;
        assert!(matches!(error, ScanError::LayerDamaged { .. }), "{error}");
    }
}

#[tokio::test]
async fn manifests_that_are_none() {
    let registry = Registry::start().await;
    for manifest in [
        Bytes::from_static(b"{"),
        Bytes::from_static(
            br#"{"schemaVersion":2,"config":{"digest":"md5:1","size":1},"layers":[]}"#,
        ),
        Bytes::from_static(br#"{"schemaVersion":2,"manifests":[]}"#),
        Bytes::from(vec![b' '; 5 << 20]),
    ] {
        registry.put("evil/manifests/v1", Answer::Bytes(manifest));
        let error = registry.scan("evil", "v1").await.unwrap_err();
        assert_eq!(error.outcome().text(), "registry API error", "{error}");
    }
}

#[tokio::test]
async fn a_scan_that_takes_too_long() {
    let layer = debian(&[("a", "1", "a")]).gzip();
    let limits = Limits { duration: std::time::Duration::ZERO, ..Limits::default() };
    let error = scan_layer(layer, &limits).await;
    assert!(matches!(error, ScanError::Timeout(_)), "{error}");
}
