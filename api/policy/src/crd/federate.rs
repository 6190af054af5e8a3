//! Resources of a cluster's own objects, as its export has them, made resources of
//! the federation: their names get its prefix, as promotion gives it.

use std::collections::HashMap;

use super::security_rule::{self, Selector};
use super::set::ResourceSet;
use super::{admission, owner_name};
use crate::group::{BUILT_IN_ENDPOINTS, RESERVED};
use crate::response_rule::EXTERNAL;
use crate::{CfgType, FED_PREFIX, PolicyError, network_rule};

impl ResourceSet {
    /// Gives the names of local objects the prefix of federated ones, wherever they
    /// stand; says what of them the federation has no place for, and leaves that out.
    ///
    /// # Errors
    /// When a local object would have the name of a federated one of the set, or one is
    /// described twice and not alike.
    pub fn federate(&mut self) -> Result<Vec<String>, PolicyError> {
        let mut left_out = std::mem::take(&mut self.left_out);
        let mut names = Names::default();
        for sensor in &mut self.dlp {
            names.define("DLP sensor", &mut sensor.spec.sensor.name)?;
        }
        for sensor in &mut self.waf {
            names.define("WAF sensor", &mut sensor.spec.sensor.name)?;
        }
        for resource in &mut self.webhooks {
            for webhook in &mut resource.spec.fed_config.webhooks {
                names.define("webhook", &mut webhook.name)?;
            }
        }
        for resource in &mut self.registries {
            names.define("registry", &mut resource.spec.name)?;
        }
        for resource in &mut self.groups {
            group(&mut resource.spec, &mut names, &mut left_out)?;
        }
        for end in self.network.iter_mut().flat_map(|rule| [&mut rule.from, &mut rule.to]) {
            if !BUILT_IN_ENDPOINTS.contains(&end.as_str()) {
                prefix(end);
            }
        }
        for resource in &mut self.admission {
            if resource.metadata.name == owner_name(CfgType::UserCreated) {
                owner_name(CfgType::Federal).clone_into(&mut resource.metadata.name);
                admission(&mut resource.spec, &mut left_out);
            }
        }
        for rule in self.response.iter_mut().map(|resource| &mut resource.spec.rule) {
            rule.webhooks.iter_mut().for_each(prefix);
        }
        for rule in &mut self.response_rules {
            if rule.group != EXTERNAL {
                prefix(&mut rule.group);
            }
            rule.webhooks.iter_mut().for_each(prefix);
        }
        once("DLP sensor", self.dlp.iter().map(|it| (&it.spec.sensor.name, &it.spec)))?;
        once("WAF sensor", self.waf.iter().map(|it| (&it.spec.sensor.name, &it.spec)))?;
        let webhooks = self.webhooks.iter().flat_map(|it| &it.spec.fed_config.webhooks);
        once("webhook", webhooks.map(|webhook| (&webhook.name, webhook)))?;
        Ok(left_out)
    }
}

/// Fails where one object is described in two ways, of which the last would be taken.
fn once<'a, T: PartialEq + 'a>(
    kind: &str,
    described: impl Iterator<Item = (&'a String, &'a T)>,
) -> Result<(), PolicyError> {
    let mut seen: HashMap<&String, &T> = HashMap::new();
    for (name, spec) in described {
        if seen.insert(name, spec).is_some_and(|other| other != spec) {
            let reason = "it is described twice, and not alike".to_owned();
            return Err(PolicyError::InvalidEntry { entry: format!("{kind} {name:?}"), reason });
        }
    }
    Ok(())
}

