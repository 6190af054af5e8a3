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
    let shape = Shape::Arrays(&["vulnerabilities"]);
    input::read(path, shape, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        match serde_json::from_slice::<Record>(bytes) {
            Ok(record) if is_cve(&record.name) && seconds(&record.date_added) > 0 => {
                sink.valid();
                emit(sink, advisory(record));
            }
            Ok(record) => sink.malformed(place, &format!("{:?} has no date", record.name)),
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })
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
}
