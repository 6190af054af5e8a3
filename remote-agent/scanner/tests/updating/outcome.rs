//! What becomes of each source, and of the database.

use std::fs;
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use palisade_scanner::source::registry::Patience;
use palisade_scanner::vulndb::update::{
    Paging, SourceOutcome, UpdateError, UpdateSettings, update,
};
use palisade_scanner::vulndb::{Trust, VulnDb};
use serde_json::json;
use tempfile::TempDir;

use super::server::{Reply, Server};

pub(crate) fn record(name: &str, fixed: &str) -> String {
    let range = json!({"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]});
    let package = json!({"ecosystem": "Debian:12", "name": "curl"});
    json!({"id": name, "affected": [{"package": package, "ranges": [range]}]}).to_string()
}

pub(crate) struct Case {
    folder: TempDir,
    pub(crate) server: Server,
}

impl Case {
    pub(crate) async fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), server: Server::start().await }
    }

    pub(crate) fn settings(&self, sources: &[String]) -> UpdateSettings {
        let sources = sources.iter().map(|source| source.parse().unwrap()).collect();
        let (cache, out) = (self.folder.path().join("cache"), self.folder.path().join("vulndb"));
        let patience = Patience {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_secs(2),
            ..Patience::default()
        };
        let paging = Paging { key: None, pause: Duration::ZERO };
        UpdateSettings { patience, paging, ..UpdateSettings::new(sources, cache, out) }
    }

    pub(crate) fn source(&self) -> String {
        format!("osv={}", self.server.url("feed.jsonl"))
    }

    async fn update(&self, now: i64) -> Result<(SourceOutcome, bool), UpdateError> {
        let summary = update(&self.settings(&[self.source()]), at(now)).await?;
        Ok((summary.sources[0].1.clone(), summary.changed))
    }

    pub(crate) fn database(&self) -> VulnDb {
        VulnDb::open(&self.folder.path().join("vulndb"), Trust::Anyone).unwrap()
    }

    /// The version that repairs, as the database says.
    fn fixed(&self) -> String {
        let affected = self.database().affected("Debian:12", "curl").unwrap();
        affected[0].ranges[0].fixed.clone().unwrap()
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_fetched() {
    let case = Case::new().await;
    let first = record("CVE-2024-1", "1.0");
    case.server.serve("feed.jsonl", "\"one\"", &first);
    let bytes = first.len() as u64;
    assert_eq!(case.update(1).await.unwrap(), (SourceOutcome::Fetched { bytes }, true));
    assert_eq!(case.update(2).await.unwrap(), (SourceOutcome::Unchanged, false));
    let asked = case.server.requests();
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-none-match"), Some("\"one\""));
    let second = record("CVE-2024-1", "2.0");
    case.server.serve("feed.jsonl", "\"two\"", &second);
    let (outcome, changed) = case.update(3).await.unwrap();
    assert!(matches!(outcome, SourceOutcome::Fetched { .. }) && changed, "{outcome:?}");
    assert_eq!(case.fixed(), "2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_no_new_database() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    case.update(1).await.unwrap();
    let path = case.folder.path().join("vulndb");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    case.server.serve("feed.jsonl", "\"two\"", &record("CVE-2024-1", "1.0"));
    let (outcome, changed) = case.update(2).await.unwrap();
    assert!(matches!(outcome, SourceOutcome::Fetched { .. }) && !changed);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    // A damaged database is replaced, whatever the sources say.
    fs::write(&path, b"damaged").unwrap();
    assert_eq!(case.update(3).await.unwrap(), (SourceOutcome::Unchanged, true));
    assert_eq!(case.fixed(), "1.0");
}

