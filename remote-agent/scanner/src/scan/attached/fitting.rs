//! Whether a bill that is attached to an index is of the image that is meant.

use palisade_api::Digest;

use crate::error::ScanError;
use crate::limits::Limits;
use crate::package::LayeredPackage;
use crate::scan::Inventory;
use crate::source::registry::Resolved;
use crate::source::{ManifestOrIndex, Shelf};

/// Whether what the bill lists is of the image: it says so itself, the index leads to no other
/// image, or the packages of the system are for the image's processor.
pub(super) async fn is_of(
    shelf: &Shelf,
    of: &Resolved,
    bill: &Inventory,
    limits: &Limits,
) -> Result<bool, ScanError> {
    let Some(index_digest) = of.index_digest else { return Ok(true) };
    let told = bill.digest.filter(|digest| *digest != index_digest);
    if let Some(told) = told {
        return Ok(told == of.digest);
    }
    let bytes = shelf.manifest(index_digest, limits).await?;
    let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(&bytes)? else { return Ok(true) };
    let images: Vec<(Digest, Option<&str>)> = index
        .manifests
        .iter()
        .filter(|entry| entry.is_image())
        .map(|entry| {
            let platform = entry.platform.as_ref();
            (entry.descriptor.digest, platform.map(|platform| platform.architecture.as_str()))
        })
        .collect();
    // It may be in an index within this one, with others.
    let own = images.iter().find(|(digest, _)| *digest == of.digest);
    let Some((_, architecture)) = own else { return Ok(false) };
    Ok(images.len() == 1 || are_for(&bill.packages, architecture.unwrap_or_default()))
}

/// Whether the packages say what they are for, and it is this architecture.
fn are_for(packages: &[LayeredPackage], architecture: &str) -> bool {
    let told = packages.iter().map(|layered| layered.package.arch.as_str());
    let mut told = told.filter(|arch| !matches!(*arch, "" | "all" | "any" | "noarch")).peekable();
    told.peek().is_some() && told.all(|arch| of_oci(arch) == architecture)
}

/// What OCI calls the architecture of a distribution's package.
fn of_oci(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" | "i386" | "i486" | "i586" | "i686" => "386",
        "ppc64el" => "ppc64le",
        "loongarch64" => "loong64",
        "mips64el" => "mips64le",
        arm if arm.starts_with("arm") && arm != "arm64" => "arm",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Ecosystem, Package};

    fn packages(architectures: &[&str]) -> Vec<LayeredPackage> {
        let of = |arch: &&str| {
            let mut package = Package::new(Ecosystem::Npm, "a", "1", "");
            (*arch).clone_into(&mut package.arch);
            LayeredPackage { package, layer: None }
        };
        architectures.iter().map(of).collect()
    }

    #[test]
    fn packages_tell_what_they_are_for() {
        for (told, architecture, expected) in [
            (&["amd64", "all", ""][..], "amd64", true),
            (&["x86_64", "noarch"], "amd64", true),
            (&["aarch64"], "arm64", true),
            (&["arm64"], "arm64", true),
            (&["armhf"], "arm", true),
            (&["armhf"], "arm64", false),
            (&["i686"], "386", true),
            (&["ppc64el"], "ppc64le", true),
            (&["amd64", "i386"], "amd64", false),
            (&["amd64"], "arm64", false),
            (&["amd64"], "", false),
            (&["all", ""], "amd64", false),
            (&[], "amd64", false),
        ] {
            assert_eq!(are_for(&packages(told), architecture), expected, "{told:?}");
        }
    }
}
