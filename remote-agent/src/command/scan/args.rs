//! The flags of a scan, each with its variable.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use palisade_scanner::report::Severity;
use palisade_scanner::report::output::OutputFormat;
use palisade_scanner::source::platform::Platform;

/// What stands at the end of the help.
pub(crate) const AFTER_HELP: &str = "\
Exit codes:
  0  the scan is done, and nothing in it was asked to fail
  1  the scan failed: the message on standard error says why
  2  the arguments make no sense
  3  there are more or worse vulnerabilities than --fail-on, --max-critical,
     --max-high, --max-medium or --vuln-names-to-fail allow, or malware with
     --fail-on-malware
  4  a layer is broken; or other parts of the target could not be read, and
     --fail-on-incomplete is given";

#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ScanArgs {
    /// Image of a registry (registry.example/shop/orders:v1), packed image
    /// (docker save), OCI layout, root folder, SBOM (CycloneDX or SPDX; - for
    /// standard input), or pid:NUMBER for the root of a process
    #[arg(value_name = "TARGET", env = "PALISADE_TARGET")]
    pub(super) target: Option<String>,

    /// Scan the root of this process instead of a target
    #[arg(long, value_name = "PID", env = "PALISADE_PID", conflicts_with = "target")]
    pub(super) pid: Option<u32>,

    /// Vulnerability database, made by `palisade-primary vulndb build`
    /// [default: /var/lib/palisade/vulndb.plsd]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB")]
    pub(super) db: Option<PathBuf>,

    /// Public key that must have signed the database [default: the file with
    /// the ending .key.pub beside it, where there is one]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_KEY")]
    pub(super) db_key: Option<PathBuf>,

    /// Forms of the result: table, json, sarif, junit, html, csv, gitlab,
    /// markdown, cyclonedx, spdx, spdx-tag, spdx3. May be given several times;
    /// FORMAT=FILE writes to a file instead of standard output
    #[arg(
        long,
        value_name = "FORMAT[=FILE]",
        default_value = "table",
        value_delimiter = ',',
        env = "PALISADE_FORMAT"
    )]
    pub(super) format: Vec<Form>,

    /// File for the result. The first one is for the first format without a
    /// file, and so on; what has no file goes to standard output
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "PALISADE_OUTPUT")]
    pub(super) output: Vec<PathBuf>,

    /// What to look for
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = Scanner::ALL,
        env = "PALISADE_SCANNERS"
    )]
    pub(super) scanners: Vec<Scanner>,

    /// List of known malware: a SHA-256 and a name a line. Files with these
    /// hashes are told
    #[arg(long, value_name = "FILE", env = "PALISADE_MALWARE")]
    pub(super) malware: Option<PathBuf>,

    /// Show the vulnerabilities under the layers that brought them
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_LAYERS")]
    pub(super) layers: bool,

    /// Image that the target is built on, in any of the target's forms: what
    /// came with it is marked
    #[arg(long, value_name = "IMAGE", env = "PALISADE_BASE_IMAGE")]
    pub(super) base_image: Option<String>,

    /// Which image of several: OS/ARCHITECTURE[/VARIANT], such as linux/arm64
    /// [default: that of this machine]
    #[arg(long, value_name = "PLATFORM", value_parser = platform, env = "PALISADE_PLATFORM")]
    pub(super) platform: Option<Platform>,

    /// Take the bill of materials that is attached to the image in its
    /// registry or OCI layout for the truth, where there is one, instead of
    /// reading layers: who may write there is trusted
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_ATTACHED_SBOM")]
    pub(super) attached_sbom: bool,

    /// Public key in PEM: only a bill of materials that its owner signed as a
    /// statement about the image is taken so. May be given several times
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "PALISADE_ATTACHED_SBOM_KEY")]
    pub(super) attached_sbom_key: Vec<PathBuf>,

    /// Who a certificate is for, such as an e-mail address: only a bill of
    /// materials that was so signed as a statement about the image is taken
    #[arg(
        long,
        value_name = "SUBJECT",
        requires = "attached_sbom_root",
        env = "PALISADE_ATTACHED_SBOM_IDENTITY"
    )]
    pub(super) attached_sbom_identity: Option<String>,

    /// Who confirmed that to the authority, as its certificates tell
    /// [default: its certificates do not tell]
    #[arg(
        long,
        value_name = "URL",
        requires = "attached_sbom_identity",
        env = "PALISADE_ATTACHED_SBOM_ISSUER"
    )]
    pub(super) attached_sbom_issuer: Option<String>,

    /// Whose certificates count: a trusted_root.json of Sigstore, whose logs
    /// count too, or the certificates of an authority in PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "attached_sbom_identity",
        env = "PALISADE_ATTACHED_SBOM_ROOT"
    )]
    pub(super) attached_sbom_root: Option<PathBuf>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// User at the registry; the password is read from the variable
    /// PALISADE_REGISTRY_PASSWORD [default: what `docker login` keeps]
    #[arg(long, value_name = "NAME", env = "PALISADE_REGISTRY_USERNAME")]
    pub(super) username: Option<String>,

    /// Connect to registries without the proxy that the environment names
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_IGNORE_PROXY")]
    pub(super) ignore_proxy: bool,

    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1200, env = "PALISADE_SCAN_TIMEOUT")]
    pub(super) timeout: u64,

    /// Show no progress, even on a terminal
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_QUIET")]
    pub(super) quiet: bool,

    /// Level of the log on standard error, or directives such as
    /// info,palisade_scanner=debug
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "PALISADE_LOG")]
    pub(super) log: String,

    #[command(flatten)]
    pub(super) other: OtherNames,
}

