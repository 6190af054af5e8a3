//! Which advisories tell of the same vulnerability.

use std::collections::{BTreeMap, BTreeSet};

use super::Hit;
use super::lookup::Lookup;
use crate::vulndb::OpenError;

/// One vulnerability of a package.
pub(super) struct Group {
    /// The CVE where there is one.
    pub(super) name: String,
    /// Other names that have records of their own.
    pub(super) others: Vec<String>,
    pub(super) hits: Vec<Hit>,
}

/// Puts hits together that speak of one vulnerability: those of one name, and
/// those that know each other by an alias. Two CVEs stay two, even where an
/// advisory names both.
pub(super) fn groups(hits: Vec<Hit>, lookup: &mut Lookup<'_>) -> Result<Vec<Group>, OpenError> {
    let mut named: BTreeMap<String, Vec<Hit>> = BTreeMap::new();
    for hit in hits {
        named.entry(hit.name.clone()).or_default().push(hit);
    }
    let mut aliases = BTreeMap::new();
    if named.len() > 1 && named.keys().any(|name| !is_cve(name)) {
        for name in named.keys() {
            aliases.insert(name.clone(), lookup.vulnerability(name)?.aliases.clone());
        }
    }
    Ok(joined(named, &aliases))
}

type Aliases = BTreeMap<String, Vec<String>>;

fn joined(mut by_name: BTreeMap<String, Vec<Hit>>, aliases: &Aliases) -> Vec<Group> {
    let mut kin = Kin::default();
    for name in by_name.keys() {
        for alias in aliases.get(name).into_iter().flatten() {
            kin.join(name, alias);
        }
    }
    // CVEs first: what is no CVE goes to the first that it is kin of.
    let mut names: Vec<String> = by_name.keys().cloned().collect();
    names.sort_by_key(|name| !is_cve(name));
    let mut groups: Vec<Group> = Vec::new();
    let mut homes: BTreeMap<usize, usize> = BTreeMap::new();
    for name in names {
        let hits = by_name.remove(&name).unwrap_or_default();
        let families = kin.of(&name);
        let home = families.iter().find_map(|family| homes.get(family).copied());
        if let Some(group) = home.filter(|_| !is_cve(&name)).and_then(|at| groups.get_mut(at)) {
            group.hits.extend(hits);
            group.others.push(name);
            continue;
        }
        for family in families {
            homes.entry(family).or_insert(groups.len());
        }
        groups.push(Group { name, others: Vec::new(), hits });
    }
    groups
}

/// Families of names that are no CVEs, by their aliases; a CVE may be kin of
/// several families and joins none.
#[derive(Default)]
struct Kin {
    family: BTreeMap<String, usize>,
    next: usize,
    of_cve: BTreeMap<String, BTreeSet<String>>,
}

impl Kin {
    fn join(&mut self, name: &str, alias: &str) {
        match (is_cve(name), is_cve(alias)) {
            (true, true) => {}
            (true, false) => self.cve(name, alias),
            (false, true) => self.cve(alias, name),
            (false, false) => {
                let (from, to) = (self.family(name), self.family(alias));
                for family in self.family.values_mut().filter(|family| **family == from) {
                    *family = to;
                }
            }
        }
    }

    fn cve(&mut self, cve: &str, kin: &str) {
        self.family(kin);
        self.of_cve.entry(cve.to_owned()).or_default().insert(kin.to_owned());
    }

    fn family(&mut self, name: &str) -> usize {
        let next = &mut self.next;
        *self.family.entry(name.to_owned()).or_insert_with(|| {
            *next += 1;
            *next
        })
    }

    /// The families that `name` is of.
    fn of(&mut self, name: &str) -> Vec<usize> {
        if !is_cve(name) {
            return vec![self.family(name)];
        }
        let kin = self.of_cve.get(name).into_iter().flatten();
        kin.filter_map(|name| self.family.get(name).copied()).collect()
    }
}

fn is_cve(name: &str) -> bool {
    name.starts_with("CVE-")
}

#[cfg(test)]
mod tests {
    use super::super::AdvisorySource;
    use super::*;

    fn seen(names: &[&str], aliases: &[(&str, &[&str])]) -> Vec<String> {
        let hits = names.iter().map(|&name| {
            let hit = Hit {
                name: name.to_owned(),
                fixed: None,
                status: crate::vulndb::Status::default(),
                feed_rating: String::new(),
                advisory: AdvisorySource::default(),
            };
            (name.to_owned(), vec![hit])
        });
        let aliases = aliases.iter().map(|(name, aliases)| {
            ((*name).to_owned(), aliases.iter().map(|&alias| alias.to_owned()).collect())
        });
        joined(hits.collect(), &aliases.collect())
            .into_iter()
            .map(|group| std::iter::once(group.name).chain(group.others).collect::<Vec<_>>())
            .map(|names| names.join(" "))
            .collect()
    }

    #[test]
    fn aliases_are_one_vulnerability() {
        let (a, b) = ("CVE-2024-1", "CVE-2024-2");
        let (ghsa, go, pysec) = ("GHSA-x", "GO-2024-1", "PYSEC-2024-1");
        // The CVE knows its aliases, or they know it.
        assert_eq!(seen(&[a, ghsa], &[(a, &[ghsa])]), ["CVE-2024-1 GHSA-x"]);
        assert_eq!(
            seen(&[a, ghsa, go], &[(ghsa, &[a]), (go, &[ghsa])]),
            ["CVE-2024-1 GHSA-x GO-2024-1"]
        );
        // Kin of kin, in whatever order.
        assert_eq!(
            seen(&[a, "AAA-1", ghsa], &[("AAA-1", &[ghsa]), (ghsa, &[a])]),
            ["CVE-2024-1 AAA-1 GHSA-x"]
        );
        // Two without a CVE that share a third name.
        assert_eq!(
            seen(&[ghsa, pysec], &[(ghsa, &["X"]), (pysec, &["X"])]),
            ["GHSA-x PYSEC-2024-1"]
        );
        // Two CVEs stay two, whatever an advisory of both says.
        assert_eq!(seen(&[a, b, ghsa], &[(ghsa, &[a, b])]), ["CVE-2024-1 GHSA-x", b]);
        assert_eq!(seen(&[a, b], &[(a, &[b])]), [a, b]);
        assert_eq!(seen(&[ghsa, go], &[]), [ghsa, go]);
    }
}
