//! Archives made here, byte by byte, in the forms that real tools write.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;

/// How an entry is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Stored,
    Deflated,
    /// Sizes behind, with a signature.
    Streamed,
    /// Sizes behind, without a signature.
    Unsigned,
}

fn archive_of(entries: &[(&str, &[u8])], form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in entries {
        let packed = if form == Form::Stored {
            content.to_vec()
        } else {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        };
        let behind = matches!(form, Form::Streamed | Form::Unsigned);
        let (flags, method) =
            (u16::from(behind) << 3, if form == Form::Stored { 0_u16 } else { 8 });
        let sizes = if behind { (0, 0) } else { (packed.len() as u32, content.len() as u32) };
        out.extend(0x0403_4b50_u32.to_le_bytes());
        for word in [20, flags, method, 0, 0] {
            out.extend(u16::to_le_bytes(word));
        }
        for word in [0, sizes.0, sizes.1] {
            out.extend(u32::to_le_bytes(word));
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(name.as_bytes());
        out.extend(&packed);
        if form == Form::Streamed {
            out.extend(0x0807_4b50_u32.to_le_bytes());
        }
        if behind {
            for word in [7, packed.len() as u32, content.len() as u32] {
                out.extend(word.to_le_bytes());
            }
        }
    }
    out.extend(0x0201_4b50_u32.to_le_bytes());
    out.extend([0; 60]);
    out
}

fn read_as(path: &str, bytes: &[u8]) -> (Facts, Result<(), Problem>) {
    let entry = Entry { path, size: bytes.len() as u64, mode: 0o644 };
    let mut facts = Facts::default();
    let outcome = read(&entry, &mut &*bytes, &mut facts);
    (facts, outcome)
}

fn names(facts: &Facts) -> Vec<String> {
    let mut names: Vec<_> =
        facts.packages.iter().map(|p| format!("{} {} {}", p.name, p.version, p.file)).collect();
    names.sort();
    names
}

const POM: (&str, &[u8]) = (
    "META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties",
    b"#Generated\nversion=2.14.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n",
);

#[test]
fn properties_tell_in_every_form_of_archive() {
    for form in [Form::Stored, Form::Deflated, Form::Streamed, Form::Unsigned] {
        let bytes = archive_of(&[("x/A.class", &[7; 5000]), POM, ("empty/", b"")], form);
        let (facts, outcome) = read_as("app/log4j-core-2.14.1.jar", &bytes);
        if form == Form::Stored {
            outcome.unwrap();
        }
        assert_eq!(
            names(&facts),
            ["org.apache.logging.log4j:log4j-core 2.14.1 app/log4j-core-2.14.1.jar"],
            "{form:?}"
        );
    }
}

#[test]
fn archives_in_archives() {
    let inner = archive_of(&[POM], Form::Deflated);
    let outer = archive_of(
        &[
            ("BOOT-INF/lib/log4j-core-2.14.1.jar", &inner),
            ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nImplementation-Title: shop\r\nImplementation-Version: 1.0.0\r\n\r\n"),
        ],
        Form::Stored,
    );
    let (facts, outcome) = read_as("app/shop.jar", &outer);
    outcome.unwrap();
    assert_eq!(
        names(&facts),
        [
            "org.apache.logging.log4j:log4j-core 2.14.1 app/shop.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar",
            "shop 1.0.0 app/shop.jar",
        ]
    );
}

#[test]
fn a_manifest_and_a_name_tell_where_maven_does_not() {
    let bundle = b"Bundle-SymbolicName: org.apache.commons.lang3;singleton:=true\nBundle-Version: 3.8.1\n Bundle-Version: 9\n";
    for (path, manifest, expected) in [
        (
            "commons-lang3-3.8.1.jar",
            &bundle[..],
            "org.apache.commons:commons-lang3 3.8.1Bundle-Version: 9",
        ),
        ("a/guava-18.0.jar", b"Manifest-Version: 1.0\n", "guava 18.0"),
        (
            "x.jar",
            b"Implementation-Vendor-Id: com.example\nImplementation-Version: 2.0\n",
            "com.example:x 2.0",
        ),
    ] {
        let bytes = archive_of(&[("META-INF/MANIFEST.MF", manifest)], Form::Deflated);
        let (facts, outcome) = read_as(path, &bytes);
        outcome.unwrap();
        let expected = format!("{expected} {path}");
        // A continued line is one value, which is then no version.
        let expected = expected.replace("3.8.1Bundle-Version: 9", "3.8.1");
        assert_eq!(names(&facts), [expected]);
    }
}

#[test]
fn a_program_before_the_archive() {
    let bytes = [b"#!/bin/sh\nexec java -jar $0\n".as_slice(), &archive_of(&[POM], Form::Deflated)]
        .concat();
    assert_eq!(read_as("app.jar", &bytes).0.packages.len(), 1);
}

#[test]
fn hostile_archives_are_problems_and_keep_what_was_read() {
    let good = archive_of(&[POM, ("a", &[1; 3000])], Form::Deflated);
    for cut in [0, 3, 10, 40, good.len() / 2] {
        let (_, outcome) = read_as("x.jar", &good[..cut]);
        outcome.unwrap_err();
    }
    let (facts, outcome) = read_as("log4j-core.jar", &good[..good.len() - 80]);
    assert!(outcome.is_err());
    assert_eq!(facts.packages.len(), 1);

    let mut nested = archive_of(&[POM], Form::Stored);
    for _ in 0..50 {
        nested = archive_of(&[("inner.jar", &nested)], Form::Stored);
    }
    let (facts, outcome) = read_as("deep.jar", &nested);
    outcome.unwrap();
    assert!(facts.problem.unwrap().contains("more than 8 deep"));
}
