//! What a node's container engine says of a container, by the files that it
//! keeps of each: the bundle that the OCI runtime was started with, whose
//! annotations Kubernetes' engines fill, and Docker's own configuration.

use std::collections::BTreeMap;

use palisade_api::Digest;
use serde::Deserialize;

use super::{NodePaths, text};

/// Characters of a name at most.
const MOST_CHARS: usize = 512;

/// Folders that hold a folder `<id>` with the bundle's `config.json`.
const BUNDLES: [(&str, &str); 4] = [
    ("run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"),
    ("run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"),
    ("run/containers/storage/overlay-containers", "userdata/config.json"),
    ("var/lib/containers/storage/overlay-containers", "userdata/config.json"),
];
const DOCKER: &str = "var/lib/docker/containers";

/// What the engine says. What it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineRecord {
    /// The name of the container; in Kubernetes, within its pod.
    pub name: String,
    /// The namespace of its pod.
    pub namespace: String,
    /// The name of its pod.
    pub pod: String,
    /// The name of its image.
    pub image: String,
    /// Digest of the image's configuration, its algorithm in front.
    pub image_id: String,
    /// Whether it only holds the namespaces of its pod.
    pub is_sandbox: bool,
}

/// The part of a bundle that is of interest.
#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// The part of Docker's configuration of a container that is of interest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerContainer {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    config: Option<DockerConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerConfig {
    #[serde(default)]
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

