use fancy_regex::Regex;
use palisade_api::rest::sensor::{SensorGroupConfig, SensorPattern, SensorSettingConfig};

use super::*;

fn pool() -> IdPool {
    IdPool::new(Dlp::RULE_IDS, [], 0)
}

fn rule(name: &str, op: &str, value: &str, context: &str) -> rest::SensorRule {
    rest::SensorRule {
        name: name.to_owned(),
        patterns: vec![SensorPattern {
            key: "pattern".to_owned(),
            value: value.to_owned(),
            op: op.to_owned(),
            context: context.to_owned(),
        }],
        ..rest::SensorRule::default()
    }
}

fn with(rules: Vec<rest::SensorRule>) -> SensorConfig {
    SensorConfig { name: "fed.s".to_owned(), rules: Some(rules), ..SensorConfig::default() }
}

#[test]
fn patterns_are_checked() {
    for (op, value, context, fits) in [
        ("regex", "secret", "body", true),
        ("regex", "secret", "", true),
        ("!regex", "public", "packet", true),
        ("regex", r"(?<!not )secret(?=s)", "header", true),
        ("regex", r"(\d)\1{3}", "url", true),
        ("regex", "(", "body", false),
        ("regex", "", "body", false),
        ("regex", "*", "body", false),
        ("regex", ".*", "body", false),
        ("regex", "...*", "body", false),
        ("regex", "secret", "cookie", false),
        ("contains", "secret", "body", false),
        ("regex", r"(?:(?:\w{900}){900}){900}", "body", false),
    ] {
        let made = Sensor::<Dlp>::create(
            with(vec![rule("r", op, value, context)]),
            CfgType::Federal,
            &mut pool(),
        );
        assert_eq!(made.is_ok(), fits, "{op} {value} {context}: {made:?}");
    }
    let long = vec![rule("r", "regex", &"x".repeat(513), "body")];
    assert!(Sensor::<Dlp>::create(with(long), CfgType::Federal, &mut pool()).is_err());
    let mut many = rule("r", "regex", "x", "body");
    many.patterns = vec![many.patterns[0].clone(); 17];
    assert!(
        Sensor::<Dlp>::create(with(vec![many.clone()]), CfgType::Federal, &mut pool()).is_err()
    );
    many.patterns.clear();
    assert!(Sensor::<Dlp>::create(with(vec![many]), CfgType::Federal, &mut pool()).is_err());
    let twice = vec![rule("r", "regex", "x", ""), rule("r", "regex", "y", "")];
    assert!(Sensor::<Dlp>::create(with(twice), CfgType::Federal, &mut pool()).is_err());
}

#[test]
fn rules_keep_their_ids_while_the_sensor_changes() {
    let mut ids = pool();
    let two = vec![rule("b", "regex", "x", ""), rule("a", "regex", "y", "")];
    let sensor = Sensor::<Dlp>::create(with(two), CfgType::Federal, &mut ids).unwrap();
    let listed = |sensor: &Sensor<Dlp>| -> Vec<(String, u32)> {
        sensor.rules.iter().map(|rule| (rule.name.clone(), rule.id)).collect()
    };
    assert_eq!(listed(&sensor), [("a".to_owned(), 20_001), ("b".to_owned(), 20_000)]);

    let replaced = vec![rule("c", "regex", "z", ""), rule("a", "regex", "other", "")];
    let sensor = sensor.update(with(replaced), &mut ids).unwrap();
    assert_eq!(listed(&sensor), [("a".to_owned(), 20_001), ("c".to_owned(), 20_002)]);
    assert_eq!(sensor.rules[0].patterns[0].value, "other");

    let edit = SensorConfig {
        delete: Some(vec![rule("a", "", "", "")]),
        change: Some(vec![rule("c", "regex", "q", "url"), rule("d", "regex", "w", "")]),
        ..SensorConfig::default()
    };
    let sensor = sensor.update(edit.clone(), &mut ids).unwrap();
    assert_eq!(listed(&sensor), [("c".to_owned(), 20_002), ("d".to_owned(), 20_003)]);
    assert!(matches!(sensor.update(edit, &mut ids), Err(PolicyError::MissingEntry(_))));
}

#[test]
fn built_in_sensors_find_what_they_are_for() {
    let finds = |rules: &[SensorRule], text: &str| {
        rules
            .iter()
            .any(|rule| Regex::new(&rule.patterns[0].value).unwrap().is_match(text).unwrap())
    };
    let dlp = Dlp::predefined(CfgType::Federal);
    let waf = Waf::predefined(CfgType::Federal);
    let rules = |name: &str| -> Vec<SensorRule> {
        dlp.iter()
            .filter(|sensor| sensor.name == name)
            .flat_map(|s| s.rules.clone())
            .chain(waf.iter().filter(|sensor| sensor.name == name).flat_map(|s| s.rules.clone()))
            .collect()
    };
    for (sensor, text, found) in [
        ("fed.sensor.ssn", "ssn=536-22-8726;", true),
        ("fed.sensor.ssn", "ssn=000-22-8726;", false),
        ("fed.sensor.ssn", "ssn=536-00-8726;", false),
        ("fed.sensor.ssn", "id 15362287261", false),
        ("fed.sensor.creditcard", "4111 1111 1111 1111", true),
        ("fed.sensor.creditcard", "card: 5500005555555559.", true),
        ("fed.sensor.creditcard", "3400-000000-00009", true),
        ("fed.sensor.creditcard", "30000000000004", true),
        ("fed.sensor.creditcard", "3530111333300000", true),
        ("fed.sensor.creditcard", "6011000990139424", true),
        ("fed.sensor.creditcard", "1234567890123456", false),
        ("fed.sensor.log4shell", "User-Agent: ${jndi:ldap://x/a}", true),
        ("fed.sensor.log4shell", "X: ${${lower:j}${lower:n}${lower:d}i:rmi://x}", true),
        ("fed.sensor.log4shell", "X: ${${::-j}${::-n}${::-d}${::-i}:ldap://x}", true),
        ("fed.sensor.log4shell", "X: ${user} joined in", false),
        ("fed.sensor.spring4shell", "class.module.classLoader.resources.context=x", true),
        ("fed.sensor.spring4shell", "class%2Emodule%2EclassLoader=x", true),
        ("fed.sensor.spring4shell", "class=economy&module=seat", false),
    ] {
        assert_eq!(finds(&rules(sensor), text), found, "{sensor}: {text}");
    }
}

