//! Images that lie on this machine.

use std::fs;

use chrono::DateTime;
use palisade_api::Digest;
use palisade_scanner::report::output::{OutputFormat, TableStyle};
use palisade_scanner::report::{Accepted, sbom};
use palisade_scanner::vulndb::{SigningKey, SourceSpec, Trust, VulnDb, build, key_path};
use palisade_scanner::{Inventory, Limits, Report, Target, TargetOptions};
use serde_json::{Value, json};

use crate::fixture::{Layer, OS_RELEASE, debian, descriptor, names, status};

async fn inventory(target: &std::path::Path) -> Inventory {
    let target = Target::parse(target.to_str().unwrap(), TargetOptions::default()).unwrap();
    target.inventory(&Limits::default()).await.unwrap()
}

#[tokio::test]
async fn a_root_folder_and_its_links() {
    let root = tempfile::tempdir().unwrap();
    let dpkg = root.path().join("data/dpkg");
    fs::create_dir_all(&dpkg).unwrap();
    fs::create_dir_all(root.path().join("var/lib")).unwrap();
    fs::create_dir_all(root.path().join("usr/lib")).unwrap();
    fs::write(dpkg.join("status"), status(&[("libssl3", "3.0.9-1", "openssl")])).unwrap();
    fs::write(root.path().join("usr/lib/os-release"), OS_RELEASE).unwrap();
    std::os::unix::fs::symlink("/data/dpkg", root.path().join("var/lib/dpkg")).unwrap();
    let inventory = inventory(root.path()).await;
    assert_eq!(names(&inventory), ["libssl3"]);
    assert!(inventory.layers.is_empty());
}

#[tokio::test]
async fn a_link_does_not_lead_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("os-release"), OS_RELEASE).unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    let target = outside.path().join("os-release");
    std::os::unix::fs::symlink(target, root.path().join("etc/os-release")).unwrap();
    assert_eq!(inventory(root.path()).await.distribution, None);
}

/// Writes an OCI layout of one layer.
fn layout(folder: &std::path::Path) -> Digest {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let store = |bytes: &[u8]| {
        fs::write(blobs.join(Digest::of(bytes).to_string()), bytes).unwrap();
        (Digest::of(bytes), bytes.len())
    };
    let (layer, layer_size) = store(&debian(&[("libssl3", "3.0.9-1", "openssl")]).gzip());
    let (config, config_size) = store(br#"{"config":{}}"#);
    let manifest = json!({
        "schemaVersion": 2,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config, config_size),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer, layer_size)],
    });
    let (manifest, size) = store(manifest.to_string().as_bytes());
    let index = json!({"schemaVersion": 2, "manifests": [
        descriptor("application/vnd.oci.image.manifest.v1+json", manifest, size)]});
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    manifest
}

#[tokio::test]
async fn an_oci_layout_as_folder_and_packed() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = layout(folder.path());
    let from_folder = inventory(folder.path()).await;
    assert_eq!(names(&from_folder), ["libssl3"]);
    assert_eq!(from_folder.digest, Some(manifest));

    let packed = tempfile::NamedTempFile::new().unwrap();
    let mut archive = tar::Builder::new(packed.as_file());
    archive.append_dir_all(".", folder.path()).unwrap();
    archive.finish().unwrap();
    let from_archive = inventory(packed.path()).await;
    assert_eq!(from_archive.packages, from_folder.packages);
    assert_eq!(from_archive.digest, Some(manifest));
}

#[tokio::test]
async fn a_saved_image() {
    let layer = debian(&[("libssl3", "3.0.9-1", "openssl")]).tar();
    let config =
        json!({"config": {}, "rootfs": {"diff_ids": [Digest::of(&layer).to_oci()]}}).to_string();
    let manifest = json!([{"Config": "config.json", "Layers": ["abc/layer.tar"]}]).to_string();
    let saved = Layer::default()
        .entry(tar::EntryType::Regular, "abc/layer.tar", "", &layer)
        .file("config.json", &config)
        .file("manifest.json", &manifest)
        .tar();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &saved).unwrap();
    let inventory = inventory(file.path()).await;
    assert_eq!(names(&inventory), ["libssl3"]);
    assert_eq!(inventory.image_id, Some(Digest::of(config.as_bytes())));
}

#[tokio::test]
async fn reports_in_all_forms() {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path());
    let advisories = tempfile::tempdir().unwrap();
    let tracker = advisories.path().join("tracker.json");
    let issue = json!({"openssl": {"CVE-2023-5363": {"description": "Wrong key length", "releases":
        {"bookworm": {"status": "resolved", "fixed_version": "3.0.11-1~deb12u2", "urgency": "high"}}}}});
    fs::write(&tracker, issue.to_string()).unwrap();
    let file = advisories.path().join("vulndb");
    let spec: SourceSpec = format!("debian={}", tracker.display()).parse().unwrap();
    build(&[spec], &file, &SigningKey::at(&key_path(&file)).unwrap()).unwrap();
    let database = VulnDb::open(&file, Trust::Anyone).unwrap();
    let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let inventory = inventory(folder.path()).await;
    let report = Report::new(&inventory, &database, at).unwrap();

    let found = &report.scan_report(Accepted::Hidden).vulnerabilities[0];
    assert_eq!((found.name.as_str(), found.severity.as_str()), ("CVE-2023-5363", "High"));
    assert_eq!(found.package_name, "openssl/libssl3");
    assert_eq!(found.description, "Wrong key length");
    assert_eq!(report.brief().high, 1);
    assert_eq!(report.layers_report(Accepted::Hidden).layers[0].vulnerabilities.len(), 1);
    let verdict = report.verdict(report.digest.unwrap(), &[]);
    assert!(verdict.cves[0].fixed);
    assert!(verdict.run_as_root);
    let write = |format| {
        let mut text = Vec::new();
        report.write(format, "shop", TableStyle::default(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let table = write(OutputFormat::Table);
    assert!(table.contains("CRITICAL: 0, HIGH: 1"), "{table}");
    let json: Value = serde_json::from_str(&write(OutputFormat::Json)).unwrap();
    assert_eq!(json["report"]["base_os"], "debian:12");
    let bom: Value = serde_json::from_str(&write(OutputFormat::CycloneDx)).unwrap();
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(bom["vulnerabilities"][0]["affects"][0]["ref"], bom["components"][0]["bom-ref"]);

    // A bill of materials of the image has the image's findings.
    for format in
        [OutputFormat::CycloneDx, OutputFormat::Spdx, OutputFormat::SpdxText, OutputFormat::Spdx3]
    {
        let read = sbom::read("bom", write(format).as_bytes(), &Limits::default()).unwrap();
        let again = Report::new(&read.inventory, &database, at).unwrap();
        assert_eq!(again.findings, report.findings, "{format:?}");
        assert_eq!(again.base_os(), report.base_os());
    }
}
