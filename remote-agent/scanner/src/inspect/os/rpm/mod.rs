//! The databases of rpm. There are three kinds of file, all of which hold the
//! same thing: one header a package, see [`header`].
//!
//! Each kind has a reader of its own that needs nothing but the bytes:
//! libraries for them read files, trust what they read, and are written in C.
//! A damaged place costs what lies there; the rest is read.

mod berkeley;
mod bytes;
mod header;
mod ndb;
mod sqlite;

use super::own;
use crate::inspect::{Entry, Facts, MOST_PACKAGES, Problem, too_many};

/// Folders of the database in an image. Where several databases exist, that
/// one is in use into which a package was installed last.
pub(super) const FOLDERS: [&str; 3] = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"];

/// Files of the database, the newest kind first.
pub(super) const FILES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// What SQLite has not put into the database yet.
const WRITE_AHEAD: &str = "rpmdb.sqlite-wal";

/// Whether the file is a database, wherever it lies: links may lead there.
pub(super) fn is_database(entry: &Entry<'_>) -> bool {
    FILES.contains(&entry.base()) && in_rpm_folder(entry)
}

pub(super) fn is_write_ahead(entry: &Entry<'_>) -> bool {
    entry.base() == WRITE_AHEAD && in_rpm_folder(entry)
}

fn in_rpm_folder(entry: &Entry<'_>) -> bool {
    let folder = entry.folder();
    folder == "rpm" || folder.ends_with("/rpm")
}

/// Reads a database, whatever kind its first bytes say it is.
pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut damaged = None;
    let mut each = |blob: &[u8]| {
        if facts.packages.len() >= MOST_PACKAGES {
            damaged.get_or_insert_with(too_many);
            return;
        }
        let read = header::package(entry.path, blob, &mut |path| own(&mut facts.owned, path));
        match read {
            Ok(Some(found)) => {
                facts.packages.push(found.package);
                facts.installed_at = facts.installed_at.max(found.installed_at);
            }
            Ok(None) => {}
            Err(problem) => {
                damaged.get_or_insert(problem);
            }
        }
    };
    if sqlite::is(bytes) {
        sqlite::headers(bytes, &mut each)?;
    } else if ndb::is(bytes) {
        ndb::headers(bytes, &mut each)?;
    } else if berkeley::is(bytes) {
        berkeley::headers(bytes, &mut each)?;
    } else {
        return Err(Problem::new("is no database of rpm"));
    }
    damaged.map_or(Ok(()), Err)
}

/// Tells where changes lie beside the database that are not in it yet.
pub(super) fn read_write_ahead(_: &Entry<'_>, bytes: &[u8], _: &mut Facts) -> Result<(), Problem> {
    if sqlite::has_changes(bytes) {
        return Err(Problem::new("holds changes that are not in the database yet"));
    }
    Ok(())
}
