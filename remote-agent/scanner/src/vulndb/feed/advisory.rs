//! What a record of any feed says, in one form, and how it goes to the sink.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{PackageEntry, Sink};
use crate::vulndb::record::{Affected, Prose, Range, Score, Vulnerability};
pub(super) use crate::vulndb::record::{Exploited, Likelihood, Status};
use crate::vulndb::{cvss, ecosystem};

/// The processor of packages that are built.
pub(super) const SOURCE: &str = "src";
/// Characters of a description that are kept.
const DESCRIPTION: usize = 4096;
/// Bytes of a name, a version or an address at most.
const TEXT: usize = 4096;
/// Ranges and versions of one package in one record at most.
const VERSIONS: usize = 100_000;

/// One record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Advisory {
    /// The feed's own id; where it is that of no advisory, empty.
    pub(super) id: String,
    /// The vulnerabilities that it is about: CVEs where there are any.
    pub(super) names: Vec<String>,
    /// Other names of the one that it is about.
    pub(super) aliases: Vec<String>,
    pub(super) description: String,
    /// The page to show.
    pub(super) link: String,
    pub(super) references: Vec<String>,
    pub(super) cwes: Vec<String>,
    pub(super) scores: Vec<Score>,
    /// Unix seconds; 0 when unknown.
    pub(super) published: i64,
    /// Unix seconds; 0 when unknown.
    pub(super) modified: i64,
    /// The feed's rating in words.
    pub(super) rating: String,
    /// Whether it is the record of the vulnerability itself, not of a
    /// distribution that has it.
    pub(super) exact: bool,
    /// How likely it is to be exploited.
    pub(super) likelihood: Option<Likelihood>,
    /// Whether it is known to be exploited.
    pub(super) exploited: Option<Exploited>,
    pub(super) statements: Vec<Statement>,
}

/// What is said of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Statement {
    /// The database's name of the ecosystem.
    pub(super) ecosystem: String,
    pub(super) package: String,
    pub(super) status: Status,
    pub(super) ranges: Vec<Range>,
    /// Single versions.
    pub(super) versions: Vec<String>,
    /// The processors that it is about; none: all. `src` tells that the
    /// package is a source, whatever is built of it.
    pub(super) arches: Vec<String>,
    /// The rpm module stream, `nodejs:18`.
    pub(super) stream: String,
    /// The products that it is about; none: all.
    pub(super) cpes: Vec<String>,
    /// The rating for this package, where it is another.
    pub(super) rating: String,
}

impl Advisory {
    /// Adds a score, where `text` is a vector or a number.
    pub(super) fn score(&mut self, text: &str) {
        self.scores.extend(score(text));
    }

    /// Whether it is as large as honest records are at most.
    fn is_honest(&self) -> bool {
        let texts = self.names.iter().chain(&self.aliases).chain(&self.cwes);
        texts.chain([&self.id, &self.link, &self.rating]).all(|text| is_short(text))
            && self.statements.iter().all(Statement::is_honest)
    }
}

/// A vector, a number, or a number and a vector with a slash between.
pub(super) fn score(text: &str) -> Option<Score> {
    let text = text.trim();
    let (number, vector) = match text.split_once('/') {
        Some((number, vector)) if number.parse::<f32>().is_ok() => (number, vector),
        _ if text.parse::<f32>().is_ok() => (text, ""),
        _ => ("", text),
    };
    let told = number.parse().ok().filter(|score| (0.0..=10.0).contains(score));
    let vector = vector.trim_matches(['(', ')']).trim_end_matches('/');
    match cvss::score(vector) {
        Some((version, score)) => {
            Some(Score { version, vector: vector.to_owned(), score: told.unwrap_or(score) })
        }
        // Only version 3 is told as a bare number.
        None => told.map(|score| Score { version: 3, vector: String::new(), score }),
    }
}

impl Statement {
    /// A package all of whose versions before `fixed` are affected; all,
    /// where there is none.
    pub(super) fn before(
        ecosystem: impl Into<String>,
        package: impl Into<String>,
        fixed: Option<&str>,
    ) -> Self {
        let fixed = fixed.map(str::to_owned);
        Self {
            ecosystem: ecosystem.into(),
            package: package.into(),
            ranges: vec![Range { fixed, ..Range::default() }],
            ..Self::default()
        }
    }

    /// A package that is not affected.
    pub(super) fn not_affected(ecosystem: impl Into<String>, package: impl Into<String>) -> Self {
        Self {
            ecosystem: ecosystem.into(),
            package: package.into(),
            status: Status::NotAffected,
            ..Self::default()
        }
    }

