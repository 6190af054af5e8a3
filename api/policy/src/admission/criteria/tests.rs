use chrono::{TimeZone as _, Utc};
use palisade_api::scan::{ImageName as ScanName, Severity, Verdict, VerdictCve};
use serde_json::json;

use super::*;
use crate::CfgType;
use crate::admission::compile::{Asked, CompiledRules};
use crate::admission::decide::decide;
use crate::admission::review::Review;
use crate::admission::rule::{AdmissionRule, Mode};
use crate::admission::verdicts::VerdictIndex;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 30, 0, 0, 0).unwrap()
}

fn cve(name: &str, severity: Severity, score: f32, fixed: bool, days: i64) -> VerdictCve {
    VerdictCve {
        name: name.to_owned(),
        severity: severity.into(),
        score,
        fixed,
        published: now().timestamp() - days * 86_400,
    }
}

/// One critical with a fix, two high of which one has a fix, one medium.
fn index() -> VerdictIndex {
    let mut index = VerdictIndex::default();
    index.put(Verdict {
        image_digest: "sha256:aa".to_owned(),
        names: vec![ScanName {
            registry_name: "fed.shop".to_owned(),
            registry: "https://registry.shop/".to_owned(),
            repository: "orders".to_owned(),
            tag: "v1".to_owned(),
        }],
        run_as_root: true,
        labels: BTreeMap::from([("team".to_owned(), "orders".to_owned())]),
        envs: vec!["MODE=image".to_owned(), "COLOUR=red".to_owned()],
        verifiers: vec!["public/ci".to_owned(), "shop/release".to_owned()],
        base_os: "debian:12".to_owned(),
        set_ids: 1,
        cves: vec![
            cve("CVE-2026-1", Severity::Critical, 9.8, true, 40),
            cve("CVE-2026-2", Severity::High, 7.5, true, 10),
            cve("CVE-2026-3", Severity::High, 7.0, false, 100),
            cve("CVE-2026-4", Severity::Medium, 5.0, true, 100),
        ],
        ..Verdict::default()
    });
    index
}

fn workload(image: &str) -> Workload {
    let object = json!({
        "metadata": {"annotations": {"owner": "alice"}},
        "spec": {"template": {
            "metadata": {"labels": {"app": "orders", "tier": "front"}},
            "spec": {
                "hostNetwork": true,
                "volumes": [{"name": "run", "hostPath": {"path": "/var/run"}}],
                "containers": [{
                    "name": "orders", "image": image,
                    "securityContext": {"privileged": true},
                    "env": [{"name": "MODE", "value": "pod"}],
                    "volumeMounts": [{"name": "run", "mountPath": "/run"}],
                    "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}}
                }, {
                    "name": "mesh", "image": "docker.io/istio/proxyv2:1",
                    "command": ["mesh"]
                }]
            }
        }}
    });
    let mut workload = Workload::read(&Review {
        kind: "Deployment",
        sub_resource: "",
        operation: "CREATE",
        name: "orders",
        namespace: "shop",
        username: "alice",
        groups: &["devs".to_owned(), "system:authenticated".to_owned()],
        dry_run: false,
        object: &object,
    })
    .unwrap();
    workload.complete(Asked::ALL, &object, |_| false);
    workload
}

fn rule(rule_type: &str, criteria: &[(&str, &str, &str)]) -> Result<AdmissionRule, PolicyError> {
    let criteria = criteria
        .iter()
        .map(|(name, op, value)| {
            // `value;name>=number` is a sub-criterion.
            let (value, sub) = value.split_once(';').map_or((*value, None), |(v, s)| (v, Some(s)));
            AdmissionCriterion {
                name: (*name).to_owned(),
                op: (*op).to_owned(),
                value: value.to_owned(),
                sub_criteria: sub
                    .and_then(|sub| sub.split_once(">="))
                    .map(|(name, value)| AdmissionCriterion {
                        name: name.to_owned(),
                        op: ">=".to_owned(),
                        value: value.to_owned(),
                        ..AdmissionCriterion::default()
                    })
                    .into_iter()
                    .collect(),
                ..AdmissionCriterion::default()
            }
        })
        .collect();
    let config = rest::AdmissionRuleConfig {
        rule_type: rule_type.to_owned(),
        criteria: Some(criteria),
        ..rest::AdmissionRuleConfig::default()
    };
    AdmissionRule::create(config, 100_001, CfgType::Federal)
}

