//! File monitors: the files of a group that are watched or closed.

use palisade_api::rest::file_monitor as rest;
use serde::{Deserialize, Serialize};

use crate::error::shorten;
use crate::object::federated;
use crate::{CfgType, PolicyError};

/// Filters of one monitor.
const MAX_FILTERS: usize = 1_024;
/// Applications of one filter.
const MAX_APPLICATIONS: usize = 256;
const MAX_PATH_BYTES: usize = 4_096;

/// What happens at a watched file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behavior {
    /// Changes are reported.
    MonitorChange,
    /// Access is refused.
    BlockAccess,
}

impl Behavior {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MonitorChange => "monitor_change",
            Self::BlockAccess => "block_access",
        }
    }

    fn parse(name: &str) -> Result<Self, PolicyError> {
        [Self::MonitorChange, Self::BlockAccess]
            .into_iter()
            .find(|behavior| behavior.as_str() == name)
            .ok_or_else(|| PolicyError::field("behavior", "it is monitor_change or block_access"))
    }
}

/// A filter of a file monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFilter {
    /// Absolute path; `*` stands for any text, a slash at the end for all that
    /// is in the folder.
    pub filter: String,
    /// Whether folders below count too.
    #[serde(default)]
    pub recursive: bool,
    /// What happens.
    pub behavior: Behavior,
    /// Executables that may do it nevertheless.
    #[serde(default)]
    pub applications: Vec<String>,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
}

/// The file monitor of a group. Its JSON form is its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMonitor {
    /// The group.
    pub group: String,
    /// What is watched, by path.
    #[serde(default)]
    pub filters: Vec<FileFilter>,
}

impl FileMonitor {
    /// A monitor that watches nothing of its own.
    pub fn empty(group: impl Into<String>) -> Self {
        Self { group: group.into(), filters: Vec::new() }
    }

    /// The monitor with what `config` names; `now` is in Unix seconds.
    pub fn update(
        mut self,
        config: rest::FileMonitorConfig,
        now: i64,
    ) -> Result<Self, PolicyError> {
        let rest::FileMonitorConfig { add_filters, delete_filters, update_filters } = config;
        if add_filters.is_none() && delete_filters.is_none() && update_filters.is_none() {
            let reason = "one of add_filters, delete_filters and update_filters is needed";
            return Err(PolicyError::field("config", reason));
        }
        for gone in delete_filters.unwrap_or_default() {
            let at = self.find(&path(&gone.filter)?)?;
            self.filters.remove(at);
        }
        for new in add_filters.unwrap_or_default() {
            let filter = filter(new, now)?;
            if self.find(&filter.filter).is_ok() {
                return Err(wrong(&filter.filter, "it is there already"));
            }
            self.filters.push(filter);
        }
        for change in update_filters.unwrap_or_default() {
            let at = self.find(&path(&change.filter)?)?;
            let Some(filter) = self.filters.get_mut(at) else { continue };
            filter.recursive = change.recursive;
            filter.behavior = Behavior::parse(&change.behavior)?;
            filter.applications = applications(change.applications)?;
            filter.last_modified_timestamp = now;
        }
        self.bounded()
    }

    /// The monitor with these filters alone. Those that it has keep their ages.
    pub fn with_filters(
        mut self,
        filters: Vec<rest::FileMonitorFilterConfig>,
        now: i64,
    ) -> Result<Self, PolicyError> {
        let before = Self { filters: std::mem::take(&mut self.filters), ..Self::empty("") };
        for stated in filters {
            let new = filter(stated, now)?;
            if self.find(&new.filter).is_ok() {
                return Err(wrong(&new.filter, "it is there twice"));
            }
            let old = before.find(&new.filter).ok().and_then(|at| before.filters.get(at));
            self.filters.push(match old {
                Some(old) if old.says_the_same(&new) => old.clone(),
                Some(old) => FileFilter { created_timestamp: old.created_timestamp, ..new },
                None => new,
            });
        }
        self.bounded()
    }

    fn bounded(mut self) -> Result<Self, PolicyError> {
        if self.filters.len() > MAX_FILTERS {
            return Err(PolicyError::field("add_filters", format!("{MAX_FILTERS} at most")));
        }
        self.filters.sort_by(|left, right| left.filter.cmp(&right.filter));
        Ok(self)
    }

    fn find(&self, filter: &str) -> Result<usize, PolicyError> {
        let at = self.filters.iter().position(|old| old.filter == filter);
        at.ok_or_else(|| PolicyError::MissingEntry(format!("the filter {:?}", shorten(filter))))
    }

