//! A container as a pod template describes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::image_name::ImageName;
use super::pod_security::PodSecurity;
use super::resources::Resources;
use super::review::{at, flag};

/// The kinds of containers in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerKind {
    /// Ordinary ones.
    Containers,
    /// Those that run before.
    InitContainers,
    /// Those that are added for debugging.
    EphemeralContainers,
}

impl ContainerKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Containers, Self::InitContainers, Self::EphemeralContainers];

    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::InitContainers => "init_containers",
            Self::EphemeralContainers => "ephemeral_containers",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its key in a pod's specification.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::InitContainers => "initContainers",
            Self::EphemeralContainers => "ephemeralContainers",
        }
    }
}

/// A container of a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its kind.
    pub kind: ContainerKind,
    /// Its name.
    pub name: String,
    /// Its image as it is written.
    pub image_text: String,
    /// Its image taken apart.
    pub image: ImageName,
    /// The user it runs as, where that is said.
    pub run_as_user: Option<i64>,
    /// Whether it must not run as root.
    pub run_as_non_root: bool,
    /// Whether it is privileged.
    pub privileged: bool,
    /// Whether it may gain privileges.
    pub allow_privilege_escalation: bool,
    /// Environment variables with literal values.
    pub env: BTreeMap<String, String>,
    /// Folders of the node that it mounts.
    pub host_paths: BTreeSet<String>,
    /// Whether an environment variable is a secret, where that was looked for.
    #[serde(default)]
    pub has_secrets: bool,
    /// What it asks of its node, and may take.
    #[serde(default)]
    pub resources: Resources,
    /// Whether it keeps to the Pod Security Standards.
    #[serde(default)]
    pub pod_security: PodSecurity,
}

impl Container {
    pub(super) fn read(kind: ContainerKind, container: &Value, template: &Value) -> Self {
        let pod = template.get("spec").unwrap_or(&Value::Null);
        let text = |key| container.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let own = container.get("securityContext").unwrap_or(&Value::Null);
        let shared = pod.get("securityContext").unwrap_or(&Value::Null);
        let either = |key: &str| own.get(key).or_else(|| shared.get(key));
        let privileged = flag(own, "privileged");
        let adds_sys_admin = at(own, &["capabilities", "add"])
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|name| name.trim_start_matches("CAP_") == "SYS_ADMIN");
        let image_text = text("image");
        Self {
            kind,
            name: text("name"),
            image: ImageName::parse(&image_text),
            image_text,
            run_as_user: either("runAsUser").and_then(Value::as_i64),
            run_as_non_root: either("runAsNonRoot").and_then(Value::as_bool).unwrap_or(false),
            privileged,
            allow_privilege_escalation: privileged
                || adds_sys_admin
                || flag(own, "allowPrivilegeEscalation"),
            env: container
                .get("env")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|entry| {
                    let name = entry.get("name")?.as_str()?;
                    let value = entry.get("value").and_then(Value::as_str).unwrap_or_default();
                    Some((name.to_owned(), value.to_owned()))
                })
                .collect(),
            host_paths: host_paths(container, pod),
            has_secrets: false,
            resources: Resources::read(container.get("resources").unwrap_or(&Value::Null)),
            pod_security: PodSecurity::of(container, template),
        }
    }
}

fn host_paths(container: &Value, pod: &Value) -> BTreeSet<String> {
    let list = |value: &Value, key: &str| -> Vec<Value> {
        value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let mounted: BTreeSet<String> = list(container, "volumeMounts")
        .iter()
        .filter_map(|mount| mount.get("name")?.as_str().map(str::to_owned))
        .collect();
    list(pod, "volumes")
        .iter()
        .filter(|volume| {
            volume.get("name").and_then(Value::as_str).is_some_and(|name| mounted.contains(name))
        })
        .filter_map(|volume| at(volume, &["hostPath", "path"])?.as_str().map(str::to_owned))
        .collect()
}