fn denies(criteria: &[(&str, &str, &str)], image: &str) -> bool {
    let rule = rule("deny", criteria).unwrap();
    let (rules, errors) = CompiledRules::compile([&rule]);
    assert!(errors.is_empty(), "{errors:?}");
    !decide(&rules, &index(), &workload(image), Mode::Protect, now()).allowed
}

const SCANNED: &str = "registry.shop/orders:v1";
const UNKNOWN: &str = "registry.shop/orders:v9";

#[test]
fn each_criterion_by_operator() {
    #[rustfmt::skip]
    let cases = [
        ("image", "containsAny", "registry.shop/orders", SCANNED, true),
        ("image", "containsAny", "https://registry.shop/orders:v1", SCANNED, true),
        ("image", "containsAny", "orders", SCANNED, true),
        ("image", "containsAny", "ord*:v1", SCANNED, true),
        ("image", "containsAny", "orders:v2", SCANNED, false),
        ("image", "containsAny", "other.shop/orders", SCANNED, false),
        ("image", "containsAny", "nginx", "nginx:1", true),
        ("image", "containsAny", "library/nginx", "nginx", true),
        ("image", "containsAny", "docker.io/nginx", "index.docker.io/library/nginx", true),
        ("image", "notContainsAny", "orders", SCANNED, false),
        ("image", "notContainsAny", "menu", SCANNED, true),
        ("imageRegistry", "containsAny", "https://registry.shop/", SCANNED, true),
        ("imageRegistry", "containsAny", "registry.shop", SCANNED, true),
        ("imageRegistry", "containsAny", "*.shop", SCANNED, true),
        ("imageRegistry", "containsAny", "dockerhub", "nginx", true),
        ("imageRegistry", "containsAny", "docker.io", SCANNED, false),
        ("imageRegistry", "notContainsAny", "docker.io", SCANNED, true),
        ("namespace", "containsAny", "shop,bar", SCANNED, true),
        ("namespace", "containsAny", "sh*", SCANNED, true),
        ("namespace", "containsAny", "bar", SCANNED, false),
        ("namespace", "notContainsAny", "bar", SCANNED, true),
        ("labels", "containsAny", "app", SCANNED, true),
        ("labels", "containsAny", "app=orders", SCANNED, true),
        ("labels", "containsAny", "app=menu", SCANNED, false),
        ("labels", "containsAll", "app,tier=front,team=orders", SCANNED, true),
        ("labels", "containsAll", "app,team", UNKNOWN, false),
        ("labels", "containsOtherThan", "app,tier", SCANNED, true),
        ("labels", "containsOtherThan", "app,tier", UNKNOWN, false),
        ("labels", "notContainsAny", "stage", SCANNED, true),
        ("annotations", "containsAny", "owner=al*", SCANNED, true),
        ("annotations", "containsAll", "owner,other", SCANNED, false),
        ("envVars", "containsAny", "MODE=pod", SCANNED, true),
        ("envVars", "containsAny", "MODE=image", SCANNED, false),
        ("envVars", "containsAny", "COLOUR=red", SCANNED, true),
        ("mountVolumes", "containsAny", "/var/*", SCANNED, true),
        ("mountVolumes", "containsOtherThan", "/var/run", SCANNED, false),
        ("user", "containsAny", "alice", SCANNED, true),
        ("user", "regex", "^al", SCANNED, true),
        ("user", "!regex", "^al", SCANNED, false),
        ("userGroups", "containsAll", "devs", SCANNED, true),
        ("userGroups", "containsOtherThan", "devs,system:*", SCANNED, false),
        ("runAsRoot", "=", "true", SCANNED, true),
        ("runAsRoot", "=", "true", UNKNOWN, false),
        ("runAsRoot", "=", "false", UNKNOWN, true),
        ("runAsPrivileged", "=", "true", UNKNOWN, true),
        ("runAsPrivileged", "=", "false", UNKNOWN, false),
        ("allowPrivEscalation", "=", "true", UNKNOWN, true),
        ("shareNetWithHost", "=", "true", UNKNOWN, true),
        ("sharePidWithHost", "=", "true", UNKNOWN, false),
        ("shareIpcWithHost", "=", "false", UNKNOWN, true),
        ("imageScanned", "=", "false", SCANNED, false),
        ("imageScanned", "=", "false", UNKNOWN, true),
        ("imageScanned", "=", "true", SCANNED, true),
        ("imageSigned", "=", "true", SCANNED, true),
        ("imageSigned", "=", "false", SCANNED, false),
        ("imageSigned", "=", "false", UNKNOWN, true),
        ("imageVerifiers", "containsAny", "shop/release,shop/other", SCANNED, true),
        ("imageVerifiers", "containsAll", "shop/release,shop/other", SCANNED, false),
        ("imageVerifiers", "containsAll", "shop/release,public/ci", SCANNED, true),
        ("imageVerifiers", "notContainsAny", "shop/release", SCANNED, false),
        ("imageVerifiers", "notContainsAny", "shop/release", UNKNOWN, true),
        ("cveCriticalCount", ">=", "1", SCANNED, true),
        ("cveCriticalCount", ">=", "2", SCANNED, false),
        ("cveCriticalCount", ">=", "1", UNKNOWN, false),
        ("cveCriticalWithFixCount", ">=", "1", SCANNED, true),
        ("cveHighCount", ">=", "3", SCANNED, true),
        ("cveHighCount", ">=", "4", SCANNED, false),
        ("cveHighCountNoCritical", ">=", "2", SCANNED, true),
        ("cveHighCountNoCritical", ">=", "3", SCANNED, false),
        ("cveHighWithFixCount", ">=", "2", SCANNED, true),
        ("cveHighWithFixCount", ">=", "3", SCANNED, false),
        ("cveHighWithFixCountNoCritical", ">=", "1", SCANNED, true),
        ("cveHighWithFixCountNoCritical", ">=", "2", SCANNED, false),
        ("cveHighCount", ">=", "2;publishDays>=30", SCANNED, true),
        ("cveHighCount", ">=", "3;publishDays>=30", SCANNED, false),
        ("cveHighWithFixCount", ">=", "1;publishDays>=40", SCANNED, true),
        ("cveHighWithFixCount", ">=", "1;publishDays>=41", SCANNED, false),
        ("cveMediumCount", ">=", "1", SCANNED, true),
        ("cveNames", "containsAny", "cve-2026-3", SCANNED, true),
        ("cveNames", "containsAny", "CVE-2025-*", SCANNED, false),
        ("cveNames", "containsAll", "CVE-2026-1,CVE-2026-9", SCANNED, false),
        ("cveNames", "notContainsAny", "CVE-2025-1", UNKNOWN, true),
        ("cveNames", "containsOtherThan", "CVE-2026-1", SCANNED, true),
        ("cveScoreCount", ">=", "9.8", SCANNED, true),
        ("cveScoreCount", ">=", "9.9", SCANNED, false),
        ("cveScoreCount", ">=", "7;count>=3", SCANNED, true),
        ("cveScoreCount", ">=", "7;count>=4", SCANNED, false),
        ("imageCompliance", "=", "true", SCANNED, true),
        ("imageCompliance", "=", "true", UNKNOWN, false),
        ("imageNoOS", "=", "true", SCANNED, false),
        ("imageNoOS", "=", "true", UNKNOWN, true),
        ("pspCompliance", "=", "true", UNKNOWN, true),
        ("violatePssPolicy", "=", "baseline", UNKNOWN, true),
        ("violatePssPolicy", "=", "restricted", UNKNOWN, true),
    ];
    for (name, op, value, image, expected) in cases {
        assert_eq!(denies(&[(name, op, value)], image), expected, "{name} {op} {value} {image}");
    }
}