/// What is known of the container `id`, which is 64 hex digits. Blocks.
pub fn read(paths: &NodePaths, id: &str) -> EngineRecord {
    for (folder, file) in BUNDLES {
        let path = paths.root.join(folder).join(id).join(file);
        let bundle = text(&path).ok().and_then(|text| serde_json::from_str::<Bundle>(&text).ok());
        if let Some(bundle) = bundle {
            return of_annotations(&bundle.annotations);
        }
    }
    let path = paths.root.join(DOCKER).join(id).join("config.v2.json");
    let docker = text(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    docker.map(of_docker).unwrap_or_default()
}

/// Annotations of containerd's and CRI-O's Kubernetes interfaces.
fn of_annotations(annotations: &BTreeMap<String, String>) -> EngineRecord {
    let first = |names: &[&str]| {
        let found = names.iter().find_map(|name| annotations.get(*name));
        found.map(|text| shortened(text)).unwrap_or_default()
    };
    let image = first(&["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"]);
    let reference = first(&["io.kubernetes.cri-o.ImageRef", "io.kubernetes.cri-o.Image"]);
    // A name may be an id: then nobody said the name.
    let (image, image_id) = match (is_id(&image), is_id(&reference)) {
        (true, _) => (String::new(), image),
        (false, true) => (image, reference),
        (false, false) => (image, String::new()),
    };
    let kind = first(&["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"]);
    EngineRecord {
        name: first(&["io.kubernetes.cri.container-name", "io.kubernetes.container.name"]),
        namespace: first(&["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"]),
        pod: first(&["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"]),
        image,
        image_id: with_algorithm(&image_id),
        is_sandbox: kind == "sandbox",
    }
}

fn of_docker(container: DockerContainer) -> EngineRecord {
    let (image, labels) = match container.config {
        Some(config) => (config.image, config.labels.unwrap_or_default()),
        None => (String::new(), BTreeMap::new()),
    };
    let label = |name: &str| labels.get(name).map(|text| shortened(text)).unwrap_or_default();
    let own = container.name.trim_start_matches('/');
    let in_pod = label("io.kubernetes.container.name");
    let is_id = is_id(&image);
    EngineRecord {
        name: if in_pod.is_empty() { shortened(own) } else { in_pod },
        namespace: label("io.kubernetes.pod.namespace"),
        pod: label("io.kubernetes.pod.name"),
        image: if is_id { String::new() } else { shortened(&image) },
        image_id: with_algorithm(&shortened(&container.image)),
        is_sandbox: label("io.kubernetes.docker.type") == "podsandbox",
    }
}

fn is_id(text: &str) -> bool {
    digest_of(text).is_some()
}

fn digest_of(text: &str) -> Option<Digest> {
    let digest = Digest::from_oci(text).or_else(|_| text.parse()).ok()?;
    // Digests are written in small letters; a name that looks like one is none.
    (!text.bytes().any(|b| b.is_ascii_uppercase())).then_some(digest)
}

fn with_algorithm(id: &str) -> String {
    digest_of(id).map(Digest::to_oci).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn node(path: &str, content: &str) -> (tempfile::TempDir, NodePaths) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        let paths = NodePaths { root: folder.path().to_owned(), proc: "/nonexistent".into() };
        (folder, paths)
    }

    fn expected(image: &str, image_id: &str) -> EngineRecord {
        EngineRecord {
            name: "orders".to_owned(),
            namespace: "shop".to_owned(),
            pod: "orders-7d".to_owned(),
            image: image.to_owned(),
            image_id: image_id.to_owned(),
            is_sandbox: false,
        }
    }

    #[test]
    fn containerd_says_what_kubernetes_calls_it() {
        let bundle = |image: &str| {
            format!(
                r#"{{ "ociVersion": "1.1.0", "process": {{ "args": ["x"] }}, "annotations": {{
                "io.kubernetes.cri.container-type": "container",
                "io.kubernetes.cri.container-name": "orders",
                "io.kubernetes.cri.sandbox-name": "orders-7d",
                "io.kubernetes.cri.sandbox-namespace": "shop",
                "io.kubernetes.cri.image-name": "{image}" }} }}"#
            )
        };
        for folder in [
            "run/containerd/io.containerd.runtime.v2.task/k8s.io",
            "run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io",
        ] {
            let path = format!("{folder}/{ID}/config.json");
            let (_folder, paths) = node(&path, &bundle("ghcr.io/shop/orders:v1"));
            assert_eq!(read(&paths, ID), expected("ghcr.io/shop/orders:v1", ""));
            let id = format!("sha256:{ID}");
            let (_folder, paths) = node(&path, &bundle(&id));
            assert_eq!(read(&paths, ID), expected("", &id));
        }
    }

    #[test]
    fn crio_knows_the_id_of_the_image_too() {
        let bundle = format!(
            r#"{{ "annotations": {{
            "io.kubernetes.cri-o.ContainerType": "container",
            "io.kubernetes.container.name": "orders", "io.kubernetes.pod.name": "orders-7d",
            "io.kubernetes.pod.namespace": "shop",
            "io.kubernetes.cri-o.ImageName": "ghcr.io/shop/orders:v1",
            "io.kubernetes.cri-o.ImageRef": "{ID}" }} }}"#
        );
        let path = format!("run/containers/storage/overlay-containers/{ID}/userdata/config.json");
        let (_folder, paths) = node(&path, &bundle);
        assert_eq!(read(&paths, ID), expected("ghcr.io/shop/orders:v1", &format!("sha256:{ID}")));
    }

    #[test]
    fn docker_has_a_file_of_its_own() {
        let config = format!(
            r#"{{ "ID": "{ID}", "Name": "/menu", "Image": "sha256:{ID}",
            "Config": {{ "Image": "shop/menu:v2", "Labels": {{}} }} }}"#
        );
        let (_folder, paths) =
            node(&format!("var/lib/docker/containers/{ID}/config.v2.json"), &config);
        assert_eq!(
            read(&paths, ID),
            EngineRecord {
                name: "menu".to_owned(),
                image: "shop/menu:v2".to_owned(),
                image_id: format!("sha256:{ID}"),
                ..EngineRecord::default()
            }
        );
    }

    #[test]
    fn what_is_no_record_says_nothing() {
        let (_folder, paths) = node(&format!("var/lib/docker/containers/{ID}/config.v2.json"), "[");
        assert_eq!(read(&paths, ID), EngineRecord::default());
        let sandbox =
            BTreeMap::from([("io.kubernetes.cri.container-type".to_owned(), "sandbox".to_owned())]);
        assert!(of_annotations(&sandbox).is_sandbox);
    }
}
