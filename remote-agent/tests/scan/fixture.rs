//! An image layout of two layers, a database that knows of it, and the
//! program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use palisade_api::Digest;
use palisade_scanner::vulndb::{SigningKey, SourceSpec, build};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const HIGH: &str = "CVE-2023-5363";
pub(crate) const MEDIUM: &str = "CVE-2023-0001";
pub(crate) const UNFIXED: &str = "CVE-2023-0002";

pub(crate) struct Place(TempDir);

impl Place {
    /// One high and one medium vulnerability of the base layer, and one low
    /// of the upper layer that nothing repairs.
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let base = Self::layer("libssl3", "3.0.9-1", "openssl", "");
        let both = Self::layer("libssl3", "3.0.9-1", "openssl", "tar 1.34-1");
        place.layout("image", &[&base, &both]);
        place.layout("base", &[&base]);
        place.write(
            "tracker.json",
            &json!({
                "openssl": {
                    (HIGH): {"releases": {"bookworm":
                        {"status": "resolved", "fixed_version": "3.0.11-1", "urgency": "high"}}},
                    (MEDIUM): {"releases": {"bookworm":
                        {"status": "resolved", "fixed_version": "3.0.10-1", "urgency": "medium"}}},
                },
                "tar": {(UNFIXED): {"releases": {"bookworm": {"status": "open", "urgency": "low"}}}},
            })
            .to_string(),
        );
        let source = format!("debian={}", place.path("tracker.json").display());
        let key = SigningKey::at(&place.path("vulndb.key")).unwrap();
        build(&[source.parse::<SourceSpec>().unwrap()], &place.path("vulndb"), &key).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A layer with the package, and with `other` as `name version`.
    fn layer(name: &str, version: &str, source: &str, other: &str) -> Vec<u8> {
        let mut status = format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Source: {source}\nVersion: {version}\n\n"
        );
        if let Some((name, version)) = other.split_once(' ') {
            let more = format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
                 Version: {version}\n\n"
            );
            status.push_str(&more);
        }
        let mut archive = tar::Builder::new(Vec::new());
        let release = "ID=debian\nVERSION_ID=\"12\"\n".to_owned();
        for (path, content) in [("etc/os-release", release), ("var/lib/dpkg/status", status)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn layout(&self, name: &str, layers: &[&Vec<u8>]) {
        let folder = self.path(name);
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let put = |bytes: &[u8], media_type: &str| {
            let digest = Digest::of(bytes);
            fs::write(blobs.join(digest.to_string()), bytes).unwrap();
            json!({"mediaType": media_type, "digest": digest.to_oci(), "size": bytes.len()})
        };
        let ids: Vec<String> = layers.iter().map(|layer| Digest::of(layer).to_oci()).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"User": "1000"},
            "rootfs": {"type": "layers", "diff_ids": ids},
        });
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| put(layer, "application/vnd.oci.image.layer.v1.tar"))
            .collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": put(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json"),
            "layers": layers,
        });
        let manifest =
            put(manifest.to_string().as_bytes(), "application/vnd.oci.image.manifest.v1+json");
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    }

    /// The program in the folder of the fixture, with no variables but these.
    pub(crate) fn scan(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade-agent"));
        command.arg("scan").args(arguments).env_clear();
        command.env("PALISADE_VULNDB", self.path("vulndb")).current_dir(self.0.path());
        command
    }

    /// What a scan that must end well writes.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.scan(arguments, &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }
}