/// A criterion in JSON, as clients send it.
fn sent(criterion: serde_json::Value) -> Result<AdmissionRule, PolicyError> {
    let config = rest::AdmissionRuleConfig {
        rule_type: "deny".to_owned(),
        criteria: Some(vec![serde_json::from_value(criterion).unwrap()]),
        ..rest::AdmissionRuleConfig::default()
    };
    AdmissionRule::create(config, 100_001, CfgType::Federal)
}

fn is_denied_by(rule: &AdmissionRule) -> bool {
    let (rules, errors) = CompiledRules::compile([rule]);
    assert!(errors.is_empty(), "{errors:?}");
    !decide(&rules, &index(), &workload(SCANNED), Mode::Protect, now()).allowed
}

#[test]
fn resources_are_compared_one_by_one() {
    for (sub, met) in [
        (json!([{"name": "cpuLimit", "op": ">", "value": "0.4"}]), true),
        (json!([{"name": "cpuLimit", "op": ">", "value": "0.5"}]), false),
        (json!([{"name": "cpuRequest", "op": "<=", "value": "0.5"}]), true),
        (json!([{"name": "memoryLimit", "op": "<=", "value": "67108863"}]), false),
        (json!([{"name": "memoryLimit", "op": "<=", "value": "67108864"}]), true),
        (
            json!([{"name": "cpuLimit", "op": ">", "value": "9"},
                {"name": "memoryRequest", "op": ">", "value": "1"}]),
            true,
        ),
    ] {
        let rule = sent(json!({"name": "resourceLimit", "sub_criteria": sub})).unwrap();
        assert_eq!(is_denied_by(&rule), met, "{sub}");
    }
    for wrong in [
        json!({"name": "resourceLimit"}),
        json!({"name": "resourceLimit", "sub_criteria": [{"name": "cpuLimit", "op": "="}]}),
        json!({"name": "resourceLimit",
            "sub_criteria": [{"name": "disk", "op": ">", "value": "1"}]}),
    ] {
        assert!(sent(wrong.clone()).is_err(), "{wrong}");
    }
}

