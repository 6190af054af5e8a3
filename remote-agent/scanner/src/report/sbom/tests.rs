use std::collections::BTreeSet;
use std::process::Command;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::limits::Limits;
use crate::package::Package;
use crate::report::output::sample::{self, TARGET};
use crate::scan::Inventory;

const FORMATS: [SbomFormat; 4] =
    [SbomFormat::CycloneDx, SbomFormat::Spdx2, SbomFormat::Spdx2Text, SbomFormat::Spdx3];

fn written(report: &Report, format: SbomFormat) -> String {
    match format {
        SbomFormat::CycloneDx => report.cyclonedx(TARGET).unwrap(),
        SbomFormat::CycloneDxXml => unreachable!("it is only read"),
        SbomFormat::Spdx2 => report.spdx(TARGET).unwrap(),
        SbomFormat::Spdx2Text => report.spdx_text(TARGET),
        SbomFormat::Spdx3 => report.spdx3(TARGET).unwrap(),
    }
}

fn inventory(text: &str) -> Inventory {
    read("sbom", text.as_bytes(), &Limits::default()).unwrap().inventory
}

fn packages(inventory: &Inventory) -> BTreeSet<Package> {
    inventory.packages.iter().map(|layered| layered.package.clone()).collect()
}

#[test]
fn what_is_written_is_read() {
    let mut report = sample::report();
    report.distribution.as_mut().unwrap().content_sets =
        vec!["rhel-9-a".to_owned(), "b".to_owned()];
    let expected: BTreeSet<_> = report.packages.iter().map(|l| l.package.clone()).collect();
    for format in FORMATS {
        let text = written(&report, format);
        assert_eq!(detect(text.as_bytes()), Some(format));
        let read = inventory(&text);
        assert_eq!(packages(&read), expected, "{format:?}");
        let layers = |packages: &[LayeredPackage]| {
            packages.iter().map(|l| (l.package.clone(), l.layer)).collect::<BTreeSet<_>>()
        };
        assert_eq!(layers(&read.packages), layers(&report.packages), "{format:?}");
        assert_eq!(read.distribution, report.distribution, "{format:?}");
        assert_eq!(read.digest, report.digest, "{format:?}");
        assert!(read.problems.is_empty(), "{format:?} {:?}", read.problems);
    }
}

/// The two notations of SPDX 2 spell it in two ways, and programs write either in both.
#[test]
fn operating_systems_of_spdx() {
    let report = sample::report();
    assert!(written(&report, SbomFormat::Spdx2).contains("\"OPERATING_SYSTEM\""));
    assert!(written(&report, SbomFormat::Spdx2Text).contains(": OPERATING-SYSTEM\n"));
    for purpose in ["OPERATING-SYSTEM", "OPERATING_SYSTEM"] {
        let system = json!({"name": "alpine", "versionInfo": "3.20",
            "primaryPackagePurpose": purpose});
        let read = inventory(&json!({"spdxVersion": "SPDX-2.3", "packages": [system]}).to_string());
        assert_eq!(read.distribution.unwrap().base_os(), "alpine:3.20", "{purpose}");
        assert!(read.packages.is_empty(), "{purpose}");
    }
}

/// Trivy and ko tell it in the URL of the image.
#[test]
fn digests_of_images() {
    let digest = sample::digest();
    let purl = format!("pkg:oci/app@{}?arch=amd64", digest.to_oci().replace(':', "%3A"));
    let reference = json!({"referenceType": "purl", "referenceLocator": purl});
    for document in [
        json!({"bomFormat": "CycloneDX", "metadata": {"component":
            {"type": "container", "name": "app:1", "purl": purl}}}),
        json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "app:1",
            "primaryPackagePurpose": "CONTAINER", "externalRefs": [reference]}]}),
        json!({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
            {"type": "software_Package", "name": "app:1", "software_primaryPurpose": "container",
                "software_packageUrl": purl}]}),
    ] {
        assert_eq!(inventory(&document.to_string()).digest, Some(digest), "{document}");
        let other = document.to_string().replace("pkg:oci/", "pkg:npm/");
        assert_eq!(inventory(&other).digest, None, "{other}");
    }
}

