//! Products: a package as a component of a distribution, maybe by way of a
//! module.

use std::collections::HashMap;

use super::super::platform;
use super::record::{Product, Relationship, Tree};
use crate::vulndb::ecosystem;

/// Components of components.
const DEPTH: usize = 8;

pub(super) struct Products<'d> {
    products: HashMap<&'d str, &'d Product>,
    relations: HashMap<&'d str, &'d Relationship>,
}

/// A package of a distribution.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Component<'d> {
    pub(super) ecosystem: String,
    pub(super) cpe: &'d str,
    pub(super) package: String,
    /// `epoch:version-release`; empty where it is about all.
    pub(super) version: String,
    pub(super) arch: String,
    pub(super) stream: String,
}

impl<'d> Products<'d> {
    pub(super) fn of(tree: &'d Tree) -> Self {
        let mut products = HashMap::new();
        let mut branches: Vec<_> = tree.branches.iter().collect();
        while let Some(branch) = branches.pop() {
            branches.extend(&branch.branches);
            if let Some(product) = &branch.product {
                products.insert(product.id.as_str(), product);
            }
        }
        for product in &tree.full_product_names {
            products.insert(product.id.as_str(), product);
        }
        let relations = tree.relationships.iter();
        let relations = relations.map(|relation| (relation.product.id.as_str(), relation));
        Self { products, relations: relations.collect() }
    }

    /// The package that `id` names; none where it is no package of a
    /// distribution that is known.
    pub(super) fn component(&self, id: &str) -> Option<Component<'d>> {
        let (component, whole) = if let Some(relation) = self.relations.get(id) {
            (relation.component.as_str(), relation.whole.as_str())
        } else {
            // SUSE leaves out what the id tells.
            let (whole, component) = id.split_once(':')?;
            (component, *self.products.get_key_value(whole)?.0)
        };
        let package = self.products.get(component);
        let mut component = match package {
            Some(product) => {
                from_purl(&product.identification.purl).or_else(|| from_name(&product.name))?
            }
            None => from_name(component)?,
        };
        // Up to the distribution, past modules.
        let mut above = whole;
        for _ in 0..DEPTH {
            let Some(relation) = self.relations.get(above) else { break };
            if component.stream.is_empty() {
                let module = self.products.get(relation.component.as_str());
                let purl = module.map(|product| &product.identification.purl);
                component.stream = purl.and_then(|purl| module_of(purl)).unwrap_or_default();
            }
            above = relation.whole.as_str();
        }
        let distribution = self.products.get(above)?;
        component.cpe = distribution.identification.cpe.as_str();
        component.ecosystem = ecosystem_of(distribution)?;
        Some(component)
    }
}

/// The database's name of a distribution: by its CPE, else by its name.
fn ecosystem_of(distribution: &Product) -> Option<String> {
    let cpe = &distribution.identification.cpe;
    let product = cpe.splitn(3, ':').nth(2).and_then(|rest| rest.strip_prefix("redhat:"));
    if let Some(product) = product {
        let key = ecosystem::red_hat(product);
        // Products that are no release of Enterprise Linux have no number.
        return key.ends_with(|c: char| c.is_ascii_digit()).then_some(key);
    }
    platform::named_in(&distribution.name).or_else(|| platform::named_in(&distribution.id))
}

/// `pkg:rpm/redhat/openssl@3.0.7-6.el9_2?arch=x86_64&epoch=1&rpmmod=…`
fn from_purl<'d>(purl: &str) -> Option<Component<'d>> {
    let rest = purl.strip_prefix("pkg:rpm/")?;
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (path, version) = path.split_once('@').unwrap_or((path, ""));
    let package = plain(path.rsplit('/').next()?);
    let qualifier = |name: &str| {
        let mut all = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        all.find(|(key, _)| *key == name).map(|(_, value)| plain(value)).unwrap_or_default()
    };
    let version = plain(version);
    let epoch = qualifier("epoch");
    let version = match epoch.as_str() {
        "" | "0" => version,
        _ if version.is_empty() => version,
        epoch => format!("{epoch}:{version}"),
    };
    Some(Component {
        package,
        version,
        arch: qualifier("arch"),
        stream: stream(&qualifier("rpmmod")),
        ..Component::default()
    })
}

