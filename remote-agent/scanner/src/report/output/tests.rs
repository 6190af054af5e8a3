use std::process::{Command, Stdio};

use palisade_api::Digest;
use palisade_api::rest::scan::ImageCheck;
use proptest::prelude::*;
use serde_json::Value;

use super::sample::{TARGET, report};
use super::*;
use crate::inspect::malware::Malware;
use crate::report::finding::{Acceptance, VexNote, VexState};

const ALL: [OutputFormat; 12] = [
    OutputFormat::Table,
    OutputFormat::Json,
    OutputFormat::Sarif,
    OutputFormat::Junit,
    OutputFormat::Html,
    OutputFormat::Csv,
    OutputFormat::Gitlab,
    OutputFormat::Markdown,
    OutputFormat::CycloneDx,
    OutputFormat::Spdx,
    OutputFormat::SpdxText,
    OutputFormat::Spdx3,
];

/// The sample with one finding accepted and one set aside by VEX.
fn decided() -> Report {
    let mut report = report();
    report.findings[2].accepted =
        Some(Acceptance { entry: 7, comment: "nobody unpacks here".to_owned() });
    let mut aside = report.findings.remove(1);
    aside.vex = Some(VexNote {
        state: VexState::NotAffected,
        justification: "vulnerable_code_not_in_execute_path".to_owned(),
        statement: String::new(),
        document: "shop.vex.json".to_owned(),
    });
    report.malware.push(FileMalware {
        path: "app/a b/<i>miner".to_owned(),
        malware: Malware { name: "Miner, \"A\"".to_owned(), sha256: Digest::of(b"miner") },
        layer: report.packages[4].layer,
    });
    report.suppressed.push(Suppressed { finding: aside, reason: Suppression::Vex });
    report.count();
    report
}

