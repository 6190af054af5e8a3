use std::io::Write as _;

use super::super::tests::Kept;
use super::*;

/// A definition, and the tests, objects and states it needs.
fn document(definitions: &str, checks: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<oval_definitions xmlns=\"x\" xmlns:red-def=\"y\">\
         <definitions>{definitions}</definitions>{checks}</oval_definitions>"
    )
}

fn object(id: u32, name: &str) -> String {
    format!(
        "<red-def:rpminfo_object id=\"obj:{id}\"><red-def:name>{name}</red-def:name></red-def:rpminfo_object>"
    )
}

fn state(id: u32, content: &str) -> String {
    format!("<red-def:rpminfo_state id=\"ste:{id}\">{content}</red-def:rpminfo_state>")
}

fn evr(operation: &str, version: &str) -> String {
    format!(
        "<red-def:evr datatype=\"evr_string\" operation=\"{operation}\">{version}</red-def:evr>"
    )
}

fn test(id: u32, object: u32, state: Option<u32>) -> String {
    let state =
        state.map(|s| format!("<red-def:state state_ref=\"ste:{s}\"/>")).unwrap_or_default();
    format!(
        "<red-def:rpminfo_test id=\"tst:{id}\" check=\"at least one\">\
         <red-def:object object_ref=\"obj:{object}\"/>{state}</red-def:rpminfo_test>"
    )
}

fn criterion(comment: &str, test: u32) -> String {
    format!("<criterion comment=\"{comment}\" test_ref=\"tst:{test}\"/>")
}

fn kept(name: &str, text: &str) -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let mut kept = Kept::default();
    read(&path, &mut kept).unwrap();
    kept
}

#[test]
fn patches_of_red_hat() {
    let definition = format!(
        "<definition class=\"patch\" id=\"def:1\"><metadata><title>RHSA-2024:1: openssl (Important)</title>\
         <affected family=\"unix\"><platform>Red Hat Enterprise Linux 9</platform></affected>\
         <reference ref_id=\"RHSA-2024:1\" ref_url=\"https://example.org/RHSA-2024:1\" source=\"RHSA\"/>\
         <reference ref_id=\"CVE-2024-1\" source=\"CVE\"/><description>D &amp; E</description>\
         <advisory><severity>Important</severity><issued date=\"2024-01-02\"/><updated date=\"2024-01-03\"/>\
         <cve cvss3=\"9.8/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\" cwe=\"CWE-79\" impact=\"important\" \
         public=\"20240101\" href=\"https://example.org/CVE-2024-1\">CVE-2024-1</cve>\
         <affected_cpe_list><cpe>cpe:/o:redhat:enterprise_linux:9::baseos</cpe></affected_cpe_list></advisory>\
         </metadata><criteria operator=\"OR\">{}<criteria operator=\"AND\">{}<criteria operator=\"OR\">\
         <criteria operator=\"AND\">{}{}</criteria><criteria operator=\"AND\">{}{}{}</criteria>\
         </criteria></criteria></criteria></definition>",
        criterion("Red Hat Enterprise Linux must be installed", 1),
        criterion("Red Hat Enterprise Linux 9 is installed", 2),
        criterion("openssl is earlier than 1:3.0.7-6.el9_2", 3),
        criterion("openssl is signed with Red Hat key", 4),
        criterion("Module nodejs:18 is enabled", 5),
        criterion("nodejs is earlier than 1:18.1-1", 6),
        criterion("nodejs is signed with Red Hat key", 7),
    );
    let checks = [
        test(1, 1, None),
        test(2, 1, Some(9)),
        test(3, 2, Some(3)),
        test(4, 2, Some(4)),
        test(6, 3, Some(6)),
        test(7, 3, Some(4)),
        object(1, "redhat-release"),
        object(2, "openssl"),
        object(3, "nodejs"),
        state(3, &format!("<red-def:arch operation=\"pattern match\">aarch64|x86_64</red-def:arch>{}", evr("less than", "1:3.0.7-6.el9_2"))),
        state(4, "<red-def:signature_keyid operation=\"equals\">199e2f91fd431d51</red-def:signature_keyid>"),
        state(6, &evr("less than", "1:18.1-1")),
        state(9, "<red-def:version operation=\"pattern match\">^9</red-def:version>"),
    ]
    .concat();
    let kept = kept("rhel-9.oval.xml", &document(&definition, &checks));
    assert_eq!((kept.valid, kept.malformed.len()), (1, 0), "{:?}", kept.malformed);
    assert_eq!(
        kept.lines(),
        ["Red Hat:9 nodejs CVE-2024-1 <1:18.1-1", "Red Hat:9 openssl CVE-2024-1 <1:3.0.7-6.el9_2"]
    );
    let known = &kept.vulnerabilities[0].0;
    let told = kept.proses[0].description.as_str();
    assert_eq!((known.name.as_str(), told), ("CVE-2024-1", "D & E"));
    assert_eq!((known.scores[0].version, known.scores[0].score), (3, 9.8));
    assert_eq!(known.aliases, ["RHSA-2024:1"]);
    assert_eq!(kept.packages[0].affected.feed_rating, "Important");
}