fn custom(path: &str, kind: &str, op: &str, value: &str) -> serde_json::Value {
    json!({"name": "customPath", "type": "customPath", "template_kind": "podTemplate",
        "path": path, "value_type": kind, "op": op, "value": value})
}

#[test]
fn custom_paths_are_followed() {
    for (path, kind, op, value, met) in [
        ("item.spec.hostNetwork", "key", "exist", "", true),
        ("item.spec.hostPID", "key", "exist", "", false),
        ("item.spec.hostPID", "boolean", "notExist", "", true),
        ("item.spec.hostNetwork", "boolean", "=", "true", true),
        ("item.spec.hostNetwork", "boolean", "=", "false", false),
        ("item.spec.containers[_].name", "string", "containsAny", "ord*,x", true),
        ("item.spec.containers[_].name", "string", "containsAny", "menu", false),
        ("item.spec.containers.0.name", "string", "containsAny", "orders", true),
        ("item.spec.containers.1.name", "key", "exist", "", false),
        ("item.spec.containers._.name", "string", "notContainsAny", "orders", false),
        ("item.spec.containers[_].env[_].value", "string", "containsAny", "pod", true),
        ("item.metadata.labels.tier", "string", "containsOtherThan", "back", true),
        ("item.metadata.labels.tier", "string", "containsAll", "front", true),
        // What a service mesh adds is not judged.
        ("item.spec.containers[_].command[_]", "string", "containsAny", "mesh", false),
        ("item.spec.containers[_].command", "key", "notExist", "", true),
        ("item.spec.volumes[_].hostPath.path", "string", "containsAny", "/var/*", true),
        ("item.spec.replicas", "number", ">=", "1", false),
    ] {
        let rule = sent(custom(path, kind, op, value)).unwrap();
        assert_eq!(is_denied_by(&rule), met, "{path} {kind} {op} {value}");
    }
    for (path, kind, op, value) in [
        ("spec.hostNetwork", "key", "exist", ""),
        ("item.spec..x", "key", "exist", ""),
        ("item.spec.x[*]", "key", "exist", ""),
        ("item.spec.x", "key", "=", "1"),
        ("item.spec.x", "string", "containsAny", "x"),
        ("item.spec.x", "string", ">=", "long"),
        ("item.spec.x", "number", ">=", "many"),
        ("item.spec.x", "boolean", "=", "perhaps"),
        ("item.spec.x", "date", "=", "1"),
    ] {
        let error = sent(custom(path, kind, op, value)).unwrap_err();
        assert_eq!(
            error.refusal().code,
            palisade_api::Code::InvalidRequest,
            "{path} {kind} {op} {value}"
        );
    }
    // Of what was asked in the past the template is not known: nothing is met.
    let absent = sent(custom("item.spec.hostPID", "key", "notExist", "")).unwrap();
    assert!(is_denied_by(&absent));
    let (rules, _) = CompiledRules::compile([&absent]);
    assert_eq!(rules.asked(), Asked { secrets: false, template: true });
    let past = Workload { template: None, ..workload(SCANNED) };
    assert!(decide(&rules, &index(), &past, Mode::Protect, now()).allowed);
    // Two paths are no alternatives.
    let both = rest::AdmissionRuleConfig {
        rule_type: "deny".to_owned(),
        criteria: Some(
            ["item.spec.hostNetwork", "item.spec.hostPID"]
                .map(|path| serde_json::from_value(custom(path, "key", "exist", "")).unwrap())
                .to_vec(),
        ),
        ..rest::AdmissionRuleConfig::default()
    };
    let both = AdmissionRule::create(both, 100_001, CfgType::Federal).unwrap();
    assert_eq!(both.criteria.len(), 2);
    assert!(!is_denied_by(&both));
}

