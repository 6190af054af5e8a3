//! Packages held against a database.

use std::collections::{BTreeMap, HashMap};

use palisade_api::Digest;
use palisade_api::rest::scan::{ModuleCve, ScanModule, Vulnerability};

use super::module_source;
use super::severity::{self, Severity};
use crate::error::ScanError;
use crate::inspect::os::PackageFormat;
use crate::r#match::compare;
use crate::package::Package;
use crate::scan::Inventory;
use crate::vulndb::{self, Affected, OpenError, VulnDb};

/// What was found.
pub(super) struct Matched {
    /// Whether the packages of the operating system could be matched.
    pub(super) supported: bool,
    /// Worst first, then by package.
    pub(super) vulnerabilities: Vec<Found>,
    pub(super) modules: Vec<ScanModule>,
}

/// A vulnerability of a package.
pub(super) struct Found {
    pub(super) severity: Option<Severity>,
    pub(super) layer: Option<Digest>,
    pub(super) rest: Vulnerability,
}

/// Looks the packages of an inventory up.
pub(super) fn matches(inventory: &Inventory, database: &VulnDb) -> Result<Matched, ScanError> {
    let mut lookup = Lookup { database, affected: HashMap::new(), known: HashMap::new() };
    let format = inventory.distribution.as_ref().and_then(crate::inspect::os::Distribution::format);
    let ecosystems = inventory
        .distribution
        .as_ref()
        .map(crate::inspect::os::Distribution::ecosystems)
        .unwrap_or_default();
    let mut vulnerabilities = Vec::new();
    let mut modules = Vec::new();
    for layered in &inventory.packages {
        let package = &layered.package;
        let mut found = match format {
            Some(format) => lookup.package(&ecosystems, package, format).map_err(database_error)?,
            None => Vec::new(),
        };
        found.sort_by(|left, right| left.rest.name.cmp(&right.rest.name));
        modules.push(ScanModule {
            name: package.shown_name(),
            file: package.file.clone(),
            version: package.version.clone(),
            source: module_source(inventory, layered),
            cves: found
                .iter()
                .map(|found| ModuleCve {
                    name: found.rest.name.clone(),
                    status: if found.rest.fixed_version.is_empty() {
                        "unpatched".to_owned()
                    } else {
                        "fix exists".to_owned()
                    },
                })
                .collect(),
            cpes: Vec::new(),
        });
        vulnerabilities
            .extend(found.into_iter().map(|found| Found { layer: layered.layer, ..found }));
    }
    vulnerabilities.sort_by(|left, right| {
        right
            .severity
            .cmp(&left.severity)
            .then_with(|| left.rest.package_name.cmp(&right.rest.package_name))
            .then_with(|| left.rest.name.cmp(&right.rest.name))
    });
    Ok(Matched { supported: format.is_some(), vulnerabilities, modules })
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn database_error(error: OpenError) -> ScanError {
    ScanError::VulnDb(error.to_string())
}

/// Look-ups in the database, each made once for an image.
struct Lookup<'a> {
    database: &'a VulnDb,
    affected: HashMap<String, Vec<Affected>>,
    known: HashMap<String, vulndb::Vulnerability>,
}

impl Lookup<'_> {
    fn package(
        &mut self,
        ecosystems: &[String],
        package: &Package,
        format: PackageFormat,
    ) -> Result<Vec<Found>, OpenError> {
        if !self.affected.contains_key(&package.source) {
            let mut all = Vec::new();
            for ecosystem in ecosystems {
                all.extend(self.database.affected(ecosystem, &package.source)?);
            }
            self.affected.insert(package.source.clone(), all);
        }
        // Several advisories may tell of one vulnerability: it is reported
        // once, with all the versions that repair it.
        let mut hits: BTreeMap<String, (Vec<String>, Affected)> = BTreeMap::new();
        for affected in self.affected.get(&package.source).into_iter().flatten() {
            let order = |left: &str, right: &str| compare(format, left, right);
            let Some(fixed) = affected.check(&package.version, order) else { continue };
            let (repairs, _) =
                hits.entry(affected.name.clone()).or_insert_with(|| (Vec::new(), affected.clone()));
            if let Some(fixed) = fixed.filter(|fixed| !repairs.iter().any(|known| known == fixed)) {
                repairs.push(fixed.to_owned());
            }
        }
        let mut found = Vec::new();
        for (name, (fixes, affected)) in hits {
            let known = self.known(&name)?;
            let rated = severity::rate(
                known.score_v2,
                known.score_v3,
                [&affected.feed_rating, &known.rating],
            );
            if rated.severity.is_none() && severity::is_negligible(&affected.feed_rating) {
                continue;
            }
            let rest = Vulnerability {
                name,
                score: rated.score_v2,
                severity: rated.severity.map_or("Unknown", Severity::text).to_owned(),
                vectors: known.vector_v2.clone(),
                description: known.description.clone(),
                file_name: package.file.clone(),
                package_name: package.shown_name(),
                package_version: package.version.clone(),
                fixed_version: fixes.join(" OR "),
                link: known.link.clone(),
                score_v3: rated.score_v3,
                vectors_v3: known.vector_v3.clone(),
                published_timestamp: known.published,
                last_modified_timestamp: known.modified,
                cpes: Vec::new(),
                cves: known.aliases.clone(),
                feed_rating: affected.feed_rating.clone(),
                in_base_image: false,
                tags: Vec::new(),
            };
            found.push(Found { severity: rated.severity, layer: None, rest });
        }
        Ok(found)
    }

    fn known(&mut self, name: &str) -> Result<&vulndb::Vulnerability, OpenError> {
        if !self.known.contains_key(name) {
            let known = self.database.vulnerability(name)?.unwrap_or_default();
            self.known.insert(name.to_owned(), known);
        }
        Ok(self.known.entry(name.to_owned()).or_default())
    }
}
