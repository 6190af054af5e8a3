use super::*;

fn rule(event: &str, conditions: &[(&str, &str)]) -> rest::ResponseRule {
    rest::ResponseRule {
        event: event.to_owned(),
        conditions: conditions
            .iter()
            .map(|(kind, value)| EventCondition {
                condition_type: (*kind).to_owned(),
                value: (*value).to_owned(),
            })
            .collect(),
        actions: vec!["webhook".to_owned()],
        webhooks: vec!["fed.pager".to_owned()],
        ..rest::ResponseRule::default()
    }
}

#[test]
fn conditions_are_those_of_the_event() {
    for (event, conditions, stored) in [
        ("event", &[("name", "User.Login")][..], Some("User.Login")),
        ("event", &[("level", "critical")], Some("Critical")),
        ("event", &[("level", "Loud")], None),
        ("event", &[("process", "nc")], None),
        ("event", &[], None),
        ("security-event", &[("process", "nc")], Some("nc")),
        ("security-event", &[("process", "nc"), ("process", "ncat")], None),
        ("security-event", &[("level", "Debug")], None),
        ("cve-report", &[("cve-name", "cve-2024-3094")], Some("CVE-2024-3094")),
        ("cve-report", &[("cve-high", "10")], Some("10")),
        ("cve-report", &[("cve-high", "0")], None),
        ("cve-report", &[("cve-high", "ten")], None),
        ("cve-report", &[("cve-high-with-fix", "3/30")], Some("3/30")),
        ("cve-report", &[("cve-high-with-fix", "3")], Some("3")),
        ("cve-report", &[("cve-high-with-fix", "3/30/1")], None),
        ("compliance", &[("name", "D.5.4")], Some("D.5.4")),
        ("compliance", &[("name", "")], None),
        (
            "admission-control",
            &[("name", "Admission.Control.Denied")],
            Some("Admission.Control.Denied"),
        ),
        ("incident", &[("name", "x")], None),
    ] {
        let made = ResponseRule::create(rule(event, conditions), 100_001, CfgType::Federal, 0);
        let value = made.as_ref().ok().map(|rule| rule.conditions[0].value.as_str());
        assert_eq!(value, stored, "{event} {conditions:?}: {made:?}");
    }
}

type Change = fn(&mut rest::ResponseRule);

#[test]
fn rules_are_checked() {
    let base = || rule("event", &[("name", "User.Login")]);
    let cases: [(&str, Change); 5] = [
        ("actions", |rule| rule.actions.clear()),
        ("actions", |rule| rule.actions.push("explode".to_owned())),
        ("a federated rule cannot use the local group", |rule| "shop".clone_into(&mut rule.group)),
        ("comment", |rule| rule.comment = "x".repeat(5_000)),
        ("webhooks", |rule| rule.webhooks = vec!["fed.pager".to_owned(); 65]),
    ];
    for (text, change) in cases {
        let mut rule = base();
        change(&mut rule);
        let error = ResponseRule::create(rule, 100_001, CfgType::Federal, 0).unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
    }
    for group in ["", "external", "fed.shop"] {
        let made = ResponseRule::create(
            rest::ResponseRule { group: group.to_owned(), ..base() },
            100_001,
            CfgType::Federal,
            0,
        );
        assert_eq!(made.unwrap().needed_group(), (group == "fed.shop").then_some(group));
    }
    assert!(ResponseRule::create(base(), 8, CfgType::Federal, 0).is_err());
    for (group, fits) in [("", true), ("external", true), ("shop", true), ("fed.shop", false)] {
        let rule = rest::ResponseRule { group: group.to_owned(), ..base() };
        let made = ResponseRule::create(rule, 8, CfgType::UserCreated, 0);
        assert_eq!(made.is_ok(), fits, "{group:?}: {made:?}");
    }
}

#[test]
fn webhooks_matter_where_they_are_called() {
    let mut given = rule("event", &[("name", "User.Login")]);
    let calls = ResponseRule::create(given.clone(), 100_001, CfgType::Federal, 0).unwrap();
    assert_eq!(calls.needed_webhooks().collect::<Vec<_>>(), ["fed.pager"]);
    given.actions = vec!["suppress-log".to_owned()];
    let silent = ResponseRule::create(given, 100_001, CfgType::Federal, 0).unwrap();
    assert_eq!(silent.needed_webhooks().count(), 0);
}

#[test]
fn what_is_absent_stays() {
    let before = ResponseRule::create(
        rule("event", &[("name", "User.Login")]),
        100_001,
        CfgType::Federal,
        5,
    )
    .unwrap();
    let change = ResponseRuleConfig { disable: Some(true), ..ResponseRuleConfig::default() };
    let after = before.clone().update(change).unwrap();
    assert_eq!(after, ResponseRule { disable: true, ..before.clone() });
    // Conditions that the new event does not have.
    let change = ResponseRuleConfig {
        event: Some("cve-report".to_owned()),
        ..ResponseRuleConfig::default()
    };
    assert!(before.clone().update(change).is_ok());
    let none = ResponseRuleConfig { conditions: Some(Vec::new()), ..ResponseRuleConfig::default() };
    assert!(before.update(none).is_err());
}
