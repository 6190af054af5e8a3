//! What is scanned.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use palisade_api::clock::{Clock as _, SystemClock};
use palisade_scanner::report::sbom;
use palisade_scanner::signature::{Identity, RootOfTrust, Trust, Verifier, VerifierKind};
use palisade_scanner::source::registry::Credentials;
use palisade_scanner::{Inventory, Limits, Scope, Target, TargetOptions};
use tracing::info;

use super::args::{OtherNames, ScanArgs};
use super::docker_login;

/// Bytes of a bill of materials at most.
const SBOM_BYTES: u64 = 512 << 20;
/// Bytes by which a file is told to be text or a packed image.
const HEAD: usize = 512;

/// What is scanned, and the name that reports give it.
#[derive(Debug)]
pub(super) struct Subject {
    name: String,
    what: What,
    options: TargetOptions,
}

#[derive(Debug)]
enum What {
    Target(Box<Target>),
    Sbom(PathBuf),
}

impl Subject {
    /// What the arguments name.
    pub(super) fn of(args: &ScanArgs) -> Result<Self> {
        let options = TargetOptions {
            credentials: credentials(args)?,
            platform: args.platform.clone(),
            ignore_proxy: args.ignore_proxy,
            ..TargetOptions::default()
        };
        let name = match (&args.target, args.pid) {
            (Some(target), _) => target.clone(),
            (None, Some(pid)) => format!("pid:{pid}"),
            (None, None) => by_parts(&args.other)
                .context("nothing to scan is named: see palisade-agent scan --help")?,
        };
        Self::named(name, options)
    }

    /// Another one, reached in the same way, but that a login is for one registry alone.
    pub(super) fn beside(&self, name: &str) -> Result<Self> {
        let other = Self::named(name.to_owned(), self.options.clone())?;
        match (self.registry(), other.registry()) {
            (Some(own), Some(its)) if own != its => {
                let options = TargetOptions { credentials: None, ..self.options.clone() };
                Self::named(name.to_owned(), options)
            }
            _ => Ok(other),
        }
    }

    /// The host of the registry that it is in.
    fn registry(&self) -> Option<&str> {
        let What::Target(target) = &self.what else { return None };
        let Target::Image { reference, .. } = target.as_ref() else { return None };
        Some(&reference.host)
    }

    fn named(name: String, options: TargetOptions) -> Result<Self> {
        let path = Path::new(if name == "-" { "/dev/stdin" } else { name.as_str() });
        let what = if is_text(path) || is_stream(path) {
            What::Sbom(path.to_owned())
        } else {
            What::Target(Box::new(Target::parse(&name, options.clone())?))
        };
        Ok(Self { name, what, options })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it holds; of an image with `attached`, what the bill of materials
    /// that is attached to it lists, stated by one of these where there are any.
    pub(super) async fn inventory(
        &self,
        scope: &Scope,
        attached: Option<&[RootOfTrust]>,
    ) -> Result<Inventory> {
        let limits = &scope.limits;
        let mut target = match &self.what {
            What::Sbom(path) => return read(path, limits),
            What::Target(target) => target.as_ref().clone(),
        };
        if let Target::Image { reference, options, .. } = &mut target
            && options.credentials.is_none()
        {
            options.credentials = docker_login::credentials(reference).await;
        }
        if let Some(signers) = attached {
            if let Some(attached) = target.attached_sbom(signers, SystemClock.now(), limits).await?
            {
                info!(digest = %attached.digest, "an attached bill of materials is taken");
                return Ok(attached.inventory);
            }
            info!("nothing is attached that lists packages: the layers are read");
        }
        Ok(target.inventory_of(scope).await?)
    }
}

/// Whether the file begins like a bill of materials: with a brace or a line of
/// text, or as those in XML, which is told to be none that is read. Archives
/// begin with none of these.
fn is_text(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path)
        .and_then(|file| if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file()) })
        .and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let begins = |with: &[u8]| head.starts_with(with);
    read.is_ok() && [&b"{"[..], b"#", b"SPDX", b"<"].into_iter().any(begins)
}

/// Whether the path can only be read once, from beginning to end: a pipe, as a shell names it
/// too, or a terminal. A bill of materials can be read so.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_socket()
    })
}

fn not_a_file() -> std::io::Error {
    std::io::ErrorKind::IsADirectory.into()
}

fn read(path: &Path, limits: &Limits) -> Result<Inventory> {
    let mut content = Vec::new();
    let file = File::open(path)?;
    file.take(SBOM_BYTES + 1).read_to_end(&mut content)?;
    let name = path.to_string_lossy();
    Ok(sbom::read(&name, &content, limits)?.inventory)
}

/// The image that the variables of NeuVector's scanner name.
fn by_parts(other: &OtherNames) -> Option<String> {
    let repository = other.scanner_repository.as_deref()?.trim_matches('/');
    let registry = other.scanner_registry.as_deref().unwrap_or_default().trim_end_matches('/');
    let tag = other.scanner_tag.as_deref().filter(|tag| !tag.is_empty()).unwrap_or("latest");
    let slash = if registry.is_empty() { "" } else { "/" };
    // A digest stands behind its own mark.
    let mark = if tag.contains(':') { '@' } else { ':' };
    Some(format!("{registry}{slash}{repository}{mark}{tag}"))
}

