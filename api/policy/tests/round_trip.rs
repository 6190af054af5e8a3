//! What the primary writes is what every cluster reads: each kind of object
//! survives the way through the log unchanged, to the byte.

use palisade_api::rest;
use palisade_policy::admission::rule::AdmissionRule;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::{ProcessProfile, Stamp};
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::rule_id::IdPool;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;
use palisade_policy::{CfgType, FederatedObject};
use proptest::prelude::*;
use uuid::Uuid;

fn survives<T: FederatedObject + PartialEq + std::fmt::Debug>(
    object: &T,
) -> Result<(), TestCaseError> {
    let failed = |error: serde_json::Error| TestCaseError::fail(error.to_string());
    let payload = serde_json::to_vec(object).map_err(failed)?;
    let read: T = serde_json::from_slice(&payload).map_err(failed)?;
    prop_assert_eq!(&read, object);
    prop_assert_eq!(serde_json::to_vec(&read).map_err(failed)?, payload);
    prop_assert_eq!(read.object_name(), object.object_name());
    Ok(())
}

fn fed_name() -> impl Strategy<Value = String> {
    "fed\\.[a-z][a-z0-9._-]{0,20}"
}

/// Any text, so that what needs escaping is there too.
fn text() -> impl Strategy<Value = String> {
    "\\PC{0,40}"
}

fn group(name: String, comment: String, value: &str, metric: u32) -> rest::group::GroupConfig {
    let criterion = |key: &str, op: &str, value: &str| rest::group::CriteriaEntry {
        key: key.to_owned(),
        op: op.to_owned(),
        value: value.to_owned(),
    };
    rest::group::GroupConfig {
        name,
        comment: Some(comment),
        criteria: Some(vec![
            criterion("label", "contains", value),
            criterion("image", "prefix", value),
            criterion("service", "regex", "^a.*$"),
            criterion("service", "!regex", "b"),
            criterion("domain", "!=", ""),
        ]),
        group_sess_cur: Some(metric),
        monitor_metric: Some(metric.is_multiple_of(2)),
        ..rest::group::GroupConfig::default()
    }
}

