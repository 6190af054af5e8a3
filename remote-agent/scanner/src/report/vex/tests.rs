use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::package::{Ecosystem, LayeredPackage};
use crate::report::output::sample;

/// The sample's second finding is of the npm package `lodash`, its first of
/// `openssl` of Debian 12.
fn judged(document: &Value, target: &str) -> Vec<(String, VexState, String)> {
    let mut documents = VexDocuments::default();
    documents.add("test.json", document.to_string().as_bytes()).unwrap();
    let mut report = sample::report();
    report.apply_vex(&documents, &[target]);
    let all = report.findings.iter().chain(report.suppressed.iter().map(|s| &s.finding));
    let noted = all.filter_map(|finding| Some((finding, finding.vex.as_ref()?)));
    noted.map(|(f, note)| (f.name.clone(), note.state, note.justification.clone())).collect()
}

fn openvex(products: &Value, status: &str) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:example:vex",
        "timestamp": "2024-05-01T00:00:00Z",
        "statements": [{
            "vulnerability": {"name": sample::CRITICAL}, "products": products,
            "status": status, "justification": "component_not_present",
        }],
    })
}

#[test]
fn products_of_openvex() {
    let table = [
        (json!([{"@id": "pkg:deb/debian/openssl"}]), true),
        (json!([{"@id": "pkg:deb/debian/libssl3"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl@3.0.9-1"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl@3.0.8-1"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?vers=vers:deb%2F%3C3.1"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl?vers=vers:deb%2F%3C3.0.9-1"}]), false),
        (json!([{"@id": "pkg:deb/ubuntu/openssl"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=debian-12"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=debian-11"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=bookworm"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=bullseye"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=debian-12.5"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl?distro=debian-11.9"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl@0:3.0.9-1?epoch=0"}]), true),
        (json!([{"@id": "pkg:deb/debian/openssl@3.0.9-1?epoch=1"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?arch=arm64"}]), false),
        (json!([{"@id": "pkg:deb/debian/openssl?arch=source"}]), true),
        (json!([{"@id": "pkg:npm/openssl"}]), false),
        (json!([{"@id": "registry.example/shop/orders:v1"}]), true),
        (json!([{"@id": "shop/orders"}]), true),
        (json!([{"@id": "shop/orders:v2"}]), false),
        (json!([{"@id": "orders"}]), false),
        (
            json!([{"@id": "pkg:oci/orders?repository_url=registry.example/shop/orders&tag=v1"}]),
            true,
        ),
        (json!([{"@id": "pkg:oci/orders?repository_url=registry.example/shop"}]), true),
        (json!([{"@id": "pkg:oci/orders@sha256:00"}]), false),
        (
            json!([{"@id": format!("pkg:oci/orders@{}", sample::digest().to_oci().replace(':', "%3A"))}]),
            true,
        ),
        (json!([{"@id": "x", "hashes": {"sha-256": sample::digest().to_string()}}]), true),
        (
            json!([{"@id": "shop/orders", "subcomponents": [{"@id": "pkg:deb/debian/openssl"}]}]),
            true,
        ),
        (json!([{"@id": "shop/orders", "subcomponents": [{"@id": "pkg:npm/lodash"}]}]), false),
        (
            json!([{"@id": "shop/other", "subcomponents": [{"@id": "pkg:deb/debian/openssl"}]}]),
            false,
        ),
        (json!(["pkg:deb/debian/openssl"]), true),
    ];
    for (products, expected) in table {
        let found = judged(&openvex(&products, "not_affected"), "registry.example/shop/orders:v1");
        assert_eq!(!found.is_empty(), expected, "{products}");
    }
}

/// As projects in Go publish them: of their program, and a module that went into it.
#[test]
fn modules_of_programs() {
    let module = Package::new(Ecosystem::Go, "golang.org/x/net", "v0.1.0", "usr/bin/orders");
    for (product, file, main, expected) in [
        ("pkg:golang/github.com/shop/orders", "usr/bin/orders", true, true),
        ("pkg:golang/github.com/shop/orders@v1.2.0", "usr/bin/orders", true, true),
        ("pkg:golang/github.com/shop/orders@v1.1.0", "usr/bin/orders", true, false),
        ("pkg:golang/github.com/shop/other", "usr/bin/orders", true, false),
        // Another program has the module, too.
        ("pkg:golang/github.com/shop/orders", "usr/bin/other", true, false),
        // What else went into the program may not be all that needs the module.
        ("pkg:golang/github.com/shop/orders", "usr/bin/orders", false, false),
    ] {
        let parts = json!([{"@id": "pkg:golang/golang.org/x/net"}]);
        let document = openvex(&json!([{"@id": product, "subcomponents": parts}]), "not_affected");
        let mut documents = VexDocuments::default();
        documents.add("test.json", document.to_string().as_bytes()).unwrap();
        let mut report = sample::report();
        report.packages[0].package = module.clone();
        let program = Package::new(Ecosystem::Go, "github.com/shop/orders", "v1.2.0", file);
        let program = Package { main, ..program };
        report.packages.push(LayeredPackage { package: program, layer: None });
        let before = report.findings.len();
        report.apply_vex(&documents, &["registry.example/shop/menu:v1"]);
        assert_eq!(report.findings.len() < before, expected, "{product} {file} {main}");
    }
}

/// As they are attached to images.
#[test]
fn documents_in_statements_of_in_toto() {
    let document = openvex(&json!([{"@id": "pkg:deb/debian/openssl"}]), "not_affected");
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "subject": [],
        "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": document});
    let envelope = json!({"payloadType": "application/vnd.in-toto+json",
        "payload": STANDARD.encode(statement.to_string()), "signatures": []});
    let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "dsseEnvelope": envelope});
    for carrier in [statement, envelope, bundle] {
        assert_eq!(judged(&carrier, "x").len(), 1, "{carrier}");
    }
    let broken = json!({"payload": "AAAA", "signatures": []}).to_string();
    let refused = VexDocuments::default().add("x", broken.as_bytes()).unwrap_err();
    assert!(matches!(refused, VexError::Foreign(_)), "{refused}");
}

#[test]
fn states() {
    for (word, state, away) in [
        ("not_affected", VexState::NotAffected, true),
        ("fixed", VexState::Fixed, true),
        ("affected", VexState::Affected, false),
        ("under_investigation", VexState::UnderInvestigation, false),
    ] {
        let mut documents = VexDocuments::default();
        let document = openvex(&json!([{"@id": "pkg:deb/debian/openssl"}]), word);
        documents.add("test.json", document.to_string().as_bytes()).unwrap();
        let mut report = sample::report();
        let before = report.findings.len();
        report.apply_vex(&documents, &["x"]);
        assert_eq!(report.findings.len() < before, away, "{word}");
        let kept = if away { &report.suppressed[0].finding } else { &report.findings[0] };
        let note = kept.vex.as_ref().unwrap();
        assert_eq!((note.state, note.document.as_str()), (state, "urn:example:vex"));
    }
}

#[test]
fn the_closest_and_youngest_statement_holds() {
    let statement = |product: &str, status: &str, time: &str| {
        json!({"vulnerability": {"name": "OTHER", "aliases": [sample::CRITICAL]}, "timestamp": time,
            "products": [{"@id": product}], "status": status})
    };
    let state = |statements: Value| {
        let document = json!({"@context": "https://openvex.dev/ns", "statements": statements});
        judged(&document, "orders")[0].1
    };
    let package = "pkg:deb/debian/openssl";
    assert_eq!(
        state(json!([
            statement(package, "affected", "2024-01-01T00:00:00Z"),
            statement("orders", "fixed", "2025-01-01T00:00:00Z")
        ])),
        VexState::Affected
    );
    assert_eq!(
        state(json!([
            statement(package, "fixed", "2025-01-01T00:00:00Z"),
            statement(package, "affected", "2024-01-01T00:00:00Z")
        ])),
        VexState::Fixed
    );
    // Whatever zone a time is written in.
    assert_eq!(
        state(json!([
            statement(package, "fixed", "2025-01-01T00:00:00Z"),
            statement(package, "affected", "2025-01-01T00:30:00+02:00")
        ])),
        VexState::Fixed
    );
}

/// As OpenVEX was before it had objects for products and vulnerabilities.
#[test]
fn the_oldest_openvex() {
    let document = |component: &str| {
        json!({
            "@context": "https://openvex.dev/ns", "@id": "urn:old", "statements": [{
                "vulnerability": sample::CRITICAL, "products": ["shop/orders:v1"],
                "subcomponents": [component], "status": "not_affected",
                "justification": "component_not_present"}],
        })
    };
    assert_eq!(judged(&document("pkg:deb/debian/openssl"), "shop/orders:v1").len(), 1);
    assert!(judged(&document("pkg:npm/lodash"), "shop/orders:v1").is_empty());
    let mut by_address = openvex(&json!(["shop/orders"]), "fixed");
    let address = format!("https://nvd.nist.gov/vuln/detail/{}", sample::CRITICAL);
    by_address["statements"][0]["vulnerability"] = json!({"@id": address});
    assert_eq!(judged(&by_address, "shop/orders:v1").len(), 1);
}

/// What one writes for the image of another's name.
#[test]
fn names_of_images_of_docker_hub() {
    for (name, target, expected) in [
        ("nginx", "docker.io/library/nginx:1", true),
        ("docker.io/library/nginx:1", "nginx:1", true),
        ("library/nginx", "nginx:1", true),
        ("index.docker.io/shop/orders", "shop/orders:v1", true),
        ("pkg:oci/nginx?repository_url=index.docker.io/library/nginx", "nginx:1", true),
        ("pkg:oci/nginx?repository_url=docker.io/library", "nginx:1", true),
        ("pkg:docker/nginx@1", "nginx:1", true),
        ("pkg:docker/library/nginx@2", "nginx:1", false),
        ("nginx", "ghcr.io/shop/nginx:1", false),
    ] {
        let document = openvex(&json!([{"@id": name}]), "not_affected");
        assert_eq!(!judged(&document, target).is_empty(), expected, "{name} {target}");
    }
}

fn csaf(tree: &Value, id: &str) -> Value {
    json!({
        "document": {"csaf_version": "2.0", "category": "csaf_vex", "tracking": {"id": "VEX-1"}},
        "product_tree": tree,
        "vulnerabilities": [{
            "cve": sample::CRITICAL,
            "product_status": {"known_not_affected": [id]},
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": [id]}],
        }],
    })
}

#[test]
fn products_of_csaf() {
    let purl = |purl: &str| json!({"purl": purl});
    let rhel = |version: &str, name: &str| {
        json!({
            "branches": [{"category": "vendor", "branches": [
                {"product": {"product_id": "os", "name": "OS", "product_identification_helper":
                    {"cpe": format!("cpe:/o:{name}:{version}::server")}}},
                {"product": {"product_id": "ssl", "name": "openssl",
                    "product_identification_helper": purl("pkg:deb/debian/openssl")}},
            ]}],
            "relationships": [{"category": "default_component_of", "product_reference": "ssl",
                "relates_to_product_reference": "os",
                "full_product_name": {"product_id": "os:ssl", "name": "openssl of OS"}}],
        })
    };
    // A module is a part of the system, and the package one of the module.
    let mut module = rhel("12", "debian:debian_linux");
    module["relationships"] = json!([
        {"category": "default_component_of", "product_reference": "m",
            "relates_to_product_reference": "os",
            "full_product_name": {"product_id": "os:m", "name": "module of OS"}},
        {"category": "default_component_of", "product_reference": "ssl",
            "relates_to_product_reference": "os:m",
            "full_product_name": {"product_id": "os:m:ssl", "name": "openssl of the module"}},
    ]);
    let mut circle = module.clone();
    circle["relationships"][0]["relates_to_product_reference"] = json!("os:m:ssl");
    let single = |product: Value| json!({"full_product_names": [product]});
    // The versions are told by the branch that the product stands in.
    let ranged = |range: &str| {
        json!({"branches": [{"category": "product_name", "branches": [
            {"category": "product_version_range", "name": range, "product":
                {"product_id": "p", "name": "openssl",
                    "product_identification_helper": purl("pkg:deb/debian/openssl")}}]}]})
    };
    let mut releases = rhel("", "debian:debian_linux");
    releases["branches"][0]["branches"][0]["category"] = json!("product_version_range");
    releases["branches"][0]["branches"][0]["name"] = json!("vers:generic/<12");
    let table = [
        (
            single(
                json!({"product_id": "p", "name": "x", "product_identification_helper": purl("pkg:deb/debian/openssl")}),
            ),
            "p",
            true,
        ),
        (single(json!({"product_id": "p", "name": "shop/orders:v1"})), "p", true),
        (single(json!({"product_id": "p", "name": "Orders 1.0"})), "p", false),
        (rhel("12", "debian:debian_linux"), "os:ssl", true),
        (rhel("11", "debian:debian_linux"), "os:ssl", false),
        (rhel("12", "redhat:enterprise_linux"), "os:ssl", false),
        (rhel("", "debian:debian_linux"), "os:ssl", true),
        (releases, "os:ssl", false),
        (ranged("vers:deb/<3.1"), "p", true),
        (ranged("vers:deb/<3.0.9-1"), "p", false),
        (ranged("<3.1"), "p", false),
        (module, "os:m:ssl", true),
        (circle, "os:m:ssl", false),
    ];
    for (tree, id, expected) in table {
        let found = judged(&csaf(&tree, id), "shop/orders:v1");
        assert_eq!(!found.is_empty(), expected, "{tree}");
        assert!(found.iter().all(|(_, _, why)| why == "vulnerable_code_not_present"));
    }
}

#[test]
fn cyclonedx_analyses() {
    let document = |reference: &str| {
        json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:1",
            "metadata": {"component": {"type": "container", "bom-ref": "root", "name": "shop/orders", "version": "v1"}},
            "components": [{"type": "library", "bom-ref": "outer", "name": "outer", "components": [
                {"type": "library", "bom-ref": "a", "name": "openssl", "purl": "pkg:deb/debian/openssl"}]}],
            "vulnerabilities": [{"id": sample::CRITICAL,
                "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
                "affects": [{"ref": reference}]}],
        })
    };
    for (reference, expected) in [
        ("a", true),
        ("root", true),
        ("outer", false),
        ("pkg:deb/debian/openssl", true),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:deb/debian/openssl", true),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Adeb%2Fdebian%2Fopenssl", true),
        ("b", false),
    ] {
        let found = judged(&document(reference), "shop/orders:v1");
        assert_eq!(!found.is_empty(), expected, "{reference}");
    }
    assert!(judged(&document("root"), "shop/other:v1").is_empty());
}

/// A part may be meant in some versions only.
#[test]
fn versions_of_cyclonedx() {
    for (versions, expected) in [
        (json!([{"version": "3.0.9-1"}]), true),
        (json!([{"version": "1.0", "status": "unaffected"}, {"version": "3.0.9-1"}]), true),
        (json!([{"version": "3.0.8-1", "status": "unaffected"}]), false),
        (json!([{"range": "vers:deb/<3"}]), false),
        (json!([{"range": "vers:deb/>=3|<4", "status": "unaffected"}]), true),
        (json!([{"range": "before 4"}]), false),
        // What an analysis says of the whole does not hold for what is told to be otherwise.
        (json!([{"version": "3.0.9-1", "status": "affected"}]), false),
        (
            json!([{"version": "3.0.9-1", "status": "affected"},
                {"range": "vers:deb/>=3.1", "status": "unaffected"}]),
            false,
        ),
        (json!([]), true),
    ] {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": [{
                "id": sample::CRITICAL, "analysis": {"state": "not_affected"},
                "affects": [{"ref": "pkg:deb/debian/openssl", "versions": versions}]}],
        });
        assert_eq!(!judged(&document, "x").is_empty(), expected, "{document}");
    }
}