/// What counts, and what fails.
#[derive(Args, Debug)]
pub(super) struct PolicyArgs {
    /// Fail when there is a vulnerability of this severity or a worse one
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY", env = "PALISADE_FAIL_ON")]
    pub(super) fail_on: Option<Level>,

    /// Fail when there are more critical vulnerabilities than this
    #[arg(long, value_name = "N", env = "PALISADE_MAX_CRITICAL")]
    pub(super) max_critical: Option<u32>,

    /// Fail when there are more high vulnerabilities than this
    #[arg(long, value_name = "N", env = "PALISADE_MAX_HIGH")]
    pub(super) max_high: Option<u32>,

    /// Fail when there are more medium vulnerabilities than this
    #[arg(long, value_name = "N", env = "PALISADE_MAX_MEDIUM")]
    pub(super) max_medium: Option<u32>,

    /// Fail when one of these vulnerabilities is there, whatever its severity
    #[arg(long, value_name = "NAMES", value_delimiter = ',', env = "PALISADE_VULN_NAMES_TO_FAIL")]
    pub(super) vuln_names_to_fail: Vec<String>,

    /// Fail when a file is on the list of --malware
    #[arg(
        long,
        requires = "malware",
        value_parser = FalseyValueParser::new(),
        env = "PALISADE_FAIL_ON_MALWARE"
    )]
    pub(super) fail_on_malware: bool,

    /// Fail when parts of the target could not be read, or its operating
    /// system is not known
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_FAIL_ON_INCOMPLETE")]
    pub(super) fail_on_incomplete: bool,

    /// Do not count vulnerabilities that no version repairs
    #[arg(
        long,
        alias = "only-fixed",
        value_parser = FalseyValueParser::new(),
        env = "PALISADE_IGNORE_UNFIXED"
    )]
    pub(super) ignore_unfixed: bool,

    /// Do not count these: the name of a vulnerability, or a file with one
    /// name a line, optionally with exp:DATE and a # comment behind it
    #[arg(long, value_name = "NAME|FILE", value_delimiter = ',', env = "PALISADE_IGNORE")]
    pub(super) ignore: Vec<String>,

    /// VEX document (OpenVEX, CSAF, CycloneDX): what it calls fixed or not
    /// affected does not count
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "PALISADE_VEX")]
    pub(super) vex: Vec<PathBuf>,

    /// Vulnerability profile, as GET /v1/vulnerability/profile/default gives
    /// it: what it accepts does not count
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNERABILITY_PROFILE")]
    pub(super) vulnerability_profile: Option<PathBuf>,
}