/// As Microsoft's program writes them.
#[test]
fn identifiers_in_nodes_of_their_own() {
    let package = json!({"type": "software_Package", "spdxId": "SPDXRef-1", "name": "a",
        "software_packageVersion": "1.0", "externalIdentifier": ["SPDXRef-2", "SPDXRef-3"]});
    let identifier = |id: &str, kind: &str, text: &str| {
        json!({"type": "ExternalIdentifier", "spdxId": id, "externalIdentifierType": kind,
            "identifier": text})
    };
    let document = json!({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
        package, identifier("SPDXRef-2", "cpe23", "cpe:2.3:a:b:c:1.0:*:*:*:*:*:*:*"),
        identifier("SPDXRef-3", "purl", "pkg:npm/a@1.0")]});
    let read = inventory(&document.to_string());
    assert_eq!(read.packages[0].package, Package::new(Ecosystem::Npm, "a", "1.0", ""));
    assert!(read.problems.is_empty(), "{:?}", read.problems);
}

#[test]
fn the_same_scan_is_the_same_document() {
    for format in FORMATS {
        assert_eq!(written(&sample::report(), format), written(&sample::report(), format));
    }
}

#[test]
fn packs_of_open_euler_that_only_packages_tell_of() {
    let text = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        {"type": "operating-system", "name": "openEuler", "version": "22.03"},
        {"type": "library", "name": "bash",
         "purl": "pkg:rpm/openEuler/bash@5.1.8-6.oe2203sp3?arch=x86_64&distro=openEuler-22.03"}]});
    let read = inventory(&text.to_string());
    assert_eq!(read.distribution.unwrap().base_os(), "openeuler:22.03-LTS-SP3");
}

/// Some write the name of the distribution alone, in one place or the other.
#[test]
fn a_release_counts_wherever_it_is_told() {
    let library = |name: &str, distro: &str| {
        json!({"type": "library", "name": name, "version": "1",
            "purl": format!("pkg:deb/debian/{name}@1?distro={distro}")})
    };
    let system =
        |version: &str| json!({"type": "operating-system", "name": "debian", "version": version});
    for (components, expected) in [
        (json!([library("a", "debian"), library("b", "debian-12")]), "debian:12"),
        (json!([library("a", "debian-12"), library("b", "debian-11")]), "debian:12"),
        (json!([library("a", "debian"), library("b", "ubuntu-22.04")]), "debian:"),
        (json!([system(""), library("a", "debian-12")]), "debian:12"),
        (json!([system("11"), library("a", "debian-12")]), "debian:11"),
        (json!([library("a", "debian"), system("12")]), "debian:12"),
    ] {
        let bill =
            json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components});
        let read = inventory(&bill.to_string());
        assert_eq!(read.distribution.unwrap().base_os(), expected, "{components}");
    }
}