/// A document of one release may name those that a vulnerability is resolved in.
#[test]
fn versions_of_what_a_cyclonedx_is_about() {
    for (versions, expected) in [
        (json!([]), true),
        (json!([{"version": "1.5", "status": "unaffected"}]), true),
        (json!([{"range": "vers:generic/>=1.5", "status": "unaffected"}]), true),
        (json!([{"version": "1.5", "status": "affected"}]), false),
        (
            json!([{"version": "1.5", "status": "affected"},
                {"version": "2.0", "status": "unaffected"}]),
            false,
        ),
        (json!([{"range": "vers:generic/>=2.0", "status": "unaffected"}]), false),
    ] {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6",
            "metadata": {"component": {"type": "container", "bom-ref": "root",
                "name": "shop/orders", "version": "1.5"}},
            "vulnerabilities": [{"id": sample::CRITICAL, "analysis": {"state": "resolved"},
                "affects": [{"ref": "root", "versions": versions}]}],
        });
        assert_eq!(!judged(&document, "shop/orders:1.5").is_empty(), expected, "{document}");
    }
}

/// As XML it says the same.
#[test]
fn cyclonedx_as_xml() {
    let document = |reference: &str| {
        format!(
            r#"<?xml version="1.0"?>
            <bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:1" version="1">
              <metadata><timestamp>2024-05-01T00:00:00Z</timestamp>
                <authors><author><name>me</name></author></authors>
                <component type="container" bom-ref="root"><name>shop/orders</name><version>v1</version></component>
              </metadata>
              <components><component type="library" bom-ref="outer"><name>outer</name><components>
                <component type="library" bom-ref="a"><name>openssl</name><purl>pkg:deb/debian/openssl</purl></component>
              </components></component></components>
              <vulnerabilities>
                <vulnerability><id>CVE-1999-1</id><affects><target><ref>a</ref></target></affects></vulnerability>
                <vulnerability><id>X-1</id>
                  <references><reference><id>{}</id><source><name>NVD</name></source></reference></references>
                  <analysis><state>not_affected</state><justification>code_not_reachable</justification></analysis>
                  <affects><target><ref>{reference}</ref></target></affects></vulnerability>
              </vulnerabilities>
            </bom>"#,
            sample::CRITICAL
        )
    };
    for (reference, target, expected) in [
        ("a", "shop/other:v1", true),
        ("root", "shop/orders:v1", true),
        ("root", "shop/other:v1", false),
        ("outer", "shop/orders:v1", false),
        ("pkg:deb/debian/openssl", "shop/other:v1", true),
        ("b", "shop/orders:v1", false),
    ] {
        let mut documents = VexDocuments::default();
        let told = documents.add("x.xml", document(reference).as_bytes()).unwrap();
        assert_eq!((told.format, told.statements), (VexFormat::CycloneDx, 1));
        assert_eq!((told.id.as_deref(), told.author.as_str()), (Some("urn:uuid:1"), "me"));
        let mut report = sample::report();
        let before = report.findings.len();
        report.apply_vex(&documents, &[target]);
        assert_eq!(report.findings.len() < before, expected, "{reference}");
    }
    let broken = document("a").replace("</affects>", "");
    let refused = VexDocuments::default().add("x.xml", broken.as_bytes()).unwrap_err();
    assert!(matches!(refused, VexError::Malformed { .. }), "{refused}");
}