    /// The monitor as clients know it.
    pub fn to_rest(&self) -> rest::FileMonitorProfile {
        let filter = |filter: &FileFilter| rest::FileMonitorFilter {
            filter: filter.filter.clone(),
            recursive: filter.recursive,
            behavior: filter.behavior.as_str().to_owned(),
            applications: filter.applications.clone(),
            cfg_type: CfgType::of_name(&self.group).as_str().to_owned(),
            group: self.group.clone(),
            created_timestamp: filter.created_timestamp,
            last_modified_timestamp: filter.last_modified_timestamp,
        };
        rest::FileMonitorProfile {
            group: self.group.clone(),
            filters: self.filters.iter().map(filter).collect(),
        }
    }
}

federated!(FileMonitor, FileMonitor, group);

impl FileFilter {
    fn says_the_same(&self, other: &Self) -> bool {
        (self.recursive, self.behavior, &self.applications)
            == (other.recursive, other.behavior, &other.applications)
    }
}

fn filter(stated: rest::FileMonitorFilterConfig, now: i64) -> Result<FileFilter, PolicyError> {
    Ok(FileFilter {
        filter: path(&stated.filter)?,
        recursive: stated.recursive,
        behavior: Behavior::parse(&stated.behavior)?,
        applications: applications(stated.applications)?,
        created_timestamp: now,
        last_modified_timestamp: now,
    })
}

fn wrong(filter: &str, reason: &str) -> PolicyError {
    PolicyError::InvalidEntry {
        entry: format!("filter {:?}", shorten(filter)),
        reason: reason.to_owned(),
    }
}

/// The path without what says nothing. A slash at its end stays.
fn path(text: &str) -> Result<String, PolicyError> {
    let usable = text.starts_with('/')
        && !text.contains(['[', ']', '(', ')', '<', '>', '\0'])
        && !text.split('/').any(|segment| segment == "..")
        && text.len() <= MAX_PATH_BYTES;
    let clean = if usable { crate::path::clean(text) } else { None };
    let clean = clean.ok_or_else(|| {
        wrong(text, "it is an absolute path below the root, without .., brackets, < and >")
    })?;
    Ok(if text.ends_with('/') { format!("{clean}/") } else { clean })
}

fn applications(paths: Vec<String>) -> Result<Vec<String>, PolicyError> {
    let wrong = |path: &String| path.is_empty() || path.len() > MAX_PATH_BYTES;
    if paths.len() > MAX_APPLICATIONS || paths.iter().any(wrong) {
        let reason = format!("{MAX_APPLICATIONS} at most, none of them empty or too long");
        return Err(PolicyError::field("applications", reason));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(path: &str, behavior: &str) -> rest::FileMonitorFilterConfig {
        rest::FileMonitorFilterConfig {
            filter: path.to_owned(),
            behavior: behavior.to_owned(),
            ..rest::FileMonitorFilterConfig::default()
        }
    }

    fn added(monitor: FileMonitor, path: &str, behavior: &str) -> Result<FileMonitor, PolicyError> {
        let config = rest::FileMonitorConfig {
            add_filters: Some(vec![filter(path, behavior)]),
            ..rest::FileMonitorConfig::default()
        };
        monitor.update(config, 1)
    }

    #[test]
    fn filters_are_checked() {
        for (path, behavior, stored) in [
            ("/etc/passwd", "monitor_change", Some("/etc/passwd")),
            ("/etc//./ssh/", "block_access", Some("/etc/ssh/")),
            ("/home/*/.ssh/*", "block_access", Some("/home/*/.ssh/*")),
            ("/", "block_access", None),
            ("", "block_access", None),
            ("etc/passwd", "block_access", None),
            ("/etc/../passwd", "block_access", None),
            ("/etc/(a|b)", "block_access", None),
            ("/etc/passwd", "watch", None),
        ] {
            let made = added(FileMonitor::empty("fed.g"), path, behavior);
            let filter = made.as_ref().ok().map(|monitor| monitor.filters[0].filter.as_str());
            assert_eq!(filter, stored, "{behavior}: {made:?}");
        }
    }

    #[test]
    fn filters_are_added_changed_and_deleted() {
        let monitor = added(FileMonitor::empty("fed.g"), "/etc/passwd", "monitor_change").unwrap();
        assert!(added(monitor.clone(), "/etc/passwd", "block_access").is_err(), "it is a double");
        let update = rest::FileMonitorConfig {
            update_filters: Some(vec![filter("/etc/passwd", "block_access")]),
            ..rest::FileMonitorConfig::default()
        };
        let changed = monitor.clone().update(update.clone(), 2).unwrap();
        assert_eq!(changed.filters[0].behavior, Behavior::BlockAccess);
        assert_eq!(changed.filters[0].created_timestamp, 1);
        let delete = rest::FileMonitorConfig {
            delete_filters: Some(vec![filter("/etc/passwd", "")]),
            ..rest::FileMonitorConfig::default()
        };
        let empty = monitor.update(delete, 3).unwrap();
        assert_eq!(empty, FileMonitor::empty("fed.g"));
        assert!(matches!(empty.clone().update(update, 4), Err(PolicyError::MissingEntry(_))));
        assert!(empty.update(rest::FileMonitorConfig::default(), 5).is_err());
    }
}
