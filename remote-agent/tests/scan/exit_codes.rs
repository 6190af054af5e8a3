use std::fs::File;
use std::io::Write as _;

use serde_json::json;

use crate::fixture::{HIGH, MEDIUM, Place, UNFIXED};

type Variables = &'static [(&'static str, &'static str)];

#[test]
fn every_gate_has_its_code() {
    let place = Place::new();
    place.write("ignore.txt", &format!("# decided\n{HIGH} exp:2999-01-01 # not reachable\n"));
    place.write("broken.txt", "CVE-1 tomorrow\n");
    let statement = |name: &str, status: &str| {
        json!({"vulnerability": {"name": name}, "status": status,
            "products": [{"@id": "pkg:deb/debian/openssl?distro=debian-12"}]})
    };
    let vex = |status| {
        let statements = [statement(HIGH, status)];
        json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "vex-1", "statements": statements})
            .to_string()
    };
    place.write("away.vex.json", &vex("not_affected"));
    place.write("open.vex.json", &vex("under_investigation"));
    place.write(
        "profile.json",
        &json!({"profile": {"name": "default", "cfg_type": "user_created",
        "entries": [{"id": 1, "name": HIGH, "images": ["image"]}]}})
        .to_string(),
    );
    place.write("not.json", "{}");
    place.write("signer.pem", &place.read("vulndb.key.pub"));
    let hash = |content: &[u8]| palisade_api::Digest::of(content);
    let release = hash(b"ID=debian\nVERSION_ID=\"12\"\n");
    place.write("known.txt", &format!("{release}  Renamed.Release\n"));
    place.write("others.txt", &format!("{}  Other\n", hash(b"other")));
    let table: &[(i32, &[&str])] = &[
        (0, &["image"]),
        (0, &["image", "--fail-on", "critical"]),
        (3, &["image", "--fail-on", "high"]),
        (3, &["image", "--fail-on", "low"]),
        (0, &["image", "--max-high", "1"]),
        (3, &["image", "--max-high", "0"]),
        (3, &["image", "--max-medium", "0"]),
        (0, &["image", "--max-critical", "0"]),
        (3, &["image", "--vuln-names-to-fail", UNFIXED]),
        (0, &["image", "--vuln-names-to-fail", "CVE-1999-1,CVE-1999-2"]),
        (0, &["image", "--vuln-names-to-fail", UNFIXED, "--ignore-unfixed"]),
        (0, &["image", "--vuln-names-to-fail", UNFIXED, "--only-fixed"]),
        (0, &["image", "--fail-on", "high", "--ignore", HIGH]),
        (0, &["image", "--fail-on", "high", "--ignore", "ignore.txt"]),
        (3, &["image", "--fail-on", "medium", "--ignore", "ignore.txt"]),
        (0, &["image", "--fail-on", "high", "--vex", "away.vex.json"]),
        (3, &["image", "--fail-on", "high", "--vex", "open.vex.json"]),
        (0, &["image", "--fail-on", "high", "--vulnerability-profile", "profile.json"]),
        (0, &["image", "--scanners", "setid,config", "--fail-on", "low"]),
        (0, &["image", "--malware", "known.txt"]),
        (3, &["image", "--malware", "known.txt", "--fail-on-malware"]),
        (0, &["image", "--malware", "others.txt", "--fail-on-malware"]),
        (1, &["image", "--malware", "broken.txt"]),
        (1, &["image", "--malware", "missing.txt"]),
        (2, &["image", "--fail-on-malware"]),
        // Nothing is attached: the layers are read.
        (0, &["image", "--attached-sbom"]),
        (0, &["image", "--attached-sbom-key", "signer.pem"]),
        (1, &["image", "--attached-sbom-key", "broken.txt"]),
        (2, &["image", "--attached-sbom-identity", "release@shop.example"]),
        (2, &["image", "--attached-sbom-root", "signer.pem"]),
        (1, &["image", "--attached-sbom-identity", "a", "--attached-sbom-root", "broken.txt"]),
        (0, &["image", "--fail-on-incomplete"]),
        (4, &["base/blobs", "--fail-on-incomplete"]),
        (1, &["nothing-here/at:all:"]),
        (1, &["./missing"]),
        (1, &["not.json"]),
        (1, &["image", "--ignore", "broken.txt"]),
        (1, &["image", "--ignore", "./missing"]),
        (1, &["image", "--vex", "not.json"]),
        (1, &["image", "--vex", "missing.json"]),
        (1, &["image", "--vulnerability-profile", "not-there.json"]),
        (1, &["image", "--db", "missing"]),
        (1, &["image", "--format", "json", "--format", "table"]),
        (1, &["image", "--output", "missing-folder/file"]),
        (1, &[]),
        (2, &["image", "--fail-on", "terrible"]),
        (2, &["image", "--format", "pdf"]),
        (2, &["image", "--max-high", "-1"]),
        (2, &["image", "--platform", "nonsense"]),
        (2, &["image", "--no-such-flag"]),
    ];
    for (code, arguments) in table {
        let output = place.scan(arguments, &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {told}");
        assert_eq!(*code == 0, told.is_empty(), "{arguments:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

/// Other programs tell the form before the path, and a layout may be called so.
#[test]
fn forms_before_paths() {
    let place = Place::new();
    std::fs::rename(place.path("image"), place.path("oci")).unwrap();
    let mut index: serde_json::Value = place.read("oci/index.json").parse().unwrap();
    index["manifests"][0]["annotations"] = json!({"org.opencontainers.image.ref.name": "v1"});
    place.write("oci/index.json", &index.to_string());
    for target in ["oci", "oci:v1", "oci:oci", "oci:oci:v1", "oci-dir:oci:v1"] {
        place.done(&[target]);
    }
    for (target, expected) in [
        ("oci:v2", "v2"),
        ("dir:missing", "dir:missing does not exist"),
        ("oci-archive:missing.tar:v1", "oci-archive:missing.tar:v1 does not exist"),
        ("missing/", "missing/ does not exist"),
    ] {
        let output = place.scan(&[target], &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{target}: {told}");
        assert!(told.contains(expected), "{target}: {told}");
    }
}

#[test]
fn the_reason_is_told_and_the_result_is_written() {
    let place = Place::new();
    let output = place.scan(&["image", "--fail-on", "medium", "--format", "csv=found.csv"], &[]);
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("2 vulnerabilities of severity Medium or worse"), "{told}");
    assert!(place.read("found.csv").contains(MEDIUM));
}

/// A result that nobody got is none; who reads only the beginning of it has enough.
#[test]
fn standard_output_that_takes_nothing() {
    let place = Place::new();
    let only_read = File::open("/dev/null").unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    for output in [only_read, full] {
        let output = place.command(&["image"]).stdout(output).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("cannot write to standard output"), "{told}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place.command(&["image", "--fail-on", "high"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

/// As other programs hand it on: by a pipe.
#[test]
fn a_bill_of_materials_by_a_pipe() {
    let place = Place::new();
    let sbom = place.done(&["image", "--format", "cyclonedx"]);
    for (target, input, code) in
        [("-", &*sbom, 3), ("/dev/stdin", &*sbom, 3), ("-", "", 1), ("-", "{}", 1)]
    {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let input = input.to_owned();
        let writing = std::thread::spawn(move || writer.write_all(input.as_bytes()));
        let arguments = [target, "--fail-on", "high"];
        let output = place.command(&arguments).stdin(reader).output().unwrap();
        writing.join().unwrap().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{target}: {told}");
    }
}

#[test]
fn variables_stand_for_flags() {
    let place = Place::new();
    let table: &[(i32, &[&str], Variables)] = &[
        (3, &["image"], &[("PALISADE_FAIL_ON", "high")]),
        (0, &["image"], &[("PALISADE_FAIL_ON", "high"), ("PALISADE_IGNORE", HIGH)]),
        (0, &[], &[("PALISADE_TARGET", "image")]),
        (2, &["image"], &[("PALISADE_FORMAT", "pdf")]),
        (3, &["image"], &[("PALISADE_IGNORE_UNFIXED", "0"), ("PALISADE_FAIL_ON", "low")]),
        // Those of other programs: from the number on, and 0 is off.
        (3, &["image"], &[("HIGH_VUL_TO_FAIL", "1")]),
        (0, &["image"], &[("HIGH_VUL_TO_FAIL", "2")]),
        (0, &["image"], &[("HIGH_VUL_TO_FAIL", "0"), ("MEDIUM_VUL_TO_FAIL", "")]),
        (3, &["image"], &[("MEDIUM_VUL_TO_FAIL", "1")]),
        (3, &["image"], &[("VUL_NAMES_TO_FAIL", UNFIXED)]),
        (0, &["image"], &[("VUL_NAMES_TO_FAIL", HIGH), ("VUL_NAMES_TO_EXEMPT", HIGH)]),
        (1, &["image"], &[("HIGH_VUL_TO_FAIL", "many")]),
    ];
    for (code, arguments, variables) in table {
        let output = place.scan(arguments, variables);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?} {variables:?}: {told}");
    }
}

#[test]
fn every_flag_has_a_variable_and_every_code_is_explained() {
    let place = Place::new();
    let help = place.done(&["--help"]);
    let mut flag = "";
    for line in help.lines().map(str::trim_start) {
        if line.starts_with("--") && !line.starts_with("--max-critical,") {
            assert!(flag.is_empty(), "{flag} has no variable");
            flag = line;
        }
        if line.contains("[env: ") {
            flag = "";
        }
        if line.starts_with("-h, --help") {
            break;
        }
    }
    assert!(flag.is_empty(), "{flag} has no variable");
    for code in ["0  the scan", "1  the scan", "2  the arg", "3  there", "4  a layer"] {
        assert!(help.contains(code), "{code}");
    }
}
