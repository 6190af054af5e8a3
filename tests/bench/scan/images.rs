//! The images that are measured: made up, or of Debian's packages as apt
//! reaches them, with old packages of PyPI and npm on top.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use palisade_api::Digest;
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::layer::{Layer, LayerBuilder};

use super::contents::{Noise, jar};

const MIB: usize = 1 << 20;

type Make = fn() -> Result<ImageBuilder>;
type MakeIfPossible = fn() -> Result<Option<ImageBuilder>>;

/// Images of made-up files, by their names in the figures.
pub(super) const MADE: [(&str, Make); 5] = [
    ("100mib", || blobs(100)),
    ("1gib", || blobs(1024)),
    ("java_node_1gib", java_and_node),
    ("50k_files", many_files),
    ("5gib", large),
];

/// Images of a distribution; none where it cannot be had.
pub(super) const DEBIAN: [(&str, MakeIfPossible); 3] = [
    ("debian_minimal", || debian("minimal", &[])),
    ("debian_300", || debian("300", &MANY)),
    (REFERENCE, reference),
];

/// The name of the image that targets are about.
pub(super) const REFERENCE: &str = "reference";

/// What makes about 300 packages.
const MANY: [&str; 9] = [
    "build-essential",
    "nginx",
    "python3",
    "ruby-rack",
    "git",
    "vim",
    "default-mysql-client",
    "imagemagick",
    "openssh-client",
];
/// What makes about 159.
const SOME: [&str; 7] = ["nginx", "openssl", "python3", "ruby-rack", "curl", "git", "vim"];
const PYPI: [&str; 8] = [
    "Django==2.2.0",
    "Jinja2==2.10",
    "urllib3==1.24.1",
    "requests==2.19.1",
    "PyYAML==6.0",
    "cryptography==38.0.0",
    "Pillow==9.4.0",
    "lxml==4.9.2",
];
const NPM: [&str; 8] = [
    "lodash@4.17.4",
    "handlebars@4.0.11",
    "express@4.16.0",
    "minimist@1.2.0",
    "browserify@16.2.3",
    "webpack@4.20.0",
    "jquery@3.3.1",
    "moment@2.22.0",
];

fn base() -> Result<ImageBuilder> {
    let packages = [("libcurl4", "7.88.1-10", "curl"), ("libc6", "2.36-9", "glibc")];
    Ok(ImageBuilder::new().layer(debian_layer(&packages)?.layer()?))
}

/// Layers of up to 128 MiB with files that compress to about half.
fn blobs(mib: usize) -> Result<ImageBuilder> {
    let mut image = base()?;
    let mut noise = Noise::new();
    let mut left = mib;
    while left > 0 {
        let here = left.min(128);
        let mut layer = LayerBuilder::new();
        for n in 0..here {
            layer = layer.file(&format!("opt/data/{left}-{n}.bin"), noise.bytes(MIB))?;
        }
        image = image.layer(layer.layer()?);
        left -= here;
    }
    Ok(image)
}

