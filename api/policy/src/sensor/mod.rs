//! Sensors: rules that look into traffic, and the groups that they are bound
//! to. Those for data that leaves (DLP) and those for attacks over the web
//! (WAF) differ in their kind alone.

mod group;
mod pattern;
mod predefined;

use std::borrow::Cow;
use std::marker::PhantomData;

use palisade_api::ObjectKind;
use palisade_api::rest::sensor::{self as rest, SensorConfig};
use serde::{Deserialize, Serialize};

pub use group::{SensorAction, SensorGroup, SensorSetting};
pub use pattern::{Context, Pattern, PatternOperator};

use crate::error::shorten;
use crate::rule_id::{IdPool, RuleIds};
use crate::{CfgType, FederatedObject, PolicyError, name};

const MAX_NAME_BYTES: usize = 256;
const MAX_COMMENT_BYTES: usize = 256;
/// Rules of one sensor.
const MAX_RULES: usize = 1_024;

/// What sensors look for.
pub trait Inspection:
    Copy + Eq + Default + std::fmt::Debug + Send + Sync + Sized + 'static
{
    /// The kind of the sensors.
    const SENSOR: ObjectKind;
    /// The kind of what binds them to groups.
    const GROUP: ObjectKind;
    /// The ids of their rules.
    const RULE_IDS: RuleIds;
    /// What the names of the threats begin with that they raise.
    const THREAT: &'static str;
    /// The kind of the custom resources that hold them.
    const RESOURCE: &'static str;

    /// The sensors that come with the product, for the federation or for a cluster.
    fn predefined(cfg_type: CfgType) -> Vec<Sensor<Self>>;
}

/// Looks for data that must not leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dlp;

/// Looks for attacks over the web.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waf;

impl Inspection for Dlp {
    const SENSOR: ObjectKind = ObjectKind::DlpSensor;
    const GROUP: ObjectKind = ObjectKind::DlpGroup;
    const RULE_IDS: RuleIds = RuleIds::new("DLP rules", 20_000..=29_999);
    const THREAT: &'static str = "DLP.";
    const RESOURCE: &'static str = "NvDlpSecurityRule";

    fn predefined(cfg_type: CfgType) -> Vec<Sensor<Self>> {
        predefined::dlp(cfg_type)
    }
}

impl Inspection for Waf {
    const SENSOR: ObjectKind = ObjectKind::WafSensor;
    const GROUP: ObjectKind = ObjectKind::WafGroup;
    const RULE_IDS: RuleIds = RuleIds::new("WAF rules", 40_000..=49_999);
    const THREAT: &'static str = "WAF.";
    const RESOURCE: &'static str = "NvWafSecurityRule";

    fn predefined(cfg_type: CfgType) -> Vec<Sensor<Self>> {
        predefined::waf(cfg_type)
    }
}

/// A rule of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorRule {
    /// Its name, unique in the sensor.
    pub name: String,
    /// Its id, unique among the sensors of its kind.
    pub id: u32,
    /// All must hold.
    pub patterns: Vec<Pattern>,
}

/// A sensor. Its JSON form is its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Sensor<I: Inspection> {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// Its rules by name.
    pub rules: Vec<SensorRule>,
    /// Whether it comes with the product and cannot be changed or deleted.
    #[serde(default)]
    pub predefine: bool,
    #[serde(skip)]
    inspection: PhantomData<I>,
}

impl<I: Inspection> Sensor<I> {
    /// A new sensor, whose rules get ids of the pool.
    pub fn create(
        config: SensorConfig,
        cfg_type: CfgType,
        ids: &mut IdPool,
    ) -> Result<Self, PolicyError> {
        name::check(&config.name, cfg_type)?;
        if config.name.len() > MAX_NAME_BYTES {
            let reason = "256 bytes at most";
            return Err(PolicyError::InvalidName { name: shorten(&config.name), reason });
        }
        if config.change.is_some() || config.delete.is_some() {
            let reason = "a new sensor has none to change or delete";
            return Err(PolicyError::field("rules", reason));
        }
        let sensor = Self::new(config.name.clone(), String::new(), Vec::new(), false);
        sensor.update(config, ids)
    }

    const fn new(name: String, comment: String, rules: Vec<SensorRule>, predefine: bool) -> Self {
        Self { name, comment, rules, predefine, inspection: PhantomData }
    }

    /// Whether every federation begins with the sensor, be it one that can be changed and
    /// deleted.
    pub fn is_built_in(&self) -> bool {
        let begun_with = I::predefined(CfgType::Federal);
        self.predefine || begun_with.iter().any(|sensor| sensor.name == self.name)
    }

