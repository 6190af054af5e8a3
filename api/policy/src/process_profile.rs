//! Process profiles: what the members of a group may run.

use palisade_api::rest::process_profile as rest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::shorten;
use crate::network_rule::Action;
use crate::object::federated;
use crate::{CfgType, PolicyError};

/// Rules of one profile.
const MAX_ENTRIES: usize = 4_096;
const MAX_TEXT_BYTES: usize = 4_096;

/// What stands for any name and any path.
const ANY: &str = "*";

/// A rule of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessEntry {
    /// Name of the process; `*` for any.
    pub name: String,
    /// Path of the executable: empty, `*`, or absolute with one `*` at most.
    pub path: String,
    /// What happens.
    pub action: Action,
    /// Whether the executable may change.
    #[serde(default)]
    pub allow_update: bool,
    /// Its id.
    pub uuid: Uuid,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
}

/// The profile of a group. Its JSON form is its payload. Groups without one allow
/// what their cluster allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessProfile {
    /// The group.
    pub group: String,
    /// Whether nothing is reported.
    #[serde(default)]
    pub alert_disabled: bool,
    /// Whether executables are told apart by their digests.
    #[serde(default)]
    pub hash_enabled: bool,
    /// The rules; the first that fits decides.
    #[serde(default)]
    pub entries: Vec<ProcessEntry>,
}

/// The moment and the source of ids of a change.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Unix seconds.
    pub now: i64,
    /// Makes an id that nothing else has.
    pub uuid: fn() -> Uuid,
}

impl ProcessProfile {
    /// The profile of a group that has no rules.
    pub fn empty(group: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            alert_disabled: false,
            hash_enabled: false,
            entries: Vec::new(),
        }
    }

    /// Whether it says no more than having none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.alert_disabled && !self.hash_enabled
    }

    /// The profile with these rules alone, in their order. Those that it has
    /// keep their ids and ages.
    pub fn with_rules(
        mut self,
        rules: &[rest::ProcessProfileEntryConfig],
        stamp: Stamp,
    ) -> Result<Self, PolicyError> {
        let mut before = std::mem::take(&mut self.entries);
        for rule in rules {
            let (name, path, _) = check(rule)?;
            let old = before.iter().position(|entry| entry.name == name && entry.path == path);
            self.entries.extend(old.map(|at| before.swap_remove(at)));
            self.write(rule, &[], stamp)?;
        }
        self.bounded()
    }

    /// The profile with what `config` names: rules are deleted, then written.
    pub fn update(
        mut self,
        config: rest::ProcessProfileConfig,
        stamp: Stamp,
    ) -> Result<Self, PolicyError> {
        if !config.group.is_empty() && config.group != self.group {
            return Err(PolicyError::field("group", "it differs from that in the path"));
        }
        if config.baseline.is_some_and(|baseline| !baseline.is_empty()) {
            return Err(PolicyError::field("baseline", "only groups that were learned have one"));
        }
        self.alert_disabled = config.alert_disabled.unwrap_or(self.alert_disabled);
        self.hash_enabled = config.hash_enabled.unwrap_or(self.hash_enabled);
        let mut deleted = Vec::new();
        for wanted in config.process_delete_list.unwrap_or_default() {
            let stored = path(&wanted.path).unwrap_or_default();
            let at = self.find(wanted.name.trim(), &stored).ok_or_else(|| {
                let (name, path) = (shorten(&wanted.name), shorten(&wanted.path));
                PolicyError::MissingEntry(format!("the rule {name:?} with the path {path:?}"))
            })?;
            deleted.push(self.entries.remove(at));
        }
        for wanted in config.process_change_list.unwrap_or_default() {
            self.write(&wanted, &deleted, stamp)?;
        }
        self.bounded()
    }

    fn bounded(self) -> Result<Self, PolicyError> {
        if self.entries.len() > MAX_ENTRIES {
            return Err(PolicyError::field(
                "process_change_list",
                format!("{MAX_ENTRIES} at most"),
            ));
        }
        Ok(self)
    }

    fn find(&self, name: &str, path: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name == name && entry.path == path)
    }

    /// Writes a rule over the one of its name and path, or behind the others.
    /// One that was just `deleted` keeps its age.
    fn write(
        &mut self,
        wanted: &rest::ProcessProfileEntryConfig,
        deleted: &[ProcessEntry],
        stamp: Stamp,
    ) -> Result<(), PolicyError> {
        let (name, path, action) = check(wanted)?;
        let old = self.find(&name, &path);
        if let Some(entry) = old.and_then(|at| self.entries.get_mut(at)) {
            if (entry.action, entry.allow_update) != (action, wanted.allow_update) {
                entry.action = action;
                entry.allow_update = wanted.allow_update;
                entry.last_modified_timestamp = stamp.now;
            }
            return Ok(());
        }
        let before = deleted.iter().find(|entry| entry.name == name && entry.path == path);
        self.entries.push(ProcessEntry {
            action,
            allow_update: wanted.allow_update,
            uuid: (stamp.uuid)(),
            created_timestamp: before.map_or(stamp.now, |entry| entry.created_timestamp),
            last_modified_timestamp: stamp.now,
            name,
            path,
        });
        Ok(())
    }

    /// The profile as clients know it.
    pub fn to_rest(&self) -> rest::ProcessProfile {
        let entry = |entry: &ProcessEntry| rest::ProcessProfileEntry {
            name: entry.name.clone(),
            path: entry.path.clone(),
            user: String::new(),
            uid: 0,
            action: entry.action.as_str().to_owned(),
            cfg_type: CfgType::of_name(&self.group).as_str().to_owned(),
            uuid: entry.uuid.to_string(),
            group: self.group.clone(),
            allow_update: entry.allow_update,
            created_timestamp: entry.created_timestamp,
            last_modified_timestamp: entry.last_modified_timestamp,
        };
        rest::ProcessProfile {
            group: self.group.clone(),
            alert_disabled: self.alert_disabled,
            hash_enabled: self.hash_enabled,
            baseline: String::new(),
            mode: String::new(),
            process_list: self.entries.iter().map(entry).collect(),
        }
    }
}

