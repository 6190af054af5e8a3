//! What images of Ubuntu that have no package database list their packages in: rocks in a text of
//! `dpkg-query`, and whatever Chisel cuts in a manifest of its own.

use std::io::{BufRead as _, BufReader, Read as _};

use serde::Deserialize;

use super::dpkg;
use crate::inspect::{Entry, Facts, MOST_PACKAGES, Problem, too_many};
use crate::package::{Ecosystem, Package};

/// Where the lists are. The first one tells more.
pub(super) const LISTS: [&str; 2] = [QUERY, MANIFEST];
const QUERY: &str = "usr/share/rocks/dpkg.query";
const MANIFEST: &str = "var/lib/chisel/manifest.wall";

/// Bytes that a manifest unpacks to.
const UNPACKED: u64 = 16 << 20;
/// How far its decoder looks back: 8 MiB, as far as Chisel's encoder does.
const WINDOW_LOG: u32 = 23;

pub(super) fn is_query(entry: &Entry<'_>) -> bool {
    entry.path == QUERY
}

pub(super) fn is_manifest(entry: &Entry<'_>) -> bool {
    entry.path == MANIFEST
}

/// Behind the release of the system: state, package, version, source and its version in each line,
/// such as `ii ,libssl3:amd64,3.0.2-0ubuntu1.10,openssl,3.0.2-0ubuntu1.10`.
pub(super) fn query(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).skip_while(|line| *line != "# dpkg-query").skip(1);
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let [state, package, installed, source, version] = fields[..] else { continue };
        let (name, arch) = package.split_once(':').unwrap_or((package, ""));
        if name.is_empty() || version.is_empty() || !dpkg::is_there(state) {
            continue;
        }
        let installed_version = if installed == version { "" } else { installed };
        add(
            facts,
            Package {
                source: source.to_owned(),
                installed_version: installed_version.to_owned(),
                arch: arch.to_owned(),
                ..Package::new(Ecosystem::Dpkg, name, version, entry.path)
            },
        )?;
    }
    Ok(())
}

/// A line of a manifest, of which those of packages count.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    kind: String,
    name: String,
    version: String,
    arch: String,
}

/// An object a line, compressed. It does not tell what a package was built from.
pub(super) fn manifest(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let damaged = |error: std::io::Error| Problem::new(format!("is no such manifest: {error}"));
    let mut unpacked = zstd::stream::read::Decoder::with_buffer(bytes).map_err(damaged)?;
    unpacked.window_log_max(WINDOW_LOG).map_err(damaged)?;
    let mut read = 0;
    for line in BufReader::new(unpacked.take(UNPACKED + 1)).split(b'\n') {
        let line = line.map_err(damaged)?;
        read += line.len() as u64 + 1;
        if read > UNPACKED {
            return Err(Problem::new(format!("unpacks to more than {UNPACKED} bytes")));
        }
        let line: Line = serde_json::from_slice(&line)
            .map_err(|error| Problem::new(format!("is no such manifest: {error}")))?;
        if line.kind == "package" && !line.name.is_empty() && !line.version.is_empty() {
            add(
                facts,
                Package {
                    arch: line.arch,
                    ..Package::new(Ecosystem::Dpkg, line.name, line.version, entry.path)
                },
            )?;
        }
    }
    Ok(())
}

fn add(facts: &mut Facts, package: Package) -> Result<(), Problem> {
    if facts.packages.len() >= MOST_PACKAGES {
        return Err(too_many());
    }
    facts.packages.push(package);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&Entry<'_>, &[u8], &mut Facts) -> Result<(), Problem>;

    /// What is told, each package as source, version, name, installed version and processor.
    fn told(read: Read, bytes: &[u8]) -> Result<Vec<String>, Problem> {
        let mut facts = Facts::default();
        read(&Entry { path: "f", size: bytes.len() as u64, mode: 0o644 }, bytes, &mut facts)?;
        let shown =
            |p: &Package| [&*p.source, &p.version, &p.name, p.shown_version(), &p.arch].join(" ");
        Ok(facts.packages.iter().map(shown).collect())
    }

    #[test]
    fn what_rocks_tell() {
        let text = "# os-release\nNAME=\"Ubuntu\"\nX=a,b,c,d,e\n# dpkg-query\n\
                    ii ,libssl3:amd64,3.0.2-0ubuntu1.10,openssl,3.0.2-0ubuntu1.10\n\
                    ii ,perl-base,5.34.0-3ubuntu1+b1,perl,5.34.0-3ubuntu1\n\
                    hi ,bash,5.1-6ubuntu1,bash,5.1-6ubuntu1\n\
                    rc ,gone,1,gone,1\nun ,never,,never,\n\n";
        assert_eq!(
            told(query, text.as_bytes()).unwrap(),
            [
                "openssl 3.0.2-0ubuntu1.10 libssl3 3.0.2-0ubuntu1.10 amd64",
                "perl 5.34.0-3ubuntu1 perl-base 5.34.0-3ubuntu1+b1 ",
                "bash 5.1-6ubuntu1 bash 5.1-6ubuntu1 ",
            ]
        );
    }

    #[test]
    fn what_chisel_tells() {
        let text = concat!(
            r#"{"jsonwall":"1.0","schema":"1.0","count":4}"#,
            "\n",
            r#"{"kind":"content","slice":"bash_bins","path":"/usr/bin/bash"}"#,
            "\n",
            r#"{"kind":"package","name":"bash","version":"5.2.21-2ubuntu4","sha256":"ab","arch":"amd64"}"#,
            "\n",
            r#"{"kind":"slice","name":"bash_bins"}"#,
            "\n",
        );
        let packed = zstd::encode_all(text.as_bytes(), 0).unwrap();
        let bash = ["bash 5.2.21-2ubuntu4 bash 5.2.21-2ubuntu4 amd64"];
        assert_eq!(told(manifest, &packed).unwrap(), bash);
        let half = packed.get(..packed.len() / 2).unwrap();
        for damaged in [half, text.as_bytes(), &zstd::encode_all(&b"no JSON\n"[..], 0).unwrap()] {
            assert!(told(manifest, damaged).is_err());
        }
        let long = vec![b' '; UNPACKED as usize + 1];
        let problem = told(manifest, &zstd::encode_all(&*long, 0).unwrap()).unwrap_err();
        assert!(problem.into_text().contains("more than"));
    }
}
