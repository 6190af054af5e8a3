//! What counts and what fails, as the arguments say it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use palisade_policy::vulnerability_profile::{Place, VulnerabilityProfile};
use palisade_scanner::Report;
use palisade_scanner::inspect::malware::MalwareList;
use palisade_scanner::report::policy::{Gate, Ignored};
use palisade_scanner::report::vex::{DOCUMENT_BYTES, VexDocuments};
use serde::Deserialize;

use super::args::ScanArgs;

/// Bytes of a list of ignored names or of a profile at most.
const LIST_BYTES: u64 = 16 << 20;

/// Bytes of a list of malware at most: ten million hashes.
const MALWARE_BYTES: u64 = 1 << 30;

#[derive(Debug)]
pub(super) struct Policy {
    vex: VexDocuments,
    ignored: Vec<Ignored>,
    ignore_unfixed: bool,
    profile: Option<VulnerabilityProfile>,
    pub(super) gate: Gate,
}

/// A profile, bare or as REST gives it.
#[derive(Deserialize)]
#[serde(untagged)]
enum ProfileFile {
    Answer { profile: VulnerabilityProfile },
    Bare(VulnerabilityProfile),
}

impl Policy {
    pub(super) fn read(args: &ScanArgs) -> Result<Self> {
        let own = &args.policy;
        let mut vex = VexDocuments::default();
        for path in &own.vex {
            let content = content(path, DOCUMENT_BYTES)?;
            vex.add(&path.to_string_lossy(), &content)?;
        }
        let mut ignored = Vec::new();
        for name in own.ignore.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            ignored.extend(named(name)?);
        }
        for name in clean(&args.other.vul_names_to_exempt) {
            ignored.push(Ignored { name, until: None, reason: "VUL_NAMES_TO_EXEMPT".to_owned() });
        }
        let mut names = clean(&own.vuln_names_to_fail);
        names.extend(clean(&args.other.vul_names_to_fail));
        let gate = Gate {
            fail_on: own.fail_on.map(Into::into),
            max_critical: own.max_critical,
            max_high: own.max_high,
            max_medium: own
                .max_medium
                .or(from("MEDIUM_VUL_TO_FAIL", args.other.medium_vul_to_fail.as_deref())?),
            max_high_or_critical: from("HIGH_VUL_TO_FAIL", args.other.high_vul_to_fail.as_deref())?,
            names,
            malware: own.fail_on_malware,
        };
        let profile = own.vulnerability_profile.as_deref().map(profile).transpose()?;
        Ok(Self { vex, ignored, ignore_unfixed: own.ignore_unfixed, profile, gate })
    }

    /// Sets aside what does not count.
    pub(super) fn apply(&self, report: &mut Report, target: &str) {
        report.apply_vex(&self.vex, &[target]);
        report.ignore(&self.ignored);
        if self.ignore_unfixed {
            report.ignore_unfixed();
        }
        if let Some(profile) = &self.profile {
            let place = Place { images: &[target.to_owned()], domains: &[] };
            report.accept(profile, &[place], report.scanned_at);
        }
    }
}

/// A limit that is met from `text` on: one less is allowed. 0 and nothing are
/// no limit.
fn from(variable: &str, text: Option<&str>) -> Result<Option<u32>> {
    let text = text.map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let number: u32 = text.parse().with_context(|| format!("{variable}: {text:?} is no number"))?;
    Ok(number.checked_sub(1))
}

fn clean(names: &[String]) -> Vec<String> {
    let names = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// One name, or those in a file.
fn named(name: &str) -> Result<Vec<Ignored>> {
    let path = Path::new(name);
    if path.is_file() {
        let content = content(path, LIST_BYTES)?;
        let text = std::str::from_utf8(&content).with_context(|| format!("{name} is no text"))?;
        return Ignored::list(text, name).map_err(anyhow::Error::msg);
    }
    if name.contains(['/', '\\']) {
        bail!("--ignore: {name} does not exist");
    }
    Ok(vec![Ignored { name: name.to_owned(), until: None, reason: "--ignore".to_owned() }])
}

fn profile(path: &Path) -> Result<VulnerabilityProfile> {
    let content = content(path, LIST_BYTES)?;
    let wrong = || format!("{} is no vulnerability profile", path.display());
    let profile = match serde_json::from_slice(&content).with_context(wrong)? {
        ProfileFile::Answer { profile } | ProfileFile::Bare(profile) => profile,
    };
    profile.validate().with_context(wrong)?;
    Ok(profile)
}

/// The list of known malware.
pub(super) fn malware(path: &Path) -> Result<MalwareList> {
    let content = content(path, MALWARE_BYTES)?;
    let text =
        std::str::from_utf8(&content).with_context(|| format!("{} is no text", path.display()))?;
    Ok(MalwareList::parse(text, &path.to_string_lossy())?)
}

fn content(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut content));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if content.len() as u64 > limit {
        bail!("{} has more than {limit} bytes", path.display());
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_met() {
        for (text, expected) in
            [(None, None), (Some(""), None), (Some("0"), None), (Some(" 3 "), Some(2))]
        {
            assert_eq!(from("X", text).unwrap(), expected, "{text:?}");
        }
        assert!(from("X", Some("many")).unwrap_err().to_string().starts_with("X:"));
    }

    #[test]
    fn profiles_bare_and_as_answers() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bare =
            r#"{"name":"default","entries":[{"id":1,"name":"CVE-1"}],"cfg_type":"user_created"}"#;
        for text in [bare.to_owned(), format!("{{\"profile\":{bare}}}")] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(profile(file.path()).unwrap().entries[0].name, "CVE-1");
        }
        std::fs::write(file.path(), r#"{"entries":[{"name":""}]}"#).unwrap();
        assert!(profile(file.path()).is_err());
    }
}
