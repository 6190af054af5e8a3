//! Images as builders make them.

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::scan::SetId;
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{Filter, RegistryAccess, RegistryClient, RegistryError};
use palisade_scanner::{LayerCache, Limits, scan};
use serde_json::json;

use tar::EntryType;

use crate::fixture::{
    Answer, Layer, OS_RELEASE, Registry, debian, descriptor, gzip, names, status,
};

#[tokio::test]
async fn packages_and_the_layers_that_brought_them() {
    let registry = Registry::start().await;
    let base = debian(&[("libssl3", "3.0.9-1", "openssl"), ("bash", "5.2-2", "bash")]).gzip();
    let more = status(&[("libssl3", "3.0.15-1", "openssl"), ("bash", "5.2-2", "bash")]);
    let top = Layer::default().file("var/lib/dpkg/status", &more).gzip();
    let digest = registry.put_image("shop/orders", "v1", &[base.clone(), top.clone()]);
    let inventory = registry.scan("shop/orders", "v1").await.unwrap();
    assert_eq!(inventory.digest, Some(digest));
    assert_eq!(inventory.distribution.as_ref().unwrap().base_os(), "debian:12");
    assert_eq!(names(&inventory), ["bash", "libssl3"]);
    let layer = |at: usize| inventory.packages[at].layer.unwrap();
    assert_eq!(layer(0), palisade_api::Digest::of(&base));
    assert_eq!(layer(1), palisade_api::Digest::of(&top));
    assert_eq!(inventory.packages[1].package.version, "3.0.15-1");
    assert!(!inventory.config.runs_as_root());
}

#[tokio::test]
async fn gzip_in_members_zstd_and_plain() {
    let registry = Registry::start().await;
    let layer = debian(&[("libssl3", "3.0.9-1", "openssl")]);
    let tar = layer.tar();
    let (head, tail) = tar.split_at(700);
    let members: Bytes = [gzip(head), gzip(tail)].concat().into();
    let zstd: Bytes = zstd::encode_all(tar.as_ref(), 3).unwrap().into();
    for (name, bytes) in [("members", members), ("zstd", zstd), ("plain", tar.clone())] {
        registry.put_image(name, "v1", &[bytes]);
        let inventory = registry.scan(name, "v1").await.unwrap();
        assert_eq!(names(&inventory), ["libssl3"], "{name}");
    }
}

/// What Debian packaged is told by Debian's package, as long as that is there.
#[tokio::test]
async fn a_list_that_is_left_of_a_package_hides_nothing() {
    let registry = Registry::start().await;
    let egg = "usr/lib/python3/dist-packages/six-1.16.0.egg-info";
    let base = debian(&[("python3-six", "1.16.0-4", "six"), ("tar", "1.34", "tar")])
        .file("var/lib/dpkg/info/python3-six:amd64.list", &format!("/.\n/usr\n/{egg}\n"))
        .file(egg, "Metadata-Version: 1.2\nName: six\nVersion: 1.16.0\n")
        .gzip();
    registry.put_image("whole", "v1", std::slice::from_ref(&base));
    assert_eq!(names(&registry.scan("whole", "v1").await.unwrap()), ["python3-six", "tar"]);
    let less = Layer::default().file("var/lib/dpkg/status", &status(&[("tar", "1.34", "tar")]));
    registry.put_image("less", "v1", &[base, less.gzip()]);
    assert_eq!(names(&registry.scan("less", "v1").await.unwrap()), ["tar", "six"]);
}

#[tokio::test]
async fn whiteouts_remove_what_lies_below() {
    let registry = Registry::start().await;
    let base = debian(&[("libssl3", "3.0.9-1", "openssl")])
        .file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a-0\n")
        .file("var/lib/dpkg/status.d/netbase", "Package: netbase\nVersion: 6.4\n")
        .gzip();
    let one = Layer::default().file("var/lib/dpkg/status.d/.wh.tzdata", "").gzip();
    registry.put_image("one", "v1", &[base.clone(), one]);
    assert_eq!(names(&registry.scan("one", "v1").await.unwrap()), ["libssl3", "netbase"]);

    let folder = Layer::default().file("var/lib/.wh.dpkg", "").gzip();
    registry.put_image("folder", "v1", &[base.clone(), folder]);
    assert!(names(&registry.scan("folder", "v1").await.unwrap()).is_empty());

    // An opaque folder hides what is below, not what its own layer brings.
    let opaque = Layer::default()
        .file("var/lib/dpkg/status.d/.wh..wh..opq", "")
        .file("var/lib/dpkg/status.d/media-types", "Package: media-types\nVersion: 10.0.0\n")
        .gzip();
    registry.put_image("opaque", "v1", &[base, opaque]);
    assert_eq!(names(&registry.scan("opaque", "v1").await.unwrap()), ["libssl3", "media-types"]);
}

