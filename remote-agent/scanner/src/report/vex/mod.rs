//! VEX: documents in which somebody says whether a product suffers from a
//! vulnerability. OpenVEX, CSAF and CycloneDX are read.
//!
//! A statement holds for a finding when it names the vulnerability (or an
//! alias), and its product is the package or the image. Of several the last
//! one holds that speaks most closely: of the package in this image before
//! the package anywhere before the image as a whole.

mod csaf;
mod cyclonedx;
mod openvex;
mod product;

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;

use super::Report;
use super::finding::{Finding, VexNote, VexState};
use super::purl::Purl;
use crate::inspect::os::Distribution;
use crate::package::Package;
use product::Product;

/// Bytes of a document at most.
pub const DOCUMENT_BYTES: u64 = 64 << 20;
/// Statements of all documents at most; a statement for several products
/// counts for each.
const STATEMENTS: usize = 1_000_000;

/// A document that cannot be used.
#[derive(Debug, Error)]
pub enum VexError {
    /// It is larger than any honest one.
    #[error("{0} has more than {DOCUMENT_BYTES} bytes")]
    TooLarge(String),
    /// It is no JSON.
    #[error("{document} is no JSON: {source}")]
    Json {
        /// The document.
        document: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is none of the formats.
    #[error("{0} is no OpenVEX, CSAF or CycloneDX document")]
    Foreign(String),
    /// It breaks its format.
    #[error("{document}: {reason}")]
    Malformed {
        /// The document.
        document: String,
        /// What is wrong.
        reason: String,
    },
    /// There are more statements than can be held.
    #[error("{0} brings the number of statements over {STATEMENTS}")]
    TooMany(String),
}

/// What the documents say, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct VexDocuments {
    statements: Vec<Statement>,
}

/// One product and one vulnerability.
#[derive(Clone, Debug)]
struct Statement {
    /// The names that the vulnerability is given.
    vulnerability: Vec<String>,
    product: Product,
    /// The part of the product that is spoken of; none where it is the whole.
    component: Option<Product>,
    note: VexNote,
    /// Orders what is said of one thing: the youngest holds.
    time: Option<DateTime<Utc>>,
}

/// The image that is judged, in the forms that documents name it by.
#[derive(Clone, Debug, Default)]
pub(super) struct Subject {
    names: Vec<String>,
    digests: Vec<String>,
    distribution: Option<Distribution>,
}

impl VexDocuments {
    /// Adds a document; `name` stands for it in errors, and in notes where it
    /// has no id.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<(), VexError> {
        if content.len() as u64 > DOCUMENT_BYTES {
            return Err(VexError::TooLarge(name.to_owned()));
        }
        let json: Value = serde_json::from_slice(content)
            .map_err(|source| VexError::Json { document: name.to_owned(), source })?;
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
        let statements = if text("@context").contains("openvex") {
            openvex::statements(name, &json)
        } else if text("bomFormat") == "CycloneDX" {
            cyclonedx::statements(name, &json)
        } else if json.pointer("/document/csaf_version").is_some() {
            csaf::statements(name, &json)
        } else {
            return Err(VexError::Foreign(name.to_owned()));
        };
        let statements = statements
            .map_err(|reason| VexError::Malformed { document: name.to_owned(), reason })?;
        if self.statements.len() + statements.len() > STATEMENTS {
            return Err(VexError::TooMany(name.to_owned()));
        }
        self.statements.extend(statements);
        Ok(())
    }

    /// Number of statements.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// What holds for a finding; none when nobody speaks of it.
    pub(super) fn judge(
        &self,
        finding: &Finding,
        package: Option<&Package>,
        subject: &Subject,
    ) -> Option<VexNote> {
        let package = package.map(|package| Purl::of(package, subject.distribution.as_ref()));
        let holding = self.statements.iter().filter_map(|statement| {
            if !statement.vulnerability.iter().any(|name| finding.is_named(name)) {
                return None;
            }
            let closeness = statement.closeness(package.as_ref()?, subject)?;
            Some((closeness, statement.time, &statement.note))
        });
        // The last of equals: a later document corrects an earlier one.
        holding.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).map(|(.., note)| note.clone())
    }
}

impl Subject {
    /// What a report and its target tell of the image.
    pub(super) fn new(report: &Report, target: &str) -> Self {
        let name = target.split_once("://").map_or(target, |(_, name)| name);
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let digests = [report.digest, report.index_digest, report.image_id];
        Self {
            names: vec![name.to_owned()],
            digests: digests.into_iter().flatten().map(palisade_api::Digest::to_oci).collect(),
            distribution: report.distribution.clone(),
        }
    }
}

impl Statement {
    /// How closely it speaks of `package` in `subject`; none when it does not.
    fn closeness(&self, package: &Purl, subject: &Subject) -> Option<u8> {
        match &self.component {
            Some(component) => {
                let whole = self.product.is_any()
                    || self.product.is_image(subject)
                    || self.product.is_platform(subject);
                (whole && component.is_package(package)).then_some(3)
            }
            None if self.product.is_package(package) => Some(2),
            None if self.product.is_image(subject) => Some(1),
            None => None,
        }
    }
}

/// The word of OpenVEX and, but for its own, of CSAF.
fn state(word: &str) -> Option<VexState> {
    Some(match word {
        "affected" | "known_affected" | "exploitable" => VexState::Affected,
        "not_affected" | "known_not_affected" | "false_positive" => VexState::NotAffected,
        "fixed" | "first_fixed" | "resolved" | "resolved_with_pedigree" => VexState::Fixed,
        "under_investigation" | "in_triage" => VexState::UnderInvestigation,
        _ => return None,
    })
}

/// A moment, in whatever time zone it is written.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text.trim()).ok()?.to_utc())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
