//! A set of resources of all kinds, in one text: what declarative changes and
//! exports of the whole federation are made of.

use serde_json::Value;

use super::rule_list::{self, NetworkRuleSpec, ResponseRuleSpec};
use super::yaml::{self, resource, said};
use super::{
    Resource, YamlError, admission, registry, response, security_rule, sensor,
    vulnerability_profile, webhook,
};
use crate::sensor::{Dlp, Inspection as _, Waf};

/// The kind of a resource with checks of a cluster's own reports.
const COMPLIANCE_PROFILE: &str = "NvComplianceProfile";

/// Resources of all kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceSet {
    /// Sensors for data that leaves.
    pub dlp: Vec<Resource<sensor::Spec>>,
    /// Sensors for attacks over the web.
    pub waf: Vec<Resource<sensor::Spec>>,
    /// Webhooks.
    pub webhooks: Vec<Resource<webhook::Spec>>,
    /// Groups with what belongs to them.
    pub groups: Vec<Resource<security_rule::Spec>>,
    /// Network rules in their order.
    pub network: Vec<NetworkRuleSpec>,
    /// Admission rules without ids that count.
    pub admission: Vec<Resource<admission::Spec>>,
    /// Admission rules with ids.
    pub admission_rules: Vec<admission::RuleSpec>,
    /// Response rules that are about no group.
    pub response: Vec<Resource<response::Spec>>,
    /// Response rules in their order.
    pub response_rules: Vec<ResponseRuleSpec>,
    /// Registries, without their secrets.
    pub registries: Vec<Resource<registry::Spec>>,
    /// Resources that the federation has no place for.
    pub(super) left_out: Vec<String>,
}

impl ResourceSet {
    /// Reads a text. A resource of an unknown kind, a key that no kind has and
    /// anything beyond the bounds is an error that says where it stands.
    pub fn read(text: &str) -> Result<Self, YamlError> {
        let mut set = Self::default();
        for value in yaml::resources(text)? {
            set.add(value)?;
        }
        let left_out = std::mem::take(&mut set.left_out);
        if set == Self::default() {
            let left_out = left_out.join("; ");
            let beside = if left_out.is_empty() { "" } else { " beside " };
            let reason = format!("there is no resource in it{beside}{left_out}");
            return Err(YamlError::Malformed(reason));
        }
        Ok(Self { left_out, ..set })
    }

