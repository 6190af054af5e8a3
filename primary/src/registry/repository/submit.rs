//! Results of stand-alone scanners, which become reports like others.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_api::rest::scan::{
    ScanResult, ScanResultSecret, ScanResultSetId, ScanResultVulnerability,
};
use palisade_scanner::inspect::secret::Secret;
use palisade_scanner::report::{
    Cvss, CvssVersion, DecidedBy, Finding, Rated, ReportLayer, Severity, Signatures, Status,
};
use palisade_scanner::scan::{FileSecret, SetId};
use palisade_scanner::source::reference::{is_repository, is_tag};
use palisade_scanner::source::registry::RegistryAccess;
use palisade_scanner::{
    Distribution, Ecosystem, LayeredPackage, Package, Report, ScanError, ScanOutcome,
};
use prost::Message as _;
use thiserror::Error;

use super::RepositoryFailure;
use super::request::MAX_REGISTRY;
use crate::registry::report::pack;
use crate::registry::{Registries, RegistryFailure};
use crate::store::report::{MatchResult, NewReport, UsedDatabase};
use crate::store::repository_image::{self, RepositoryImage};
use crate::store::{self, StoreError};

/// Vulnerabilities, packages and the like at most.
const MOST: usize = 200_000;
/// Bytes of a text that every verdict carries, and how many names of verifiers.
const MOST_TEXT: usize = 1_024;
const MOST_VERIFIERS: usize = 100;

