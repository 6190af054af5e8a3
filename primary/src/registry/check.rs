//! What images do not pass, put into rows once they were scanned.

use std::collections::BTreeMap;

use palisade_api::rest::scan::ImageCheck;

use super::RegistryFailure;
use super::report::open;
use crate::store::image_check::{self, FailedCheck};
use crate::store::report::KeptReport;
use crate::store::{Database, StoreError};

/// Reports of one transaction.
const BATCH: i64 = 32;
/// What is told of one check of an image: an image may have thousands of files
/// that it is about.
const MOST_MESSAGES: usize = 100;
/// Bytes of one of them.
const MOST_BYTES: usize = 1_024;

/// Puts the checks of some reports into rows; says of how many.
///
/// A report that cannot be read has none, which is logged.
pub async fn put_into_rows(database: &Database) -> Result<usize, StoreError> {
    let mut tx = database.begin().await?;
    let reports = image_check::lock_unchecked(&mut tx, BATCH).await?;
    let count = reports.len();
    for (id, kept) in reports {
        let read = tokio::task::spawn_blocking(move || of(&kept)).await;
        let failed = match read {
            Ok(Ok(failed)) => failed,
            Ok(Err(error)) => {
                tracing::warn!(report = id, %error, "its checks cannot be told");
                Vec::new()
            }
            Err(error) => return Err(StoreError::inconsistent("report", error)),
        };
        image_check::replace(&mut tx, id, &failed).await?;
    }
    tx.commit().await?;
    Ok(count)
}

fn of(kept: &KeptReport) -> Result<Vec<FailedCheck>, RegistryFailure> {
    Ok(by_number(open(kept, None)?.checks))
}

/// One row for each check, whatever it is about.
fn by_number(checks: Vec<ImageCheck>) -> Vec<FailedCheck> {
    let mut failed: BTreeMap<String, FailedCheck> = BTreeMap::new();
    for check in checks.into_iter().filter(|check| check.level != "PASS") {
        let row = failed.entry(check.test_number.clone()).or_insert_with(|| FailedCheck {
            test_number: text(check.test_number),
            category: text(check.category),
            kind: text(check.kind),
            level: text(check.level),
            profile: text(check.profile),
            scored: check.scored,
            description: text(check.description),
            remediation: text(check.remediation),
            message: Vec::new(),
            messages: 0,
        });
        let told = i32::try_from(check.message.len()).unwrap_or(i32::MAX);
        row.messages = row.messages.saturating_add(told);
        let room = MOST_MESSAGES - row.message.len();
        row.message.extend(check.message.into_iter().take(room).map(text));
    }
    failed.into_values().collect()
}

/// As the database takes it: bounded, and without NUL.
fn text(text: String) -> String {
    let mut text = if text.contains('\0') { text.replace('\0', "") } else { text };
    text.truncate(text.floor_char_boundary(MOST_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: &str, level: &str, message: &[&str]) -> ImageCheck {
        ImageCheck {
            test_number: number.to_owned(),
            level: level.to_owned(),
            message: message.iter().map(|&text| text.to_owned()).collect(),
            ..ImageCheck::default()
        }
    }

    #[test]
    fn what_is_told_of_many_files_is_one_row() {
        let failed = by_number(vec![
            check("I.4.8", "WARN", &["su"]),
            check("I.4.1", "WARN", &[]),
            check("I.4.8", "WARN", &["mount\0", "umount"]),
            check("I.4.6", "PASS", &[]),
        ]);
        let rows: Vec<_> =
            failed.iter().map(|row| (row.test_number.as_str(), row.messages)).collect();
        assert_eq!(rows, [("I.4.1", 0), ("I.4.8", 3)]);
        assert_eq!(failed[1].message, ["su", "mount", "umount"]);
    }

    #[test]
    fn what_is_told_is_bounded() {
        let long = "ä".repeat(MOST_BYTES);
        let many = (0..300).map(|_| check("I.4.10", "WARN", &[&long])).collect();
        let failed = by_number(many);
        assert_eq!((failed[0].message.len(), failed[0].messages), (MOST_MESSAGES, 300));
        assert!(failed[0].message.iter().all(|text| text.len() <= MOST_BYTES));
    }
}
