//! The pipelines under `examples/ci`: they are what their systems read, and
//! their scan steps run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{HIGH, Place};

/// The file, and where in it the script of the scan stands.
const PIPELINES: [(&str, &str); 5] = [
    ("gitlab/.gitlab-ci.yml", "d['palisade']['script'][0]"),
    ("github/palisade.yml", "d['jobs']['scan']['steps'][0]['run']"),
    ("azure-devops/azure-pipelines.yml", "d['steps'][0]['bash']"),
    ("circleci/config.yml", "d['jobs']['scan']['steps'][0]['run']['command']"),
    ("bamboo/bamboo.yml", "d['Scan image']['tasks'][0]['script']['scripts'][0]"),
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ci")
}

/// The script, by Python's reader of YAML; none where that is not installed.
fn script(file: &str, place: &str) -> Option<String> {
    let python = |program: &str| {
        Command::new("python3").args(["-c", program]).arg(examples().join(file)).output()
    };
    if !python("import yaml").is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: python3 with yaml is not installed");
        return None;
    }
    let program = format!("import sys,yaml\nd=yaml.safe_load(open(sys.argv[1]))\nprint({place})");
    let output = python(&program).unwrap();
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Runs a script as the systems do, and gives its exit code and output.
fn run(place: &Place, script: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_palisade-agent"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .args(["-e", "-c", script])
        .env_clear()
        .env("PATH", path)
        .env("PALISADE_VULNDB", place.path("vulndb"))
        .envs(variables.iter().copied())
        .current_dir(place.folder())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn behaves(file: &str, script: &str) {
    let place = Place::new();
    // Bamboo hands variables on under names of its own.
    let own = if file.starts_with("bamboo") { "bamboo_" } else { "" };
    let name = |plain: &str| {
        if own.is_empty() { plain.to_owned() } else { format!("{own}{}", plain.to_lowercase()) }
    };
    for (values, expected) in [
        ([("HIGH_VUL_TO_FAIL", "1"), ("VUL_NAMES_TO_EXEMPT", "")], 3),
        ([("HIGH_VUL_TO_FAIL", "0"), ("VUL_NAMES_TO_EXEMPT", "")], 0),
        ([("HIGH_VUL_TO_FAIL", "1"), ("VUL_NAMES_TO_EXEMPT", HIGH)], 0),
    ] {
        let all = [("IMAGE", "image"), ("MEDIUM_VUL_TO_FAIL", "0"), ("VUL_NAMES_TO_FAIL", " ")];
        let named: Vec<(String, &str)> =
            all.into_iter().chain(values).map(|(plain, value)| (name(plain), value)).collect();
        let variables: Vec<(&str, &str)> = named.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let (code, text) = run(&place, script, &variables);
        assert_eq!(code, Some(expected), "{file} {values:?}: {text}");
        assert!(text.contains("Vulnerabilities:"), "{file}: {text}");
    }
    let written = std::fs::read_dir(place.folder()).unwrap().flatten();
    let written: Vec<_> = written.map(|entry| entry.file_name()).collect();
    let report = |name: &str| written.iter().any(|file| *file == *name);
    assert!(
        ["palisade.xml", "palisade.sarif", "results"].iter().any(|name| report(name)),
        "{file}: {written:?}"
    );
}

#[test]
fn pipelines_run() {
    for (file, place) in PIPELINES {
        if let Some(script) = script(file, place) {
            behaves(file, &script);
        }
    }
}

#[test]
fn the_jenkinsfile_runs() {
    let file = std::fs::read_to_string(examples().join("jenkins/Jenkinsfile")).unwrap();
    let script = file.split("'''").nth(1).unwrap();
    behaves("jenkins", script);
    let (open, close) = (file.matches('{').count(), file.matches('}').count());
    assert_eq!(open, close, "braces of the Jenkinsfile");
}
