//! A scan that may tell what it can of an image with a broken layer: the
//! others are read, and what came of the broken one before it broke.

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::source::Source;
use palisade_scanner::{BrokenLayers, Inventory, LayerCache, Limits, Scope, scan};
use serde_json::Value;
use tar::EntryType;

use crate::fixture::{Answer, Layer, Registry, debian, descriptor, gzip, names};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A file of a package manager that stands before what breaks a layer.
fn before() -> Layer {
    Layer::default()
        .file("opt/node_modules/early/package.json", r#"{"name":"early","version":"1"}"#)
}

fn after() -> Bytes {
    Layer::default()
        .file("srv/node_modules/late/package.json", r#"{"name":"late","version":"1"}"#)
        .gzip()
}

/// A sound layer, the `broken` one, and a sound one again.
async fn scanned(broken: (Digest, usize, Answer), limits: Limits) -> Inventory {
    let registry = Registry::start().await;
    let (digest, size, answer) = broken;
    let mut layers = Vec::new();
    for (digest, size, answer) in
        [whole(debian(&[("curl", "7", "curl")]).gzip()), (digest, size, answer), whole(after())]
    {
        registry.put_blob("broken", digest, answer);
        layers.push(descriptor(LAYER, digest, size));
    }
    let manifest: Value = registry.manifest("broken", &layers);
    registry.put_manifest("broken", "v1", &manifest);
    let source = Source::Registry(registry.client().image("broken", "v1").unwrap());
    let mut scope = Scope::from(limits);
    scope.broken_layers = BrokenLayers::Note;
    scan::inventory_of(&source, &scope, &LayerCache::default()).await.unwrap()
}

fn whole(layer: Bytes) -> (Digest, usize, Answer) {
    (Digest::of(&layer), layer.len(), Answer::Bytes(layer))
}

#[tokio::test]
async fn the_others_are_read() {
    let cut = before().header(EntryType::Regular, "cut", "", 5000);
    let limits = Limits {
        ratio_free_bytes: 1 << 20,
        unpacked_bytes: 64 << 20,
        entries: 1000,
        ..Limits::default()
    };
    let zeros = vec![0; 32 << 20];
    let bomb = before().entry(EntryType::Regular, "zeros", "", &zeros).gzip();
    let large = before().header(EntryType::Regular, "large", "", 1 << 30);
    let large = [gzip(large.open()), gzip(&noise(65 << 20))].concat();
    let many = [before().open(), &Layer::default().file("e", "").open().repeat(1001)].concat();
    let other = before().gzip();
    let short = before().gzip();
    for (broken, reason, found) in [
        (whole(gzip(cut.open())), "cannot be read", vec!["curl", "early", "late"]),
        (
            whole(Bytes::from_static(b"neither gzip nor tar")),
            "cannot be read",
            vec!["curl", "late"],
        ),
        (whole(bomb), "as only a bomb does", vec!["curl", "early", "late"]),
        (whole(large.into()), "unpacks to more than", vec!["curl", "early", "late"]),
        (whole(gzip(&many)), "more than 1000 entries", vec!["curl", "early", "late"]),
        (
            (Digest::of(b"announced"), other.len(), Answer::Bytes(other)),
            "as announced",
            vec!["curl", "late"],
        ),
        (
            (Digest::of(&short), short.len() - 1, Answer::Bytes(short)),
            "as announced",
            vec!["curl", "late"],
        ),
    ] {
        let digest = broken.0;
        let inventory = scanned(broken, limits.clone()).await;
        assert_eq!(names(&inventory), found, "{reason}");
        let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
        assert_eq!(problem.path, digest.to_oci());
        assert!(problem.reason.contains(reason), "{}", problem.reason);
        let broken: Vec<bool> = inventory.layers.iter().map(|layer| layer.broken).collect();
        assert_eq!(broken, [false, true, false]);
    }
}

/// Each layer is within the limit, all of them together are not.
#[tokio::test]
async fn a_layer_that_makes_the_image_too_large() {
    let packages = |folder: &str, count: usize| {
        (0..count).fold(Layer::default(), |layer, at| {
            let manifest = format!(r#"{{"name":"{folder}{at}","version":"1"}}"#);
            layer.file(&format!("{folder}/node_modules/p{at}/package.json"), &manifest)
        })
    };
    // A file and a package each.
    let limits = Limits { packages: 100, ..Limits::default() };
    let large = whole(packages("srv", 49).gzip());
    let digest = large.0;
    let inventory = scanned(large, limits.clone()).await;
    assert_eq!(names(&inventory), ["curl", "late"]);
    let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
    assert_eq!(problem.path, digest.to_oci());
    assert!(problem.reason.contains("brings the image to more than 100 packages"), "{problem:?}");

    let fails = {
        let registry = Registry::start().await;
        let half = packages("srv", 30).gzip();
        // What replaces the half below counts once.
        let layers = [half.clone(), packages("srv", 30).folder("srv/other").gzip()];
        registry.put_image("large", "same", &layers);
        registry.scan_within("large", "same", &limits).await.unwrap();
        registry.put_image("large", "more", &[half, packages("opt", 30).gzip()]);
        registry.scan_within("large", "more", &limits).await.unwrap_err()
    };
    assert_eq!(fails.outcome().text(), "file size over limit", "{fails}");
}

/// Bytes that no compression makes smaller.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}
