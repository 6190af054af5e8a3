//! Photon OS's metadata of CVEs: a list for each release, whose number stands
//! in the name of the file or in the versions.

use std::path::Path;

use serde::Deserialize;

use super::Sink;
use super::advisory::{Advisory, Statement, emit};
use super::input::{self, InputError, Piece, Shape};
use crate::vulndb::record::Score;

#[derive(Deserialize)]
struct Record {
    cve_id: String,
    pkg: String,
    #[serde(default)]
    cve_score: Option<f32>,
    #[serde(default)]
    aff_ver: String,
    #[serde(default)]
    res_ver: String,
    #[serde(default)]
    status: String,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Records, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        match serde_json::from_slice::<Record>(bytes) {
            Ok(record) => match advisory(&record, place) {
                Some(advisory) => {
                    sink.valid();
                    emit(sink, advisory);
                }
                None => sink.malformed(place, &format!("{}: of no release", record.cve_id)),
            },
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })
}

fn advisory(record: &Record, place: &str) -> Option<Advisory> {
    // Some have no CVE: `BDSA-2025-0719`.
    let named = record.cve_id.contains(|c: char| c.is_ascii_digit());
    let release = release(record, place).filter(|_| named)?;
    let ecosystem = format!("Photon OS:{release}");
    let package = record.pkg.as_str();
    let fixed = record.res_ver.trim();
    let status = |word: &str| record.status.eq_ignore_ascii_case(word);
    let statement = if status("not affected") {
        Some(Statement::not_affected(ecosystem, package))
    } else if fixed.starts_with(|c: char| c.is_ascii_digit()) {
        Some(Statement::before(ecosystem, package, Some(fixed)))
    } else if status("fixed") || status("") && record.aff_ver.trim().eq_ignore_ascii_case("NA") {
        // Nobody knows where, or whether: it says nothing of what is installed.
        None
    } else {
        Some(Statement::before(ecosystem, package, None))
    };
    let score = record.cve_score.filter(|score| (0.0..=10.0).contains(score));
    Some(Advisory {
        names: vec![record.cve_id.clone()],
        scores: score
            .map(|score| Score { version: 3, score, ..Score::default() })
            .into_iter()
            .collect(),
        statements: statement.into_iter().collect(),
        ..Advisory::default()
    })
}

/// The release: of a version's `.ph5`, else of `cve_data_photon5.0.json`.
fn release(record: &Record, place: &str) -> Option<String> {
    let tag = [&record.res_ver, &record.aff_ver].into_iter().find_map(|version| {
        let tag = version.split(".ph").nth(1)?;
        let end = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
        tag.get(..end).filter(|number| !number.is_empty()).map(|number| format!("{number}.0"))
    });
    tag.or_else(|| {
        let rest = place.split("photon").nth(1)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest.get(..end)?.trim_end_matches('.');
        let number = number.strip_suffix(".json").unwrap_or(number);
        (!number.is_empty()).then(|| match number.split_once('.') {
            Some(_) => number.to_owned(),
            None => format!("{number}.0"),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(record: serde_json::Value, place: &str) -> Option<Statement> {
        let record: Record = serde_json::from_value(record).unwrap();
        advisory(&record, place)?.statements.first().cloned()
    }

    #[test]
    fn releases_and_repairs() {
        let fixed = json!({"cve_id": "CVE-2024-1", "pkg": "curl", "cve_score": 7.5,
            "aff_ver": "all versions before 8.1.2-1.ph5 are vulnerable", "res_ver": "8.1.2-1.ph5"});
        let expected = Statement::before("Photon OS:5.0", "curl", Some("8.1.2-1.ph5"));
        assert_eq!(read(fixed, "x.json"), Some(expected));
        let open = json!({"cve_id": "CVE-2024-1", "pkg": "curl", "res_ver": "NA"});
        let expected = Statement::before("Photon OS:4.0", "curl", None);
        assert_eq!(read(open.clone(), "cve_data_photon4.0.json"), Some(expected));
        assert_eq!(read(open, "x.json"), None);
        let safe = json!({"cve_id": "CVE-2024-1", "pkg": "curl", "res_ver": "NA",
            "status": "Not Affected"});
        let expected = Statement::not_affected("Photon OS:3.0", "curl");
        assert_eq!(read(safe, "cve_data_photon3.json"), Some(expected));
        let somewhere = json!({"cve_id": "CVE-2024-1", "pkg": "curl", "cve_score": null,
            "aff_ver": "NA", "res_ver": "NA", "status": "Fixed"});
        assert_eq!(read(somewhere, "cve_data_photon4.0.json"), None);
        let nowhere =
            json!({"cve_id": "CVE-2024-1", "pkg": "curl", "aff_ver": "NA", "res_ver": "NA"});
        assert_eq!(read(nowhere, "cve_data_photon4.0.json"), None);
        let unnamed = json!({"cve_id": "BDSA-2025-0719", "pkg": "krb5-devel",
            "res_ver": "1.17-15.ph4", "status": "Fixed"});
        let expected = Statement::before("Photon OS:4.0", "krb5-devel", Some("1.17-15.ph4"));
        assert_eq!(read(unnamed, "x.json"), Some(expected));
    }
}
