//! Which products of Red Hat an image is made of: its advisories speak of
//! products by their CPE.

use serde::Deserialize;

use super::release::Distribution;
use crate::inspect::Problem;

/// Repositories of an image that are read.
const CONTENT_SETS: usize = 256;

/// Parts of Enterprise Linux since 8 that an image may have packages of,
/// where it does not tell from which.
const PARTS: [&str; 10] = [
    "baseos",
    "appstream",
    "crb",
    "highavailability",
    "nfv",
    "realtime",
    "resilientstorage",
    "sap",
    "sap_hana",
    "supplementary",
];

/// The same up to 7.
const VARIANTS: [&str; 4] = ["server", "client", "computenode", "workstation"];

/// Names of repositories by what stands between `rhel-N-for-ARCH-` and
/// `-rpms`, and the part that they are.
const REPOSITORIES: [(&str, &str); 11] = [
    ("baseos", "baseos"),
    ("appstream", "appstream"),
    ("codeready-builder", "crb"),
    ("highavailability", "highavailability"),
    ("nfv", "nfv"),
    ("rt", "realtime"),
    ("resilientstorage", "resilientstorage"),
    ("sap-netweaver", "sap"),
    ("sap-solutions", "sap_hana"),
    ("supplementary", "supplementary"),
    ("server", "server"),
];

/// Products of longer support, by the end of a repository's name.
const STREAMS: [(&str, &str); 4] =
    [("-eus", "rhel_eus"), ("-aus", "rhel_aus"), ("-tus", "rhel_tus"), ("-e4s", "rhel_e4s")];

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    content_sets: Vec<String>,
}

/// The repositories that `root/buildinfo/content_manifests/NAME.json` tells.
pub(super) fn content_sets(bytes: &[u8]) -> Result<Vec<String>, Problem> {
    const LONGEST: usize = 200;
    let manifest: Manifest = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(format!("is no content manifest: {error}")))?;
    let mut sets = manifest.content_sets;
    sets.retain(|set| set.len() <= LONGEST);
    sets.truncate(CONTENT_SETS);
    Ok(sets)
}

impl Distribution {
    /// The products of Red Hat that are in an image, as their CPEs say it
    /// after the vendor; none for other distributions. A product that is
    /// affected as a whole goes without its parts, so that name is always
    /// there.
    pub fn products(&self) -> Vec<String> {
        if !matches!(self.id.as_str(), "rhel" | "rhcos" | "centos" | "centos-stream") {
            return Vec::new();
        }
        let major = self.major();
        let mut products = vec![format!("enterprise_linux:{major}")];
        let told: Vec<String> = self.content_sets.iter().filter_map(|set| product(set)).collect();
        if told.is_empty() {
            let parts: &[&str] = match major.parse::<u32>() {
                Ok(..=7) => &VARIANTS,
                _ => &PARTS,
            };
            products.extend(parts.iter().map(|part| format!("enterprise_linux:{major}::{part}")));
        }
        products.extend(told);
        // From 10 on each minor release is a product of its own, and a repair
        // in a later one is one for those before it.
        if major.parse::<u32>().is_ok_and(|major| major >= 10) {
            products.extend((0..10).map(|minor| format!("enterprise_linux:{major}.{minor}")));
        }
        products.sort();
        products.dedup();
        products
    }
}

/// Whether an advisory for the product `cpe` is one for an image of
/// `products`; one that names no product is for all.
pub fn is_for(products: &[String], cpe: &str) -> bool {
    let product = cpe.strip_prefix("cpe:/").and_then(|rest| rest.split_once(":redhat:"));
    match product {
        Some((_, product)) => products.iter().any(|known| known == product),
        None => cpe.is_empty(),
    }
}