/// Paths whose bytes are no text are different paths still.
#[tokio::test]
async fn names_that_are_no_text() {
    let registry = Registry::start().await;
    let manifest = |name: &str| format!(r#"{{"name":"{name}","version":"1.0.0"}}"#);
    let file = |layer: Layer, byte: u8, name: &str| {
        let path = [b"srv/node_modules/", &[byte][..], b"/package.json"].concat();
        layer.entry(EntryType::Regular, path, "", manifest(name).as_bytes())
    };
    let base = file(file(Layer::default(), 0xfe, "one"), 0xff, "two");
    let removed = Layer::default().entry(EntryType::Regular, b"srv/node_modules/.wh.\xfe", "", b"");
    registry.put_image("names", "v1", &[base.gzip()]);
    assert_eq!(names(&registry.scan("names", "v1").await.unwrap()), ["one", "two"]);
    registry.put_image("names", "v2", &[base.gzip(), removed.gzip()]);
    let inventory = registry.scan("names", "v2").await.unwrap();
    assert_eq!(names(&inventory), ["two"]);
    assert_eq!(inventory.packages[0].package.file, "srv/node_modules/\u{fffd}FF/package.json");
}

#[tokio::test]
async fn linked_folders_and_files_are_followed() {
    let registry = Registry::start().await;
    let installed = "P:musl\nV:1.2.4-r1\n\n";
    let base = Layer::default()
        .folder("usr/lib")
        .link("lib", "usr/lib")
        .file("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.18.4\n")
        .link("etc/os-release", "../usr/lib/os-release")
        .file("usr/lib/apk/db/installed", installed)
        .gzip();
    registry.put_image("linked", "v1", std::slice::from_ref(&base));
    let inventory = registry.scan("linked", "v1").await.unwrap();
    assert_eq!(names(&inventory), ["musl"]);
    assert_eq!(inventory.distribution.unwrap().base_os(), "alpine:3.18.4");

    // A later layer writes through the link.
    let top = Layer::default()
        .file("lib/apk/db/installed", "P:musl\nV:1.2.4-r2\n\nP:zlib\nV:1.3\n\n")
        .gzip();
    registry.put_image("linked", "v2", &[base, top]);
    let inventory = registry.scan("linked", "v2").await.unwrap();
    assert_eq!(names(&inventory), ["musl", "zlib"]);
    assert_eq!(inventory.packages[0].package.version, "1.2.4-r2");
}

#[tokio::test]
async fn a_circle_of_links_ends() {
    let registry = Registry::start().await;
    let layer = Layer::default()
        .link("etc/os-release", "os-release")
        .link("var/lib/dpkg", "../lib/dpkg")
        .file("usr/lib/os-release", OS_RELEASE)
        .gzip();
    registry.put_image("circle", "v1", &[layer]);
    let inventory = registry.scan("circle", "v1").await.unwrap();
    assert_eq!(inventory.distribution.unwrap().base_os(), "debian:12");
}

#[tokio::test]
async fn long_names_are_understood() {
    let registry = Registry::start().await;
    let path = "var/lib/dpkg/status.d/netbase";
    let record = format!("path={path}\n");
    let record = format!("{} {record}", record.len() + 3);
    let content = b"Package: netbase\nVersion: 6.4\n";
    let layer = Layer::default()
        .file("etc/os-release", OS_RELEASE)
        .entry(tar::EntryType::XHeader, "x", "", record.as_bytes())
        .entry(tar::EntryType::Regular, "short", "", content)
        .entry(tar::EntryType::GNULongName, "././@LongLink", "", b"var/lib/dpkg/status.d/tzdata\0")
        .entry(tar::EntryType::Regular, "short", "", b"Package: tzdata\nVersion: 1\n")
        .gzip();
    registry.put_image("long", "v1", &[layer]);
    assert_eq!(names(&registry.scan("long", "v1").await.unwrap()), ["netbase", "tzdata"]);
}

#[tokio::test]
async fn an_index_leads_to_linux_on_amd64() {
    let registry = Registry::start().await;
    let arm = registry.put_image("multi", "arm", &[debian(&[("arm", "1", "arm")]).gzip()]);
    let amd = registry.put_image("multi", "amd", &[debian(&[("amd", "1", "amd")]).gzip()]);
    let entry = |digest, arch: &str| {
        let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", digest, 1);
        entry["platform"] = json!({"os": "linux", "architecture": arch});
        entry
    };
    let index =
        json!({"schemaVersion": 2, "manifests": [entry(arm, "arm64"), entry(amd, "amd64")]});
    let (index, _) = registry.put_manifest("multi", "v1", &index);
    let inventory = registry.scan("multi", "v1").await.unwrap();
    assert_eq!(names(&inventory), ["amd"]);
    assert_eq!((inventory.digest, inventory.index_digest), (Some(amd), Some(index)));
}

#[tokio::test]
async fn a_layer_is_downloaded_once() {
    let registry = Registry::start().await;
    let base = debian(&[("libssl3", "3.0.9-1", "openssl")]).gzip();
    let path = format!("/blobs/{}", palisade_api::Digest::of(&base).to_oci());
    let cache = LayerCache::default();
    for tag in ["v1", "v2"] {
        let top = Layer::default().file("opt/app", tag).gzip();
        registry.put_image("shop/orders", tag, &[base.clone(), top]);
        let source = Source::Registry(registry.client().image("shop/orders", tag).unwrap());
        let inventory = scan::inventory(&source, &Limits::default(), &cache).await.unwrap();
        assert_eq!(names(&inventory), ["libssl3"]);
    }
    assert_eq!(registry.requests().iter().filter(|seen| seen.ends_with(&path)).count(), 1);
}

#[tokio::test]
async fn tokens_are_fetched_with_the_credentials() {
    let registry = Registry::with_token("let-me-in").await;
    registry.put_image("shop/orders", "v1", &[debian(&[("a", "1", "a")]).gzip()]);
    let refused = registry.client().ping().await.unwrap_err();
    assert!(matches!(refused, RegistryError::Unauthorized { .. }), "{refused}");
    assert_eq!(refused.outcome().text(), "authentication error");
    for (password, fits) in [("password", true), ("wrong", false)] {
        let access = RegistryAccess::new(&registry.url())
            .unwrap()
            .with_credentials("user", password.to_owned().into());
        let client = RegistryClient::new(access).unwrap();
        let source = Source::Registry(client.image("shop/orders", "v1").unwrap());
        let cache = LayerCache::default();
        let scanned = scan::inventory(&source, &Limits::default(), &cache).await;
        assert_eq!(scanned.is_ok(), fits, "{password}");
        if let Err(error) = scanned {
            assert!(!error.to_string().contains(password), "{error}");
        }
    }
}

#[tokio::test]
async fn lists_and_their_pages() {
    let registry = Registry::start().await;
    let page = json!({"repositories": ["shop/orders", "../etc", "shop/menu"]}).to_string();
    registry.put("_catalog", Answer::Bytes(page.into()));
    registry.put(
        "shop/orders/tags/list",
        Answer::Bytes(
            json!({"name": "shop/orders", "tags": ["v1", "a/b", "v2"]}).to_string().into(),
        ),
    );
    registry.put("shop/menu/tags/list", Answer::Bytes(r#"{"tags":null}"#.into()));
    let client = registry.client();
    assert_eq!(
        client.repositories(&[Filter::parse("*").unwrap()], 10).await.unwrap(),
        ["shop/menu", "shop/orders"]
    );
    let tags = client.tags("shop/orders", 10).await.unwrap();
    let tags: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(tags, ["v1", "v2"]);
    assert!(client.tags("shop/menu", 10).await.unwrap().is_empty());
    let mut steps = Vec::new();
    client.probe(&[Filter::parse("shop/orders").unwrap()], |step| steps.push(step)).await.unwrap();
    assert_eq!(steps.len(), 3);
    assert!(steps.iter().all(|step| step.error.is_none()), "{steps:?}");
}

/// Files and folders with the bits, as each layer leaves them.
#[tokio::test]
async fn bits_of_setuid_and_setgid() {
    let base = debian(&[("curl", "7", "curl")])
        .file("usr/bin/su", "")
        .mode(0o4755)
        .folder("var/mail")
        .mode(0o2775)
        .folder("var/local")
        .mode(0o3775)
        .file("var/mail/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    let top = Layer::default().folder("var/local").mode(0o755).folder("opt").mode(0o6755);
    let registry = Registry::start().await;
    registry.put_image("bits", "v1", &[base.gzip(), top.gzip()]);
    let inventory = registry.scan("bits", "v1").await.unwrap();
    // A folder hides nothing that lies in it.
    assert_eq!(names(&inventory), ["curl", "a"]);
    let found: Vec<_> = inventory.set_ids.iter().map(|one| (one.path.as_str(), one.mode)).collect();
    let folder = SetId::FOLDER;
    assert_eq!(
        found,
        [("opt", folder | 0o6755), ("usr/bin/su", 0o4755), ("var/mail", folder | 0o2775)]
    );
    assert_eq!(inventory.set_ids[0].layer, Some(inventory.layers[1].digest));
}

/// The name of a user says nothing of its rights.
#[tokio::test]
async fn users_that_are_root_by_their_number() {
    let registry = Registry::start().await;
    let users = "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nshop:x:1000:0::/:/bin/sh\n";
    let layer = debian(&[("curl", "7", "curl")]).file("etc/passwd", users).gzip();
    for (user, expected) in [("toor", true), ("toor:shop", true), ("shop", false), ("x", false)] {
        let config = Bytes::from(json!({"os": "linux", "config": {"User": user}}).to_string());
        let (blob, digest) = (Digest::of(&layer), Digest::of(&config));
        registry.put_blob("users", blob, Answer::Bytes(layer.clone()));
        registry.put_blob("users", digest, Answer::Bytes(config.clone()));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", digest, config.len()),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", blob, layer.len())],
        });
        registry.put_manifest("users", "v1", &manifest);
        let inventory = registry.scan("users", "v1").await.unwrap();
        assert_eq!(inventory.config.runs_as_root(), expected, "{user}");
    }
}