fn texted(report: &Report, format: OutputFormat, target: &str, style: TableStyle) -> String {
    let mut text = Vec::new();
    report.write(format, target, style, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn written(report: &Report, format: OutputFormat) -> String {
    let style = TableStyle { width: Some(80), ..TableStyle::default() };
    texted(report, format, TARGET, style).replace(env!("CARGO_PKG_VERSION"), "0.0.0")
}

#[test]
fn every_form_is_as_it_was() {
    for format in ALL {
        let name = format!("{format:?}").to_lowercase();
        insta::assert_snapshot!(name, written(&decided(), format));
    }
}

#[test]
fn tables_fit() {
    let report = report();
    let table = |style| texted(&report, OutputFormat::Table, TARGET, style);
    let narrow = table(TableStyle { width: Some(80), ..TableStyle::default() });
    let rows = narrow.lines().skip_while(|line| !line.starts_with("VULNERABILITY"));
    let rows: Vec<&str> = rows.take_while(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "{narrow}");
    assert!(!narrow.contains('\x1b'));
    let wide = table(TableStyle::default());
    assert!(wide.contains("@evil/<b>=|\"name'"), "nothing is cut without a limit:\n{wide}");
    let coloured = table(TableStyle { colour: true, ..TableStyle::default() });
    assert!(coloured.contains("\x1b[1;31mCritical\x1b[0m"), "{coloured}");
    insta::assert_snapshot!(
        "table_layers",
        table(TableStyle { layers: true, width: Some(80), colour: false })
    );
}

#[test]
fn control_characters_reach_no_terminal_and_no_document() {
    let mut report = report();
    report.packages[0].package.name = "evil\x1b[31m\u{0}\r\nx\u{202E}fdp".to_owned();
    report.findings[0].name = "CVE-\x1b]0;title\x07".to_owned();
    for format in [
        OutputFormat::Table,
        OutputFormat::Junit,
        OutputFormat::Html,
        OutputFormat::Markdown,
        OutputFormat::Csv,
    ] {
        // Lines of the last one end with both.
        let text = written(&report, format).replace("\r\n", "\n");
        assert!(!text.contains(|c: char| steers(c) && c != '\n'), "{format:?}");
    }
}

#[test]
fn an_image_without_vulnerabilities() {
    let mut report = report();
    report.findings.clear();
    report.count();
    assert!(written(&report, OutputFormat::Junit).contains("no known vulnerability"));
    assert!(written(&report, OutputFormat::Html).contains("None is known"));
    assert!(written(&report, OutputFormat::Table).contains("Vulnerabilities: 0,"));
    let sarif: Value = serde_json::from_str(&written(&report, OutputFormat::Sarif)).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

/// Code scanning shows secrets where they lie.
/// A check that says only that something is wrong helps nobody.
#[test]
fn checks_tell_what_they_found() {
    let check = |number: &str, message: &str, remediation: &str| ImageCheck {
        test_number: number.to_owned(),
        description: format!("What {number} is about"),
        message: vec![message.to_owned()],
        remediation: remediation.to_owned(),
        ..ImageCheck::default()
    };
    let checks = vec![
        check("I.4.8", "File a has setuid mode", "Take the bit away"),
        check("I.4.8", "File b has setgid mode", "Take the bit away"),
        check("I.4.10", "File c contains Github.Token", "Keep it out"),
    ];
    let report = Report { checks, ..report() };
    let table = written(&report, OutputFormat::Table);
    let told = "
Check I.4.8: What I.4.8 is about
  File a has setuid mode
  File b has setgid mode
  Take the bit away

Check I.4.10: What I.4.10 is about
  File c contains Github.Token
  Keep it out
";
    assert!(table.contains(told), "{table}");
    let page = written(&report, OutputFormat::Html);
    assert!(page.contains("What I.4.10 is about<br>File c contains Github.Token<br>"), "{page}");
}

#[test]
fn secrets_are_results_of_sarif() {
    let mut report = report();
    report.findings.clear();
    report.secrets = ["app/a", "app/b"]
        .map(|path| crate::scan::FileSecret {
            path: path.to_owned(),
            secret: crate::inspect::secret::Secret {
                kind: "AWS.Manager.ID".to_owned(),
                evidence: "AKIA...".to_owned(),
                suggestion: "Keep it out".to_owned(),
            },
            layer: None,
        })
        .into();
    let sarif: Value = serde_json::from_str(&written(&report, OutputFormat::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[0]["id"]), (1, &serde_json::json!("secret/AWS.Manager.ID")));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[1]["ruleIndex"], 0);
    assert_eq!(results[1]["message"]["text"], "app/b holds AWS.Manager.ID: AKIA...");
    let place = &results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "app/b");
}

#[test]
fn rest_clients_get_their_names() {
    let report = decided();
    let json: Value = serde_json::from_str(&written(&report, OutputFormat::Json)).unwrap();
    let first = &json["report"]["vulnerabilities"][0];
    let names: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    let known = [
        "name",
        "score",
        "severity",
        "vectors",
        "description",
        "file_name",
        "package_name",
        "package_version",
        "fixed_version",
        "link",
        "score_v3",
        "vectors_v3",
        "published_timestamp",
        "last_modified_timestamp",
        "cpes",
        "cves",
        "feed_rating",
        "in_base_image",
        "tags",
    ];
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    assert_eq!(first["package_name"], "openssl/libssl3");
    assert_eq!(json["report"]["vulnerabilities"][1]["tags"], serde_json::json!(["accepted"]));
    let hidden = report.repository_report(crate::report::Accepted::Hidden);
    assert_eq!(hidden.report.vulnerabilities.len(), 2);
    assert_eq!(hidden.layers[2].vulnerabilities.len(), 1);
    let module = &hidden.report.modules[0];
    assert_eq!(
        (module.source.as_str(), module.cves[0].status.as_str()),
        ("debian:12", "fix exists")
    );
}

/// Whether XML and HTML parse, by Python where there is one.
#[test]
fn documents_parse() {
    let python = |program: &str, input: &str| {
        let mut child = Command::new("python3")
            .args(["-c", program])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes())?;
        child.wait_with_output()
    };
    for (format, program) in [
        (
            OutputFormat::Junit,
            "import sys,xml.dom.minidom as m\nd=m.parseString(sys.stdin.buffer.read())\nassert len(d.getElementsByTagName('testcase'))==5",
        ),
        (
            OutputFormat::Csv,
            "import sys,csv,io\nrows=list(csv.reader(io.TextIOWrapper(sys.stdin.buffer,'utf-8',newline='')))\nassert len(rows)==6 and {len(r) for r in rows}=={19}",
        ),
    ] {
        match python(program, &written(&decided(), format)) {
            Err(error) => eprintln!("skipped: python3 does not run here: {error}"),
            Ok(output) => {
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{told}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hostile_names_break_no_form(name in ".{0,40}", version in ".{0,20}", path in ".{0,40}") {
        let mut report = report();
        report.packages[0].package.name = name.clone();
        report.packages[0].package.version = version;
        report.packages[0].package.file = path;
        report.findings[0].links = vec![name.clone()];
        for format in ALL {
            let text = texted(&report, format, &name, TableStyle { width: Some(80), ..TableStyle::default() });
            match format {
                OutputFormat::Html => prop_assert!(!text.contains("<script")),
                OutputFormat::Json | OutputFormat::Sarif | OutputFormat::Gitlab | OutputFormat::CycloneDx
                | OutputFormat::Spdx | OutputFormat::Spdx3 => {
                    prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
                }
                _ => {}
            }
        }
    }
}
