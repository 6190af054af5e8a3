//! The Pod Security Standards of Kubernetes, `baseline` and `restricted`: whether a
//! container keeps to them by what its pod says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Capabilities that a container may add.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Settings of the kernel that a pod may change.
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Types of SELinux that a container may run as.
const SELINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Kinds of volumes that `restricted` allows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Prefix of the annotations that told the profile of AppArmor before there was a field.
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Which standards a container violates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodSecurity {
    /// `baseline`, and so `restricted` too.
    pub violates_baseline: bool,
    /// `restricted`, whatever user its image runs as.
    pub violates_restricted: bool,
}

impl PodSecurity {
    /// Judges a container of a pod template.
    pub fn of(container: &Value, template: &Value) -> Self {
        let pod = template.get("spec").unwrap_or(&Value::Null);
        let subject = Subject {
            pod,
            container,
            shared: pod.get("securityContext").unwrap_or(&Value::Null),
            own: container.get("securityContext").unwrap_or(&Value::Null),
            annotations: at(template, "/metadata/annotations"),
        };
        let violates_baseline = subject.violates_baseline();
        Self {
            violates_baseline,
            violates_restricted: violates_baseline || subject.violates_restricted(),
        }
    }
}

struct Subject<'a> {
    pod: &'a Value,
    container: &'a Value,
    /// The security context of the pod, and that of the container.
    shared: &'a Value,
    own: &'a Value,
    annotations: &'a Value,
}

impl<'a> Subject<'a> {
    /// What the container says, else its pod.
    fn either(&self, path: &str) -> Option<&'a Value> {
        let said = |context: &'a Value| context.pointer(path).filter(|value| !value.is_null());
        said(self.own).or_else(|| said(self.shared))
    }

    fn both(&self) -> [&'a Value; 2] {
        [self.own, self.shared]
    }

    fn violates_baseline(&self) -> bool {
        let is_true = |value: &Value| value.as_bool() == Some(true);
        ["hostPID", "hostIPC", "hostNetwork"].iter().any(|key| is_true(at(self.pod, key)))
            || self.both().iter().any(|context| {
                is_true(at(context, "/windowsOptions/hostProcess"))
                    || !is_allowed_selinux(at(context, "seLinuxOptions"))
                    || text(context, "/seccompProfile/type") == "Unconfined"
                    || !matches!(
                        text(context, "/appArmorProfile/type"),
                        "" | "RuntimeDefault" | "Localhost"
                    )
            })
            || is_true(at(self.own, "privileged"))
            || !matches!(text(self.own, "procMount"), "" | "Default")
            || self.added().any(|name| !CAPABILITIES.contains(&name))
            || list(self.pod, "volumes").any(|volume| !at(volume, "hostPath").is_null())
            || list(self.container, "ports")
                .any(|port| at(port, "hostPort").as_u64().is_some_and(|port| port != 0))
            || list(self.shared, "sysctls").any(|sysctl| !SYSCTLS.contains(&text(sysctl, "name")))
            || !self.is_allowed_apparmor()
    }

    /// What `restricted` demands beyond `baseline`. Windows has neither capabilities
    /// nor seccomp.
    fn violates_restricted(&self) -> bool {
        let linux = text(self.pod, "/os/name") != "windows";
        let profile = self.either("/seccompProfile/type").and_then(Value::as_str);
        let dropped = list(self.own, "/capabilities/drop").any(|name| name.as_str() == Some("ALL"));
        let runs_as = |context: &Value| at(context, "runAsUser").as_i64() == Some(0);
        list(self.pod, "volumes").any(|volume| !is_allowed_volume(volume))
            || self.either("/runAsNonRoot").and_then(Value::as_bool) != Some(true)
            || self.both().into_iter().any(runs_as)
            || (linux
                && (at(self.own, "allowPrivilegeEscalation").as_bool() != Some(false)
                    || !matches!(profile, Some("RuntimeDefault" | "Localhost"))
                    || !dropped
                    || self.added().any(|name| name != "NET_BIND_SERVICE")))
    }

    fn added(&self) -> impl Iterator<Item = &'a str> {
        list(self.own, "/capabilities/add")
            .filter_map(Value::as_str)
            .map(|name| name.trim_start_matches("CAP_"))
    }

    fn is_allowed_apparmor(&self) -> bool {
        let name = text(self.container, "name");
        let told = self.annotations.as_object().into_iter().flatten();
        let mut told = told.filter(|(key, _)| key.strip_prefix(APPARMOR) == Some(name));
        told.all(|(_, profile)| {
            let profile = profile.as_str().unwrap_or_default();
            matches!(profile, "" | "runtime/default") || profile.starts_with("localhost/")
        })
    }
}

fn is_allowed_selinux(options: &Value) -> bool {
    SELINUX_TYPES.contains(&text(options, "type"))
        && text(options, "user").is_empty()
        && text(options, "role").is_empty()
}