/// The product that the repository `content_set` holds, as its CPE says it
/// after the vendor; none for sources and symbols, and where the name does
/// not tell.
fn product(content_set: &str) -> Option<String> {
    // `…-rpms__8_DOT_6` is pinned to a minor release.
    let (name, pinned) = match content_set.split_once("__") {
        Some((name, pinned)) => (name, Some(pinned.replace("_DOT_", "."))),
        None => (content_set, None),
    };
    let name = name.strip_suffix("-rpms")?;
    if name.ends_with("-debug") || name.ends_with("-source") {
        return None;
    }
    if let Some(rest) = name.strip_prefix("rhocp-") {
        // `rhocp-4.12-for-rhel-8-x86_64`.
        let (version, rest) = rest.split_once("-for-rhel-")?;
        return Some(format!("openshift:{version}::el{}", number(rest)?));
    }
    if let Some(rest) = name.strip_prefix("codeready-builder-for-rhel-") {
        return Some(format!("enterprise_linux:{}::crb", number(rest)?));
    }
    if let Some(rest) = name.strip_prefix("rhel-server-rhscl-") {
        return Some(format!("rhel_software_collections:3::el{}", number(rest)?));
    }
    let rest = name.strip_prefix("rhel-").or_else(|| name.strip_prefix("ubi-"))?;
    let major = number(rest)?;
    let rest = rest.strip_prefix(major)?.strip_prefix('-')?;
    // `for-x86_64-baseos`; older ones and the freely given go without.
    let rest = match rest.strip_prefix("for-") {
        Some(rest) => rest.split_once('-')?.1,
        None => rest,
    };
    let (rest, stream) = STREAMS
        .iter()
        .find_map(|(end, product)| Some((rest.strip_suffix(end)?, Some(*product))))
        .unwrap_or((rest, None));
    let part = REPOSITORIES
        .iter()
        .find(|(repository, _)| *repository == rest)
        .map_or_else(|| rest.starts_with("server").then_some("server"), |(_, part)| Some(*part))?;
    Some(match (stream, pinned) {
        (Some(stream), Some(minor)) => format!("{stream}:{minor}::{part}"),
        // Without the minor release the product of that stream is unknown.
        (Some(_), None) => return None,
        (None, _) => format!("enterprise_linux:{major}::{part}"),
    })
}

/// The digits at the beginning; none where there are none.
fn number(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_repositories() {
        for (content_set, expected) in [
            ("rhel-8-for-x86_64-baseos-rpms", Some("enterprise_linux:8::baseos")),
            ("rhel-9-for-aarch64-appstream-rpms", Some("enterprise_linux:9::appstream")),
            ("rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_6", Some("rhel_eus:8.6::baseos")),
            ("rhel-8-for-x86_64-baseos-eus-rpms", None),
            ("codeready-builder-for-rhel-8-x86_64-rpms", Some("enterprise_linux:8::crb")),
            ("ubi-8-codeready-builder-rpms", Some("enterprise_linux:8::crb")),
            ("ubi-9-baseos-rpms", Some("enterprise_linux:9::baseos")),
            ("rhel-7-server-rpms", Some("enterprise_linux:7::server")),
            ("rhel-7-server-optional-rpms", Some("enterprise_linux:7::server")),
            ("rhel-server-rhscl-7-rpms", Some("rhel_software_collections:3::el7")),
            ("rhocp-4.12-for-rhel-8-x86_64-rpms", Some("openshift:4.12::el8")),
            ("rhel-8-for-x86_64-baseos-debug-rpms", None),
            ("rhel-8-for-x86_64-baseos-source-rpms", None),
            ("", None),
            ("rhel--rpms", None),
        ] {
            assert_eq!(product(content_set).as_deref(), expected, "{content_set}");
        }
    }

    #[test]
    fn an_image_that_tells_is_held_against_what_it_tells() {
        let mut distribution = Distribution::new("rhel", "8.9");
        let all = distribution.products();
        assert_eq!(all.first().map(String::as_str), Some("enterprise_linux:8"));
        assert_eq!(all.len(), 11);
        distribution.content_sets = vec!["rhel-8-for-x86_64-baseos-rpms".to_owned()];
        let told = distribution.products();
        assert_eq!(told, ["enterprise_linux:8", "enterprise_linux:8::baseos"]);
        // One whose repositories we do not know is held against all.
        distribution.content_sets = vec!["made-by-me".to_owned()];
        assert_eq!(distribution.products(), all);
        assert!(Distribution::new("rocky", "8.9").products().is_empty());

        for (cpe, of_told, of_all) in [
            ("cpe:/o:redhat:enterprise_linux:8::baseos", true, true),
            ("cpe:/a:redhat:enterprise_linux:8::appstream", false, true),
            ("cpe:/a:redhat:openshift:4.12::el8", false, false),
            ("cpe:/o:redhat:rhel_eus:8.6::baseos", false, false),
            ("", true, true),
        ] {
            assert_eq!(is_for(&told, cpe), of_told, "{cpe}");
            assert_eq!(is_for(&all, cpe), of_all, "{cpe}");
        }
    }

    #[test]
    fn content_manifests() {
        let text = br#"{"metadata":{"image_layer_index":0},"content_sets":["a-rpms","b-rpms"]}"#;
        assert_eq!(content_sets(text).unwrap(), ["a-rpms", "b-rpms"]);
        content_sets(b"[1]").unwrap_err();
    }
}
