//! The database in use, and what may take its place.

use std::fs;
use std::path::Path;

use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{
    FileError, Offered, OpenError, SigningKey, SourceSpec, Trust, VulndbFile, build,
};
use serde_json::json;

use crate::vulndb::Feeds;

/// A database with one record of the given day, signed by the key at `key`.
fn database(feeds: &Feeds, name: &str, day: &str, key: &str) -> (std::path::PathBuf, SigningKey) {
    let record = json!({
        "id": format!("CVE-2024-{}", day.replace('-', "")), "modified": format!("{day}T00:00:00Z"),
        "affected": [{"package": {"ecosystem": "Debian:12", "name": "curl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}]}],
    });
    let source = format!("{name}.json");
    feeds.write(&source, &record.to_string());
    let spec: SourceSpec = format!("osv={}", feeds.path(&source).display()).parse().unwrap();
    let out = feeds.path(name);
    let key = SigningKey::at(&feeds.path(key)).unwrap();
    build(&[spec], &out, &key).unwrap();
    (out, key)
}

fn offered(path: &Path, key: &SigningKey) -> Offered {
    let digest = VulnDb::open(path, Trust::Anyone).unwrap().digest();
    Offered { digest, key: key.public(), allow_older: false }
}

fn copy(feeds: &Feeds, of: &Path) -> std::path::PathBuf {
    let fresh = feeds.path("fresh");
    fs::copy(of, &fresh).unwrap();
    fresh
}

/// `cp new vulndb` cuts the file that is in use before it writes.
#[tokio::test]
async fn a_file_that_somebody_writes_into_stays_in_use_as_it_was() {
    let feeds = Feeds::new();
    let (old, _) = database(&feeds, "old", "2024-01-01", "key");
    let (new, _) = database(&feeds, "new", "2024-02-01", "key");
    let pinned = palisade_scanner::vulndb::public_path(&feeds.path("key"));
    let in_use = feeds.path("in-use");
    fs::copy(&old, &in_use).unwrap();
    let file = VulndbFile::at(in_use.clone(), Some(pinned));
    let present = file.current().await.unwrap();
    for content in [&b""[..], b"PLSDVDB4", &fs::read(&new).unwrap()[..200]] {
        fs::write(&in_use, content).unwrap();
        assert_eq!(file.current().await.unwrap().digest(), present.digest());
        assert_eq!(present.affected("Debian:12", "curl").unwrap().len(), 1);
        assert!(file.refusal().await.is_some());
    }
    fs::write(&in_use, fs::read(&new).unwrap()).unwrap();
    assert_ne!(file.current().await.unwrap().digest(), present.digest());
    assert_eq!(present.affected("Debian:12", "curl").unwrap()[0].name, "CVE-2024-20240101");
}

/// Not to be let in is not the same as nothing being there.
#[tokio::test]
async fn a_place_that_cannot_be_looked_at_is_told() {
    let feeds = Feeds::new();
    let (database, _) = database(&feeds, "database", "2024-01-01", "key");
    let pinned = palisade_scanner::vulndb::public_path(&feeds.path("key"));
    let folder = feeds.path("folder");
    let file = VulndbFile::at(folder.join("in-use"), Some(pinned));
    let missing = file.current().await.unwrap_err();
    assert!(matches!(missing, FileError::Open(OpenError::Missing(_))), "{missing}");
    assert_eq!(file.refusal().await, None);

    fs::write(&folder, "").unwrap();
    let error = file.current().await.unwrap_err();
    assert!(matches!(error, FileError::Open(OpenError::Read { .. })), "{error}");
    assert_eq!(file.refusal().await, Some(error.to_string()));

    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::copy(&database, folder.join("in-use")).unwrap();
    let present = file.current().await.unwrap();
    assert_eq!(file.refusal().await, None);

    // What is in use stays so.
    fs::rename(&folder, feeds.path("elsewhere")).unwrap();
    fs::write(&folder, "").unwrap();
    assert_eq!(file.current().await.unwrap().digest(), present.digest());
    assert!(file.refusal().await.is_some());
}

#[tokio::test]
async fn only_what_is_whole_signed_and_not_older_takes_the_place() {
    let feeds = Feeds::new();
    let (old, key) = database(&feeds, "old", "2024-01-01", "key");
    let (present, _) = database(&feeds, "present", "2024-02-01", "key");
    let (new, _) = database(&feeds, "new", "2024-03-01", "key");
    let (foreign, other) = database(&feeds, "foreign", "2024-03-01", "other");
    let pinned = palisade_scanner::vulndb::public_path(&feeds.path("key"));
    let file = VulndbFile::at(feeds.path("in-use"), Some(pinned));
    file.replace(&copy(&feeds, &present), offered(&present, &key)).await.unwrap();
    let at_first = file.present().unwrap().digest();

    let mut damaged = fs::read(&new).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(feeds.path("damaged"), damaged).unwrap();
    let whole = offered(&new, &key);
    for (what, from, offer) in [
        ("damaged", feeds.path("damaged"), whole),
        (
            "cut short",
            {
                fs::write(feeds.path("short"), b"PLSDVDB3").unwrap();
                feeds.path("short")
            },
            whole,
        ),
        ("of another key", foreign.clone(), offered(&foreign, &other)),
        ("another than told", new.clone(), offered(&old, &key)),
        ("older", old.clone(), offered(&old, &key)),
        ("missing", feeds.path("nowhere"), whole),
    ] {
        let fresh = if from.exists() { copy(&feeds, &from) } else { from };
        let error = file.replace(&fresh, offer).await.unwrap_err();
        let expected = match what {
            "damaged" => matches!(error, FileError::Open(OpenError::Damaged { .. })),
            "cut short" => matches!(error, FileError::Open(OpenError::Foreign(_))),
            "of another key" => matches!(error, FileError::Open(OpenError::Untrusted { .. })),
            "another than told" => matches!(error, FileError::Another { .. }),
            "older" => matches!(error, FileError::Outdated(_)),
            _ => matches!(error, FileError::Open(OpenError::Missing(_))),
        };
        assert!(expected, "{what}: {error:?}");
        assert_eq!(file.present().unwrap().digest(), at_first, "{what}");
        assert_eq!(file.current().await.unwrap().digest(), at_first, "{what}");
    }

    // Whoever works with the one before is not disturbed; who waits is woken.
    let before = file.present().unwrap();
    let mut watch = file.watch();
    watch.mark_unchanged();
    file.replace(&copy(&feeds, &new), whole).await.unwrap();
    assert!(watch.has_changed().unwrap());
    assert_eq!(file.present().unwrap().digest(), whole.digest);
    assert_eq!(before.affected("Debian:12", "curl").unwrap()[0].name, "CVE-2024-20240201");
    // The operator may go back.
    let back = Offered { allow_older: true, ..offered(&old, &key) };
    file.replace(&copy(&feeds, &old), back).await.unwrap();
    assert_eq!(file.present().unwrap().digest(), back.digest);
}

#[tokio::test]
async fn a_file_that_is_replaced_is_taken_or_told() {
    let feeds = Feeds::new();
    let (old, _) = database(&feeds, "old", "2024-01-01", "key");
    let (new, _) = database(&feeds, "new", "2024-03-01", "key");
    let place = feeds.path("place");
    let pinned = palisade_scanner::vulndb::public_path(&feeds.path("key"));
    let file = VulndbFile::at(place.clone(), Some(pinned.clone()));
    assert!(matches!(file.current().await, Err(FileError::Open(OpenError::Missing(_)))));
    assert_eq!(file.refusal().await, None);
    let put = |from: &Path| fs::rename(copy(&feeds, from), &place).unwrap();

    put(&new);
    let version = file.current().await.unwrap().version().to_owned();
    assert_eq!(file.refusal().await, None);
    put(&old);
    assert_eq!(file.current().await.unwrap().version(), version);
    assert!(file.refusal().await.unwrap().contains("older"), "{:?}", file.refusal().await);
    fs::write(&place, "nonsense").unwrap();
    assert_eq!(file.current().await.unwrap().version(), version);
    assert!(file.refusal().await.unwrap().contains("no vulnerability database"));
    put(&new);
    assert_eq!(file.current().await.unwrap().version(), version);
    assert_eq!(file.refusal().await, None);

    // Who lets it go back gets it; a fresh start has nothing to compare with.
    let lenient = VulndbFile::at(place.clone(), Some(pinned)).allow_older(true);
    lenient.current().await.unwrap();
    put(&old);
    assert_ne!(lenient.current().await.unwrap().version(), version);
}

#[tokio::test]
async fn the_key_lies_beside_what_was_handed_over() {
    let feeds = Feeds::new();
    let (new, key) = database(&feeds, "new", "2024-03-01", "key");
    let file = VulndbFile::at(feeds.path("handed"), None);
    file.replace(&copy(&feeds, &new), offered(&new, &key)).await.unwrap();
    // A start without the link verifies with it.
    let again = VulndbFile::at(feeds.path("handed"), None);
    assert_eq!(again.current().await.unwrap().key(), key.public());
}
