//! What NVD changed since the last copy.

use chrono::{DateTime, Utc};
use palisade_scanner::vulndb::update::{SourceOutcome, UpdateSummary, update};
use serde_json::json;

use super::outcome::{Case, page, record};

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T12:00:00Z").parse().unwrap()
}

/// NVD with two records a page.
struct Nvd {
    case: Case,
}

impl Nvd {
    async fn new() -> Self {
        let case = Case::new().await;
        case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
        let nvd = Self { case };
        nvd.serve("", &page(0, 3, &["CVE-2024-1", "CVE-2024-2"]));
        nvd.serve("&startIndex=2", &page(2, 3, &["CVE-2024-3"]));
        nvd
    }

    fn serve(&self, query: &str, page: &str) {
        self.case.server.serve(&format!("2.0?resultsPerPage=2{query}"), "\"page\"", page);
    }

    /// What changed between two times.
    fn serve_window(&self, from: &str, to: &str, page: &str) {
        let window = format!("&lastModStartDate={from}Z&lastModEndDate={to}Z&startIndex=0");
        self.serve(&window, page);
    }

    /// How many there are in all.
    fn serve_total(&self, total: u64) {
        let name = "2.0?resultsPerPage=1&startIndex=0";
        self.case.server.serve(name, "\"total\"", &page(0, total, &["CVE-2024-1"]));
    }

    async fn update(&self, day: DateTime<Utc>) -> UpdateSummary {
        let nvd = format!("nvd={}?resultsPerPage=2", self.case.server.url("2.0"));
        update(&self.case.settings(&[self.case.source(), nvd]), day).await.unwrap()
    }

    /// What became of it, and what it was asked.
    async fn outcome(&self, now: DateTime<Utc>) -> (SourceOutcome, Vec<String>) {
        let before = self.case.server.requests().len();
        let outcome = self.update(now).await.sources[1].1.clone();
        let asked = self.case.server.requests().into_iter().skip(before);
        (outcome, asked.map(|request| request.query).filter(|query| !query.is_empty()).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_nvd_changed_is_fetched() {
    let nvd = Nvd::new().await;
    let (outcome, _) = nvd.outcome(day("2026-03-01")).await;
    assert!(matches!(outcome, SourceOutcome::Fetched { .. }), "{outcome:?}");

    let text = "changed since";
    let changed = json!({"startIndex": 0, "totalResults": 2, "timestamp": "2026-03-02T11:00:00.123",
        "vulnerabilities": [
            {"cve": {"id": "CVE-2024-1", "descriptions": [{"lang": "en", "value": text}]}},
            {"cve": {"id": "CVE-2024-4"}}]});
    nvd.serve_window("2026-03-01T10:00:00", "2026-03-02T12:00:00", &changed.to_string());
    nvd.serve_total(4);
    let (outcome, asked) = nvd.outcome(day("2026-03-02")).await;
    assert_eq!(outcome, SourceOutcome::Renewed { records: 2 });
    assert_eq!(asked.len(), 2, "{asked:?}");
    let database = nvd.case.database();
    let prose = database.texts().unwrap().prose("CVE-2024-1").unwrap();
    assert_eq!(prose.description, text);

    // By the clock of NVD, which was an hour behind; nothing came, and what is there is the same.
    let same = json!({"startIndex": 0, "totalResults": 1,
        "vulnerabilities": [{"cve": {"id": "CVE-2024-4"}}]});
    nvd.serve_window("2026-03-02T09:00:00", "2026-03-03T12:00:00", &same.to_string());
    let summary = nvd.update(day("2026-03-03")).await;
    assert_eq!(summary.sources[1].1, SourceOutcome::Unchanged);
    assert!(!summary.changed, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_nvd_is_fetched_anew_where_changes_do_not_tell_it() {
    let from = "2026-03-01T10:00:00";
    let nothing = json!({"startIndex": 0, "totalResults": 0, "vulnerabilities": []}).to_string();
    for (case, to, total) in [
        ("a record is gone", "2026-03-02", Some(2)),
        ("a record was never told", "2026-03-02", Some(4)),
        ("no window is that long", "2026-08-02", None),
        ("the clock went back", "2026-02-01", None),
    ] {
        let nvd = Nvd::new().await;
        nvd.update(day("2026-03-01")).await;
        if let Some(total) = total {
            nvd.serve_window(from, &format!("{to}T12:00:00"), &nothing);
            nvd.serve_total(total);
        }
        let (outcome, asked) = nvd.outcome(day(to)).await;
        assert!(matches!(outcome, SourceOutcome::Fetched { .. }), "{case}: {outcome:?}");
        assert_eq!(asked.len(), if total.is_some() { 4 } else { 2 }, "{case}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_are_no_page_leave_the_copy() {
    let nvd = Nvd::new().await;
    nvd.update(day("2026-03-01")).await;
    let window = ("2026-03-01T10:00:00", "2026-03-02T12:00:00");
    for broken in [page(7, 1, &["CVE-2024-2"]), page(0, 5, &[]), "{\"oops\":".to_owned()] {
        nvd.serve_window(window.0, window.1, &broken);
        let (outcome, _) = nvd.outcome(day("2026-03-02")).await;
        let SourceOutcome::Kept { since, reason } = outcome else { panic!("{outcome:?}") };
        assert!(since == day("2026-03-01") && reason.contains("from record 0 on"), "{reason}");
    }
    nvd.serve_window(window.0, window.1, &page(0, 1, &["CVE-2024-4"]));
    nvd.serve_total(4);
    let (outcome, _) = nvd.outcome(day("2026-03-02")).await;
    assert_eq!(outcome, SourceOutcome::Renewed { records: 1 });
}