#[test]
fn documents_of_other_programs() {
    let syft = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "components": [
            {"type": "library", "name": "libssl3", "version": "3.0.9-1",
             "purl": "pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl",
             "properties": [{"name": "syft:location:0:path", "value": "/var/lib/dpkg/status"}],
             "components": [{"type": "library", "name": "Jinja2", "version": "2.10", "purl": "pkg:pypi/jinja2@2.10"}]},
            {"type": "file", "name": "/etc/passwd"},
            {"type": "library", "name": "mystery", "version": "1"},
            {"type": "operating-system", "name": "debian", "version": "12"}],
        "dependencies": [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}],
    });
    let read = inventory(&syft.to_string());
    let names: Vec<&str> = read.packages.iter().map(|l| l.package.name.as_str()).collect();
    assert_eq!(names, ["libssl3", "Jinja2"]);
    assert_eq!(read.packages[0].package.source, "openssl");
    assert_eq!(read.packages[0].package.file, "/var/lib/dpkg/status");
    assert_eq!(read.distribution.unwrap().base_os(), "debian:12");
    assert_eq!(read.problems.len(), 1);
    assert!(read.problems[0].reason.contains("mystery"));

    // The distribution may stand in package URLs alone.
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [
        {"name": "registry/app", "versionInfo": "sha256:00", "primaryPackagePurpose": "CONTAINER"},
        {"name": "musl", "versionInfo": "1.2.4-r1", "sourceInfo": "acquired package info from APK DB: /lib/apk/db/installed, /x",
         "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:*"},
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:apk/alpine/musl@1.2.4-r1?distro=alpine-3.18.4"}]}]});
    let read = inventory(&spdx.to_string());
    assert_eq!(read.distribution.unwrap().base_os(), "alpine:3.18.4");
    assert_eq!(read.packages[0].package.file, "/lib/apk/db/installed");

    let text = "SPDXVersion: SPDX-2.2\nPackageName: lodash\nSPDXID: SPDXRef-1\nPackageVersion: 4.17.4\n\
        PackageComment: <text>two\nlines PackageName: no</text>\nExternalRef: PACKAGE_MANAGER purl pkg:npm/lodash@4.17.4\n\
        \nFileName: ./a\nSPDXID: SPDXRef-2\n";
    assert_eq!(inventory(text).packages.len(), 1);
}

/// Programs write null where they know nothing, and leave out of the URL what
/// stands beside it.
#[test]
fn what_other_programs_leave_out() {
    let component = |more: serde_json::Value| {
        let mut component =
            json!({"type": "library", "name": "a", "version": "1.0", "purl": "pkg:npm/a@1.0"});
        for (key, value) in more.as_object().unwrap() {
            component[key] = value.clone();
        }
        json!({"bomFormat": "CycloneDX", "metadata": {"component": null}, "components": [component]})
    };
    let package = |more: serde_json::Value| {
        let mut package = json!({"name": "a", "versionInfo": "1.0", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:npm/a@1.0"}]});
        for (key, value) in more.as_object().unwrap() {
            package[key] = value.clone();
        }
        json!({"spdxVersion": "SPDX-2.3", "packages": [package]})
    };
    let element = |more: serde_json::Value| {
        let mut element = json!({"type": "software_Package", "name": "a",
            "software_packageVersion": "1.0", "software_packageUrl": "pkg:npm/a@1.0"});
        for (key, value) in more.as_object().unwrap() {
            element[key] = value.clone();
        }
        json!({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [element]})
    };
    let address = "http://spdx.org/rdf/references/purl";
    let identifier = json!({"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/a@1.0"});
    let plain = component(json!({}));
    for document in [
        plain.clone(),
        component(json!({"type": null, "properties": [{"name": "x", "value": null}]})),
        component(json!({"purl": "pkg:npm/a"})),
        component(json!({"type": "file"})),
        package(json!({"sourceInfo": null, "comment": null, "primaryPackagePurpose": null})),
        package(json!({"primaryPackagePurpose": "ARCHIVE"})),
        package(json!({"externalRefs": [
            {"referenceType": address, "referenceLocator": "pkg:npm/a"}]})),
        element(json!({"comment": null, "externalIdentifier": null})),
        element(json!({"software_packageUrl": null, "externalIdentifier": identifier})),
        element(json!({"software_packageUrl": "pkg:npm/a", "software_primaryPurpose": "file"})),
        // What GitHub exports, and a statement about an image.
        json!({"sbom": package(json!({}))}),
        json!({"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicate": plain}),
    ] {
        assert!(detect(document.to_string().as_bytes()).is_some(), "{document}");
        let read = inventory(&document.to_string());
        let found: Vec<_> = read
            .packages
            .iter()
            .map(|l| (l.package.name.as_str(), l.package.version.as_str()))
            .collect();
        assert_eq!(found, [("a", "1.0")], "{document}");
        assert!(read.problems.is_empty(), "{document} {:?}", read.problems);
    }
    for document in [
        json!({"bomFormat": "CycloneDX", "metadata": null, "components": null}),
        json!({"spdxVersion": "SPDX-2.3", "packages": null}),
        package(json!({"primaryPackagePurpose": "FILE", "externalRefs": null})),
    ] {
        assert!(inventory(&document.to_string()).packages.is_empty(), "{document}");
    }
    let unsaid = package(json!({"versionInfo": "NOASSERTION", "externalRefs": [
        {"referenceType": "purl", "referenceLocator": "pkg:npm/a"}]}));
    assert_eq!(inventory(&unsaid.to_string()).problems.len(), 1);
    assert_eq!(detect(b"{\"sbom\": {\"sbom\": {\"spdxVersion\": \"SPDX-2.3\"}}}"), None);

    let text = "# by hand\nDataLicense: CC0-1.0\nSPDXVersion: SPDX-2.2\nPackageName: a\n\
        SPDXID: SPDXRef-1\nPackageVersion: 1.0\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a\n";
    assert_eq!(inventory(text).packages[0].package.version, "1.0");
    assert_eq!(detect(b"to: whom\nit may concern\nSPDXVersion: SPDX-2.2\n"), None);
}

/// GitHub tells beside a URL without a version which ones a project takes.
#[test]
fn ranges_are_no_versions() {
    for (told, version) in [
        ("2.31.0", Some("2.31.0")),
        (">= 2.0", None),
        ("^1.2.3", None),
        ("~> 5.0", None),
        ("4.*.*", None),
        (">=1,<2", None),
        ("[1.0,2.0)", None),
        ("1.0||2.0", None),
    ] {
        let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "pip:requests",
            "versionInfo": told, "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:pypi/requests"}]}]});
        let read = inventory(&json!({"sbom": spdx}).to_string());
        let found: Vec<_> = read.packages.iter().map(|l| l.package.version.as_str()).collect();
        assert_eq!(found, Vec::from_iter(version), "{told}");
        assert_eq!(read.problems.is_empty(), version.is_some(), "{told}");
    }
}

