use serde_json::{Value, json};

use super::*;

fn product(id: &str, name: &str, helper: impl Into<Value>) -> Value {
    json!({"product": {"product_id": id, "name": name, "product_identification_helper": helper.into()}})
}

fn related(id: &str, package: &str, platform: &str) -> Value {
    json!({"category": "default_component_of", "product_reference": package,
        "relates_to_product_reference": platform,
        "full_product_name": {"product_id": id, "name": id}})
}

fn red_hat() -> Value {
    json!({
        "document": {"category": "csaf_vex", "aggregate_severity": {"text": "Important"},
            "tracking": {"id": "CVE-2024-1", "initial_release_date": "2024-01-02T00:00:00+00:00",
                "current_release_date": "2024-01-03T00:00:00+00:00"}},
        "product_tree": {
            "branches": [{"category": "vendor", "name": "Red Hat", "branches": [
                product("AppStream-9", "AppStream", json!({"cpe": "cpe:/a:redhat:enterprise_linux:9::appstream"})),
                product("BaseOS-9", "BaseOS", json!({"cpe": "cpe:/o:redhat:enterprise_linux:9::baseos"})),
                product("rhel7", "Red Hat Enterprise Linux 7", json!({"cpe": "cpe:/o:redhat:enterprise_linux:7"})),
                product("other", "Another product", json!({"cpe": "cpe:/a:redhat:quay:3"})),
                product("openssl-x", "openssl-x", json!({"purl": "pkg:rpm/redhat/openssl@3.0.7-6.el9_2?arch=x86_64&epoch=1"})),
                product("openssl-a", "openssl-a", json!({"purl": "pkg:rpm/redhat/openssl@3.0.7-6.el9_2?arch=aarch64&epoch=1"})),
                product("openssl-s", "openssl-s", json!({"purl": "pkg:rpm/redhat/openssl@3.0.7-6.el9_2?arch=src&epoch=1"})),
                product("openssl", "openssl", json!({"purl": "pkg:rpm/redhat/openssl?arch=src"})),
                product("edk2", "edk2", json!({"purl": "pkg:rpm/redhat/edk2?arch=src"})),
                product("nodejs", "nodejs", json!({})),
            ]}],
            "relationships": [
                related("BaseOS-9:openssl-x", "openssl-x", "BaseOS-9"),
                related("BaseOS-9:openssl-a", "openssl-a", "BaseOS-9"),
                related("BaseOS-9:openssl-s", "openssl-s", "BaseOS-9"),
                related("AppStream-9:openssl-x", "openssl-x", "AppStream-9"),
                related("rhel7:openssl", "openssl", "rhel7"),
                related("rhel7:edk2", "edk2", "rhel7"),
                related("rhel7:nodejs", "nodejs", "rhel7"),
                related("other:openssl", "openssl", "other"),
            ]},
        "vulnerabilities": [{"cve": "CVE-2024-1", "cwe": {"id": "CWE-79"},
            "notes": [{"category": "description", "text": "D"}],
            "scores": [{"cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],
            "threats": [{"category": "impact", "details": "Low", "product_ids": ["rhel7:openssl"]}],
            "remediations": [
                {"category": "no_fix_planned", "details": "Out of support scope", "product_ids": ["rhel7:openssl"]},
                {"category": "none_available", "details": "Fix deferred", "product_ids": ["rhel7:edk2"]}],
            "product_status": {
                "fixed": ["BaseOS-9:openssl-x", "BaseOS-9:openssl-a", "BaseOS-9:openssl-s", "AppStream-9:openssl-x"],
                "known_affected": ["rhel7:openssl", "rhel7:edk2", "other:openssl", "unknown"],
                "known_not_affected": ["rhel7:nodejs"]}}]
    })
}

#[test]
fn what_becomes_of_each_product() {
    let document: Document = serde_json::from_value(red_hat()).unwrap();
    let advisory = advisories(&document).remove(0);
    assert_eq!(
        (advisory.id.as_str(), advisory.names.as_slice()),
        ("", &["CVE-2024-1".to_owned()][..])
    );
    assert_eq!((advisory.rating.as_str(), advisory.description.as_str()), ("important", "D"));
    assert_eq!(advisory.cwes, ["CWE-79"]);
    assert_eq!(advisory.scores.len(), 1);
    let source = vec![SOURCE.to_owned()];
    let rhel7 = |package: &str, status| Statement {
        arches: source.clone(),
        cpes: vec!["cpe:/o:redhat:enterprise_linux:7".to_owned()],
        ..Statement::before("Red Hat:7", package, None).with_status(status)
    };
    assert_eq!(
        advisory.statements,
        [
            Statement {
                arches: vec!["x86_64".to_owned(), "aarch64".to_owned()],
                cpes: vec![
                    "cpe:/o:redhat:enterprise_linux:9::baseos".to_owned(),
                    "cpe:/a:redhat:enterprise_linux:9::appstream".to_owned()
                ],
                ..Statement::before("Red Hat:9", "openssl", Some("1:3.0.7-6.el9_2"))
            },
            Statement { rating: "low".to_owned(), ..rhel7("openssl", Status::WillNotFix) },
            rhel7("edk2", Status::Deferred),
            Statement { arches: Vec::new(), ..rhel7("nodejs", Status::NotAffected) },
        ]
    );
}

#[test]
fn modules_lie_between() {
    let document = json!({
        "document": {"tracking": {"id": "RHSA-2024:1"}},
        "product_tree": {
            "branches": [
                product("AppStream-8", "A", json!({"cpe": "cpe:/a:redhat:enterprise_linux:8::appstream"})),
                product("nodejs:18:1:rhel8", "nodejs:18", json!({"purl": "pkg:rpmmod/redhat/nodejs@18:1:rhel8"})),
                product("npm", "npm-1:9.8.1-1.18.18.2.2.module+el8.9.0+20408+7cb42a42.x86_64", json!({}))],
            "relationships": [
                related("AppStream-8:nodejs:18", "nodejs:18:1:rhel8", "AppStream-8"),
                related("AppStream-8:nodejs:18:npm", "npm", "AppStream-8:nodejs:18")]},
        "vulnerabilities": [{"cve": "CVE-2024-1",
            "product_status": {"fixed": ["AppStream-8:nodejs:18:npm"]}}]
    });
    let document: Document = serde_json::from_value(document).unwrap();
    let advisory = advisories(&document).remove(0);
    assert_eq!(advisory.id, "RHSA-2024:1");
    let statement = &advisory.statements[0];
    assert_eq!((statement.ecosystem.as_str(), statement.package.as_str()), ("Red Hat:8", "npm"));
    assert_eq!(statement.stream, "nodejs:18");
}

#[test]
fn products_of_suse() {
    let document = json!({
        "document": {"tracking": {"id": "SUSE-SU-2024:1-1"}, "aggregate_severity": {"text": "moderate"}},
        "product_tree": {
            "branches": [
                product("SUSE Linux Enterprise Server 15 SP5", "SUSE Linux Enterprise Server 15 SP5",
                    json!({"cpe": "cpe:/o:suse:sles:15:sp5"})),
                product("curl-8.0.1-150400.5.41.1.x86_64", "curl-8.0.1-150400.5.41.1.x86_64", json!({}))],
            "relationships": [related("SLES:curl", "curl-8.0.1-150400.5.41.1.x86_64",
                "SUSE Linux Enterprise Server 15 SP5")]},
        "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {"recommended": ["SLES:curl"]}}]
    });
    let document: Document = serde_json::from_value(document).unwrap();
    let advisory = advisories(&document).remove(0);
    let statement = &advisory.statements[0];
    assert_eq!((statement.ecosystem.as_str(), statement.package.as_str()), ("SUSE:15.5", "curl"));
    assert_eq!(statement.ranges[0].fixed.as_deref(), Some("8.0.1-150400.5.41.1"));
}

/// VEX of SUSE names packages without a processor, and some in the id alone.
#[test]
fn vex_of_suse() {
    let server = "SUSE Linux Enterprise Server 15 SP5";
    let of = |package: &str| format!("{server}:{package}");
    let document = json!({
        "document": {"tracking": {"id": "CVE-2024-1"}},
        "product_tree": {
            "branches": [
                product(server, server, json!({"cpe": "cpe:/o:suse:sles:15:sp5"})),
                product("curl-8.0.1-150400.5.41.1", "curl-8.0.1-150400.5.41.1", json!({}))],
            "relationships": [related(&of("curl-8.0.1-150400.5.41.1"), "curl-8.0.1-150400.5.41.1", server)]},
        "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {
            "recommended": [of("curl-8.0.1-150400.5.41.1"), of("libcurl4-8.0.1-150400.5.41.1")],
            "known_affected": [of("libgtk-3-0"), "unknown:wget"],
            "known_not_affected": [of("wget")]}}]
    });
    let document: Document = serde_json::from_value(document).unwrap();
    let advisory = advisories(&document).remove(0);
    let told: Vec<_> = advisory
        .statements
        .iter()
        .map(|of| {
            let fixed = of.ranges.first().map(|range| range.fixed.as_deref());
            (of.ecosystem.as_str(), of.package.as_str(), fixed)
        })
        .collect();
    let fixed = Some(Some("8.0.1-150400.5.41.1"));
    assert_eq!(
        told,
        [
            ("SUSE:15.5", "curl", fixed),
            ("SUSE:15.5", "libcurl4", fixed),
            ("SUSE:15.5", "libgtk-3-0", Some(None)),
            ("SUSE:15.5", "wget", None),
        ]
    );
}