    fn is_honest(&self) -> bool {
        let texts = [&self.ecosystem, &self.package, &self.stream, &self.rating].into_iter();
        let texts = texts.chain(&self.versions).chain(&self.arches).chain(&self.cpes);
        let ends = self.ranges.iter().flat_map(|range| {
            [&range.introduced, &range.fixed, &range.last_affected].into_iter().flatten()
        });
        self.ranges.len() + self.versions.len() <= VERSIONS
            && texts.chain(ends).all(|text| is_short(text))
    }

    pub(super) fn with_status(mut self, status: Status) -> Self {
        if status == Status::NotAffected {
            self.ranges.clear();
            self.versions.clear();
        }
        self.status = status;
        self
    }
}

/// Puts together what differs in processors and products only.
pub(super) fn joined(statements: Vec<Statement>) -> Vec<Statement> {
    fn add(known: &mut Vec<String>, other: Vec<String>) {
        // None means all.
        if known.is_empty() || other.is_empty() {
            known.clear();
            return;
        }
        for one in other {
            if !known.contains(&one) {
                known.push(one);
            }
        }
    }
    let mut places: HashMap<Statement, usize> = HashMap::new();
    let mut joined: Vec<Statement> = Vec::new();
    for mut statement in statements {
        let (arches, cpes) =
            (std::mem::take(&mut statement.arches), std::mem::take(&mut statement.cpes));
        // A source and what is built of it stay apart.
        let source = arches.iter().any(|arch| arch == SOURCE);
        let mut key = statement.clone();
        key.arches.extend(source.then(|| SOURCE.to_owned()));
        if let Some(known) = places.get(&key).and_then(|at| joined.get_mut(*at)) {
            add(&mut known.arches, arches);
            add(&mut known.cpes, cpes);
        } else {
            places.insert(key, joined.len());
            joined.push(Statement { arches, cpes, ..statement });
        }
    }
    joined
}

pub(super) fn is_cve(name: &str) -> bool {
    name.strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(year, number)| year.len() == 4 && !number.is_empty())
}

