//! A set of resources of all kinds, in one text: what declarative changes and
//! exports of the whole federation are made of.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::rule_list::{self, NetworkRuleSpec, ResponseRuleSpec};
use super::{Resource, YamlError, admission, response, security_rule, sensor, webhook, yaml};
use crate::sensor::{Dlp, Inspection as _, Waf};

/// The kind of a resource with accepted vulnerabilities, which has an import of its own.
const VULNERABILITY_PROFILE: &str = "NvVulnerabilityProfile";

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
}

/// A document: a resource, or a list of them.
#[derive(Deserialize)]
struct Document {
    items: Option<Vec<Value>>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

impl ResourceSet {
    /// Reads a text. A resource of an unknown kind, a key that no kind has and
    /// anything beyond the bounds is an error that says where it stands.
    pub fn read(text: &str) -> Result<Self, YamlError> {
        let mut set = Self::default();
        let documents: Vec<Option<Document>> = yaml::documents(text)?;
        for document in documents.into_iter().flatten() {
            match document.items {
                Some(items) => {
                    for item in items {
                        set.add(item)?;
                    }
                }
                None => set.add(Value::Object(document.rest))?,
            }
        }
        if set == Self::default() {
            return Err(YamlError::Malformed("there is no resource in it".to_owned()));
        }
        Ok(set)
    }

    fn add(&mut self, value: Value) -> Result<(), YamlError> {
        let text = |value: &Value| value.as_str().map(crate::error::shorten).unwrap_or_default();
        let kind = text(&value["kind"]);
        let version = text(&value["apiVersion"]);
        let name = text(&value["metadata"]["name"]);
        let ours = [rule_list::NETWORK, rule_list::RESPONSE, rule_list::ADMISSION];
        let expected =
            if ours.contains(&kind.as_str()) { rule_list::API_VERSION } else { super::API_VERSION };
        if version != expected {
            return Err(YamlError::Malformed(format!(
                "{kind} {name:?}: the apiVersion is {version:?} instead of {expected:?}"
            )));
        }
        match kind.as_str() {
            Dlp::RESOURCE => self.dlp.push(resource(value, &kind, &name)?),
            Waf::RESOURCE => self.waf.push(resource(value, &kind, &name)?),
            webhook::KIND => self.webhooks.push(resource(value, &kind, &name)?),
            admission::KIND => self.admission.push(resource(value, &kind, &name)?),
            response::KIND => self.response.push(resource(value, &kind, &name)?),
            rule_list::NETWORK => {
                let list: Resource<rule_list::Spec<_>> = resource(value, &kind, &name)?;
                self.network.extend(list.spec.rules);
            }
            rule_list::RESPONSE => {
                let list: Resource<rule_list::Spec<_>> = resource(value, &kind, &name)?;
                self.response_rules.extend(list.spec.rules);
            }
            rule_list::ADMISSION => {
                let list: Resource<rule_list::Spec<_>> = resource(value, &kind, &name)?;
                self.admission_rules.extend(list.spec.rules);
            }
            group if security_rule::KINDS.contains(&group) => {
                self.groups.push(resource(value, &kind, &name)?);
            }
            VULNERABILITY_PROFILE => {
                return Err(YamlError::Malformed(format!(
                    "{kind} {name:?}: accepted vulnerabilities are no federated objects; import \
                     the file by POST /v1/file/vulnerability/profile/config"
                )));
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

fn resource<S: DeserializeOwned>(
    value: Value,
    kind: &str,
    name: &str,
) -> Result<Resource<S>, YamlError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        YamlError::Malformed(format!("{kind} {name:?}, {place}: {}", error.into_inner()))
    })
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