#[test]
fn what_is_no_vex_is_refused() {
    let refused = |text: &str| VexDocuments::default().add("x.json", text.as_bytes()).unwrap_err();
    assert!(matches!(refused("{"), VexError::Json { .. }));
    assert!(matches!(refused("{}"), VexError::Foreign(_)));
    let wrong = openvex(&json!([]), "perhaps").to_string();
    assert!(refused(&wrong).to_string().contains("statement 1"));
    let mut branch = json!({});
    for _ in 0..40 {
        branch = json!({"branches": [branch]});
    }
    VexDocuments::default().add("x", csaf(&branch, "p").to_string().as_bytes()).unwrap();
}

#[test]
fn what_documents_say_of_themselves() {
    let about = |document: &Value| {
        VexDocuments::default().add("x", document.to_string().as_bytes()).unwrap()
    };
    let mut document = openvex(&json!([{"@id": "a"}, {"@id": "b"}]), "fixed");
    document["author"] = json!("shop");
    let told = about(&document);
    assert_eq!((told.format, told.statements), (VexFormat::OpenVex, 2));
    assert_eq!((told.id.as_deref(), told.author.as_str()), (Some("urn:example:vex"), "shop"));
    assert_eq!(told.issued_at, moment("2024-05-01T00:00:00Z"));
    let told = about(&json!({"bomFormat": "CycloneDX", "metadata": {"authors": [{"name": "me"}]}}));
    assert_eq!((told.format, told.id, told.issued_at), (VexFormat::CycloneDx, None, None));
    assert_eq!(told.author, "me");
    let told = about(&csaf(&json!({}), "p"));
    assert_eq!(told.format, VexFormat::Csaf);
}

