//! What a container asks of its node, and may take at most.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Processor in cores, memory in bytes; none where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Cores that are kept for it.
    pub cpu_request: Option<f64>,
    /// Cores that it may use.
    pub cpu_limit: Option<f64>,
    /// Bytes that are kept for it.
    pub memory_request: Option<f64>,
    /// Bytes that it may use.
    pub memory_limit: Option<f64>,
}

impl Resources {
    /// Reads `resources` of a container. Where only a limit is said, as much is kept.
    pub fn read(resources: &Value) -> Self {
        let of = |list: &str, name: &str| quantity(resources.get(list)?.get(name)?);
        let (cpu_limit, memory_limit) = (of("limits", "cpu"), of("limits", "memory"));
        Self {
            cpu_request: of("requests", "cpu").or(cpu_limit),
            cpu_limit,
            memory_request: of("requests", "memory").or(memory_limit),
            memory_limit,
        }
    }
}

/// Suffixes of quantities, those of two letters first.
const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// A quantity as Kubernetes writes it: `2`, `500m`, `1.5Gi`, `1e3`.
fn quantity(value: &Value) -> Option<f64> {
    if let Some(number) = value.as_f64() {
        return Some(number);
    }
    let text = value.as_str()?.trim();
    let (number, unit) = SUFFIXES
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
        .unwrap_or((text, 1.0));
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some(number * unit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, read) in [
            (json!("2"), Some(2.0)),
            (json!(2), Some(2.0)),
            (json!("500m"), Some(0.5)),
            (json!("1.5"), Some(1.5)),
            (json!("64Mi"), Some(67_108_864.0)),
            (json!("1.5Gi"), Some(1_610_612_736.0)),
            (json!("128M"), Some(128e6)),
            (json!("1e3"), Some(1_000.0)),
            (json!("2E"), Some(2e18)),
            (json!("much"), None),
            (json!(""), None),
            (json!(null), None),
        ] {
            assert_eq!(quantity(&text), read, "{text}");
        }
    }

    #[test]
    fn a_missing_request_is_the_limit() {
        let read = |resources: Value| Resources::read(&resources);
        let limited = read(json!({"limits": {"cpu": "1", "memory": "1Ki"}}));
        assert_eq!((limited.cpu_request, limited.memory_request), (Some(1.0), Some(1024.0)));
        let asked = read(json!({"requests": {"cpu": "100m"}}));
        assert_eq!((asked.cpu_request, asked.cpu_limit), (Some(0.1), None));
    }
}