/// Trivy groups what lock files tell of under components that are nothing themselves.
#[test]
fn groups_are_nothing_that_is_left_out() {
    let bom = json!({"bomFormat": "CycloneDX", "components": [
        {"type": "application", "name": "app/package-lock.json"},
        {"type": "library", "name": "a", "version": "1.0", "purl": "pkg:npm/a@1.0"}]});
    let read = inventory(&bom.to_string());
    assert_eq!((read.packages.len(), read.problems.len()), (1, 0));
    // A library of which nothing else is told cannot be matched.
    let bom = json!({"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "a"}]});
    assert_eq!(inventory(&bom.to_string()).problems.len(), 1);
}

/// A URL writes modules of Go in small letters; the component may tell more.
#[test]
fn modules_of_go_keep_their_letters() {
    let of = |name: &str, purl: &str| {
        let bom = json!({"bomFormat": "CycloneDX", "components": [
            {"type": "library", "name": name, "version": "v1.9.0", "purl": purl}]});
        inventory(&bom.to_string()).packages[0].package.name.clone()
    };
    let (own, small) = ("github.com/Masterminds/sprig", "github.com/masterminds/sprig");
    let purl = |name: &str| format!("pkg:golang/{name}@v1.9.0");
    assert_eq!(of(own, &purl(small)), own);
    assert_eq!(of(small, &purl(own)), own);
    assert_eq!(of("sprig", &purl(small)), small);
}

/// Trivy tells the source of a package beside its URL, keeps the epoch apart and
/// names some distributions with words.
#[test]
fn sources_beside_the_url() {
    let trivy = |name: &str, value: &str| json!({"name": format!("aquasecurity:trivy:{name}"), "value": value});
    let component = |name: &str, purl: &str, told: &[(&str, &str)]| {
        let properties: Vec<_> = told.iter().map(|(name, value)| trivy(name, value)).collect();
        json!({"type": "library", "name": name, "version": null, "purl": purl, "properties": properties})
    };
    let source =
        |epoch: &'static str, name: &'static str, version: &'static str, release: &'static str| {
            let all = [
                ("SrcName", name),
                ("SrcEpoch", epoch),
                ("SrcVersion", version),
                ("SrcRelease", release),
            ];
            all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
        };
    let deb = "pkg:deb/debian/libfoo1@1.2-3?arch=amd64&distro=debian-12.4&epoch=1";
    let rpm = "pkg:rpm/amazon/openssl-libs@3.0.8-1.amzn2023?arch=x86_64&distro=amazon-2023&epoch=1";
    let module = "pkg:rpm/amazon/nodejs@18.1-1.module_el8?arch=x86_64";
    let read = inventory(
        &json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
            {"type": "operating-system", "name": "amazon", "version": "2023.3.20231211 (Amazon Linux)"},
            component("libfoo1", deb, &source("1", "foo", "1.2", "3")),
            component("openssl-libs", rpm, &source("1", "openssl", "3.0.8", "1.amzn2023")),
            component("nodejs", module, &[("Modularitylabel", "nodejs:18:8090:a1")]),
        ]})
        .to_string(),
    );
    assert_eq!(read.distribution.unwrap().base_os(), "amzn:2023.3.20231211");
    let told: Vec<_> = read
        .packages
        .iter()
        .map(|LayeredPackage { package, .. }| {
            [&package.name, &package.version, &package.source, &package.stream].map(String::as_str)
        })
        .collect();
    assert_eq!(
        told,
        [
            ["libfoo1", "1:1.2-3", "foo", ""],
            ["nodejs", "18.1-1.module_el8", "nodejs", "nodejs:18"],
            ["openssl-libs", "1:3.0.8-1.amzn2023", "openssl", ""],
        ]
    );

    let apk = "pkg:apk/alpine/libcrypto3@3.1.4-r1?arch=x86_64&distro=3.18.4";
    let package = json!({"name": "libcrypto3", "versionInfo": "3.1.4-r1", "sourceInfo": "built package from: openssl 3.1.4-r1",
        "externalRefs": [{"referenceType": "purl", "referenceLocator": apk}]});
    let system =
        json!({"SPDXID": "SPDXRef-OperatingSystem-1", "name": "alpine", "versionInfo": "3.18.3"});
    for (packages, version) in [(json!([package]), "3.18.4"), (json!([system, package]), "3.18.3")]
    {
        let read = inventory(&json!({"spdxVersion": "SPDX-2.2", "packages": packages}).to_string());
        assert_eq!(read.packages[0].package.source, "openssl");
        assert_eq!(read.distribution.unwrap().base_os(), format!("alpine:{version}"));
        assert!(read.problems.is_empty(), "{:?}", read.problems);
    }
}