    fn add(&mut self, value: Value) -> Result<(), YamlError> {
        let kind = said(&value["kind"]);
        let version = said(&value["apiVersion"]);
        let name = said(&value["metadata"]["name"]);
        if kind.is_empty() {
            return Err(YamlError::Malformed("a resource says no kind".to_owned()));
        }
        let ours = [rule_list::NETWORK, rule_list::RESPONSE, rule_list::ADMISSION, registry::KIND];
        let expected =
            if ours.contains(&kind.as_str()) { rule_list::API_VERSION } else { super::API_VERSION };
        if version != expected {
            return Err(YamlError::Malformed(format!(
                "{kind} {name:?}: the apiVersion is {version:?} instead of {expected:?}"
            )));
        }
        match kind.as_str() {
            Dlp::RESOURCE => self.dlp.push(resource(value)?),
            Waf::RESOURCE => self.waf.push(resource(value)?),
            webhook::KIND => self.webhooks.push(resource(value)?),
            admission::KIND => self.admission.push(resource(value)?),
            response::KIND => self.response.push(resource(value)?),
            registry::KIND => self.registries.push(resource(value)?),
            rule_list::NETWORK => {
                let list: Resource<rule_list::Spec<_>> = resource(value)?;
                self.network.extend(list.spec.rules);
            }
            rule_list::RESPONSE => {
                let list: Resource<rule_list::Spec<_>> = resource(value)?;
                self.response_rules.extend(list.spec.rules);
            }
            rule_list::ADMISSION => {
                let list: Resource<rule_list::Spec<_>> = resource(value)?;
                self.admission_rules.extend(list.spec.rules);
            }
            group if security_rule::KINDS.contains(&group) => {
                self.groups.push(resource(value)?);
            }
            vulnerability_profile::KIND => self.left_out.push(format!(
                "{kind} {name}: import it by POST /v1/file/vulnerability/profile/config"
            )),
            COMPLIANCE_PROFILE => {
                self.left_out.push(format!("{kind} {name}: each cluster has its own"));
            }
            _ => {
                let groups = security_rule::KINDS.join(", ");
                return Err(YamlError::WrongKind {
                    found: kind,
                    expected: format!(
                        "{groups}, {}, {}, {}, {}, {}, {}",
                        Dlp::RESOURCE,
                        Waf::RESOURCE,
                        webhook::KIND,
                        admission::KIND,
                        response::KIND,
                        ours.join(", ")
                    ),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "apiVersion: neuvector.com/v1\nkind: NvGroupDefinition\nmetadata: {name: a}\n\
        spec: {selector: {name: fed.a, criteria: [{key: service, op: '=', value: a}]}}\n";

    #[test]
    fn resources_of_all_kinds_stand_in_one_text() {
        let rules = "apiVersion: palisade/v1\nkind: NetworkRules\nmetadata: {name: fed}\nspec: {rules: \
            [{from: fed.a, to: external, ports: any, applications: [any], action: allow}]}\n";
        let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", GROUP.replace('\n', "\n  "));
        let set = ResourceSet::read(&format!("---\n{GROUP}---\n{rules}---\n{list}")).unwrap();
        assert_eq!((set.groups.len(), set.network.len()), (2, 1));
    }

    #[test]
    fn what_is_null_is_absent() {
        let text = "apiVersion: v1\nkind: List\nmetadata: null\nitems:\n\
            - apiVersion: neuvector.com/v1\n  kind: NvConfigSecurityRule\n  metadata: {name: fed}\n\
            \x20 spec: {fed_config: {name: fed, webhooks: null}}\n\
            - apiVersion: neuvector.com/v1\n  kind: NvDlpSecurityRule\n  metadata: null\n\
            \x20 spec: {sensor: {name: fed.s, comment: null, rules: null}}\n---\nnull\n";
        let set = ResourceSet::read(text).unwrap();
        assert!(set.webhooks[0].spec.fed_config.webhooks.is_empty());
        let sensor = &set.dlp[0].spec.sensor;
        assert_eq!((sensor.comment.as_str(), sensor.rules.len()), ("", 0));
    }

    #[test]
    fn profiles_are_left_out_beside_others_and_nothing_alone() {
        let profile = "apiVersion: neuvector.com/v1\nkind: NvComplianceProfile\n\
            metadata: {name: default}\nspec: {templates: {entries: []}}\n";
        let mut set = ResourceSet::read(&format!("{GROUP}---\n{profile}")).unwrap();
        assert_eq!(
            set.federate().unwrap(),
            ["NvComplianceProfile default: each cluster has its own"]
        );
        let alone = ResourceSet::read(profile).unwrap_err().to_string();
        assert!(alone.contains("no resource"), "{alone}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, said) in [
            (GROUP.replace("criteria", "criterion"), "criterion"),
            (GROUP.replace("NvGroupDefinition", "Pod"), "\"Pod\" is not expected"),
            (
                GROUP.replace("NvGroupDefinition", "NvVulnerabilityProfile"),
                "/v1/file/vulnerability/profile/config",
            ),
            (GROUP.replace("neuvector.com/v1", "v2"), "apiVersion"),
            (format!("{GROUP}spec: {{}}\n"), "spec"),
            (GROUP.replace("value: a", "value: \"a\\0\""), "NUL"),
            ("[1]".to_owned(), ""),
            (String::new(), "no resource"),
            ("--- \n---\n".to_owned(), "no resource"),
            ("a: &a [*a]".to_owned(), ""),
            ("[".repeat(10_000), ""),
        ] {
            let error = ResourceSet::read(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{said:?} is not in {error:?}");
        }
    }

    #[test]
    fn a_bomb_of_anchors_is_defused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..20 {
            let refer = format!("*a{},", n - 1).repeat(9);
            text.extend([format!("a{n}: &a{n} [{refer}]\n")]);
        }
        assert!(ResourceSet::read(&text).is_err());
    }
}