/// Whose bills of materials are taken where they are attached; none where layers are read.
pub(super) fn attached(args: &ScanArgs) -> Result<Option<Vec<RootOfTrust>>> {
    let text = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let verifier = |path: &PathBuf| -> Result<Verifier> {
        let kind = VerifierKind::key_pair(&text(path)?);
        let kind = kind.with_context(|| path.display().to_string())?;
        Ok(Verifier { name: path.display().to_string(), kind })
    };
    let keys: Vec<_> = args.attached_sbom_key.iter().map(verifier).collect::<Result<_>>()?;
    let mut signers = Vec::new();
    if !keys.is_empty() {
        let name = "keys".to_owned();
        signers.push(RootOfTrust { name, trust: Trust::default(), verifiers: keys });
    }
    if let (Some(root), Some(subject)) = (&args.attached_sbom_root, &args.attached_sbom_identity) {
        let content = text(root)?;
        let trust = if content.trim_start().starts_with('{') {
            Trust::from_trusted_root(content.as_bytes())
        } else {
            Trust::from_pem("", &content, "")
        };
        let trust = trust.with_context(|| root.display().to_string())?;
        let issuer = args.attached_sbom_issuer.clone().unwrap_or_default();
        let identity = Identity { issuer, subject: subject.clone() };
        let verifier = Verifier { name: subject.clone(), kind: VerifierKind::Keyless(identity) };
        let (name, verifiers) = (root.display().to_string(), vec![verifier]);
        signers.push(RootOfTrust { name, trust, verifiers });
    }
    Ok((args.attached_sbom || !signers.is_empty()).then_some(signers))
}

/// The password comes by a variable only: flags show in process lists.
fn credentials(args: &ScanArgs) -> Result<Option<Credentials>> {
    let username = args.username.as_ref().or(args.other.scanner_registry_username.as_ref());
    let Some(username) = username.filter(|username| !username.is_empty()) else { return Ok(None) };
    let password = ["PALISADE_REGISTRY_PASSWORD", "SCANNER_REGISTRY_PASSWORD"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    match password {
        Some(password) => {
            Ok(Some(Credentials { username: username.clone(), password: password.into() }))
        }
        None => bail!("--username needs the password in the variable PALISADE_REGISTRY_PASSWORD"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_in_parts() {
        let name = |registry: &str, repository: &str, tag: &str| {
            let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            by_parts(&OtherNames {
                scanner_registry: own(registry),
                scanner_repository: own(repository),
                scanner_tag: own(tag),
                scanner_registry_username: None,
                scanner_base_image: None,
                high_vul_to_fail: None,
                medium_vul_to_fail: None,
                vul_names_to_fail: Vec::new(),
                vul_names_to_exempt: Vec::new(),
            })
        };
        let cases = [
            (
                "https://registry.example/",
                "shop/orders",
                "v1",
                "https://registry.example/shop/orders:v1",
            ),
            ("", "alpine", "", "alpine:latest"),
            ("registry.example", "a", "sha256:00", "registry.example/a@sha256:00"),
        ];
        for (registry, repository, tag, expected) in cases {
            assert_eq!(name(registry, repository, tag).as_deref(), Some(expected));
        }
        assert_eq!(name("registry.example", "", "v1"), None);
    }

    #[test]
    fn a_login_goes_to_its_own_registry_alone() {
        let credentials =
            Credentials { username: "ann".to_owned(), password: "secret".to_owned().into() };
        let options = TargetOptions { credentials: Some(credentials), ..TargetOptions::default() };
        for (target, base, is_sent) in [
            ("registry.example/shop", "registry.example/base:v1", true),
            ("registry.example/shop", "alpine", false),
            ("registry.example/shop", "registry.example:5000/base", false),
            ("alpine", "docker.io/library/debian", true),
            // Of a folder it can be for nothing else.
            ("/", "registry.example/base", true),
        ] {
            let target = Subject::named(target.to_owned(), options.clone()).unwrap();
            let base = target.beside(base).unwrap();
            let What::Target(found) = &base.what else { panic!("{base:?}") };
            let Target::Image { options, .. } = found.as_ref() else { panic!("{base:?}") };
            assert_eq!(options.credentials.is_some(), is_sent, "{target:?} {base:?}");
        }
    }

    #[test]
    fn bills_of_materials_are_told_from_images() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for (content, expected) in [
            (&b"{\"bomFormat\": \"CycloneDX\"}"[..], true),
            (b"\xEF\xBB\xBF \n{}", true),
            (b"SPDXVersion: SPDX-2.3\n", true),
            (b"# comment\nSPDXVersion: SPDX-2.3\n", true),
            (b"<?xml version=\"1.0\"?><bom/>", true),
            (b"manifest.json\0\0\0", false),
            (b"\x1f\x8b\x08", false),
            (b"", false),
        ] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(is_text(&file), expected, "{content:?}");
        }
        assert!(!is_text(folder.path()));
    }
}