#[test]
fn built_in_sensors_for_data_cannot_be_changed() {
    let [cards, _] = Dlp::predefined(CfgType::Federal).try_into().unwrap();
    assert!(cards.rules.iter().all(|rule| (35_000..=39_999).contains(&rule.id)));
    assert!(cards.update(SensorConfig::default(), &mut pool()).is_err());
    let [log4shell, _] = Waf::predefined(CfgType::Federal).try_into().unwrap();
    let mut ids = IdPool::new(Waf::RULE_IDS, [40_000, 40_001], 0);
    assert!(log4shell.update(SensorConfig::default(), &mut ids).is_ok());
}

#[test]
fn what_a_federation_begins_with_is_built_in_even_where_it_can_be_changed() {
    let [log4shell, _] = Waf::predefined(CfgType::Federal).try_into().unwrap();
    let mut ids = IdPool::new(Waf::RULE_IDS, [], 0);
    let comment = SensorConfig { comment: Some("ours".to_owned()), ..SensorConfig::default() };
    assert!(log4shell.update(comment, &mut ids).unwrap().is_built_in());
    let mine = SensorConfig { name: "fed.mine".to_owned(), ..SensorConfig::default() };
    assert!(!Sensor::<Waf>::create(mine, CfgType::Federal, &mut ids).unwrap().is_built_in());
}

#[test]
fn a_cluster_has_built_in_sensors_of_its_own() {
    let own = CfgType::UserCreated;
    let (dlp, waf) = (Dlp::predefined(own), Waf::predefined(own));
    let names: Vec<&str> =
        dlp.iter().map(|s| s.name.as_str()).chain(waf.iter().map(|s| s.name.as_str())).collect();
    assert_eq!(
        names,
        ["sensor.creditcard", "sensor.ssn", "sensor.log4shell", "sensor.spring4shell"]
    );
    assert!(dlp.iter().flat_map(|s| &s.rules).all(|rule| (30_000..35_000).contains(&rule.id)));
    let shown = dlp[0].to_rest(Vec::new());
    assert_eq!((shown.cfg_type.as_str(), shown.predefine), ("system_defined", true));
    assert!(shown.rules.iter().all(|rule| rule.cfg_type == "system_defined"));
    let cards = SensorSettingConfig { name: shown.name, action: "deny".to_owned() };
    let bound = SensorGroupConfig { sensors: Some(vec![cards]), ..SensorGroupConfig::default() };
    let bound = SensorGroup::<Dlp>::empty("mine").update(bound).unwrap();
    assert_eq!(bound.to_rest(&dlp).sensors[0].cfg_type, "system_defined");
    assert_eq!(bound.to_rest(&[]).sensors[0].cfg_type, "user_created");
    assert!(waf[0].clone().update(SensorConfig::default(), &mut pool()).is_err());
}

#[test]
fn sensors_are_bound_to_groups() {
    let setting = |name: &str, action: &str| SensorSettingConfig {
        name: name.to_owned(),
        action: action.to_owned(),
    };
    let bind = |group: SensorGroup<Waf>, sensors: Vec<SensorSettingConfig>| {
        group.update(SensorGroupConfig { sensors: Some(sensors), ..SensorGroupConfig::default() })
    };
    let names = |group: &SensorGroup<Waf>| -> Vec<(String, SensorAction)> {
        group.sensors.iter().map(|s| (s.name.clone(), s.action)).collect()
    };
    let group = SensorGroup::<Waf>::empty("fed.g");
    assert!(bind(group.clone(), vec![setting("local", "deny")]).is_err());
    assert!(bind(group.clone(), vec![setting("fed.a", "drop")]).is_err());
    let group = bind(group, vec![setting("fed.b", "allow"), setting("fed.a", "deny")]).unwrap();
    let group = bind(group, vec![setting("fed.b", "deny")]).unwrap();
    let (a, b) = ("fed.a".to_owned(), "fed.b".to_owned());
    assert_eq!(names(&group), [(a.clone(), SensorAction::Deny), (b.clone(), SensorAction::Deny)]);
    let config = SensorGroupConfig {
        delete: Some(vec![a.clone()]),
        status: Some(false),
        ..SensorGroupConfig::default()
    };
    let group = group.update(config).unwrap();
    assert_eq!(names(&group), [(b, SensorAction::Deny)]);
    assert!(!group.status);
    let config = SensorGroupConfig {
        replace: Some(vec![setting("fed.a", "allow")]),
        ..SensorGroupConfig::default()
    };
    assert_eq!(names(&group.update(config).unwrap()), [(a, SensorAction::Allow)]);
}