/// 512 MiB of Java archives, four of which hold the others, and 512 MiB of
/// Node's packages.
fn java_and_node() -> Result<ImageBuilder> {
    let mut noise = Noise::new();
    let mut image = base()?;
    for application in 0..4 {
        let mut entries = Vec::new();
        for n in 0..64 {
            let artifact = format!("library-{application}-{n}");
            let properties =
                format!("groupId=org.example\nartifactId={artifact}\nversion=1.{n}.0\n");
            let mut inner = vec![(
                format!("META-INF/maven/org.example/{artifact}/pom.properties"),
                properties.into_bytes(),
            )];
            inner.extend(
                (0..64).map(|at| (format!("org/example/C{at}.class"), noise.bytes(MIB / 32))),
            );
            entries.push((format!("BOOT-INF/lib/{artifact}-1.{n}.0.jar"), jar(&inner)?));
        }
        let path = format!("srv/application-{application}.jar");
        image = image.layer(LayerBuilder::new().file(&path, jar(&entries)?)?.layer()?);
    }
    for part in 0..4 {
        let mut layer = LayerBuilder::new();
        for n in 0..512 {
            let folder = format!("srv/node/node_modules/package-{part}-{n}");
            let manifest = format!(r#"{{"name":"package-{part}-{n}","version":"1.0.{n}"}}"#);
            layer = layer.file(&format!("{folder}/package.json"), manifest)?;
            for file in 0..16 {
                layer = layer.file(&format!("{folder}/lib/{file}.js"), noise.text(MIB / 64))?;
            }
        }
        image = image.layer(layer.layer()?);
    }
    Ok(image)
}

/// 5 GiB in eight layers, each with a program of 256 MiB, a lock file of 2,500 packages
/// and data.
fn large() -> Result<ImageBuilder> {
    let mut noise = Noise::new();
    let mut image = base()?;
    for part in 0..8 {
        let mut program = b"\x7fELF\x02\x01\x01".to_vec();
        program.resize(4096, 0);
        while program.len() < 256 * MIB {
            let piece = noise.bytes(MIB / 8);
            program.extend(&piece);
            program.resize(program.len().next_multiple_of(MIB), part);
        }
        let locked: Vec<String> = (0..2_500)
            .map(|n| {
                format!(
                    r#""node_modules/package-{part}-{n}":{{"version":"1.0.{n}","resolved":"https://registry.example/package-{n}.tgz","integrity":"sha512-{:064x}{:064x}"}}"#,
                    n * 7, n * 13
                )
            })
            .collect();
        let lock = format!(r#"{{"lockfileVersion":3,"packages":{{{}}}}}"#, locked.join(","));
        let mut layer = LayerBuilder::new()
            .file(&format!("opt/{part}/program"), program)?
            .file(&format!("srv/{part}/package-lock.json"), lock)?;
        for n in 0..384 {
            let mut data = noise.bytes(MIB / 8);
            data.resize(MIB, part);
            layer = layer.file(&format!("opt/{part}/{n}.bin"), data)?;
        }
        image = image.layer(layer.layer()?);
    }
    Ok(image)
}

/// 50,000 files of 1 to 16 KiB, all of which are searched for secrets.
fn many_files() -> Result<ImageBuilder> {
    let mut noise = Noise::new();
    let mut layer = LayerBuilder::new();
    for n in 0..50_000_usize {
        let extension = ["conf", "txt", "yml", "json", "sh"][n % 5];
        let size = 1024 << (n % 5);
        layer = layer.file(&format!("srv/d{}/f{n}.{extension}", n % 300), noise.text(size))?;
    }
    Ok(base()?.layer(layer.layer()?))
}

/// A folder for what takes long to make.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A Debian 12 as of its release, of the main suite alone.
fn debian(name: &str, packages: &[&str]) -> Result<Option<ImageBuilder>> {
    let Some(root) = root(name, packages)? else { return Ok(None) };
    Ok(Some(ImageBuilder::new().layer(as_built(&fs::read(root)?)?)))
}

/// A layer compressed as hard as builders do.
fn as_built(archive: &[u8]) -> Result<Layer> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(archive)?;
    Ok(Layer {
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip",
        diff_id: Digest::of(archive).to_oci(),
        bytes: encoder.finish()?.into(),
    })
}

fn root(name: &str, packages: &[&str]) -> Result<Option<PathBuf>> {
    let root = kept(&format!("bench-debian-{name}.tar"));
    if root.exists() {
        return Ok(Some(root));
    }
    let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let made = making.path().join("root.tar");
    let packages: Vec<String> = packages.iter().map(|one| format!("--include={one}")).collect();
    let done = Command::new("mmdebstrap")
        .args(["--quiet", "--variant=minbase"])
        .args(&packages)
        .arg("bookworm")
        .arg(&made)
        .arg("deb http://deb.debian.org/debian bookworm main")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !done.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    fs::rename(made, &root)?;
    Ok(Some(root))
}

/// Debian with some packages, then old packages of PyPI and npm, then
/// deletions from both.
fn reference() -> Result<Option<ImageBuilder>> {
    let Some(root) = root("reference", &SOME)? else { return Ok(None) };
    let Some(languages) = languages()? else { return Ok(None) };
    let deletions =
        ["usr/share/doc", "usr/share/man", "usr/share/locale", "srv/app/node_modules/moment"];
    let mut removed = LayerBuilder::new();
    for path in deletions {
        removed = removed.whiteout(path)?;
    }
    let image = ImageBuilder::new()
        .layer(as_built(&fs::read(root)?)?)
        .layer(as_built(&fs::read(languages)?)?)
        .layer(removed.layer()?);
    Ok(Some(image))
}

/// An archive of old packages, installed by pip and npm.
fn languages() -> Result<Option<PathBuf>> {
    let packed = kept("bench-languages.tar");
    if packed.exists() {
        return Ok(Some(packed));
    }
    let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (packages, app) =
        (making.path().join("usr/lib/python3/dist-packages"), making.path().join("srv/app"));
    fs::create_dir_all(&packages)?;
    fs::create_dir_all(&app)?;
    fs::write(app.join("package.json"), r#"{"name":"shop","version":"1.0.0"}"#)?;
    let run = |command: &mut Command| {
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        done.status().is_ok_and(|status| status.success())
    };
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-compile"])
        .args(["--python-version", "3.11", "--only-binary=:all:", "--target"])
        .arg(&packages)
        .args(PYPI);
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(NPM)
        .current_dir(&app);
    if !run(&mut pip) || !run(&mut npm) {
        return Ok(None);
    }
    let unfinished = making.path().join("languages.tar");
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--create", "--file"]).arg(&unfinished);
    let done = tar.arg("--directory").arg(making.path()).args(["usr", "srv"]).status();
    ensure!(done.context("tar is not installed")?.success(), "tar failed");
    fs::rename(unfinished, &packed)?;
    Ok(Some(packed))
}