#[test]
fn cyclonedx_as_xml() {
    let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:1" version="1">
  <metadata>
    <tools><components><component type="application"><name>maker</name>
      <purl>pkg:npm/maker@1</purl></component></components></tools>
    <component type="container" bom-ref="a"><name>shop/orders</name>
      <version>sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</version></component>
  </metadata>
  <components>
    <component type="operating-system"><name>debian</name><version>12</version></component>
    <component type="library"><name>outer</name><version>1.0</version>
      <components><component type="library"><name>inner</name><version>2.0</version>
        <purl>pkg:maven/a.b/inner@2.0?type=jar</purl></component></components>
      <licenses><license><name>MIT</name></license></licenses>
      <purl>pkg:maven/a.b/outer@1.0?type=jar&amp;x=y</purl>
      <properties><property name="syft:location:0:path">/app/outer.jar</property></properties>
    </component>
    <component type="library"><name>mystery</name><version>1</version></component>
    <component type="file"><name>/etc/passwd</name></component>
  </components>
  <dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies>
</bom>"#;
    assert_eq!(detect(xml.as_bytes()), Some(SbomFormat::CycloneDxXml));
    let read = inventory(xml);
    let mut listed: Vec<(&str, &str, &str)> = Vec::new();
    for LayeredPackage { package, .. } in &read.packages {
        listed.push((&package.name, &package.version, &package.file));
    }
    listed.sort_unstable();
    assert_eq!(listed, [("a.b:inner", "2.0", ""), ("a.b:outer", "1.0", "/app/outer.jar")]);
    assert_eq!(read.distribution.unwrap().base_os(), "debian:12");
    assert_eq!(read.digest.unwrap().to_string(), "a".repeat(64));
    assert!(read.problems.len() == 1 && read.problems[0].reason.contains("mystery"));
}