/// The server would say for ever that nothing is newer.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_damaged_is_fetched_anew() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    case.update(1).await.unwrap();
    let slots: Vec<_> = fs::read_dir(case.folder.path().join("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("feed.jsonl"))
        .filter(|copy| copy.exists())
        .collect();
    let [copy] = slots.as_slice() else { panic!("{slots:?}") };
    let mut content = fs::read(copy).unwrap();
    content[0] ^= 1;
    fs::write(copy, content).unwrap();
    let (outcome, changed) = case.update(2).await.unwrap();
    assert!(matches!(outcome, SourceOutcome::Fetched { .. }) && !changed, "{outcome:?}");
    assert_eq!(case.update(3).await.unwrap(), (SourceOutcome::Unchanged, false));
    assert_eq!(case.fixed(), "1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_where_it_broke_off() {
    let case = Case::new().await;
    let text: String =
        (0..2000).map(|number| record(&format!("CVE-2024-{number}"), "1.0") + "\n").collect();
    case.server.serve("feed.jsonl", "\"one\"", &text);
    let third = text.len() / 3;
    case.server.next([Reply::BreakAfter(third), Reply::BreakAfter(third), Reply::Whole]);
    let bytes = text.len() as u64;
    assert_eq!(case.update(1).await.unwrap(), (SourceOutcome::Fetched { bytes }, true));
    let asked = case.server.requests();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].header("range"), None);
    for request in &asked[1..] {
        let range = request.header("range").unwrap();
        let start: usize =
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
        assert!(start > 0 && start <= 2 * third, "{range}");
        assert_eq!(request.header("if-range"), Some("\"one\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_another_content_is_thrown_away() {
    let case = Case::new().await;
    let old: String =
        (0..500).map(|number| record(&format!("CVE-2023-{number}"), "1.0") + "\n").collect();
    case.server.serve("feed.jsonl", "\"one\"", &old);
    case.server.next(vec![Reply::BreakAfter(old.len() / 2); 1]);
    case.server.next_change("feed.jsonl", "\"two\"", &record("CVE-2024-1", "2.0"));
    let (outcome, _) = case.update(1).await.unwrap();
    assert!(matches!(outcome, SourceOutcome::Fetched { .. }), "{outcome:?}");
    assert_eq!(case.fixed(), "2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_given_the_time_they_ask_for() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    case.server.next([
        Reply::Status(StatusCode::TOO_MANY_REQUESTS, Some("1")),
        Reply::Status(StatusCode::BAD_GATEWAY, None),
    ]);
    let begun = std::time::Instant::now();
    assert!(case.update(1).await.unwrap().1);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    // More than is ever waited: not asked again now.
    case.server.next([Reply::Status(StatusCode::SERVICE_UNAVAILABLE, Some("3600"))]);
    let asked = case.server.requests().len();
    let (outcome, changed) = case.update(7).await.unwrap();
    let SourceOutcome::Kept { since, reason } = outcome else { panic!("{outcome:?}") };
    assert_eq!((since, changed), (at(1), false));
    assert!(reason.contains("503"), "{reason}");
    assert_eq!(case.server.requests().len(), asked + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_keeps_its_last_copy() {
    let case = Case::new().await;
    let local = case.folder.path().join("local.jsonl");
    fs::write(&local, record("CVE-2024-9", "9")).unwrap();
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    let sources = [case.source(), format!("osv={}", local.display())];
    update(&case.settings(&sources), at(1)).await.unwrap();
    // The other source goes on.
    case.server.remove("feed.jsonl");
    fs::write(&local, record("CVE-2024-8", "8")).unwrap();
    let summary = update(&case.settings(&sources), at(2)).await.unwrap();
    assert!(summary.is_stale() && summary.changed);
    let kept = SourceOutcome::Kept {
        since: at(1),
        reason: format!("{} answers 404 Not Found", case.server.url("feed.jsonl")),
    };
    assert_eq!(summary.sources[0].1, kept);
    assert_eq!(summary.sources[1].1, SourceOutcome::Local);
    let mut names: Vec<_> = case
        .database()
        .affected("Debian:12", "curl")
        .unwrap()
        .into_iter()
        .map(|a| a.name)
        .collect();
    names.sort();
    assert_eq!(names, ["CVE-2024-1", "CVE-2024-8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_no_feed_is_refused() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", "<html>down for maintenance</html>");
    let error = case.update(1).await.unwrap_err();
    assert!(matches!(error, UpdateError::Refused { .. }), "{error}");
    assert!(!case.folder.path().join("vulndb").exists());
    case.server.serve("feed.jsonl", "\"two\"", &record("CVE-2024-1", "1.0"));
    case.update(2).await.unwrap();
    case.server.serve("feed.jsonl", "\"three\"", "<html>down for maintenance</html>");
    let (outcome, changed) = case.update(3).await.unwrap();
    assert!(matches!(outcome, SourceOutcome::Kept { .. }) && !changed, "{outcome:?}");
    assert_eq!(case.fixed(), "1.0");
    // It is asked for again the next time.
    case.server.serve("feed.jsonl", "\"four\"", &record("CVE-2024-1", "4.0"));
    assert!(case.update(4).await.unwrap().1);
    assert_eq!(case.fixed(), "4.0");
}

/// Its length is right, so that only its content tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_whole_is_refused() {
    let case = Case::new().await;
    let all =
        |last: &str| format!("[{},{}]", record("CVE-2024-1", "1.0"), record("CVE-2024-2", last));
    let source = format!("osv={}", case.server.url("feed.json"));
    let settings = case.settings(&[source]);
    case.server.serve("feed.json", "\"one\"", &all("1.0"));
    update(&settings, at(1)).await.unwrap();
    let (text, cut) = (all("2.0"), all("2.0").len() - 30);
    // Its end may be missing, or what a server has to say may stand there.
    for (tag, tail) in [("\"two\"", ""), ("\"three\"", "\"}]<html>busy</html>")] {
        case.server.serve("feed.json", tag, &format!("{}{tail}", &text[..cut]));
        let summary = update(&settings, at(2)).await.unwrap();
        let SourceOutcome::Kept { since, reason } = &summary.sources[0].1 else {
            panic!("{tail}: {summary:?}")
        };
        assert_eq!((*since, summary.changed), (at(1), false), "{tail}");
        assert!(reason.contains("feed.json is cut off"), "{tail}: {reason}");
    }
}

/// A page of NVD's interface.
pub(crate) fn page(start: u64, total: u64, names: &[&str]) -> String {
    let records: Vec<_> = names.iter().map(|name| json!({"cve": {"id": name}})).collect();
    json!({"resultsPerPage": names.len(), "startIndex": start, "totalResults": total,
        "format": "NVD_CVE", "version": "2.0", "vulnerabilities": records})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_nvd_are_fetched() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    let nvd = format!("nvd={}?resultsPerPage=2", case.server.url("2.0"));
    let settings = case.settings(&[case.source(), nvd]);
    let serve = |start: u64, page: String| {
        let name = format!("2.0?resultsPerPage=2&startIndex={start}");
        case.server.serve(&name, "\"page\"", &page);
    };
    case.server.serve("2.0", "\"one\"", &page(0, 4, &["CVE-2024-1", "CVE-2024-2"]));
    serve(2, page(2, 5, &["CVE-2024-3", "CVE-2024-4"]));
    // One came in meanwhile.
    serve(4, page(4, 5, &["CVE-2024-5"]));
    let slow = |status| Reply::Status(status, Some("0"));
    let replies = [Reply::Whole, Reply::Whole, slow(StatusCode::FORBIDDEN)];
    case.server.next(replies.into_iter().chain([slow(StatusCode::TOO_MANY_REQUESTS)]));
    let summary = update(&settings, at(1)).await.unwrap();
    let records: Vec<_> = summary.build.sources.iter().map(|source| source.records).collect();
    assert_eq!(records.iter().sum::<u64>(), 6, "{summary:?}");
    let asked: Vec<String> = case.server.requests().into_iter().map(|one| one.query).collect();
    let all =
        ["resultsPerPage=2", "resultsPerPage=2&startIndex=2", "resultsPerPage=2&startIndex=4"];
    assert_eq!(asked, ["", all[0], all[1], all[1], all[1], all[2]]);

    // Pages that do not fit to each other, or break off: the last copy stays. It is too old to
    // be told what changed since.
    let later = 200 * 24 * 3600;
    for (start, page) in
        [(2, page(0, 5, &["CVE-2024-3"])), (2, page(2, 5, &[])), (2, "{\"oops\":".to_owned())]
    {
        serve(start, page);
        let summary = update(&settings, at(later)).await.unwrap();
        let SourceOutcome::Kept { since, reason } = &summary.sources[1].1 else {
            panic!("{summary:?}")
        };
        assert!(*since == at(1) && reason.contains("from record 2 on"), "{reason}");
        assert!(!summary.changed, "{summary:?}");
    }
    serve(2, page(2, 4, &["CVE-2024-3", "CVE-2024-4"]));
    let summary = update(&settings, at(later)).await.unwrap();
    assert!(matches!(summary.sources[1].1, SourceOutcome::Fetched { .. }), "{summary:?}");
}

/// One of many pages that somebody fetched.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_no_feed() {
    let case = Case::new().await;
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    let alone = case.folder.path().join("2.0.json");
    fs::write(&alone, page(0, 3, &["CVE-2024-1", "CVE-2024-2"])).unwrap();
    let settings = case.settings(&[case.source(), format!("nvd={}", alone.display())]);
    let summary = update(&settings, at(1)).await.unwrap();
    let malformed: u64 = summary.build.sources.iter().map(|source| source.malformed).sum();
    assert_eq!(malformed, 1, "{summary:?}");

    // Others call the number otherwise.
    let rocky = json!({"advisories": [{"name": "RLSA-2024:1"}], "total": 70, "page": 1});
    case.server.serve("advisories.json", "\"one\"", &rocky.to_string());
    let source = format!("rocky={}", case.server.url("advisories.json"));
    let error = update(&case.settings(&[source]), at(2)).await.unwrap_err().to_string();
    assert!(error.contains("1 of 70 records"), "{error}");

    // All pages in a folder are the whole.
    let folder = case.folder.path().join("pages");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("0.json"), page(0, 3, &["CVE-2024-1", "CVE-2024-2"])).unwrap();
    fs::write(folder.join("2.json"), page(2, 3, &["CVE-2024-3"])).unwrap();
    let settings = case.settings(&[case.source(), format!("nvd={}", folder.display())]);
    let summary = update(&settings, at(3)).await.unwrap();
    assert!(summary.build.sources.iter().all(|source| source.malformed == 0), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_too_large_is_told() {
    let case = Case::new().await;
    let error = case.update(1).await.unwrap_err();
    assert!(matches!(error, UpdateError::NoCopy { .. }), "{error}");
    assert_eq!(case.server.requests().len(), 1, "what is not there is not asked for again");
    case.server.serve("feed.jsonl", "\"one\"", &record("CVE-2024-1", "1.0"));
    let mut settings = case.settings(&[format!("{}?token=secret", case.source())]);
    settings.source_bytes = 10;
    let error = update(&settings, at(1)).await.unwrap_err().to_string();
    assert!(error.contains("more than 10 bytes") && !error.contains("secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_back_is_taken_only_by_whom_asked() {
    let case = Case::new().await;
    let dated = |fixed: &str, day: &str| {
        let mut record: serde_json::Value =
            serde_json::from_str(&record("CVE-2024-1", fixed)).unwrap();
        record["modified"] = json!(format!("{day}T00:00:00Z"));
        record.to_string()
    };
    case.server.serve("feed.jsonl", "\"one\"", &dated("2.0", "2024-02-01"));
    case.update(1).await.unwrap();
    case.server.serve("feed.jsonl", "\"two\"", &dated("1.0", "2024-01-01"));
    let error = case.update(2).await.unwrap_err();
    assert!(matches!(error, UpdateError::Outdated(_)), "{error}");
    assert_eq!(case.fixed(), "2.0");
    let settings = UpdateSettings { allow_older: true, ..case.settings(&[case.source()]) };
    assert!(update(&settings, at(3)).await.unwrap().changed);
    assert_eq!(case.fixed(), "1.0");
}