/// What the objects of a set are called, and whether they were local.
#[derive(Default)]
struct Names(HashMap<(&'static str, String), bool>);

impl Names {
    /// Makes a name federated, unless that is the name of another object.
    fn define(&mut self, kind: &'static str, name: &mut String) -> Result<(), PolicyError> {
        let local = !name.starts_with(FED_PREFIX);
        prefix(name);
        if *self.0.entry((kind, name.clone())).or_insert(local) == local {
            return Ok(());
        }
        let reason = format!("a local and a federated object would both be the {kind} {name:?}");
        Err(PolicyError::InvalidField { field: "name", reason })
    }
}

fn prefix(name: &mut String) {
    if !name.is_empty() && !name.starts_with(FED_PREFIX) {
        name.insert_str(0, FED_PREFIX);
    }
}

fn group(
    spec: &mut security_rule::Spec,
    names: &mut Names,
    left_out: &mut Vec<String>,
) -> Result<(), PolicyError> {
    let mode = spec.target.as_ref().and_then(|target| target.policymode.clone());
    let profile = spec.process_profile.clone().unwrap_or_default();
    let described = match (&mut spec.target, &mut spec.selector) {
        (Some(target), _) => &mut target.selector,
        (None, Some(selector)) => selector,
        (None, None) => return Ok(()),
    };
    let was = described.name.clone();
    // Rules from and to what is outside stand in a resource of their own.
    if was != EXTERNAL {
        names.define("group", &mut described.name)?;
    }
    if described.name != was {
        let name = &described.name;
        let mut note = |what: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty() && value != "N/A");
            left_out.extend(value.map(|value| format!("{name}: {what} {value}")));
        };
        note("policymode", mode);
        note("process_profile.mode", profile.mode);
        note("process_profile.baseline", profile.baseline);
    }
    members_are_fixed(described, &was);
    let name = described.name.clone();
    for rules in [&mut spec.ingress, &mut spec.egress] {
        rules.retain(|rule| {
            let single = network_rule::is_single(&rule.selector.name);
            if single {
                let other = &rule.selector.name;
                left_out.push(format!("{name}: the network rule with {other}, which is no group"));
            }
            !single
        });
    }
    for rule in spec.ingress.iter_mut().chain(&mut spec.egress) {
        // The other end may be what is no group.
        let was = rule.selector.name.clone();
        if !rule.selector.is_built_in() {
            prefix(&mut rule.selector.name);
        }
        members_are_fixed(&mut rule.selector, &was);
    }
    for binding in spec.dlp.iter_mut().chain(&mut spec.waf) {
        binding.settings.iter_mut().for_each(|setting| prefix(&mut setting.name));
    }
    for rule in spec.response.iter_mut().flatten() {
        rule.webhooks.iter_mut().for_each(prefix);
    }
    Ok(())
}

/// A local group that becomes a reserved one is described as clusters do; who is in
/// the reserved one is told otherwise, and cannot be changed.
fn members_are_fixed(selector: &mut Selector, was: &str) {
    if selector.name != was && RESERVED.contains(&selector.name.as_str()) {
        selector.criteria.clear();
    }
}