federated!(ProcessProfile, ProcessProfile, group);

fn check(
    wanted: &rest::ProcessProfileEntryConfig,
) -> Result<(String, String, Action), PolicyError> {
    let name = wanted.name.trim();
    let wrong = |reason: &str| PolicyError::InvalidEntry {
        entry: format!("process {:?}", shorten(name)),
        reason: reason.to_owned(),
    };
    let action =
        Action::parse(&wanted.action).ok_or_else(|| wrong("the action is allow or deny"))?;
    if name.is_empty() || name.len() > MAX_TEXT_BYTES {
        return Err(wrong("its name is empty or too long"));
    }
    let path = path(&wanted.path).ok_or_else(|| {
        wrong(
            "the path is empty, *, or absolute and of a file, with one * at most, without < and >",
        )
    })?;
    if name == ANY && path.is_empty() {
        return Err(wrong("any name needs a path"));
    }
    if name == ANY && matches!(path.as_str(), ANY | "/*") && action == Action::Deny {
        return Err(wrong("this would deny everything"));
    }
    Ok((name.to_owned(), path, action))
}

fn path(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text == ANY {
        return Some(text.to_owned());
    }
    let wrong = !text.starts_with('/')
        || text.ends_with('/')
        || text.contains(['<', '>', '\0'])
        || text.matches('*').count() > 1
        || text.len() > MAX_TEXT_BYTES;
    if wrong { None } else { crate::path::clean(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, path: &str, action: &str) -> rest::ProcessProfileEntryConfig {
        rest::ProcessProfileEntryConfig {
            name: name.to_owned(),
            path: path.to_owned(),
            action: action.to_owned(),
            ..rest::ProcessProfileEntryConfig::default()
        }
    }

    fn changed(
        profile: ProcessProfile,
        delete: &[rest::ProcessProfileEntryConfig],
        write: &[rest::ProcessProfileEntryConfig],
        now: i64,
    ) -> Result<ProcessProfile, PolicyError> {
        let config = rest::ProcessProfileConfig {
            process_delete_list: Some(delete.to_vec()),
            process_change_list: Some(write.to_vec()),
            ..rest::ProcessProfileConfig::default()
        };
        profile.update(config, Stamp { now, uuid: Uuid::nil })
    }

    #[test]
    fn rules_are_checked() {
        for (name, path, action, stored) in [
            ("nginx", "/usr/sbin/nginx", "allow", Some("/usr/sbin/nginx")),
            (" nginx ", " /usr//sbin/./nginx ", "allow", Some("/usr/sbin/nginx")),
            ("nginx", "", "deny", Some("")),
            ("nginx", "*", "deny", Some("*")),
            ("*", "/usr/bin/*", "deny", Some("/usr/bin/*")),
            ("*", "*", "allow", Some("*")),
            ("*", "*", "deny", None),
            ("*", "/*", "deny", None),
            ("*", "", "allow", None),
            ("", "/bin/sh", "allow", None),
            ("sh", "bin/sh", "allow", None),
            ("sh", "/bin/", "allow", None),
            ("sh", "/bin/*/s*", "allow", None),
            ("sh", "/bin/<sh>", "allow", None),
            ("sh", "/..", "allow", None),
            ("sh", "/bin/sh", "learn", None),
        ] {
            let made =
                changed(ProcessProfile::empty("fed.g"), &[], &[entry(name, path, action)], 1);
            let path = made.as_ref().ok().map(|profile| profile.entries[0].path.as_str());
            assert_eq!(path, stored, "{name} {action}: {made:?}");
        }
    }

    #[test]
    fn what_is_written_again_is_changed_and_keeps_its_age() {
        let profile = changed(
            ProcessProfile::empty("fed.g"),
            &[],
            &[entry("sh", "/bin/sh", "allow"), entry("ls", "/bin/ls", "allow")],
            1,
        )
        .unwrap();
        let denied = changed(profile.clone(), &[], &[entry("sh", "/bin/sh", "deny")], 2).unwrap();
        assert_eq!(denied.entries.len(), 2);
        assert_eq!(denied.entries[0].action, Action::Deny);
        assert_eq!(
            (denied.entries[0].created_timestamp, denied.entries[0].last_modified_timestamp),
            (1, 2)
        );
        let same = changed(profile.clone(), &[], &[entry("sh", "/bin/sh", "allow")], 3).unwrap();
        assert_eq!(same, profile);

        let sh = entry("sh", "/bin/sh", "allow");
        let replaced =
            changed(profile.clone(), std::slice::from_ref(&sh), std::slice::from_ref(&sh), 4)
                .unwrap();
        assert_eq!(replaced.entries[1].name, "sh");
        assert_eq!(replaced.entries[1].created_timestamp, 1);

        let gone = entry("cat", "/bin/cat", "");
        assert!(matches!(changed(profile, &[gone], &[], 5), Err(PolicyError::MissingEntry(_))));
    }

    #[test]
    fn a_federated_group_has_no_baseline() {
        let config = rest::ProcessProfileConfig {
            baseline: Some("basic".to_owned()),
            ..rest::ProcessProfileConfig::default()
        };
        let stamp = Stamp { now: 1, uuid: Uuid::nil };
        assert!(ProcessProfile::empty("fed.g").update(config, stamp).is_err());
    }
}