#[test]
fn what_is_not_repaired() {
    let definition = format!(
        "<definition class=\"vulnerability\" id=\"def:1\"><metadata><title>CVE-2024-1</title>\
         <reference ref_id=\"CVE-2024-1\" source=\"CVE\"/><advisory><affected>\
         <resolution state=\"Will not fix\"><component>openssl</component></resolution>\
         </affected></advisory></metadata>\
         <criteria operator=\"AND\">{}{}</criteria></definition>",
        criterion("Red Hat Enterprise Linux 8 is installed", 1),
        criterion("openssl is installed", 2),
    );
    let checks =
        [test(1, 1, None), test(2, 2, None), object(1, "redhat-release"), object(2, "openssl")];
    let kept = kept("rhel-8.oval.xml", &document(&definition, &checks.concat()));
    assert_eq!(kept.lines(), ["Red Hat:8 openssl CVE-2024-1 all"]);
}

#[test]
fn products_of_suse() {
    let definition = format!(
        "<definition class=\"vulnerability\" id=\"def:1\"><metadata><title>CVE-2024-1</title>\
         <reference ref_id=\"Mitre CVE-2024-1\" source=\"CVE\"/>\
         <reference ref_id=\"SUSE-SU-2024:1-1\" source=\"SUSE-SU\"/></metadata>\
         <criteria operator=\"OR\"><criteria operator=\"AND\"><criteria operator=\"OR\">{}{}{}</criteria>\
         <criteria operator=\"OR\">{}{}{}</criteria></criteria></criteria></definition>",
        criterion("SUSE Linux Enterprise Server 15 SP5 is installed", 1),
        criterion("SUSE Linux Enterprise Module for Basesystem 15 SP5 is installed", 1),
        criterion("openSUSE Leap 15.5 is installed", 1),
        criterion("curl-8.0.1-150400.5.41.1 is installed", 2),
        criterion("libfoo is affected", 3),
        criterion("libbar is not affected", 4),
    );
    let checks = [
        test(1, 1, None),
        test(2, 2, Some(2)),
        test(3, 3, Some(3)),
        test(4, 4, Some(3)),
        object(1, "sles-release"),
        object(2, "curl"),
        object(3, "libfoo"),
        object(4, "libbar"),
        state(2, &evr("less than", "0:8.0.1-150400.5.41.1")),
        state(3, &evr("greater than", "0:0-0")),
    ];
    let kept = kept("suse.xml", &document(&definition, &checks.concat()));
    // One of the advisories on it does not stand for all.
    assert!(kept.packages.iter().all(|entry| entry.affected.advisory.is_empty()));
    assert_eq!(
        kept.lines(),
        [
            "SUSE:15.5 curl CVE-2024-1 <0:8.0.1-150400.5.41.1",
            "SUSE:15.5 libbar CVE-2024-1 none",
            "SUSE:15.5 libfoo CVE-2024-1 all",
            "openSUSE:Leap 15.5 curl CVE-2024-1 <0:8.0.1-150400.5.41.1",
            "openSUSE:Leap 15.5 libbar CVE-2024-1 none",
            "openSUSE:Leap 15.5 libfoo CVE-2024-1 all",
        ]
    );
}