#[test]
fn hostile_documents() {
    let refused = |text: &str| read("sbom", text.as_bytes(), &Limits::default()).unwrap_err();
    for text in ["", "{}", "[]", "{\"bomFormat\":1}", "<bom/>", "SPDXVersion: SPDX-1.0"] {
        assert!(matches!(refused(text), SbomError::Foreign), "{text}");
    }
    let bad = json!({"bomFormat": "CycloneDX", "components": 3}).to_string();
    assert!(matches!(refused(&bad), SbomError::Malformed { .. }));
    let open = "SPDXVersion: SPDX-2.3\nPackageComment: <text>no end";
    assert!(matches!(refused(open), SbomError::Malformed { .. }));

    let xml = |inside: &str| {
        format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.4'><components>{inside}")
    };
    let deep = xml(&"<component><components>".repeat(5000));
    assert!(matches!(refused(&deep), SbomError::Malformed { .. }));
    let other = "<bom xmlns='http://shop.example/bom'><components/></bom>";
    assert!(matches!(refused(other), SbomError::Foreign));
    let many = xml(&"<component><purl>pkg:npm/a@1</purl></component>".repeat(11));
    let limits = Limits { packages: 10, ..Limits::default() };
    let error = read("sbom", many.as_bytes(), &limits).unwrap_err();
    assert!(matches!(error, SbomError::TooLarge { what: "packages", .. }), "{error}");

    let deep = format!("{}{}", "{\"components\":[".repeat(5000), "]}".repeat(5000));
    let deep = format!("{{\"bomFormat\":\"CycloneDX\",\"components\":[{deep}]}}");
    assert!(read("sbom", deep.as_bytes(), &Limits::default()).is_err());

    let component = |at: usize| json!({"type": "library", "purl": format!("pkg:npm/a{at}@1")});
    let many =
        json!({"bomFormat": "CycloneDX", "components": (0..11).map(component).collect::<Vec<_>>()});
    let limits = Limits { packages: 10, ..Limits::default() };
    let error = read("sbom", many.to_string().as_bytes(), &limits).unwrap_err();
    assert!(matches!(error, SbomError::TooLarge { what: "packages", .. }), "{error}");
}

/// What feeds write behind a link makes it none.
#[test]
fn notes_behind_links_are_no_links() {
    let mut report = sample::report();
    let links = ["https://advisory.example/1 (fixed)", "https://advisory.example/2"];
    report.findings[0].links = links.map(str::to_owned).to_vec();
    let written = written(&report, SbomFormat::CycloneDx);
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    let all = written["vulnerabilities"].as_array().unwrap();
    let told = all.iter().find(|told| told["id"] == report.findings[0].name.as_str()).unwrap();
    assert_eq!(told["advisories"], json!([{"url": "https://advisory.example/2"}]));
}

