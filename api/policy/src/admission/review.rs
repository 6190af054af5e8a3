//! What is to be admitted: a Kubernetes object of any workload kind, read into
//! a [`Workload`]. Objects come from outside: what is missing or of a wrong
//! type counts as absent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compile::Asked;
use super::container::{Container, ContainerKind};
use super::image_name::ImageName;

/// Containers of one object that are looked at.
const MAX_CONTAINERS: usize = 1_000;

/// What a request to admit something says besides the object.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// Kind of the object, for example `Deployment`.
    pub kind: &'a str,
    /// For example `ephemeralcontainers`; mostly empty.
    pub sub_resource: &'a str,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: &'a str,
    /// Name of the object; empty where it is generated.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Who asks.
    pub username: &'a str,
    /// Groups of who asks.
    pub groups: &'a [String],
    /// Whether nothing is to be stored.
    pub dry_run: bool,
    /// The object.
    pub object: &'a Value,
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// It is made.
    #[default]
    Creation,
    /// It is changed.
    Update,
}

impl Verb {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creation => "Creation",
            Self::Update => "Update",
        }
    }
}

/// An object that runs containers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// What becomes of it.
    pub verb: Verb,
    /// Kind of the object.
    pub kind: String,
    /// Its name, or the beginning of a generated one.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
    /// Who made it; none where a controller did for somebody else.
    pub user: Option<String>,
    /// Groups of who made it.
    pub user_groups: BTreeSet<String>,
    /// Labels of the object and of its pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the object and of its pods.
    pub annotations: BTreeMap<String, String>,
    /// Whether pods see the processes of the node.
    pub share_pid: bool,
    /// Whether pods share the node's IPC.
    pub share_ipc: bool,
    /// Whether pods share the node's network.
    pub share_net: bool,
    /// Containers of all kinds.
    pub containers: Vec<Container>,
    /// The pods as they were described, without the containers that are not judged, where
    /// a rule asks. Not kept with what was decided: values of environment variables stand
    /// in it.
    #[serde(skip)]
    pub template: Option<Arc<Value>>,
}

impl Workload {
    /// Reads a workload. None when the request is not about one, or changes
    /// nothing that runs: it is let through.
    pub fn read(review: &Review<'_>) -> Option<Self> {
        let verb = match review.operation {
            "CREATE" => Verb::Creation,
            "UPDATE" => Verb::Update,
            _ => return None,
        };
        if !matches!(review.sub_resource, "" | "ephemeralcontainers") {
            return None;
        }
        let object = review.object;
        let template = template(review.kind, object)?;
        let owned = at(object, &["metadata", "ownerReferences"])
            .and_then(Value::as_array)
            .is_some_and(|owners| !owners.is_empty());
        let debugging = review.sub_resource == "ephemeralcontainers";
        if review.kind == "Pod" && review.operation == "UPDATE" && owned && !debugging {
            let phase = at(object, &["status", "phase"]).and_then(Value::as_str);
            if phase == Some("Running") {
                return None;
            }
        }
        let spec = template.get("spec")?;
        let mut labels = strings(at(object, &["metadata", "labels"]));
        let mut annotations = strings(at(object, &["metadata", "annotations"]));
        labels.extend(strings(at(template, &["metadata", "labels"])));
        annotations.extend(strings(at(template, &["metadata", "annotations"])));
        let mut containers = Vec::new();
        for kind in ContainerKind::ALL {
            let listed = spec.get(kind.key()).and_then(Value::as_array);
            containers.extend(
                listed
                    .into_iter()
                    .flatten()
                    .take(MAX_CONTAINERS)
                    .map(|container| Container::read(kind, container, template)),
            );
        }
        Some(Self {
            verb,
            kind: review.kind.to_owned(),
            name: name(review),
            namespace: review.namespace.to_owned(),
            dry_run: review.dry_run,
            user: (!owned).then(|| review.username.to_owned()),
            user_groups: if owned {
                BTreeSet::new()
            } else {
                review.groups.iter().cloned().collect()
            },
            labels,
            annotations,
            share_pid: flag(spec, "hostPID"),
            share_ipc: flag(spec, "hostIPC"),
            share_net: flag(spec, "hostNetwork"),
            containers,
            template: None,
        })
    }
}

impl Workload {
    /// Looks for what is asked besides: secrets among the environment variables,
    /// `name=value`, of the containers, and the pod template of `object`.
    pub fn complete(&mut self, asked: Asked, object: &Value, is_secret: impl Fn(&str) -> bool) {
        if asked.secrets {
            for container in &mut self.containers {
                let mut entries = container.env.iter();
                container.has_secrets =
                    entries.any(|(name, value)| is_secret(&format!("{name}={value}")));
            }
        }
        if asked.template {
            self.template = template(&self.kind, object).map(|template| Arc::new(judged(template)));
        }
    }
}