#[test]
fn the_release_in_versions_and_names_of_files() {
    let definition = |comment: &str| {
        format!(
            "<definition class=\"vulnerability\" id=\"def:1\"><metadata><title>CVE-2024-1 affecting</title>\
             <affected family=\"unix\"><platform>CBL-Mariner</platform></affected>\
             <reference ref_id=\"CVE-2024-1\" source=\"CVE\"/><severity>High</severity></metadata>\
             <criteria operator=\"AND\">{}</criteria></definition>",
            criterion(comment, 1)
        )
    };
    let checks =
        [test(1, 1, Some(1)), object(1, "ansible"), state(1, &evr("less than", "0:2.9.18-1.cm2"))];
    let text = document(&definition("Package ansible is earlier than 2.9.18-1"), &checks.concat());
    let expected = ["Azure Linux:2 ansible CVE-2024-1 <0:2.9.18-1.cm2"];
    assert_eq!(kept("any.xml", &text).lines(), expected);

    let checks = "<dpkginfo_test id=\"tst:1\"><object object_ref=\"obj:1\"/><state state_ref=\"ste:1\"/></dpkginfo_test>\
        <dpkginfo_object id=\"obj:1\"><name var_ref=\"var:1\" var_check=\"at least one\"/></dpkginfo_object>\
        <dpkginfo_state id=\"ste:1\"><evr datatype=\"debian_evr_string\" operation=\"less than\">0:3.0.2-0ubuntu1.10</evr></dpkginfo_state>\
        <constant_variable id=\"var:1\"><value>libssl3</value><value>openssl</value></constant_variable>";
    let comment =
        "openssl package in jammy was vulnerable but has been fixed (note: 3.0.2-0ubuntu1.10).";
    let text = document(&definition(comment), checks);
    let expected = ["Ubuntu:22.04 openssl CVE-2024-1 <0:3.0.2-0ubuntu1.10"];
    assert_eq!(kept("com.ubuntu.jammy.cve.oval.xml", &text).lines(), expected);
    // The OVAL of notices tells only what was built, under any name.
    let text = document(&definition("Long Term Support"), checks);
    let kept = kept("com.ubuntu.jammy.usn.oval.xml", &text);
    assert!(kept.packages.is_empty(), "{:?}", kept.lines());
    assert!(kept.malformed[0].contains("source package"), "{:?}", kept.malformed);
}

/// What must hold together narrows the versions of a package, and what is not
/// applicable is taken back.
#[test]
fn azure_linux() {
    let definition = |id: u32, patchable: &str, criteria: &str| {
        format!(
            "<definition class=\"vulnerability\" id=\"def:{id}\"><metadata><title>CVE-2024-{id}</title>\
             <affected family=\"unix\"><platform>Azure Linux</platform></affected>\
             <reference ref_id=\"CVE-2024-{id}\" source=\"CVE\"/><patchable>{patchable}</patchable>\
             <severity>High</severity></metadata><criteria operator=\"AND\">{criteria}</criteria></definition>"
        )
    };
    let definitions = [
        definition(
            1,
            "true",
            &(criterion("golang is earlier than 1.20.7-1", 1)
                + &criterion("golang is greater than 1.19.0", 2)),
        ),
        definition(2, "Not Applicable", &criterion("golang 1.19 or earlier", 3)),
        definition(3, "false", &criterion("golang 1.19 or earlier", 3)),
    ]
    .concat();
    let checks = [
        object(1, "golang"),
        state(1, &evr("less than", "0:1.20.7-1.azl3")),
        state(2, &evr("greater than", "0:1.19.0.azl3")),
        state(3, &evr("less than or equal", "0:1.19-1.azl3")),
        test(1, 1, Some(1)),
        test(2, 1, Some(2)),
        test(3, 1, Some(3)),
    ];
    let kept = kept("any.xml", &document(&definitions, &checks.concat()));
    assert_eq!(
        kept.lines(),
        [
            "Azure Linux:3 golang CVE-2024-1 >0:1.19.0.azl3<0:1.20.7-1.azl3",
            "Azure Linux:3 golang CVE-2024-2 none",
            "Azure Linux:3 golang CVE-2024-3 <=0:1.19-1.azl3",
        ]
    );
}