/// Variables that jobs written for NeuVector's scanner and plugins set.
#[derive(Args, Debug)]
pub(super) struct OtherNames {
    #[arg(long, hide = true, env = "SCANNER_REGISTRY")]
    pub(super) scanner_registry: Option<String>,
    #[arg(long, hide = true, env = "SCANNER_REPOSITORY")]
    pub(super) scanner_repository: Option<String>,
    #[arg(long, hide = true, env = "SCANNER_TAG")]
    pub(super) scanner_tag: Option<String>,
    #[arg(long, hide = true, env = "SCANNER_REGISTRY_USERNAME")]
    pub(super) scanner_registry_username: Option<String>,
    #[arg(long, hide = true, env = "SCANNER_BASE_IMAGE")]
    pub(super) scanner_base_image: Option<String>,
    /// From so many vulnerabilities, high or critical, on; 0 is off.
    #[arg(long, hide = true, env = "HIGH_VUL_TO_FAIL")]
    pub(super) high_vul_to_fail: Option<String>,
    /// From so many medium vulnerabilities on; 0 is off.
    #[arg(long, hide = true, env = "MEDIUM_VUL_TO_FAIL")]
    pub(super) medium_vul_to_fail: Option<String>,
    #[arg(long, hide = true, value_delimiter = ',', env = "VUL_NAMES_TO_FAIL")]
    pub(super) vul_names_to_fail: Vec<String>,
    #[arg(long, hide = true, value_delimiter = ',', env = "VUL_NAMES_TO_EXEMPT")]
    pub(super) vul_names_to_exempt: Vec<String>,
}

/// A severity as flags spell it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Level {
    Critical,
    High,
    Medium,
    Low,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Critical => Self::Critical,
            Level::High => Self::High,
            Level::Medium => Self::Medium,
            Level::Low => Self::Low,
        }
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Scanner {
    /// Known vulnerabilities of packages
    Vuln,
    /// Keys, tokens and passwords
    Secret,
    /// Files that run as their owner or group
    Setid,
    /// How the image is made
    Config,
}

impl Scanner {
    const ALL: [Self; 4] = [Self::Vuln, Self::Secret, Self::Setid, Self::Config];
}

/// A form of the result, with the file that it is for.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) format: OutputFormat,
    pub(super) file: Option<PathBuf>,
}

/// The names of the forms.
const FORMATS: [(&str, OutputFormat); 12] = [
    ("table", OutputFormat::Table),
    ("json", OutputFormat::Json),
    ("sarif", OutputFormat::Sarif),
    ("junit", OutputFormat::Junit),
    ("html", OutputFormat::Html),
    ("csv", OutputFormat::Csv),
    ("gitlab", OutputFormat::Gitlab),
    ("markdown", OutputFormat::Markdown),
    ("cyclonedx", OutputFormat::CycloneDx),
    ("spdx", OutputFormat::Spdx),
    ("spdx-tag", OutputFormat::SpdxText),
    ("spdx3", OutputFormat::Spdx3),
];

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("{text:?} names no file")),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let known = FORMATS.iter().find(|(known, _)| *known == name);
        let (_, format) = known.ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
            format!("{name:?} is no format: {} are", names.join(", "))
        })?;
        Ok(Self { format: *format, file })
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    text.parse().map_err(|error: palisade_scanner::source::platform::NoPlatform| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let form: Form = "sarif=out/a=b.sarif".parse().unwrap();
        assert_eq!(form.format, OutputFormat::Sarif);
        assert_eq!(form.file, Some(PathBuf::from("out/a=b.sarif")));
        assert!("table".parse::<Form>().unwrap().file.is_none());
        for wrong in ["sarif=", "", "pdf", "=x"] {
            assert!(wrong.parse::<Form>().is_err(), "{wrong}");
        }
    }
}
