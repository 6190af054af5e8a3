//! CISA's catalogue of vulnerabilities that are exploited.

use std::path::Path;

use serde::Deserialize;

use super::Sink;
use super::advisory::{Advisory, Exploited, emit, is_cve, seconds};
use super::input::{self, InputError, Piece, Shape};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(rename = "cveID")]
    name: String,
    date_added: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    short_description: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
    #[serde(default)]
    cwes: Vec<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let accepts = |name: &str| input::is_json(name) || input::is_csv(name);
    input::documents(path, accepts, sink, &mut |sink, document| {
        // A server may call both the same.
        if is_table(document.reader.fill_buf()?) {
            let mut columns = Vec::new();
            return input::rows(document, sink, &mut |sink, place, row| {
                if columns.is_empty() {
                    columns = row.iter().map(|head| head.trim().to_owned()).collect();
                } else {
                    add(sink, place, of_row(&columns, row));
                }
            });
        }
        let shape = Shape::Arrays(&["vulnerabilities"]);
        input::document(document, shape, sink, &mut |sink, place, piece| {
            let Piece::Record(bytes) = piece else { return };
            match serde_json::from_slice::<Record>(bytes) {
                Ok(record) => add(sink, place, record),
                Err(error) => sink.malformed(place, &error.to_string()),
            }
        })
    })
}

/// Whether a document begins with the names of columns.
fn is_table(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.strip_prefix(b"\"").unwrap_or(start).starts_with(b"cveID")
}

fn add(sink: &mut dyn Sink, place: &str, record: Record) {
    if is_cve(&record.name) && seconds(&record.date_added) > 0 {
        sink.valid();
        emit(sink, advisory(record));
    } else {
        sink.malformed(place, &format!("{:?} has no date", record.name));
    }
}

/// A row of the catalogue as CSV, whose columns are called as the members in
/// JSON are.
fn of_row(columns: &[String], row: &[String]) -> Record {
    let value = |name: &str| {
        let at = columns.iter().position(|column| column == name);
        at.and_then(|at| row.get(at)).map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    let cwes = value("cwes");
    Record {
        name: value("cveID"),
        date_added: value("dateAdded"),
        due_date: value("dueDate"),
        short_description: value("shortDescription"),
        known_ransomware_campaign_use: value("knownRansomwareCampaignUse"),
        cwes: cwes
            .split(',')
            .map(str::trim)
            .filter(|cwe| !cwe.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn advisory(record: Record) -> Advisory {
    Advisory {
        names: vec![record.name],
        description: record.short_description,
        cwes: record.cwes,
        exploited: Some(Exploited {
            added: seconds(&record.date_added),
            due: seconds(&record.due_date),
            ransomware: record.known_ransomware_campaign_use == "Known",
        }),
        ..Advisory::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry() {
        let record = json!({"cveID": "CVE-2024-1", "dateAdded": "2024-01-02", "dueDate": "2024-01-23",
            "shortDescription": "D", "knownRansomwareCampaignUse": "Known", "cwes": ["CWE-79"]});
        let advisory = advisory(serde_json::from_value(record).unwrap());
        let exploited = advisory.exploited.unwrap();
        assert_eq!((exploited.added, exploited.due), (1_704_153_600, 1_705_968_000));
        assert!(exploited.ransomware);
        assert_eq!(advisory.names, ["CVE-2024-1"]);
    }

    /// The catalogue is served in two forms.
    #[test]
    fn rows_tell_the_same_as_records() {
        let json = r#"{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2024-1",
            "dateAdded": "2024-01-02", "dueDate": "2024-01-23", "cwes": ["CWE-79", "CWE-20"],
            "shortDescription": "A \"B\", C", "knownRansomwareCampaignUse": "Known"}]}"#;
        let csv = "cveID,vendorProject,dateAdded,shortDescription,dueDate,knownRansomwareCampaignUse,cwes\r\n\
            CVE-2024-1,V,2024-01-02,\"A \"\"B\"\", C\",2024-01-23,Known,\"CWE-79, CWE-20\"\r\n";
        let folder = tempfile::tempdir().unwrap();
        let (head, rows) = csv.split_once("\r\n").unwrap();
        let quoted = format!("\u{feff}\"{}\"\r\n{rows}", head.replace(',', "\",\""));
        let forms = [("kev.json", json), ("kev.csv", csv), ("kev", csv), ("marked.csv", &*quoted)];
        let told = forms.map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let found = super::super::resolve(&super::super::SourceSpec {
                kind: super::super::FeedKind::Auto,
                path: path.clone(),
            });
            assert_eq!(found.unwrap()[0].kind, super::super::FeedKind::Kev, "{name}");
            let mut kept = super::super::tests::Kept::default();
            read(&path, &mut kept).unwrap();
            assert_eq!((kept.valid, kept.malformed.as_slice()), (1, &[][..]), "{name}");
            (kept.vulnerabilities, kept.proses)
        });
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
        assert_eq!(told[0].1[0].description, "A \"B\", C");
    }
}