/// Oracle repairs a package in another version for each processor.
#[test]
fn processors_of_oracle() {
    let of = |arch: u32, package: u32| {
        format!(
            "<criteria operator=\"AND\">{}<criteria operator=\"OR\"><criteria operator=\"AND\">{}{}</criteria>\
             </criteria></criteria>",
            criterion("Oracle Linux arch is as the test says", arch),
            criterion("rsyslog is earlier", package),
            criterion("rsyslog is signed with the Oracle Linux 7 key", 5),
        )
    };
    let definition = format!(
        "<definition class=\"patch\" id=\"def:1\"><metadata><title>ELSA-2024-1</title>\
         <reference ref_id=\"CVE-2024-1\" source=\"CVE\"/></metadata><criteria operator=\"AND\">{}\
         <criteria operator=\"OR\">{}{}</criteria></criteria></definition>",
        criterion("Oracle Linux 7 is installed", 6),
        of(1, 3),
        of(2, 4),
    );
    let arch =
        |arch: &str| format!("<red-def:arch operation=\"pattern match\">{arch}</red-def:arch>");
    let checks = [
        object(1, "oraclelinux-release"),
        object(2, "rsyslog"),
        state(1, &arch("aarch64")),
        state(2, &arch("x86_64")),
        state(3, &evr("less than", "0:8.24.0-57.0.4.el7_9.3")),
        state(4, &evr("less than", "0:8.24.0-57.0.1.el7_9.3")),
        state(
            5,
            "<red-def:signature_keyid operation=\"equals\">72f97b74ec551f03</red-def:signature_keyid>",
        ),
        state(6, "<red-def:version operation=\"pattern match\">^7</red-def:version>"),
        test(1, 1, Some(1)),
        test(2, 1, Some(2)),
        test(3, 2, Some(3)),
        test(4, 2, Some(4)),
        test(5, 2, Some(5)),
        test(6, 1, Some(6)),
    ];
    let whole = kept("com.oracle.elsa-all.xml", &document(&definition, &checks.concat()));
    let words = definition
        .replacen("as the test says", "aarch64", 1)
        .replacen("as the test says", "x86_64", 1)
        .replacen("rsyslog is earlier\"", "rsyslog is earlier than 0:8.24.0-57.0.4.el7_9.3\"", 1)
        .replacen("rsyslog is earlier\"", "rsyslog is earlier than 0:8.24.0-57.0.1.el7_9.3\"", 1);
    for told in [whole, kept("part.xml", &document(&words, ""))] {
        processors_are_told(&told);
    }
}

fn processors_are_told(kept: &Kept) {
    let told: Vec<_> = kept
        .packages
        .iter()
        .map(|entry| {
            let fixed = entry.affected.ranges[0].fixed.as_deref().unwrap();
            (entry.affected.arches.join(" "), fixed)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("aarch64".to_owned(), "0:8.24.0-57.0.4.el7_9.3"),
            ("x86_64".to_owned(), "0:8.24.0-57.0.1.el7_9.3")
        ]
    );
}

/// Numbers stand before what Photon refers to.
#[test]
fn photon() {
    let definition = "<definition class=\"patch\" id=\"oval:com.vmware.phsa:def:2024500001\"><metadata>\
         <title>PHSA-2024:00001 ansible Security Update. (Important)</title>\
         <affected family=\"unix\"><platform>Photon 5</platform></affected>\
         <reference ref_id=\"PHSA:00001:5.0:184\" ref_url=\"https://example.org/5.0-184\" source=\"PHSA\"/>\
         <reference ref_id=\"CVE:00001:CVE-2023-5115\" ref_url=\"https://example.org/c\" source=\"CVE\"/>\
         </metadata><criteria operator=\"AND\">"
        .to_owned()
        + &criterion("Photon 5 is installed", 9)
        + &criterion("ansible is earlier than 0:2.14.12-1.ph5", 1)
        + "</criteria></definition>";
    let checks = object(1, "ansible")
        + &state(1, &evr("less than", "0:2.14.12-1.ph5"))
        + &test(1, 1, Some(1));
    let kept = kept("com.vmware.phsa-photon5.xml", &document(&definition, &checks));
    assert_eq!(kept.lines(), ["Photon OS:5.0 ansible CVE-2023-5115 <0:2.14.12-1.ph5"]);
}

#[test]
fn malformed_definitions_are_told_and_left_out() {
    let broken = "<definition class=\"patch\" id=\"def:1\"><criteria/></definition>";
    let deep = format!(
        "<definition class=\"patch\" id=\"def:2\"><metadata/>{}{}</definition>",
        "<criteria>".repeat(100),
        "</criteria>".repeat(100)
    );
    let kept_all = kept("x.xml", &document(&format!("{broken}{deep}"), ""));
    assert_eq!((kept_all.valid, kept_all.malformed.len()), (0, 2), "{:?}", kept_all.malformed);
    let cut = document(broken, "");
    let cut = kept("x.xml", &cut[..cut.len() / 2]);
    assert_eq!((cut.valid, cut.malformed.len()), (0, 1), "{:?}", cut.malformed);
    let bomb = kept("x.xml", &"<a>".repeat(100_000));
    assert_eq!(bomb.malformed.len(), 1, "{:?}", bomb.malformed);
}