    /// The sensor with what `config` names. Rules keep their ids; new ones get
    /// ids of the pool.
    pub fn update(mut self, config: SensorConfig, ids: &mut IdPool) -> Result<Self, PolicyError> {
        if !config.name.is_empty() && config.name != self.name {
            return Err(PolicyError::field("name", "it differs from that in the path"));
        }
        if self.predefine {
            return Err(PolicyError::field("name", "the sensor is built in and cannot be changed"));
        }
        if let Some(comment) = config.comment {
            if comment.len() > MAX_COMMENT_BYTES {
                let reason = format!("longer than {MAX_COMMENT_BYTES} bytes");
                return Err(PolicyError::field("comment", reason));
            }
            self.comment = comment;
        }
        if let Some(rules) = config.rules {
            let kept = std::mem::take(&mut self.rules);
            for rule in rules {
                if self.find(&rule.name).is_some() {
                    return Err(wrong(&rule.name, "it is there twice"));
                }
                let old = kept.iter().find(|old| old.name == rule.name).map(|old| old.id);
                self.write(rule, old, ids)?;
            }
        } else {
            for rule in config.delete.unwrap_or_default() {
                let at = self.find(&rule.name).ok_or_else(|| {
                    PolicyError::MissingEntry(format!("the rule {:?}", shorten(&rule.name)))
                })?;
                self.rules.remove(at);
            }
            for rule in config.change.unwrap_or_default() {
                let old = self.find(&rule.name).map(|at| self.rules.remove(at).id);
                self.write(rule, old, ids)?;
            }
        }
        if self.rules.len() > MAX_RULES {
            return Err(PolicyError::field("rules", format!("{MAX_RULES} at most")));
        }
        self.rules.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(self)
    }

    /// The sensor whose rules of these names have these ids. What a rule says that it did
    /// not have, an update tells.
    pub(crate) fn numbered<'a>(
        mut self,
        ids: impl IntoIterator<Item = (&'a String, &'a u32)>,
    ) -> Self {
        for (name, id) in ids {
            if let Some(rule) = self.rules.iter_mut().find(|rule| rule.name == *name) {
                rule.id = *id;
            } else {
                let (name, patterns) = (name.clone(), Vec::new());
                self.rules.push(SensorRule { name, id: *id, patterns });
            }
        }
        self
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.name == name)
    }

    fn write(
        &mut self,
        rule: rest::SensorRule,
        id: Option<u32>,
        ids: &mut IdPool,
    ) -> Result<(), PolicyError> {
        if !name::is_well_formed(&rule.name) || rule.name.len() > MAX_NAME_BYTES {
            let reason = "the name is letters, digits, '.', ':', '_' and '-', 256 at most";
            return Err(wrong(&rule.name, reason));
        }
        let patterns =
            pattern::parse(rule.patterns).map_err(|reason| wrong(&rule.name, &reason))?;
        let id = id.map_or_else(|| ids.give(0), Ok)?;
        self.rules.push(SensorRule { name: rule.name, id, patterns });
        Ok(())
    }

    /// Whose it is, as clients know it: what every cluster begins with was made by nobody in it.
    fn cfg_type(&self) -> &'static str {
        match CfgType::of_name(&self.name) {
            CfgType::UserCreated if self.predefine => "system_defined",
            owner => owner.as_str(),
        }
    }

    /// The rules as clients know them.
    pub fn rules_to_rest(&self) -> impl Iterator<Item = rest::SensorRule> {
        self.rules.iter().map(|rule| rest::SensorRule {
            name: rule.name.clone(),
            id: rule.id,
            patterns: rule.patterns.iter().map(Pattern::to_rest).collect(),
            cfg_type: self.cfg_type().to_owned(),
        })
    }

    /// The sensor as clients know it, with the groups that it is bound to.
    pub fn to_rest(&self, groups: Vec<String>) -> rest::Sensor {
        rest::Sensor {
            name: self.name.clone(),
            groups,
            rules: self.rules_to_rest().collect(),
            comment: self.comment.clone(),
            predefine: self.predefine,
            cfg_type: self.cfg_type().to_owned(),
            cluster_selector: None,
        }
    }
}

impl<I: Inspection> FederatedObject for Sensor<I> {
    const KIND: ObjectKind = I::SENSOR;

    fn object_name(&self) -> Cow<'_, str> {
        self.name.as_str().into()
    }
}

fn wrong(rule: &str, reason: &str) -> PolicyError {
    PolicyError::InvalidEntry {
        entry: format!("rule {:?}", shorten(rule)),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
