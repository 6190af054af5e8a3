//! Packages held against a database.
//!
//! A package of an operating system is held against the data of its
//! distribution alone; every other package against that of its ecosystem.
//! What several advisories tell of one vulnerability becomes one finding.

mod lookup;
mod merge;
mod name;
mod page;
mod rule;

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::finding::{AdvisorySource, Epss, Finding, Kev, Status};
use super::severity::{self, Cvss, CvssVersion, Word};
use crate::error::ScanError;
use crate::inspect::os::Distribution;
use crate::inspect::os::rule::is_foreign;
use crate::package::{LayeredPackage, Package};
use crate::scan::{FileProblem, Inventory};
use crate::vulndb::{
    self, Affected, Exploited, Likelihood, OpenError, Score, VulnDb, Vulnerability,
};
pub(super) use name::normal as normal_name;

use lookup::Lookup;
use rule::Against;

/// Packages of an operating system of which no database that covers it knows
/// nothing: among so many are always some that were repaired once.
const TELLING: usize = 10;

/// Findings of one report. Some ten old kernels have as many as two thirds of it.
const MOST: usize = 100_000;

/// So many new packages keep a thread busy for as long as some dozens of its like
/// take to start: about five milliseconds.
const WORTH_A_THREAD: usize = 250;

/// Others scan, too.
const MOST_THREADS: usize = 4;

/// Packages that a thread takes at a time.
const PART: usize = 32;

/// What was looked up and found of packages, for all the images that hold
/// them.
#[derive(Debug)]
pub(super) struct Known<'a> {
    lookup: Lookup<'a>,
    /// Findings by distribution and package, without place and layer.
    findings: HashMap<String, HashMap<Package, Vec<Finding>>>,
}

impl<'a> Known<'a> {
    pub(super) fn new(database: &'a VulnDb) -> Self {
        Self { lookup: Lookup::new(database), findings: HashMap::new() }
    }
}

/// Looks the packages of an inventory up. Worst first, then by package.
pub(super) fn matches(
    inventory: &Inventory,
    known: &mut Known<'_>,
) -> Result<Vec<Finding>, ScanError> {
    // All that matching asks of a distribution.
    let distribution = serde_json::to_string(&inventory.distribution)
        .map_err(|error| ScanError::Malformed(format!("its distribution: {error}")))?;
    let Known { lookup, findings: of_distributions } = known;
    let of_packages = of_distributions.entry(distribution).or_default();
    let new: HashSet<&Package> = inventory
        .packages
        .iter()
        .map(|layered| &layered.package)
        .filter(|package| !of_packages.contains_key(*package))
        .collect();
    let new: Vec<&Package> = new.into_iter().collect();
    let found = of_new(lookup, inventory.distribution.as_ref(), &new);
    of_packages.extend(found.map_err(|error| ScanError::VulnDb(error.to_string()))?);
    let mut findings = Vec::new();
    for (at, layered) in inventory.packages.iter().enumerate() {
        let LayeredPackage { package, layer } = layered;
        let of_package = of_packages.get(package).map(Vec::as_slice).unwrap_or_default();
        if findings.len() + of_package.len() > MOST {
            return Err(ScanError::TooManyFindings(MOST));
        }
        findings.extend(of_package.iter().map(|finding| Finding {
            package: at as u32,
            layer: *layer,
            ..finding.clone()
        }));
    }
    sort(&mut findings, |at| {
        inventory.packages.get(at as usize).map(|layered| layered.package.shown_name())
    });
    Ok(findings)
}

/// The findings of packages that nothing is known of yet; of many, by some threads.
fn of_new(
    lookup: &mut Lookup<'_>,
    distribution: Option<&Distribution>,
    packages: &[&Package],
) -> Result<Vec<(Package, Vec<Finding>)>, OpenError> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(packages.len() / WORTH_A_THREAD).clamp(1, MOST_THREADS);
    if threads == 1 {
        return Matcher::new(lookup, distribution).all(packages);
    }
    let begun = AtomicUsize::new(0);
    let work = || {
        let mut lookup = lookup.beside();
        let mut matcher = Matcher::new(&mut lookup, distribution);
        let mut found = Vec::new();
        while let Some(part) = packages.chunks(PART).nth(begun.fetch_add(1, Ordering::Relaxed)) {
            found.extend(matcher.all(part)?);
        }
        Ok::<_, OpenError>((found, lookup))
    };
    let done: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined = others.into_iter().map(|other| match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(joined).collect()
    });
    let mut all = Vec::with_capacity(packages.len());
    for done in done {
        let (found, beside) = done?;
        all.extend(found);
        lookup.absorb(beside);
    }
    Ok(all)
}