/// A volume has its name and one key, which tells its kind.
fn is_allowed_volume(volume: &Value) -> bool {
    let keys = volume.as_object().into_iter().flat_map(|volume| volume.keys());
    keys.filter(|key| *key != "name").all(|key| VOLUMES.contains(&key.as_str()))
}

/// What is at a key, or at a JSON pointer; null where nothing is.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    let found = if path.starts_with('/') { value.pointer(path) } else { value.get(path) };
    found.unwrap_or(&Value::Null)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    at(value, path).as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A pod that keeps to `restricted`, with `change` made to it.
    fn judged(change: impl FnOnce(&mut Value)) -> (bool, bool) {
        let mut template = json!({
            "metadata": {"annotations": {}},
            "spec": {
                "securityContext": {
                    "runAsNonRoot": true,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "volumes": [{"name": "v", "emptyDir": {}}],
                "containers": [{
                    "name": "c",
                    "ports": [{"containerPort": 80}],
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }],
            },
        });
        change(&mut template);
        let of = PodSecurity::of(&template["spec"]["containers"][0], &template);
        (of.violates_baseline, of.violates_restricted)
    }

    const GOOD: (bool, bool) = (false, false);
    const RESTRICTED: (bool, bool) = (false, true);
    const BASELINE: (bool, bool) = (true, true);

    #[test]
    fn each_control_is_judged() {
        let own = "/spec/containers/0/securityContext";
        let shared = "/spec/securityContext";
        for (place, key, value, verdict) in [
            ("/spec", "x", json!(1), GOOD),
            ("/spec", "hostPID", json!(true), BASELINE),
            ("/spec", "hostIPC", json!(true), BASELINE),
            ("/spec", "hostNetwork", json!(true), BASELINE),
            ("/spec", "hostNetwork", json!(false), GOOD),
            (own, "privileged", json!(true), BASELINE),
            (own, "windowsOptions", json!({"hostProcess": true}), BASELINE),
            (shared, "windowsOptions", json!({"hostProcess": true}), BASELINE),
            (own, "capabilities", json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}), BASELINE),
            (own, "capabilities", json!({"drop": ["ALL"], "add": ["CHOWN"]}), RESTRICTED),
            (own, "capabilities", json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}), GOOD),
            (own, "capabilities", json!({"drop": ["NET_RAW"]}), RESTRICTED),
            ("/spec", "volumes", json!([{"name": "v", "hostPath": {"path": "/"}}]), BASELINE),
            ("/spec", "volumes", json!([{"name": "v", "nfs": {}}]), RESTRICTED),
            ("/spec", "volumes", json!([{"name": "v", "ephemeral": {}}]), GOOD),
            ("/spec/containers/0", "ports", json!([{"hostPort": 80}]), BASELINE),
            ("/spec/containers/0", "ports", json!([{"hostPort": 0}]), GOOD),
            (own, "appArmorProfile", json!({"type": "Unconfined"}), BASELINE),
            (own, "appArmorProfile", json!({"type": "Localhost"}), GOOD),
            ("/metadata/annotations", &format!("{APPARMOR}c"), json!("unconfined"), BASELINE),
            ("/metadata/annotations", &format!("{APPARMOR}d"), json!("unconfined"), GOOD),
            ("/metadata/annotations", &format!("{APPARMOR}c"), json!("localhost/x"), GOOD),
            (shared, "seLinuxOptions", json!({"type": "spc_t"}), BASELINE),
            (shared, "seLinuxOptions", json!({"type": "container_engine_t"}), GOOD),
            (own, "seLinuxOptions", json!({"user": "u"}), BASELINE),
            (own, "procMount", json!("Unmasked"), BASELINE),
            (own, "seccompProfile", json!({"type": "Unconfined"}), BASELINE),
            (shared, "seccompProfile", json!({}), RESTRICTED),
            (shared, "sysctls", json!([{"name": "kernel.msgmax"}]), BASELINE),
            (shared, "sysctls", json!([{"name": "net.ipv4.tcp_rmem"}]), GOOD),
            (own, "allowPrivilegeEscalation", json!(null), RESTRICTED),
            (shared, "runAsNonRoot", json!(null), RESTRICTED),
            (own, "runAsNonRoot", json!(false), RESTRICTED),
            (own, "runAsUser", json!(0), RESTRICTED),
            (own, "runAsUser", json!(1), GOOD),
        ] {
            let judged = judged(|pod| pod.pointer_mut(place).unwrap()[key] = value.clone());
            assert_eq!(judged, verdict, "{place} {key}: {value}");
        }
    }

    #[test]
    fn windows_has_no_capabilities() {
        let windows = judged(|pod| {
            pod["spec"]["os"] = json!({"name": "windows"});
            pod["spec"]["containers"][0]["securityContext"] = json!({});
        });
        assert_eq!(windows, GOOD);
    }
}
