//! VEX: documents in which somebody says whether a product suffers from a
//! vulnerability. OpenVEX, CSAF and CycloneDX are read.
//!
//! A statement holds for a finding when it names the vulnerability (or an
//! alias), and its product is the package or the image, or the program that the package went
//! into, of which it speaks as a part. Of several the last
//! one holds that speaks most closely: of the package in this image before
//! the package anywhere before the image as a whole.

mod csaf;
mod cyclonedx;
mod cyclonedx_xml;
mod openvex;
mod product;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;

use super::Report;
use super::finding::{Finding, VexNote, VexState};
use super::purl::Purl;
use super::sbom::predicate;
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
    #[error("{document} brings the number of statements over {most}")]
    TooMany {
        /// The document.
        document: String,
        /// Statements at most.
        most: usize,
    },
}

/// A form of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VexFormat {
    /// OpenVEX.
    OpenVex,
    /// CSAF, profile VEX.
    Csaf,
    /// CycloneDX.
    CycloneDx,
}

impl VexFormat {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::Csaf => "csaf",
            Self::CycloneDx => "cyclonedx",
        }
    }
}

/// What a document says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexDocument {
    /// Its form.
    pub format: VexFormat,
    /// Its id; none where it has none.
    pub id: Option<String>,
    /// Who speaks; empty where it does not tell.
    pub author: String,
    /// When it was written, or changed last.
    pub issued_at: Option<DateTime<Utc>>,
    /// Number of statements; one for several products counts for each.
    pub statements: usize,
}

/// What the documents say, ready to be asked.
#[derive(Clone, Debug)]
pub struct VexDocuments {
    statements: Vec<Statement>,
    /// Places of statements by the names of vulnerabilities in capitals.
    by_name: HashMap<String, Vec<u32>>,
    /// Statements at most.
    most: usize,
}

impl Default for VexDocuments {
    fn default() -> Self {
        Self::at_most(STATEMENTS)
    }
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
    /// Programs that tell what went into them, by their files.
    programs: HashMap<String, Purl>,
}

impl VexDocuments {
    /// None yet, and room for so many statements.
    pub fn at_most(statements: usize) -> Self {
        let most = statements.min(STATEMENTS);
        Self { statements: Vec::new(), by_name: HashMap::new(), most }
    }

    /// Adds a document; `name` stands for it in errors, and in notes where it
    /// has no id.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<VexDocument, VexError> {
        if content.len() as u64 > DOCUMENT_BYTES {
            return Err(VexError::TooLarge(name.to_owned()));
        }
        // Documents that are attached to images come in statements, mostly signed.
        let stated = predicate(content);
        let content = stated.as_deref().unwrap_or(content);
        let json: Value = match cyclonedx_xml::json(content) {
            Some(read) => {
                read.map_err(|reason| VexError::Malformed { document: name.to_owned(), reason })?
            }
            None => serde_json::from_slice(content)
                .map_err(|source| VexError::Json { document: name.to_owned(), source })?,
        };
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
        let format = if text("@context").contains("openvex") {
            VexFormat::OpenVex
        } else if text("bomFormat") == "CycloneDX" {
            VexFormat::CycloneDx
        } else if json.pointer("/document/csaf_version").is_some() {
            VexFormat::Csaf
        } else {
            return Err(VexError::Foreign(name.to_owned()));
        };
        let statements = match format {
            VexFormat::OpenVex => openvex::statements(name, &json),
            VexFormat::CycloneDx => cyclonedx::statements(name, &json),
            VexFormat::Csaf => csaf::statements(name, &json),
        };
        let statements = statements
            .map_err(|reason| VexError::Malformed { document: name.to_owned(), reason })?;
        if self.statements.len() + statements.len() > self.most {
            return Err(VexError::TooMany { document: name.to_owned(), most: self.most });
        }
        let document = about(format, &json, statements.len());
        for statement in statements {
            let place = self.statements.len() as u32;
            for name in &statement.vulnerability {
                self.by_name.entry(name.to_ascii_uppercase()).or_default().push(place);
            }
            self.statements.push(statement);
        }
        Ok(document)
    }

    /// Number of statements.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether something is said of the vulnerability of a finding, in whatever
    /// product.
    pub fn speaks_of(&self, finding: &Finding) -> bool {
        finding.names().any(|name| self.by_name.contains_key(&name.to_ascii_uppercase()))
    }

    /// What holds for a finding; none when nobody speaks of it.
    pub(super) fn judge(
        &self,
        finding: &Finding,
        package: Option<&Package>,
        subject: &Subject,
    ) -> Option<VexNote> {
        let names = finding.names().map(str::to_ascii_uppercase);
        let mut places: Vec<u32> =
            names.filter_map(|name| self.by_name.get(&name)).flatten().copied().collect();
        if places.is_empty() {
            return None;
        }
        places.sort_unstable();
        places.dedup();
        let program = package.and_then(|package| subject.programs.get(&package.file));
        let package = package.map(|package| Purl::of(package, subject.distribution.as_ref()));
        let holding = places.into_iter().filter_map(|place| {
            let statement = self.statements.get(place as usize)?;
            let closeness = statement.closeness(package.as_ref()?, program, subject)?;
            Some((closeness, statement.time, &statement.note))
        });
        // The last of equals: a later document corrects an earlier one.
        holding.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).map(|(.., note)| note.clone())
    }
}