/// Tells where the database has nothing on the operating system, so that no
/// finding means nothing. Asked after [`matches`].
pub(super) fn uncovered(inventory: &Inventory, known: &Known<'_>) -> Option<FileProblem> {
    let distribution = inventory.distribution.as_ref()?;
    let packages = inventory.packages.iter().filter(|one| one.package.ecosystem.is_os()).count();
    let ecosystems = distribution.ecosystems();
    let silent = !ecosystems.is_empty()
        && ecosystems.iter().all(|ecosystem| known.lookup.is_silent_on(ecosystem));
    (silent && packages >= TELLING).then(|| FileProblem {
        path: distribution.base_os(),
        reason: format!(
            "the vulnerability database knows nothing of any of its {packages} packages: build it \
             with a source for this operating system"
        ),
    })
}

/// Worst first, then by package, then by name.
fn sort(findings: &mut [Finding], shown: impl Fn(u32) -> Option<String>) {
    findings.sort_by_cached_key(|finding| {
        (
            std::cmp::Reverse(finding.severity()),
            shown(finding.package).unwrap_or_default(),
            finding.name.clone(),
            finding.package,
        )
    });
}

struct Matcher<'a, 'database> {
    lookup: &'a mut Lookup<'database>,
    distribution: Option<&'a Distribution>,
    /// The names that advisories give the distribution.
    ecosystems: Vec<String>,
    products: Vec<String>,
}

/// What one advisory tells of a package whose version it affects.
struct Hit {
    name: String,
    fixed: Option<String>,
    status: vulndb::Status,
    feed_rating: String,
    advisory: AdvisorySource,
}

impl<'a, 'database> Matcher<'a, 'database> {
    fn new(lookup: &'a mut Lookup<'database>, distribution: Option<&'a Distribution>) -> Self {
        Self {
            lookup,
            distribution,
            ecosystems: distribution.map(Distribution::ecosystems).unwrap_or_default(),
            products: distribution.map(Distribution::products).unwrap_or_default(),
        }
    }

    /// The findings of each of some packages.
    fn all(&mut self, packages: &[&Package]) -> Result<Vec<(Package, Vec<Finding>)>, OpenError> {
        packages.iter().map(|package| Ok(((*package).clone(), self.package(package)?))).collect()
    }

    /// The findings of a package, wherever it lies.
    fn package(&mut self, package: &Package) -> Result<Vec<Finding>, OpenError> {
        let hits = self.hits(package)?;
        if hits.is_empty() {
            return Ok(Vec::new());
        }
        let mut findings = Vec::new();
        for group in merge::groups(hits, self.lookup)? {
            findings.extend(self.finding(group)?);
        }
        Ok(findings)
    }

    /// The advisories that speak of this version.
    fn hits(&mut self, package: &Package) -> Result<Vec<Hit>, OpenError> {
        let osv = [package.ecosystem.osv().to_owned()];
        let is_os = package.ecosystem.is_os();
        let ecosystems = if is_os { self.ecosystems.as_slice() } else { &osv };
        let distribution = self.distribution.filter(|_| is_os);
        let mut hits = Vec::new();
        if distribution.is_some_and(|distribution| is_foreign(distribution, package)) {
            return Ok(hits);
        }
        for ecosystem in ecosystems {
            let against = Against { ecosystem, distribution, products: &self.products };
            for candidate in name::candidates(ecosystem, package) {
                for affected in self.lookup.affected(ecosystem, &candidate.name)?.iter() {
                    let told = rule::check(package, &candidate, affected, against);
                    hits.extend(told.map(|told| hit(ecosystem, affected, told)));
                }
            }
        }
        Ok(hits)
    }

