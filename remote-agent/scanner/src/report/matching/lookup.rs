//! Look-ups in the database, each made once for an image.

use std::collections::HashMap;
use std::sync::Arc;

use crate::vulndb::{Affected, OpenError, VulnDb, Vulnerability};

#[derive(Debug)]
pub(super) struct Lookup<'a> {
    database: &'a VulnDb,
    /// By ecosystem and package.
    affected: HashMap<String, HashMap<String, Arc<[Affected]>>>,
    known: HashMap<String, Arc<Vulnerability>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(database: &'a VulnDb) -> Self {
        Self { database, affected: HashMap::new(), known: HashMap::new() }
    }

    /// One for a thread beside this one, to be taken in with [`Self::absorb`].
    pub(super) fn beside(&self) -> Self {
        Self::new(self.database)
    }

    /// Takes in what another one has looked up.
    pub(super) fn absorb(&mut self, other: Self) {
        for (ecosystem, packages) in other.affected {
            self.affected.entry(ecosystem).or_default().extend(packages);
        }
        self.known.extend(other.known);
    }

    /// The vulnerabilities of `package`, whatever version.
    pub(super) fn affected(
        &mut self,
        ecosystem: &str,
        package: &str,
    ) -> Result<Arc<[Affected]>, OpenError> {
        if let Some(known) = self.affected.get(ecosystem).and_then(|of| of.get(package)) {
            return Ok(Arc::clone(known));
        }
        let found: Arc<[Affected]> = self.database.affected(ecosystem, package)?.into();
        let of = self.affected.entry(ecosystem.to_owned()).or_default();
        of.insert(package.to_owned(), Arc::clone(&found));
        Ok(found)
    }

    /// Whether nothing is known of any package of `ecosystem` that was looked up.
    pub(super) fn is_silent_on(&self, ecosystem: &str) -> bool {
        let known = self.affected.get(ecosystem);
        known.is_none_or(|packages| packages.values().all(|found| found.is_empty()))
    }

    /// What is known of the vulnerability `name`; empty where nothing is.
    pub(super) fn vulnerability(&mut self, name: &str) -> Result<Arc<Vulnerability>, OpenError> {
        if let Some(known) = self.known.get(name) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.database.vulnerability(name)?.unwrap_or_default());
        self.known.insert(name.to_owned(), Arc::clone(&known));
        Ok(known)
    }
}
