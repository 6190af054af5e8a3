//! Criteria that are kept, shown and synced, and that no cluster evaluates yet: what they
//! ask is not known where decisions are made. A rule with one of them is reported by each
//! cluster as not in force.

use super::{Definition, set};

const fn definition(
    name: &'static str,
    deny: &'static [&'static str],
    allow: &'static [&'static str],
    source: &'static str,
    normal: fn(&str) -> Result<String, String>,
) -> Definition {
    let compile = |_: &_| Err("no cluster evaluates it yet: the rule is not in force".to_owned());
    Definition { name, deny, allow, values: &[], source, sub: &[], normal, compile }
}

/// Packages of the image, `name`, `name=1.2`, `name>=1.2`.
pub(super) const MODULES: Definition =
    definition("modules", set::SET, set::SET, "image", set::normal);

/// Storage classes of the claims that a pod mounts.
pub(super) const STORAGE_CLASS: Definition =
    definition("storageClassName", set::ANY, &[], "yaml", set::normal);

/// What the roles that are bound to the pod's service account allow.
pub(super) const RISKY_ROLE: Definition =
    definition("saBindRiskyRole", &["containsTagAny"], &[], "yaml", |value| {
        const TAGS: [&str; 5] = [
            "risky_role_view_secret",
            "risky_role_create_pod",
            "risky_role_any_action_workload",
            "risky_role_any_action_rbac",
            "risky_role_exec_into_container",
        ];
        let tags = set::values(value);
        if tags.is_empty() || !tags.iter().all(|tag| TAGS.contains(tag)) {
            return Err(format!("its value is a list of: {}", TAGS.join(", ")));
        }
        Ok(tags.join(","))
    });