    /// One finding of all that tell of one vulnerability; none where it is
    /// nothing to worry about.
    fn finding(&mut self, group: merge::Group) -> Result<Option<Finding>, OpenError> {
        let known = self.lookup.vulnerability(&group.name)?;
        let others: Vec<_> = group
            .others
            .iter()
            .map(|name| self.lookup.vulnerability(name))
            .collect::<Result<_, _>>()?;
        let mut finding = Finding { name: group.name, ..Finding::default() };
        let mut cvss = Vec::new();
        for known in std::iter::once(&known).chain(&others) {
            describe(&mut finding, &mut cvss, known);
        }
        finding.aliases.extend(group.others);
        finding.aliases.retain(|alias| *alias != finding.name);
        finding.aliases.sort();
        finding.aliases.dedup();
        finding.status = status(&group.hits);
        for hit in group.hits {
            if finding.feed_rating.is_empty() {
                finding.feed_rating = hit.feed_rating;
            }
            if let Some(fixed) = hit.fixed.filter(|fixed| !finding.fixed.contains(fixed)) {
                finding.fixed.push(fixed);
            }
            if !finding.advisories.contains(&hit.advisory) {
                finding.advisories.push(hit.advisory);
            }
        }
        let source = finding.advisories.first().map_or("", |advisory| &advisory.ecosystem);
        page::best(source, &finding.name, &mut finding.links);
        let words = std::iter::once(Word { source, word: &finding.feed_rating }).chain(
            std::iter::once(&known)
                .chain(&others)
                .map(|known| Word { source: "", word: &known.rating }),
        );
        finding.rating = severity::rate(cvss, words);
        let negligible =
            finding.severity().is_none() && severity::is_negligible(&finding.feed_rating);
        Ok((!negligible).then_some(finding))
    }
}

/// The word that leads furthest: a fix, where anybody has one.
fn status(hits: &[Hit]) -> Status {
    if hits.iter().any(|hit| hit.fixed.is_some()) {
        return Status::FixExists;
    }
    let all = |status| hits.iter().all(|hit| hit.status == status);
    if all(vulndb::Status::WillNotFix) {
        Status::WillNotFix
    } else if all(vulndb::Status::UnderInvestigation) {
        Status::UnderInvestigation
    } else {
        Status::Unpatched
    }
}

fn hit(ecosystem: &str, affected: &Affected, told: rule::Affection) -> Hit {
    let id = if affected.advisory.is_empty() { &affected.name } else { &affected.advisory };
    Hit {
        name: affected.name.clone(),
        fixed: told.fixed,
        status: affected.status,
        feed_rating: affected.feed_rating.clone(),
        advisory: AdvisorySource { id: id.clone(), ecosystem: ecosystem.to_owned() },
    }
}

/// Takes from a record what is not known yet.
fn describe(finding: &mut Finding, cvss: &mut Vec<Cvss>, known: &Vulnerability) {
    finding.aliases.extend(known.aliases.iter().cloned());
    if !known.link.is_empty() && !finding.links.contains(&known.link) {
        finding.links.push(known.link.clone());
    }
    if finding.published == 0 {
        finding.published = known.published;
    }
    finding.modified = finding.modified.max(known.modified);
    for cwe in &known.cwes {
        if !finding.cwes.contains(cwe) {
            finding.cwes.push(cwe.clone());
        }
    }
    let epss = |told: Likelihood| Epss { score: told.probability, percentile: told.percentile };
    finding.epss = finding.epss.or_else(|| known.likelihood.map(epss));
    let kev = |told: Exploited| {
        let Exploited { added, due, ransomware } = told;
        Kev { added, due, ransomware }
    };
    finding.kev = finding.kev.take().or_else(|| known.exploited.map(kev));
    for score in &known.scores {
        let version = match score.version {
            2 => CvssVersion::V2,
            3 => CvssVersion::V3,
            _ => CvssVersion::V4,
        };
        if score.score > 0.0 && !cvss.iter().any(|cvss| cvss.version == version) {
            let Score { vector, score, .. } = score.clone();
            cvss.push(Cvss { version, source: String::new(), vector, score });
        }
    }
}