#[test]
fn what_nobody_evaluates_yet_is_kept_and_reported() {
    for criterion in [
        json!({"name": "modules", "op": "containsAny", "value": "log4j, curl>=8"}),
        json!({"name": "storageClassName", "op": "containsAny", "value": "fast"}),
        json!({"name": "saBindRiskyRole", "type": "saBindRiskyRole", "op": "containsTagAny",
            "value": "risky_role_view_secret"}),
    ] {
        let rule = sent(criterion.clone()).unwrap();
        let (rules, errors) = CompiledRules::compile([&rule]);
        assert!(rules.is_empty(), "{criterion}");
        assert!(errors[0].1.to_string().contains("not in force"), "{errors:?}");
        assert!(is_untried(&rule.criteria[0]));
    }
    for wrong in [
        json!({"name": "saBindRiskyRole", "op": "containsTagAny", "value": "none"}),
        json!({"name": "envVarSecrets", "op": "=", "value": "perhaps"}),
        json!({"name": "modules", "op": ">=", "value": "x"}),
    ] {
        assert!(sent(wrong.clone()).is_err(), "{wrong}");
    }
    let storage = ("storageClassName", "containsAny", "fast");
    assert!(rule("deny", &[storage, ("namespace", "containsAny", "shop")]).is_ok());
    assert!(rule("deny", &[storage, ("runAsRoot", "=", "true")]).is_err());
}