#[test]
fn statements_are_bounded() {
    let mut documents = VexDocuments::at_most(1);
    let two = openvex(&json!([{"@id": "a"}, {"@id": "b"}]), "fixed").to_string();
    let refused = documents.add("x.json", two.as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "x.json brings the number of statements over 1");
    assert!(documents.is_empty(), "a document is taken whole or not at all");
}

#[test]
fn an_image_has_several_names_and_a_vulnerability_too() {
    let document = openvex(&json!([{"@id": "shop/menu:v2"}]), "not_affected");
    let mut documents = VexDocuments::default();
    documents.add("x", document.to_string().as_bytes()).unwrap();
    let mut report = sample::report();
    let before = report.findings.len();
    assert!(report.findings.iter().any(|finding| documents.speaks_of(finding)));
    report.apply_vex(&documents, &["registry.example/shop/orders:v1", "shop/menu:v2"]);
    assert!(report.findings.len() < before);
    let alias = report.suppressed[0].finding.aliases[0].to_lowercase();
    let by_alias = document.to_string().replace(sample::CRITICAL, &alias);
    let mut documents = VexDocuments::default();
    documents.add("x", by_alias.as_bytes()).unwrap();
    let mut again = sample::report();
    again.apply_vex(&documents, &["shop/menu:v2"]);
    assert_eq!(again.suppressed.len(), report.suppressed.len());
}