fn sensor<I: Inspection>(
    name: String,
    comment: String,
    pattern: &str,
    context: &str,
) -> Result<Sensor<I>, TestCaseError> {
    let rule = rest::sensor::SensorRule {
        name: "rule".to_owned(),
        patterns: vec![rest::sensor::SensorPattern {
            key: "pattern".to_owned(),
            value: pattern.to_owned(),
            op: "regex".to_owned(),
            context: context.to_owned(),
        }],
        ..rest::sensor::SensorRule::default()
    };
    let config = rest::sensor::SensorConfig {
        name,
        comment: Some(comment),
        rules: Some(vec![rule]),
        ..rest::sensor::SensorConfig::default()
    };
    let mut ids = IdPool::new(I::RULE_IDS, [], 0);
    Sensor::create(config, CfgType::Federal, &mut ids)
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

proptest! {
    #[test]
    fn groups(name in fed_name(), comment in text(), value in "\\PC{1,40}", metric in any::<u32>()) {
        let config = group(name, comment, &value, metric);
        survives(&Group::create(config, CfgType::Federal).unwrap())?;
        for reserved in Group::reserved() {
            survives(&reserved)?;
        }
    }

    #[test]
    fn network_rules(
        from in fed_name(),
        comment in text(),
        id in 100_000_u32..=109_999,
        position in any::<i64>(),
        now in 0_i64..1 << 40,
        disable in any::<bool>(),
        ports in "(tcp|udp)/[1-9][0-9]{0,3},icmp",
    ) {
        let rule = rest::policy_rule::PolicyRule {
            from,
            to: "external".to_owned(),
            comment,
            ports,
            action: "deny".to_owned(),
            applications: vec!["ssl".to_owned(), "HTTP".to_owned()],
            disable,
            ..rest::policy_rule::PolicyRule::default()
        };
        survives(&NetworkRule::create(rule, id, CfgType::Federal, position, now).unwrap())?;
    }

    #[test]
    fn admission_rules(
        id in 100_001_u32..=109_999,
        comment in text(),
        value in "[a-z]{1,8}(,[a-z]{1,8}){0,3}",
        deny in any::<bool>(),
    ) {
        let config = rest::admission::AdmissionRuleConfig {
            rule_type: if deny { "deny" } else { "exception" }.to_owned(),
            comment: Some(comment),
            criteria: Some(vec![rest::admission::AdmissionCriterion {
                name: "namespace".to_owned(),
                op: "containsAny".to_owned(),
                value,
                ..rest::admission::AdmissionCriterion::default()
            }]),
            rule_mode: deny.then(|| "protect".to_owned()),
            ..rest::admission::AdmissionRuleConfig::default()
        };
        survives(&AdmissionRule::create(config, id, CfgType::Federal).unwrap())?;
    }

    #[test]
    fn response_rules(
        id in 100_001_u32..=109_999,
        group in fed_name(),
        comment in text(),
        process in "\\PC{1,40}",
        webhooks in prop::collection::vec(fed_name(), 0..4),
    ) {
        let rule = rest::response_rule::ResponseRule {
            event: "security-event".to_owned(),
            group,
            comment,
            conditions: vec![rest::response_rule::EventCondition {
                condition_type: "process".to_owned(),
                value: process,
            }],
            actions: vec!["webhook".to_owned(), "suppress-log".to_owned()],
            webhooks,
            ..rest::response_rule::ResponseRule::default()
        };
        survives(&ResponseRule::create(rule, id, CfgType::Federal, -1).unwrap())?;
    }

    #[test]
    fn process_profiles(
        group in fed_name(),
        names in prop::collection::vec("\\PC{0,10}[a-z]", 0..5),
        now in 0_i64..1 << 40,
    ) {
        let entry = |name: String| rest::process_profile::ProcessProfileEntryConfig {
            name,
            path: "/usr/bin/*".to_owned(),
            action: "allow".to_owned(),
            allow_update: true,
            ..rest::process_profile::ProcessProfileEntryConfig::default()
        };
        let config = rest::process_profile::ProcessProfileConfig {
            process_change_list: Some(names.into_iter().map(entry).collect()),
            hash_enabled: Some(true),
            ..rest::process_profile::ProcessProfileConfig::default()
        };
        let stamp = Stamp { now, uuid: || Uuid::from_u128(7) };
        survives(&ProcessProfile::empty(group).update(config, stamp).unwrap())?;
    }

    #[test]
    fn file_monitors(
        group in fed_name(),
        name in "[^/\\[\\]()<>\\x00]{0,20}[a-z]",
        now in 0_i64..1 << 40,
    ) {
        let config = rest::file_monitor::FileMonitorConfig {
            add_filters: Some(vec![rest::file_monitor::FileMonitorFilterConfig {
                filter: format!("/etc/{name}"),
                recursive: true,
                behavior: "block_access".to_owned(),
                applications: vec!["/bin/cat".to_owned()],
                ..rest::file_monitor::FileMonitorFilterConfig::default()
            }]),
            ..rest::file_monitor::FileMonitorConfig::default()
        };
        survives(&FileMonitor::empty(group).update(config, now).unwrap())?;
    }

    #[test]
    fn sensors(
        name in fed_name(),
        comment in text(),
        word in "[a-z]{1,20}",
        context in "(url|header|body|packet)?",
    ) {
        let pattern = format!(r"(?<!\w){word}\b");
        survives(&sensor::<Dlp>(name.clone(), comment.clone(), &pattern, &context)?)?;
        survives(&sensor::<Waf>(name, comment, &pattern, &context)?)?;
        for predefined in Dlp::predefined(CfgType::Federal) {
            survives(&predefined)?;
        }
        for predefined in Waf::predefined(CfgType::Federal) {
            survives(&predefined)?;
        }
    }

    #[test]
    fn bound_sensors(
        group in fed_name(),
        names in prop::collection::vec(fed_name(), 0..5),
        status in any::<bool>(),
    ) {
        let setting = |name: &String| rest::sensor::SensorSettingConfig {
            name: name.clone(),
            action: "deny".to_owned(),
        };
        let config = rest::sensor::SensorGroupConfig {
            status: Some(status),
            replace: Some(names.iter().map(setting).collect()),
            ..rest::sensor::SensorGroupConfig::default()
        };
        survives(&SensorGroup::<Dlp>::empty(group.clone()).update(config.clone()).unwrap())?;
        survives(&SensorGroup::<Waf>::empty(group).update(config).unwrap())?;
    }

    #[test]
    fn webhooks(
        name in fed_name(),
        path in "[a-zA-Z0-9/?=&-]{0,30}",
        kind in "(|Slack|Teams|JSON)",
        enable in any::<bool>(),
    ) {
        let config = rest::webhook::Webhook {
            name,
            url: format!("https://hooks.example/{path}"),
            enable,
            kind,
            ..rest::webhook::Webhook::default()
        };
        survives(&Webhook::create(config, CfgType::Federal).unwrap())?;
    }
}