#[test]
fn secrets_are_looked_for_where_a_rule_asks() {
    let rule = rule("deny", &[("envVarSecrets", "=", "True")]).unwrap();
    let (rules, _) = CompiledRules::compile([&rule]);
    assert_eq!(rules.asked(), Asked { secrets: true, template: false });
    assert_eq!(CompiledRules::compile([]).0.asked(), Asked::default());
    let mut workload = workload(SCANNED);
    for (secret, denied) in [("MODE=pod", true), ("MODE=image", false)] {
        workload.complete(rules.asked(), &serde_json::Value::Null, |entry| entry == secret);
        let decision = decide(&rules, &index(), &workload, Mode::Protect, now());
        assert_eq!(!decision.allowed, denied, "{secret}");
    }
    assert!(is_untried(&rule.criteria[0]));
}

#[test]
fn criteria_of_different_names_must_all_be_met() {
    let fix = ("cveHighWithFixCount", ">=", "2");
    assert!(denies(&[fix, ("namespace", "containsAny", "shop")], SCANNED));
    assert!(!denies(&[fix, ("namespace", "containsAny", "bar")], SCANNED));
}

#[test]
fn of_one_name_all_negative_and_one_positive_must_be_met() {
    let image = |op, value| ("labels", op, value);
    assert!(denies(
        &[image("containsAll", "app=menu"), image("containsAny", "app=orders")],
        SCANNED
    ));
    assert!(!denies(&[image("notContainsAny", "tier"), image("containsAny", "app")], SCANNED));
    assert!(denies(&[image("notContainsAny", "stage"), image("containsAny", "app")], SCANNED));
    assert!(!denies(&[image("notContainsAny", "stage"), image("containsAny", "nope")], SCANNED));
}

#[test]
fn what_cannot_be_evaluated_is_refused_by_name() {
    let cases = [
        ("deny", ("colour", "=", "red"), "\"colour\""),
        ("deny", ("image", ">=", "x"), "no operator"),
        ("deny", ("image", "containsAny", " , "), "needs a value"),
        ("deny", ("cveHighCount", ">=", "many"), "number"),
        ("deny", ("cveHighCount", ">=", "-1"), "number"),
        ("deny", ("cveHighCount", "<=", "1"), "no operator"),
        ("deny", ("cveHighCount", ">=", "1;colour>=1"), "no sub-criterion"),
        ("deny", ("cveHighCount", ">=", "1;publishDays>=x"), "publishDays"),
        ("deny", ("runAsRoot", "=", "perhaps"), "true or false"),
        ("deny", ("user", "regex", "("), "regular expression"),
        ("exception", ("cveScoreCount", ">=", "7"), "exception rules"),
        ("exception", ("sharePidWithHost", "=", "true"), "exception rules"),
    ];
    for (rule_type, criterion, text) in cases {
        let error = rule(rule_type, &[criterion]).unwrap_err();
        assert_eq!(error.refusal().code, palisade_api::Code::InvalidRequest);
        assert!(error.to_string().contains(text), "{criterion:?}: {error}");
    }
}

#[test]
fn stored_criteria_are_in_their_normal_form() {
    let rule = rule(
        "deny",
        &[
            ("cveNames", "containsAny", "cve-1, cve-2"),
            ("cveNames", "containsAny", "cve-3"),
            ("imageRegistry", "containsAny", "Registry.Shop,dockerhub"),
        ],
    )
    .unwrap();
    let stored: Vec<_> =
        rule.criteria.iter().map(|c| (c.name.as_str(), c.value.as_str())).collect();
    let registries = "https://registry.shop/,https://docker.io/";
    assert_eq!(stored, [("cveNames", "CVE-1,CVE-2,CVE-3"), ("imageRegistry", registries)]);
}

#[test]
fn clients_are_told_every_criterion() {
    let deny = options(RuleType::Deny).rule_options;
    let allow = options(RuleType::Allow).rule_options;
    assert_eq!(deny.len(), ALL.len());
    assert_eq!(deny["cveHighCount"].ops, [">="]);
    assert_eq!(allow["cveHighCount"].ops, [">=", "<="]);
    assert!(deny["cveHighCount"].sub_options.contains_key("publishDays"));
    assert!(!allow.contains_key("cveScoreCount"));
    assert_eq!(deny["runAsRoot"].values, ["true", "false"]);
}