fn admission(spec: &mut admission::Spec, left_out: &mut Vec<String>) {
    if let Some(config) = spec.config.take() {
        let switched = if config.enable { "on" } else { "off" };
        left_out.push(format!("admission control: switched {switched}, mode {}", config.mode));
    }
    spec.rules.retain(|rule| {
        let built_in = rule.built_in();
        left_out.extend(built_in.map(|id| format!("admission control: the built-in rule {id}")));
        built_in.is_none()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a cluster exports.
    const LOCAL_EXPORT: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: neuvector.com/v1
  kind: NvSecurityRule
  metadata: {name: nv.web.shop, namespace: shop}
  spec:
    target:
      policymode: Protect
      selector: {name: nv.web.shop, criteria: [{key: service, op: "=", value: web.shop}]}
    process_profile: {baseline: zero-drift, mode: Protect}
    ingress:
    - {name: a, action: allow, ports: any, applications: [HTTP], selector: {name: external}}
    - {name: c, action: allow, ports: any, applications: [HTTP], selector: {name: "Host:w1"}}
    - {name: d, action: deny, ports: any, applications: [any], selector: {name: "Workload:ingress"}}
    egress:
    - name: b
      action: allow
      ports: any
      applications: [any]
      selector: {name: containers, criteria: [{key: container, op: "=", value: "*"}]}
    dlp: {status: true, settings: [{name: sensor.ssn, action: deny}]}
    process: null
- apiVersion: neuvector.com/v1
  kind: NvClusterSecurityRule
  metadata: {name: bare}
  spec: {ingress: null, egress: , target: {selector: {name: bare, criteria: }}}
- apiVersion: neuvector.com/v1
  kind: NvDlpSecurityRule
  metadata: {name: sensor.ssn}
  spec: {sensor: {name: sensor.ssn}}
- apiVersion: neuvector.com/v1
  kind: NvAdmissionControlSecurityRule
  metadata: {name: local}
  spec:
    config: {enable: true, mode: monitor, client_mode: service}
    rules:
    - {action: allow, id: 1, criteria: null}
    - {action: deny, id: 1001, conversion_id_ref: 1001}
"#;

    #[test]
    fn what_a_cluster_exports_becomes_federated_wherever_it_is_named() {
        let mut set = ResourceSet::read(LOCAL_EXPORT).unwrap();
        let left_out = set.federate().unwrap();
        let group = &set.groups[0].spec;
        assert_eq!(group.target.as_ref().unwrap().selector.name, "fed.nv.web.shop");
        assert_eq!(group.ingress.len(), 2);
        assert_eq!(group.ingress[0].selector.name, "external");
        assert_eq!(group.ingress[1].selector.name, "Workload:ingress");
        assert_eq!(group.egress[0].selector.name, "fed.containers");
        assert!(group.egress[0].selector.criteria.is_empty());
        assert_eq!(group.dlp.as_ref().unwrap().settings[0].name, "fed.sensor.ssn");
        assert_eq!(set.dlp[0].spec.sensor.name, "fed.sensor.ssn");
        assert_eq!(set.admission[0].metadata.name, "fed");
        assert_eq!(set.admission[0].spec.rules.len(), 1);
        assert_eq!(
            left_out,
            [
                "fed.nv.web.shop: policymode Protect",
                "fed.nv.web.shop: process_profile.mode Protect",
                "fed.nv.web.shop: process_profile.baseline zero-drift",
                "fed.nv.web.shop: the network rule with Host:w1, which is no group",
                "admission control: switched on, mode monitor",
                "admission control: the built-in rule 1",
            ]
        );
    }

    #[test]
    fn what_is_federated_stays_as_it_is() {
        let mut set = ResourceSet::read(LOCAL_EXPORT).unwrap();
        set.federate().unwrap();
        let federated = set.clone();
        assert!(set.federate().unwrap().is_empty());
        assert_eq!(set, federated);
    }

    #[test]
    fn only_a_local_description_of_a_reserved_group_is_dropped() {
        for (name, left) in [("nodes", 0), ("containers", 0), ("fed.nodes", 1)] {
            let text = format!(
                "apiVersion: neuvector.com/v1\nkind: NvGroupDefinition\nmetadata: {{name: a}}\n\
                 spec: {{selector: {{name: {name}, criteria: [{{key: node, op: '=', value: n1}}]}}}}\n"
            );
            let mut set = ResourceSet::read(&text).unwrap();
            set.federate().unwrap();
            let selector = set.groups[0].spec.selector.as_ref().unwrap();
            assert_eq!(selector.criteria.len(), left, "{name}");
        }
    }

    #[test]
    fn what_is_described_twice_is_described_alike() {
        let sensor = |comment: &str| {
            format!(
                "---\napiVersion: neuvector.com/v1\nkind: NvWafSecurityRule\nmetadata: {{name: a}}\n\
                 spec: {{sensor: {{name: a, comment: {comment}}}}}\n"
            )
        };
        let webhook = |url: &str| {
            format!(
                "---\napiVersion: neuvector.com/v1\nkind: NvConfigSecurityRule\nmetadata: {{name: fed}}\n\
                 spec: {{fed_config: {{webhooks: [{{name: fed.a, url: 'https://{url}/'}}]}}}}\n"
            )
        };
        for (text, fits) in [
            (sensor("x") + &sensor("x"), true),
            (sensor("x") + &sensor("z"), false),
            (webhook("x") + &webhook("x") + &sensor("x"), true),
            (webhook("x") + &webhook("z"), false),
        ] {
            let mut set = ResourceSet::read(&text).unwrap();
            assert_eq!(set.federate().is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_local_object_does_not_take_the_name_of_another() {
        let sensor = |name: &str| {
            format!(
                "---\napiVersion: neuvector.com/v1\nkind: NvDlpSecurityRule\nmetadata: {{name: a}}\n\
                 spec: {{sensor: {{name: {name}}}}}\n"
            )
        };
        for (first, second, fits) in
            [("a", "b", true), ("a", "a", true), ("fed.a", "a", false), ("a", "fed.a", false)]
        {
            let mut set = ResourceSet::read(&(sensor(first) + &sensor(second))).unwrap();
            assert_eq!(set.federate().is_ok(), fits, "{first} and {second}");
        }
    }
}