/// The names in a text that are CVEs, each once, in its order.
pub(super) fn cves_in(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("CVE-") {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_end_matches('-');
        if is_cve(name) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The Unix time of a date as feeds write it; 0 when it is none. Without a
/// zone it is UTC.
pub(super) fn seconds(text: &str) -> i64 {
    let text = text.trim().trim_end_matches(" UTC");
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return positive(date.timestamp());
    }
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return positive(date.timestamp());
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    if let Some(date) = naive {
        return positive(date.and_utc().timestamp());
    }
    ["%Y-%m-%d", "%d %b %Y", "%Y/%m/%d"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
        .and_then(|date| date.and_hms_opt(0, 0, 0))
        .map_or(0, |date| positive(date.and_utc().timestamp()))
}

/// Feeds write the year 1 where they know no date.
fn positive(seconds: i64) -> i64 {
    seconds.max(0)
}

fn is_short(text: &str) -> bool {
    text.len() <= TEXT
}

/// Gives a record to the sink.
pub(super) fn emit(sink: &mut dyn Sink, mut advisory: Advisory) {
    advisory.names.retain(|name| !name.is_empty());
    advisory.names.sort();
    advisory.names.dedup();
    if advisory.names.is_empty() {
        if advisory.id.is_empty() {
            return;
        }
        advisory.names.push(advisory.id.clone());
    }
    // One that cannot be written would keep all others out of the database.
    if !advisory.is_honest() {
        let name = advisory.names.first().map(String::as_str).unwrap_or_default();
        let name: String = name.chars().take(80).collect();
        return sink.malformed(&name, "it is larger than any honest record");
    }
    // What a record says of several vulnerabilities together holds for none
    // of them alone.
    let alone = advisory.names.len() == 1;
    let statements = std::mem::take(&mut advisory.statements);
    for name in &advisory.names {
        let (vulnerability, prose) = vulnerability(&advisory, name, alone);
        sink.vulnerability(vulnerability, prose, advisory.exact && alone);
        for statement in &statements {
            sink.package(entry(&advisory, name, statement));
        }
    }
}

fn vulnerability(advisory: &Advisory, name: &str, alone: bool) -> (Vulnerability, Prose) {
    let mut aliases = Vec::new();
    if alone {
        aliases.extend(advisory.aliases.iter().filter(|alias| *alias != name).cloned());
    }
    if !advisory.id.is_empty() && advisory.id != name {
        aliases.push(advisory.id.clone());
    }
    let of_one = |list: &[String]| if alone { list.to_vec() } else { Vec::new() };
    let mut vulnerability = Vulnerability {
        name: name.to_owned(),
        aliases,
        link: link(advisory, name, alone),
        published: advisory.published,
        modified: advisory.modified,
        rating: if alone { advisory.rating.clone() } else { String::new() },
        cwes: of_one(&advisory.cwes),
        likelihood: advisory.likelihood.filter(|_| alone),
        exploited: advisory.exploited.filter(|_| alone),
        scores: Vec::new(),
    };
    // A vector tells more than a number does.
    let with_vector = |with| advisory.scores.iter().filter(move |s| s.vector.is_empty() != with);
    for score in with_vector(true).chain(with_vector(false)).filter(|_| alone) {
        if !vulnerability.scores.iter().any(|known| known.version == score.version) {
            vulnerability.scores.push(score.clone());
        }
    }
    let mut references = of_one(&advisory.references);
    references.retain(|reference| *reference != vulnerability.link && is_short(reference));
    let description = advisory.description.chars().take(DESCRIPTION).collect();
    (vulnerability, Prose { description, references })
}

fn link(advisory: &Advisory, name: &str, alone: bool) -> String {
    if alone && !advisory.link.is_empty() {
        return advisory.link.clone();
    }
    if is_cve(name) {
        return format!("https://nvd.nist.gov/vuln/detail/{name}");
    }
    advisory.link.clone()
}

fn entry(advisory: &Advisory, name: &str, statement: &Statement) -> PackageEntry {
    let rating = if statement.rating.is_empty() { &advisory.rating } else { &statement.rating };
    PackageEntry {
        ecosystem: statement.ecosystem.clone(),
        package: ecosystem::package_name(&statement.ecosystem, &statement.package).into_owned(),
        affected: Affected {
            name: name.to_owned(),
            ranges: statement.ranges.clone(),
            versions: statement.versions.clone(),
            status: statement.status,
            feed_rating: rating.clone(),
            advisory: if advisory.id == name { String::new() } else { advisory.id.clone() },
            stream: statement.stream.clone(),
            arches: statement.arches.clone(),
            cpes: statement.cpes.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("2024-01-02T03:04:05Z", 1_704_164_645),
            ("2024-01-02T03:04:05.123", 1_704_164_645),
            ("2024-01-02 03:04:05 UTC", 1_704_164_645),
            ("2024-01-02 03:04", 1_704_164_640),
            ("Tue, 02 Jan 2024 03:04:05 +0000", 1_704_164_645),
            ("2024-01-02", 1_704_153_600),
            ("02 Jan 2024", 1_704_153_600),
            ("0001-01-01T00:00:00Z", 0),
            ("unknown", 0),
            ("", 0),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn scores() {
        let of = |text: &str| score(text).map(|score| (score.version, score.vector, score.score));
        let v3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        assert_eq!(of(v3), Some((3, v3.to_owned(), 9.8)));
        assert_eq!(of(&format!("9.1/{v3}")), Some((3, v3.to_owned(), 9.1)));
        let v2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P";
        assert_eq!(of(&format!("({v2})")), Some((2, v2.to_owned(), 7.5)));
        let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        assert_eq!(of(v4), Some((4, v4.to_owned(), 9.3)));
        assert_eq!(of("7.5"), Some((3, String::new(), 7.5)));
        assert_eq!((of("HIGH"), of(""), of("11"), of("CVSS:3.1/AV:N")), (None, None, None, None));
    }

    #[test]
    fn names_in_texts() {
        assert_eq!(
            cves_in("fixes CVE-2024-1, (CVE-2024-22) and CVE-2024-1; CVE-20 none, CVE-2023-7-"),
            ["CVE-2024-1", "CVE-2024-22", "CVE-2023-7"]
        );
        assert!(cves_in("CVE-").is_empty());
    }

    #[test]
    fn what_no_honest_record_has() {
        let long = "a".repeat(TEXT + 1);
        let of = |package: &str, fixed: &str, count: usize| Advisory {
            names: vec!["CVE-2024-1".to_owned()],
            references: vec![long.clone(), "https://example.org".to_owned()],
            statements: vec![Statement {
                versions: vec!["1".to_owned(); count],
                ..Statement::before("npm", package, Some(fixed))
            }],
            ..Advisory::default()
        };
        let unnamed = |id: &str| Advisory { id: id.to_owned(), ..Advisory::default() };
        for (advisory, honest) in [
            (of("a", "2", 1), true),
            (of(&long, "2", 1), false),
            (of("a", &long, 1), false),
            (of("a", "2", VERSIONS), false),
            (unnamed("GHSA-1"), true),
            (unnamed(&long), false),
        ] {
            let mut kept = super::super::tests::Kept::default();
            emit(&mut kept, advisory);
            assert_eq!(
                (kept.vulnerabilities.len(), kept.malformed.len()),
                (usize::from(honest), usize::from(!honest))
            );
            assert!(kept.proses.iter().all(|prose| prose.references.len() < 2));
        }
    }
}