/// A result that cannot be kept.
#[derive(Debug, Error)]
pub enum BadResult {
    /// What makes it a result on an image.
    #[error("image id, digest, repository and tag are required, and {0} is missing or malformed")]
    Incomplete(&'static str),
    /// The scan failed.
    #[error("the result is that of a failed scan: {}", .0.text())]
    Failed(ScanOutcome),
    /// Beyond any image.
    #[error("it has more than {MOST} vulnerabilities, packages, secrets and files")]
    TooLarge,
    /// More than verdicts carry to every cluster.
    #[error("{0} is longer than {MOST_TEXT} bytes")]
    TooLong(&'static str),
    /// More than verdicts carry to every cluster.
    #[error("it has more than {MOST_VERIFIERS} verifiers")]
    TooManyVerifiers,
}

impl Registries {
    /// Keeps the result of a stand-alone scanner: its verdict is published
    /// under the image's name. What this primary found itself stands. Since
    /// nobody vouches for it, it tells nothing about other images.
    pub async fn submit_result(&self, result: ScanResult) -> Result<(), RepositoryFailure> {
        let now = self.clock.now();
        let (image, report) = report(result, now)?;
        let packed = tokio::task::spawn_blocking(move || Packed::of(report, image.digest));
        let packed = packed.await.map_err(|_| RegistryFailure::Cancelled)?;
        let packed = packed.map_err(RegistryFailure::Describe)?;
        let mut tx = self.database.begin().await?;
        repository_image::lock(&mut tx, &image).await?;
        if !store::inventory::exists(&mut tx, image.digest).await? {
            store::report::put(&mut tx, &packed.to_store(image.digest)).await?;
        }
        repository_image::put(&mut tx, &image, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.reports.notify_waiters();
        Ok(())
    }
}

/// A report in the form that is stored.
struct Packed {
    report: Report,
    image_id: String,
    base_os: String,
    summary: String,
    body: Vec<u8>,
    verdict: Vec<u8>,
}

impl Packed {
    /// Blocks.
    fn of(report: Report, digest: Digest) -> Result<Self, ScanError> {
        let summary = serde_json::to_string(&report.image_summary("", ""))
            .map_err(|error| ScanError::Malformed(error.to_string()))?;
        Ok(Self {
            image_id: report.image_id.map(|id| id.to_string()).unwrap_or_default(),
            base_os: report.base_os(),
            // Postgres stores no NUL in JSON.
            summary: summary.replace("\\u0000", "\\ufffd"),
            body: pack(&report)?,
            verdict: report.verdict(digest, &[]).encode_to_vec(),
            report,
        })
    }

    fn to_store(&self, digest: Digest) -> NewReport<'_> {
        let counts = self.report.counts;
        let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        NewReport {
            digest,
            summary: &self.summary,
            image_id: &self.image_id,
            base_os: &self.base_os,
            size: self.report.size(),
            signatures: None,
            findings_only: false,
            result: MatchResult {
                scanned_at: self.report.scanned_at,
                vulndb: UsedDatabase {
                    // None of ours.
                    digest: Digest::of(b""),
                    built_at: DateTime::UNIX_EPOCH,
                    version: &self.report.cvedb_version,
                    create_time: &self.report.cvedb_create_time,
                },
                counts: [counts.critical, counts.high, counts.medium, counts.low, counts.unknown]
                    .map(count),
                body: Some(&self.body),
                body_digest: Digest::of(&self.body),
                findings_digest: Digest::of(b""),
                verdict: Some(&self.verdict),
            },
        }
    }
}

/// What of the texts that verdicts and queries carry is longer than any honest one.
fn too_long(result: &ScanResult) -> Option<&'static str> {
    let carried = [
        ("Version", &result.version),
        ("Namespace", &result.namespace),
        ("CVEDBCreateTime", &result.cvedb_create_time),
    ];
    let verifiers = result.signature_info.verifiers.iter().map(|one| ("a verifier", one));
    let names = result.vuls.iter().map(|one| ("the name of a vulnerability", &one.name));
    let mut texts = carried.into_iter().chain(verifiers).chain(names);
    texts.find(|(_, text)| text.len() > MOST_TEXT).map(|(what, _)| what)
}

/// The image and the report that a result tells of.
fn report(result: ScanResult, now: DateTime<Utc>) -> Result<(RepositoryImage, Report), BadResult> {
    let digest = |text: &str, what| {
        let read = Digest::from_oci(text).or_else(|_| text.parse());
        read.map_err(|_| BadResult::Incomplete(what))
    };
    if result.error != 0 {
        return Err(BadResult::Failed(ScanOutcome::from_number(result.error)));
    }
    let lists = [result.vuls.len(), result.modules.len(), result.set_id_perms.len()];
    if lists.into_iter().sum::<usize>() + result.secrets.logs.len() > MOST {
        return Err(BadResult::TooLarge);
    }
    if result.signature_info.verifiers.len() > MOST_VERIFIERS {
        return Err(BadResult::TooManyVerifiers);
    }
    if let Some(what) = too_long(&result) {
        return Err(BadResult::TooLong(what));
    }
    let image_id = digest(&result.image_id, "ImageID")?;
    let manifest = digest(&result.digest, "Digest")?;
    if !is_repository(&result.repository) {
        return Err(BadResult::Incomplete("Repository"));
    }
    if !is_tag(&result.tag) {
        return Err(BadResult::Incomplete("Tag"));
    }
    let registry = match result.registry.trim() {
        "" => String::new(),
        registry if registry.len() > MAX_REGISTRY => return Err(BadResult::Incomplete("Registry")),
        registry => RegistryAccess::new(registry)
            .map_err(|_| BadResult::Incomplete("Registry"))?
            .url
            .to_string(),
    };
    let image = RepositoryImage {
        registry,
        repository: result.repository,
        tag: result.tag,
        digest: manifest,
        index_digest: None,
    };
    let mut packages = Packages::default();
    for module in &result.modules {
        packages.place(&module.name, &module.version, &module.source, &module.file);
    }
    let mut findings: Vec<Finding> = Vec::with_capacity(result.vuls.len());
    for vulnerability in result.vuls {
        let name = match vulnerability.package_name.as_str() {
            "" => vulnerability.package_name_deprecated.as_str(),
            name => name,
        };
        let (version, file) = (&vulnerability.package_version, &vulnerability.file_name);
        let package = packages.place(name, version, "", file);
        findings.push(finding(vulnerability, package));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
    let layers = result.cmds.into_iter().enumerate();
    let mut report = Report {
        digest: Some(manifest),
        image_id: Some(image_id),
        scanned_at: now,
        cvedb_version: result.version,
        cvedb_create_time: result.cvedb_create_time,
        distribution: distribution(&result.namespace),
        author: result.author,
        created_at: result.created,
        envs: result.envs,
        labels: result.labels,
        layers: layers
            .map(|(at, command)| ReportLayer {
                command: Some(command),
                size: if at == 0 { u64::try_from(result.size).unwrap_or_default() } else { 0 },
                ..ReportLayer::default()
            })
            .collect(),
        packages: packages.all,
        findings,
        secrets: result.secrets.logs.into_iter().map(secret).collect(),
        set_ids: result.set_id_perms.into_iter().filter_map(set_id).collect(),
        signatures: (!result.signature_info.verifiers.is_empty())
            .then_some(Signatures { verifiers: result.signature_info.verifiers, verified_at: now }),
        ..Report::default()
    };
    report.supported = report.distribution.as_ref().is_some_and(Distribution::is_supported);
    // Nothing is ignored; it is counted.
    report.ignore(&[]);
    Ok((image, report))
}

/// The operating system of `debian:12`.
fn distribution(namespace: &str) -> Option<Distribution> {
    let (id, version) = namespace.split_once(':').unwrap_or((namespace, ""));
    (!id.is_empty()).then(|| Distribution {
        id: id.to_owned(),
        version: version.to_owned(),
        content_sets: Vec::new(),
    })
}

/// Packages in the order in which they are told of, each once.
#[derive(Default)]
struct Packages {
    all: Vec<LayeredPackage>,
    places: HashMap<(String, String), u32>,
}

impl Packages {
    fn place(&mut self, name: &str, version: &str, source: &str, file: &str) -> u32 {
        let all = &mut self.all;
        *self.places.entry((name.to_owned(), version.to_owned())).or_insert_with(|| {
            // Shown as they are told: names carry what tells languages apart.
            let ecosystem = if source.contains(':') || source.is_empty() {
                Ecosystem::Dpkg
            } else {
                Ecosystem::Application
            };
            let package = Package::new(ecosystem, name, version, file);
            all.push(LayeredPackage { package, layer: None });
            all.len() as u32 - 1
        })
    }
}

fn finding(told: ScanResultVulnerability, package: u32) -> Finding {
    let score = |version, vector: String, score: f32| {
        (score > 0.0 && score <= 10.0).then_some(Cvss {
            version,
            source: String::new(),
            vector,
            score,
        })
    };
    let cvss: Vec<Cvss> = [
        score(CvssVersion::V3, told.vectors_v3, told.score_v3),
        score(CvssVersion::V2, told.vectors, told.score),
    ]
    .into_iter()
    .flatten()
    .collect();
    let score_of = |version| cvss.iter().find(|c| c.version == version).map_or(0.0, |c| c.score);
    let (score_v2, score_v3) = (score_of(CvssVersion::V2), score_of(CvssVersion::V3));
    let fixed: Vec<String> = match told.fixed_version.trim() {
        "" => Vec::new(),
        fixed => fixed.split(" OR ").map(str::to_owned).collect(),
    };
    Finding {
        rating: Rated {
            severity: Severity::from_text(&told.severity),
            score_v2,
            score_v3,
            decided_by: if cvss.is_empty() { DecidedBy::Nobody } else { DecidedBy::Score },
            cvss,
        },
        status: if fixed.is_empty() { Status::Unpatched } else { Status::FixExists },
        name: told.name,
        aliases: told.cves,
        package,
        feed_rating: told.feed_rating,
        fixed,
        in_base_image: told.in_base,
        description: told.description,
        links: if told.link.is_empty() { Vec::new() } else { vec![told.link] },
        published: seconds(&told.published_date),
        modified: seconds(&told.last_modified_date),
        ..Finding::default()
    }
}

fn secret(told: ScanResultSecret) -> FileSecret {
    let kind = if told.rule_desc.is_empty() { told.rule } else { told.rule_desc };
    let secret = Secret { kind, evidence: told.text, suggestion: told.suggestion };
    FileSecret { path: told.file, secret, layer: None }
}

/// None for a file without such bits. They are told by name; what everybody may do with the
/// file stands at the end of the mode, in nine letters.
fn set_id(told: ScanResultSetId) -> Option<SetId> {
    let special = [("setuid", 0o4000), ("setgid", 0o2000)];
    let special = special.into_iter().filter(|(name, _)| told.kind.contains(name));
    let special = special.fold(0_u32, |mode, (_, bit)| mode | bit);
    let letters = told.evidence.bytes().rev().take(9).enumerate();
    let plain = letters
        .filter(|(_, letter)| *letter != b'-')
        .fold(0_u32, |mode, (at, _)| mode | 1_u32 << at);
    (special != 0).then_some(SetId { path: told.file, mode: special | plain, layer: None })
}

/// Unix seconds; 0 where the text tells no time.
fn seconds(text: &str) -> i64 {
    let time = || DateTime::parse_from_rfc3339(text).map(|time| time.timestamp());
    text.parse().ok().or_else(|| time().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> ScanResult {
        let json = format!(
            r#"{{"Version":"4.1","Namespace":"debian:12","ImageID":"{0}","Digest":"sha256:{0}",
                "Registry":"https://registry.shop","Repository":"shop/orders","Tag":"v1",
                "Secrets":{{"Logs":[{{"Type":"regular","RuleDesc":"Private.Key","File":"/id_rsa",
                    "Text":"-----BEGIN...","Suggestion":"Remove it"}}]}},
                "SetIdPerms":[{{"Type":"setuid","Evidence":"urwxr-xr-x","File":"/bin/su"}},
                    {{"Type":"","Evidence":"rwxr-xr-x","File":"/bin/ls"}}],
                "Modules":[{{"Name":"curl/libcurl4","Version":"7.88","Source":"debian:12"}}],
                "Vuls":[{{"Name":"CVE-2023-38545","Severity":"Critical","ScoreV3":9.8,
                    "PackageName":"curl/libcurl4","PackageVersion":"7.88","FixedVersion":"7.89",
                    "PublishedDate":"1697000000","CVEs":["DSA-1"]}}]}}"#,
            "ab".repeat(32)
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_result_becomes_a_report() {
        let (image, report) = report(result(), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((&*image.registry, &*image.tag), ("https://registry.shop/", "v1"));
        assert_eq!((report.counts.critical, report.packages.len()), (1, 1));
        assert_eq!(report.base_os(), "debian:12");
        let shown =
            &report.scan_report(palisade_scanner::report::Accepted::Hidden).vulnerabilities[0];
        assert_eq!(shown.package_name, "curl/libcurl4");
        assert_eq!((shown.published_timestamp, shown.score_v3), (1_697_000_000, 9.8));
        let verdict = report.verdict(image.digest, &[]);
        assert!(verdict.cves[0].fixed);
        assert_eq!((verdict.secrets, verdict.set_ids), (1, 1));
        let shown = report.scan_report(palisade_scanner::report::Accepted::Hidden);
        assert_eq!((&*shown.secrets[0].kind, &*shown.secrets[0].path), ("Private.Key", "/id_rsa"));
        let set_id = &shown.setid_perms[0];
        assert_eq!((&*set_id.kind, &*set_id.evidence), ("setuid", "urwxr-xr-x"));
    }

    #[test]
    fn what_makes_no_result_is_refused() {
        let break_it: [fn(&mut ScanResult); 10] = [
            |r| r.version = "4".repeat(MOST_TEXT + 1),
            |r| r.namespace = "debian:".repeat(MOST_TEXT),
            |r| r.vuls[0].name = "CVE-".repeat(MOST_TEXT),
            |r| r.signature_info.verifiers = vec!["a/b".to_owned(); MOST_VERIFIERS + 1],
            |r| r.image_id.clear(),
            |r| r.digest = "latest".to_owned(),
            |r| r.repository.clear(),
            |r| r.tag.clear(),
            |r| r.registry = "ftp://x".to_owned(),
            |r| r.error = 17,
        ];
        for (at, break_it) in break_it.into_iter().enumerate() {
            let mut result = result();
            break_it(&mut result);
            assert!(report(result, DateTime::UNIX_EPOCH).is_err(), "{at}");
        }
    }
}
