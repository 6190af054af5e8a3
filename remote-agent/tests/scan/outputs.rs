use serde_json::Value;

use crate::fixture::{HIGH, Place, UNFIXED};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Name and package of all findings.
fn found(document: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|f| (text(&f["name"]), text(&f["package"]["purl"]), text(&f["layer"]))).collect()
}

#[test]
fn several_forms_in_one_run() {
    let place = Place::new();
    let table = place.done(&[
        "image",
        "--format",
        "json=a.json",
        "--format",
        "sarif",
        "--format",
        "table",
        "--output",
        "b.sarif",
        "--format",
        "html=c.html,junit=d.xml,csv=e.csv,markdown=f.md",
        "--format",
        "gitlab=g.json",
    ]);
    let table = if table.is_empty() { panic!("nothing on standard output") } else { table };
    assert!(
        table.contains("Vulnerabilities: 3, CRITICAL: 0, HIGH: 1, MEDIUM: 1, LOW: 1"),
        "{table}"
    );
    assert!(!table.contains('\x1b'), "no colours where nobody looks");
    assert_eq!(json(&place.read("a.json"))["report"]["base_os"], "debian:12");
    assert_eq!(json(&place.read("b.sarif"))["version"], "2.1.0");
    for (file, part) in [
        ("c.html", "<!doctype html>"),
        ("d.xml", "failures=\"3\""),
        ("e.csv", HIGH),
        ("f.md", HIGH),
        ("g.json", "container_scanning"),
    ] {
        assert!(place.read(file).contains(part), "{file}");
    }
}

#[test]
fn a_bill_of_materials_has_the_findings_of_its_image() {
    let place = Place::new();
    let image = found(&json(&place.done(&["image", "--format", "json"])));
    assert_eq!(image.len(), 3);
    for format in ["cyclonedx", "spdx", "spdx-tag", "spdx3"] {
        // No database is needed to make one.
        let form = format!("{format}=bom");
        place.done(&["image", "--scanners", "config", "--db", "none", "--format", &form]);
        let again = found(&json(&place.done(&["bom", "--format", "json"])));
        assert_eq!(again, image, "{format}");
    }
}

#[test]
fn layers_and_the_base_image() {
    let place = Place::new();
    let document = json(&place.done(&["image", "--base-image", "base", "--format", "json"]));
    let marked = |name: &str| {
        let findings = document["findings"].as_array().unwrap();
        let finding = findings.iter().find(|f| f["name"] == name).unwrap();
        finding["in_base_image"] == true
    };
    assert!(marked(HIGH) && !marked(UNFIXED));
    let table = place.done(&["image", "--layers", "--base-image", "base"]);
    let (base, top) = table.split_once(UNFIXED).unwrap();
    assert!(base.contains("(base image)") && base.contains(HIGH), "{table}");
    assert!(!top.contains(HIGH), "{table}");
}

#[test]
fn nothing_of_the_target_gets_into_control_of_the_terminal() {
    let place = Place::new();
    let name = "evil\x1b]0;title\x07";
    std::fs::create_dir(place.path(name)).unwrap();
    let output = place.scan(&[name], &[]);
    assert!(!output.stdout.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stdout));
}