/// `openssl-1:3.0.7-6.el9_2.x86_64`, `curl-8.0.1-150400.5.41.1`,
/// `nodejs:18/nodejs` or only a name.
fn from_name<'d>(name: &str) -> Option<Component<'d>> {
    const ARCHES: [&str; 13] = [
        "x86_64", "aarch64", "ppc64le", "s390x", "i686", "i586", "i386", "noarch", "src", "nosrc",
        "ppc64", "armv7hl", "riscv64",
    ];
    if name.is_empty() || name.contains(' ') {
        return None;
    }
    if let Some((module, package)) = name.split_once('/') {
        let plain = module.contains(':') && !package.contains(['/', '@', ':']);
        return plain.then(|| Component {
            package: package.to_owned(),
            stream: stream(module),
            ..Component::default()
        });
    }
    let nevra = name.rsplit_once('.').filter(|(_, arch)| ARCHES.contains(arch));
    let (nevr, arch) = nevra.unwrap_or((name, ""));
    let parts = || {
        let (rest, release) = nevr.rsplit_once('-')?;
        let (package, version) = rest.rsplit_once('-')?;
        Some((package, version, release))
    };
    // Libraries have numbers in their names: `libgtk-3-0`.
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let versioned = parts().filter(|(_, version, release)| {
        nevra.is_some() || is_number(version) && is_number(release) && release.contains('.')
    });
    let Some((package, version, release)) = versioned else {
        let plain = nevra.is_none() && !name.contains([':', '@']);
        return plain.then(|| Component { package: name.to_owned(), ..Component::default() });
    };
    Some(Component {
        package: package.to_owned(),
        version: format!("{version}-{release}"),
        arch: arch.to_owned(),
        ..Component::default()
    })
}

/// The stream of a module: `pkg:rpmmod/redhat/nodejs@18:8090…:rhel8`.
fn module_of(purl: &str) -> Option<String> {
    let rest = purl.strip_prefix("pkg:rpmmod/")?;
    let rest = rest.split('?').next()?;
    let (path, version) = rest.split_once('@')?;
    let name = path.rsplit('/').next()?;
    let version = plain(version);
    Some(format!("{name}:{}", version.split(':').next()?))
}

/// `nodejs:18:8090020231019152822:rhel8` without what follows the stream.
fn stream(module: &str) -> String {
    let mut parts = module.split(':');
    match (parts.next(), parts.next()) {
        (Some(name), Some(stream)) if !name.is_empty() => format!("{name}:{stream}"),
        _ => String::new(),
    }
}

/// A part of a purl without its percent encoding.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        if let Some(byte) = code.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(component: Component<'_>) -> [String; 4] {
        [component.package, component.version, component.arch, component.stream]
    }

    #[test]
    fn purls_and_names() {
        let purl = "pkg:rpm/redhat/nodejs@18.18.2-2.module%2Bel8.9.0%2B20408%2B7cb42a42?arch=x86_64\
            &epoch=1&rpmmod=nodejs:18:8090020231019152822:a75119d5";
        assert_eq!(
            told(from_purl(purl).unwrap()),
            ["nodejs", "1:18.18.2-2.module+el8.9.0+20408+7cb42a42", "x86_64", "nodejs:18"]
        );
        assert_eq!(
            told(from_purl("pkg:rpm/redhat/openssl?arch=src").unwrap()),
            ["openssl", "", "src", ""]
        );
        for (name, expected) in [
            ("openssl-1:3.0.7-6.el9_2.x86_64", ["openssl", "1:3.0.7-6.el9_2", "x86_64", ""]),
            (
                "libopenssl-3-devel-3.0.8-150500.5.3.1.noarch",
                ["libopenssl-3-devel", "3.0.8-150500.5.3.1", "noarch", ""],
            ),
            (
                "libopenssl1_0_0-32bit-1.1.1l-150500.15.4",
                ["libopenssl1_0_0-32bit", "1.1.1l-150500.15.4", "", ""],
            ),
            ("libgtk-3-0", ["libgtk-3-0", "", "", ""]),
            ("java-1_8_0-openjdk", ["java-1_8_0-openjdk", "", "", ""]),
            ("nodejs:18/nodejs", ["nodejs", "", "", "nodejs:18"]),
            ("openssl", ["openssl", "", "", ""]),
        ] {
            assert_eq!(told(from_name(name).unwrap()), expected, "{name}");
        }
        for name in ["", "A product of someone", "registry/image@sha256:aa", "a/b/c"] {
            assert_eq!(from_name(name), None, "{name}");
        }
        assert_eq!(from_purl("pkg:oci/ubi9@sha256:aa"), None);
        assert_eq!(
            module_of("pkg:rpmmod/redhat/nodejs@18:8090020231019152822:rhel8").as_deref(),
            Some("nodejs:18")
        );
        assert_eq!(plain("a%2Bb%zz%"), "a+b%zz%");
    }
}