/// The pod template of an object; none of one that runs nothing.
fn template<'a>(kind: &str, object: &'a Value) -> Option<&'a Value> {
    match kind {
        "Pod" => Some(object),
        "Deployment"
        | "DaemonSet"
        | "StatefulSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "DeploymentConfig" => at(object, &["spec", "template"]),
        "CronJob" => at(object, &["spec", "jobTemplate", "spec", "template"]),
        _ => None,
    }
}

/// A pod template without the containers that are not judged.
fn judged(template: &Value) -> Value {
    let mut template = template.clone();
    for kind in ContainerKind::ALL {
        let list = template.get_mut("spec").and_then(|spec| spec.get_mut(kind.key()));
        if let Some(list) = list.and_then(Value::as_array_mut) {
            list.retain(|container| {
                let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
                !ImageName::parse(image).is_sidecar()
            });
        }
    }
    template
}

/// The name, or what Kubernetes will make one of.
fn name(review: &Review<'_>) -> String {
    let metadata = |key| at(review.object, &["metadata", key]).and_then(Value::as_str);
    let given = [Some(review.name), metadata("name"), metadata("generateName")];
    given.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn strings(value: Option<&Value>) -> BTreeMap<String, String> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(kind: &str, object: &Value) -> Option<Workload> {
        Workload::read(&Review {
            kind,
            sub_resource: "",
            operation: "CREATE",
            name: "orders",
            namespace: "shop",
            username: "alice",
            groups: &[],
            dry_run: false,
            object,
        })
    }

    fn pod() -> Value {
        json!({
            "metadata": {"labels": {"app": "orders"}},
            "spec": {
                "hostPID": true,
                "securityContext": {"runAsUser": 0, "runAsNonRoot": true},
                "initContainers": [{"name": "prepare", "image": "shop/prepare:1"}],
                "containers": [{
                    "name": "orders", "image": "shop/orders:1",
                    "securityContext": {"runAsUser": 1000, "privileged": true},
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {}}],
                    "volumeMounts": [{"name": "run", "mountPath": "/x"}]
                }],
                "volumes": [
                    {"name": "run", "hostPath": {"path": "/run"}},
                    {"name": "other", "hostPath": {"path": "/etc"}}
                ]
            }
        })
    }

    #[test]
    fn every_workload_kind_is_read_from_its_own_place() {
        let spec = pod();
        let cases = [
            ("Pod", spec.clone()),
            ("Deployment", json!({"spec": {"template": spec}})),
            ("Job", json!({"spec": {"template": spec}})),
            ("CronJob", json!({"spec": {"jobTemplate": {"spec": {"template": spec}}}})),
        ];
        for (kind, object) in cases {
            let workload = read(kind, &object).unwrap();
            assert_eq!(workload.containers.len(), 2, "{kind}");
            assert_eq!(workload.labels["app"], "orders", "{kind}");
            assert!(workload.share_pid, "{kind}");
        }
        for kind in ["Service", "ConfigMap", "Namespace"] {
            assert_eq!(read(kind, &spec), None);
        }
    }

    #[test]
    fn a_container_overrides_its_pod() {
        let workload = read("Pod", &pod()).unwrap();
        let [orders, prepare] = workload.containers.as_slice() else { panic!() };
        assert_eq!(orders.run_as_user, Some(1000));
        assert!(orders.privileged && orders.allow_privilege_escalation && orders.run_as_non_root);
        assert_eq!(
            orders.env,
            BTreeMap::from([("A".into(), "1".into()), ("B".into(), String::new())])
        );
        assert_eq!(orders.host_paths, BTreeSet::from(["/run".to_owned()]));
        assert_eq!((prepare.kind, prepare.run_as_user), (ContainerKind::InitContainers, Some(0)));
    }

    #[test]
    fn updates_of_running_owned_pods_are_let_through_but_debugging_is_not() {
        let mut object = pod();
        object["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet"}]);
        object["status"] = json!({"phase": "Running"});
        let review = |sub_resource, operation| {
            Workload::read(&Review {
                kind: "Pod",
                sub_resource,
                operation,
                name: "",
                namespace: "shop",
                username: "system",
                groups: &[],
                dry_run: false,
                object: &object,
            })
        };
        assert_eq!(review("", "UPDATE"), None);
        assert_eq!(review("", "DELETE"), None);
        assert_eq!(review("exec", "CONNECT"), None);
        assert!(review("ephemeralcontainers", "UPDATE").is_some());
        assert_eq!(review("", "CREATE").unwrap().user, None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z/:@.]{0,12}".prop_map(Value::from),
        ];
        let keys = prop_oneof![
            Just("spec"),
            Just("template"),
            Just("metadata"),
            Just("containers"),
            Just("image"),
            Just("securityContext"),
            Just("env"),
            Just("volumes"),
            Just("volumeMounts"),
            Just("labels"),
            Just("name"),
            Just("runAsUser"),
            Just("ownerReferences"),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|members| {
                    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_object_is_too_strange_to_read(object in any_json()) {
            for kind in ["Pod", "Deployment", "CronJob"] {
                let _ = read(kind, &object);
            }
        }
    }
}