impl Subject {
    /// What a report and the names of its image tell.
    pub(super) fn new(report: &Report, names: &[&str]) -> Self {
        let plain = |name: &&str| {
            let name = name.split_once("://").map_or(*name, |(_, name)| name);
            name.split_once('@').map_or(name, |(name, _)| name).to_owned()
        };
        let digests = [report.digest, report.index_digest, report.image_id];
        let programs = report.packages.iter().filter(|layered| layered.package.main);
        Self {
            programs: programs
                .map(|layered| (layered.package.file.clone(), Purl::of(&layered.package, None)))
                .collect(),
            names: names.iter().map(plain).collect(),
            digests: digests.into_iter().flatten().map(palisade_api::Digest::to_oci).collect(),
            distribution: report.distribution.clone(),
        }
    }
}

impl Statement {
    /// How closely it speaks of `package` in `subject`, where it went into `program`; none when it
    /// does not.
    fn closeness(&self, package: &Purl, program: Option<&Purl>, subject: &Subject) -> Option<u8> {
        match &self.component {
            Some(component) => {
                let whole = self.product.is_any()
                    || self.product.is_image(subject)
                    || self.product.is_platform(subject)
                    || program.is_some_and(|program| self.product.is_package(program));
                (whole && component.is_package(package)).then_some(3)
            }
            None if self.product.is_package(package) => Some(2),
            None if self.product.is_image(subject) => Some(1),
            None => None,
        }
    }
}

/// What a document says of itself.
fn about(format: VexFormat, json: &Value, statements: usize) -> VexDocument {
    let at = |place: &str| json.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let (id, author, times): (_, _, &[&str]) = match format {
        VexFormat::OpenVex => ("/@id", at("/author"), &["/last_updated", "/timestamp"]),
        VexFormat::Csaf => (
            "/document/tracking/id",
            at("/document/publisher/name"),
            &["/document/tracking/current_release_date"],
        ),
        VexFormat::CycloneDx => {
            let names = ["/metadata/supplier/name", "/metadata/authors/0/name"];
            let author = names.into_iter().map(at).find(|name| !name.is_empty());
            ("/serialNumber", author.unwrap_or_default(), &["/metadata/timestamp"])
        }
    };
    VexDocument {
        format,
        id: Some(at(id)).filter(|id| !id.is_empty()).map(str::to_owned),
        author: author.to_owned(),
        issued_at: times.iter().find_map(|place| moment(at(place))),
        statements,
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
