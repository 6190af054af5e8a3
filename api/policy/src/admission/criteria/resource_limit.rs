//! `resourceLimit`: what the container asks of its node or may take, in cores and bytes;
//! one of the sub-criteria must be met. What the container does not say meets none.

use palisade_api::rest::admission::AdmissionCriterion;

use super::{Definition, Met, Test, parsed};
use crate::admission::resources::Resources;

const OPERATORS: &[&str] = &[">", "<="];

pub(super) const DEFINITION: Definition = Definition {
    name: "resourceLimit",
    deny: &[""],
    allow: &[],
    values: &[],
    source: "yaml",
    sub: &[
        ("cpuRequest", OPERATORS),
        ("cpuLimit", OPERATORS),
        ("memoryRequest", OPERATORS),
        ("memoryLimit", OPERATORS),
    ],
    normal: |value| Ok(value.trim().to_owned()),
    compile: |criterion| {
        if criterion.sub_criteria.is_empty() {
            return Err("it needs a sub-criterion".to_owned());
        }
        let limits: Vec<Limit> =
            criterion.sub_criteria.iter().map(limit).collect::<Result<_, _>>()?;
        Ok(Test::new(move |subject| {
            let resources = &subject.container.resources;
            Met::from(limits.iter().any(|limit| limit.is_met(resources)))
        }))
    },
};

struct Limit {
    of: fn(&Resources) -> Option<f64>,
    above: bool,
    value: f64,
}

impl Limit {
    fn is_met(&self, resources: &Resources) -> bool {
        (self.of)(resources)
            .is_some_and(|said| if self.above { said > self.value } else { said <= self.value })
    }
}

fn limit(sub: &AdmissionCriterion) -> Result<Limit, String> {
    let of: fn(&Resources) -> Option<f64> = match sub.name.as_str() {
        "cpuRequest" => |resources| resources.cpu_request,
        "cpuLimit" => |resources| resources.cpu_limit,
        "memoryRequest" => |resources| resources.memory_request,
        _ => |resources| resources.memory_limit,
    };
    Ok(Limit { of, above: sub.op == ">", value: parsed(&sub.value)? })
}