/// Validates against the official schemas, where a Python with the packages
/// `cyclonedx-python-lib[validation]` and `spdx-tools` is named.
#[test]
fn official_schemas_are_met() {
    let python = std::env::var("SBOM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = |module: &str| {
        let found = Command::new(&python).args(["-c", &format!("import {module}")]).output();
        found.is_ok_and(|output| output.status.success())
    };
    let folder = tempfile::tempdir().unwrap();
    let checks = [
        (
            SbomFormat::CycloneDx,
            "sbom.cdx.json",
            "cyclonedx.validation.json, jsonschema",
            "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(found) if found else 0)",
        ),
        (SbomFormat::Spdx2, "sbom.spdx.json", "spdx_tools.spdx", SPDX),
        (SbomFormat::Spdx2Text, "sbom.spdx", "spdx_tools.spdx", SPDX),
    ];
    for (format, name, module, program) in checks {
        if !has(module) {
            eprintln!("skipped: {python} has no {module}; name one that has in SBOM_PYTHON");
            continue;
        }
        let path = folder.path().join(name);
        let mut report = sample::report();
        report.findings[1].vex = Some(crate::report::finding::VexNote::default());
        report.findings[1].links.push("https://advisory.example/1 (fixed)".to_owned());
        std::fs::write(&path, written(&report, format)).unwrap();
        let output = Command::new(&python).args(["-c", program]).arg(&path).output().unwrap();
        assert!(
            output.status.success(),
            "{name}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

const SPDX: &str = "
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
found = validate_full_spdx_document(parse_file(sys.argv[1]))
sys.exit('\\n'.join(f.validation_message for f in found) if found else 0)";

/// A package of a system, with all that matching asks of it.
fn system_package() -> impl Strategy<Value = Package> {
    let name = || "[a-z][a-z0-9+.]{0,6}(-[a-z]{1,4})?";
    let version = || "([1-9]:)?[0-9]{1,3}(\\.[0-9~+a-z]{1,4}){0,2}-[0-9][a-z0-9.+]{0,5}";
    let release = "[0-9][0-9.]{0,4}-[0-9][a-z0-9.]{0,5}";
    let kind = prop_oneof![
        Just(Ecosystem::Dpkg),
        Just(Ecosystem::Apk),
        Just(Ecosystem::Rpm),
        Just(Ecosystem::Pacman)
    ];
    let more = (prop_oneof![Just(""), Just("nodejs:18")], "[ -~]{0,12}", "[a-z0-9_]{0,6}");
    (kind, name(), name(), any::<bool>(), version(), version(), release, more).prop_map(
        |(ecosystem, name, source, same, version, other, release, (stream, vendor, arch))| {
            let mut package = Package::new(ecosystem, name, version, "var/lib/database");
            package.arch = arch;
            if !same {
                package.source = source;
            }
            match ecosystem {
                Ecosystem::Dpkg if other != package.version => package.installed_version = other,
                Ecosystem::Rpm => {
                    package.stream = stream.to_owned();
                    package.vendor = vendor;
                    let own = package.version.split_once(':');
                    if own.map_or(&*package.version, |(_, own)| own) != release {
                        package.source_version = release;
                    }
                }
                _ => {}
            }
            package
        },
    )
}

proptest! {
    #[test]
    fn packages_of_systems_survive(package in system_package()) {
        let mut report = sample::report();
        report.findings.clear();
        report.packages.truncate(1);
        report.packages[0].package = package;
        for format in FORMATS {
            let read = inventory(&written(&report, format));
            prop_assert_eq!(&read.packages, &report.packages, "{:?}", format);
        }
    }

    #[test]
    fn nonsense_is_no_panic(text in ".{0,200}") {
        for head in ["", "<bom xmlns='http://cyclonedx.org/schema/bom/1.4'>", "SPDXVersion: SPDX-2.3\n", "{\"bomFormat\":\"CycloneDX\",\"components\":["] {
            let _ = read("sbom", format!("{head}{text}").as_bytes(), &Limits::default());
        }
    }

    #[test]
    fn names_survive(name in "[^\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}/:@ ]{1,12}", version in "[!-~]{1,12}") {
        let mut report = sample::report();
        report.packages.truncate(3);
        report.findings.clear();
        report.packages[2].package = Package::new(Ecosystem::Npm, name, version, "f");
        for format in FORMATS {
            let read = inventory(&written(&report, format));
            prop_assert!(packages(&read).contains(&report.packages[2].package), "{:?}", format);
        }
    }
}
