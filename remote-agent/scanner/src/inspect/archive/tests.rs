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
    /// Sizes of eight bytes behind, with a signature.
    Wide,
    /// Sizes of eight bytes behind, without a signature.
    WideUnsigned,
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
        let behind = !matches!(form, Form::Stored | Form::Deflated);
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
        if matches!(form, Form::Streamed | Form::Wide) {
            out.extend(0x0807_4b50_u32.to_le_bytes());
        }
        let sizes = [packed.len() as u64, content.len() as u64];
        if behind {
            out.extend(7_u32.to_le_bytes());
        }
        match form {
            Form::Stored | Form::Deflated => {}
            Form::Streamed | Form::Unsigned => {
                out.extend(sizes.into_iter().flat_map(|size| (size as u32).to_le_bytes()));
            }
            Form::Wide | Form::WideUnsigned => {
                out.extend(sizes.into_iter().flat_map(u64::to_le_bytes));
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

const LOG4J: &str = "org.apache.logging.log4j:log4j-core 2.14.1 app/log4j-core-2.14.1.jar";

const FORMS: [Form; 6] =
    [Form::Stored, Form::Deflated, Form::Streamed, Form::Unsigned, Form::Wide, Form::WideUnsigned];

/// A reader that gives as many bytes as it likes.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn properties_tell_in_every_form_of_archive() {
    for form in FORMS {
        let empty = if form == Form::Stored { "empty/" } else { "empty" };
        let bytes = archive_of(&[("x/A.class", &[7; 5000]), (empty, b""), POM, ("b", b"b")], form);
        // Whatever is buffered when an entry ends.
        for step in (1..80).chain([bytes.len()]) {
            let path = "app/log4j-core-2.14.1.jar";
            let entry = Entry { path, size: bytes.len() as u64, mode: 0o644 };
            let mut facts = Facts::default();
            read(&entry, &mut Dribble(&bytes, step), &mut facts).unwrap();
            assert_eq!(names(&facts), [LOG4J], "{form:?} by {step}");
        }
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
        ("a/any-18.0.jar", b"Manifest-Version: 1.0\n", "any 18.0"),
        (
            "x.jar",
            b"Implementation-Vendor-Id: com.example\nImplementation-Version: 2.0\n",
            "com.example:x 2.0",
        ),
        ("log4j-1.2-api-2.14.1.jar", b"\n", "log4j-1.2-api 2.14.1"),
        ("a-1.0-20200101.123456-1.jar", b"\n", "a 1.0-20200101.123456-1"),
        ("a-2.0-rc-1-sources.jar", b"\n", "a 2.0-rc-1-sources"),
        // The name counts more than the form of bundles, and than what a
        // shaded archive was made of.
        (
            "derby-10.14.2.0.jar",
            b"Bundle-Version: 10.14.2000000.1828579\n",
            "org.apache.derby:derby 10.14.2.0",
        ),
        ("a-3.3.4.jar", b"Implementation-Version: 1.1.1\n", "a 3.3.4"),
        ("a-1.9.2-shaded-pb.jar", b"Implementation-Version: 1.9.2\n", "a 1.9.2"),
        ("a-31.0-jre.jar", b"Implementation-Version: 31.0\n", "a 31.0-jre"),
        ("a-1.0-rc1.jar", b"Implementation-Version: 1.0\n", "a 1.0-rc1"),
        ("a-5.1.jar", b"Implementation-Version: 5.1.49\n", "a 5.1.49"),
        ("a-5.1.jar", b"Implementation-Version: 5.10\n", "a 5.1"),
        ("a-9.4.jar", b"Implementation-Version: 9.4-SNAPSHOT\n", "a 9.4"),
        ("a-9.4-SNAPSHOT.jar", b"Implementation-Version: 9.4-SNAPSHOT\n", "a 9.4-SNAPSHOT"),
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

/// Advisories know them by these names, and nothing in them tells it.
#[test]
fn groups_of_what_is_built_without_maven() {
    for (path, manifest, expected) in [
        (
            "spring-core-5.3.17.jar",
            "Implementation-Title: spring-core\nAutomatic-Module-Name: spring.core\nImplementation-Version: 5.3.17\n",
            "org.springframework:spring-core 5.3.17",
        ),
        (
            "spring-security-web-5.5.0.jar",
            "Automatic-Module-Name: spring.security.web\nImplementation-Version: 5.5.0\n",
            "org.springframework.security:spring-security-web 5.5.0",
        ),
        (
            "lib/catalina.jar",
            "Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.65\nBundle-SymbolicName: org.apache.tomcat-catalina\n",
            "org.apache.tomcat:tomcat-catalina 9.0.65",
        ),
        (
            "tomcat-embed-core-9.0.50.jar",
            "Bundle-SymbolicName: org.apache.tomcat-embed-core\n",
            "org.apache.tomcat.embed:tomcat-embed-core 9.0.50",
        ),
        (
            "guava-30.0-jre.jar",
            "Bundle-SymbolicName: com.google.guava\n",
            "com.google.guava:guava 30.0-jre",
        ),
        (
            "libthrift-0.12.0.jar",
            "Bundle-SymbolicName: org.apache.thrift\nImplementation-Version: 0.12.0\n",
            "org.apache.thrift:libthrift 0.12.0",
        ),
        (
            "gson-2.2.4.jar",
            "Bundle-SymbolicName: com.google.gson\nBundle-Version: 2.2.4\n",
            "com.google.code.gson:gson 2.2.4",
        ),
        // Neither is in the list of names.
        ("avro-1.8.1.jar", "Bundle-SymbolicName: org.apache.avro\n", "org.apache.avro:avro 1.8.1"),
        (
            "xz-1.8.jar",
            "Bundle-SymbolicName: org.tukaani.xz\nImplementation-Version: 1.8\n",
            "org.tukaani:xz 1.8",
        ),
        ("jsoup-1.14.1.jar", "Bundle-SymbolicName: org.jsoup\n", "org.jsoup:jsoup 1.14.1"),
        (
            "javax.inject-1.jar",
            "Bundle-SymbolicName: javax.inject\nBundle-Version: 1.0.0\n",
            "javax.inject:javax.inject 1.0.0",
        ),
        (
            "commons-logging-1.2.jar",
            "Implementation-Vendor-Id: org.apache\nBundle-SymbolicName: org.apache.commons.logging\n",
            "commons-logging:commons-logging 1.2",
        ),
        (
            "git.hpi",
            "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 3.0.0 (private)\n",
            "org.jenkins-ci.plugins:git 3.0.0",
        ),
    ] {
        let entries = [("META-INF/MANIFEST.MF", manifest.as_bytes())];
        let (facts, outcome) = read_as(path, &archive_of(&entries, Form::Deflated));
        outcome.unwrap();
        assert_eq!(names(&facts), [format!("{expected} {path}")]);
    }
}

/// Small ones are not taken for settings, whatever ending they have.
#[test]
fn every_ending_of_archives() {
    let bytes = archive_of(&[POM], Form::Deflated);
    for extension in ["jar", "war", "ear", "par", "sar", "jpi", "hpi", "nar", "kar", "lpkg", "JAR"]
    {
        let path = format!("app/log4j-core-2.14.1.{extension}");
        let facts = crate::inspect::facts(&path, &bytes, &crate::Limits::default()).unwrap();
        assert_eq!(facts.unwrap().packages.len(), 1, "{extension}");
    }
    let egg = archive_of(&[(EGG_METADATA, &b"Name: shop\nVersion: 1.0\n"[..])], Form::Deflated);
    let facts = crate::inspect::facts("app/shop.egg", &egg, &crate::Limits::default()).unwrap();
    assert_eq!(facts.unwrap().packages.len(), 1);
}

/// What stands in an archive is not the archive, though its name begins alike.
#[test]
fn what_an_archive_is_and_what_went_into_it() {
    let boot: (&str, &[u8]) = (
        "META-INF/maven/org.springframework.boot/spring-boot/pom.properties",
        b"groupId=org.springframework.boot\nartifactId=spring-boot\nversion=2.7.0\n",
    );
    let admin: (&str, &[u8]) = (
        "META-INF/MANIFEST.MF",
        b"Implementation-Title: spring-boot-admin\nImplementation-Vendor-Id: de.codecentric\nImplementation-Version: 2.6.0\n",
    );
    let own: (&str, &[u8]) = (
        "META-INF/MANIFEST.MF",
        b"Implementation-Title: spring-boot\nImplementation-Version: 2.7.0\n",
    );
    let inner = "org.springframework.boot:spring-boot 2.7.0";
    let named: (&str, &[u8]) = (
        "META-INF/MANIFEST.MF",
        b"Implementation-Title: Spring Boot\nImplementation-Version: 2.7.0\n",
    );
    let shop: (&str, &[u8]) =
        ("META-INF/MANIFEST.MF", b"Implementation-Title: shop\nImplementation-Version: 2.7.0\n");
    for (path, manifest, expected) in [
        ("spring-boot-admin.jar", admin, vec!["de.codecentric:spring-boot-admin 2.6.0", inner]),
        (
            "spring-boot-admin-2.6.0.jar",
            admin,
            vec!["de.codecentric:spring-boot-admin 2.6.0", inner],
        ),
        // The archive itself, under its name or another.
        ("spring-boot-2.7.0.jar", own, vec![inner]),
        ("spring-boot-2.7.0-exec.jar", own, vec![inner]),
        ("spring-boot.jar", own, vec![inner]),
        ("app.jar", own, vec![inner]),
        ("app.jar", named, vec![inner]),
        ("lib-2.7.0.jar", named, vec![inner]),
        ("shop.jar", shop, vec![inner, "shop 2.7.0"]),
    ] {
        let (facts, outcome) = read_as(path, &archive_of(&[manifest, boot], Form::Deflated));
        outcome.unwrap();
        let expected: Vec<_> = expected.iter().map(|one| format!("{one} {path}")).collect();
        assert_eq!(names(&facts), expected);
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
}

/// What does not tell where it ends must be unpacked to be passed over: no
/// more of it than the archive is large.
#[test]
fn a_bomb_in_an_archive() {
    let zeros = vec![0; 400 << 20];
    let bytes = archive_of(&[POM, ("zeros", &zeros)], Form::Streamed);
    let (facts, outcome) = read_as("app/log4j-core-2.14.1.jar", &bytes);
    let problem = outcome.unwrap_err().into_text();
    assert!(problem.contains("unpacks to more than"), "{problem}");
    assert_eq!(names(&facts), [LOG4J]);
    // A known end is found without unpacking.
    let bytes = archive_of(&[("zeros", &zeros), POM], Form::Deflated);
    read_as("app/log4j-core-2.14.1.jar", &bytes).1.unwrap();
}

#[test]
fn archives_in_archives_in_archives() {
    let nested = |levels: usize, form| {
        let mut nested = archive_of(&[POM], Form::Deflated);
        for _ in 0..levels {
            nested = archive_of(&[("inner.jar", &nested)], form);
        }
        read_as("deep.jar", &nested)
    };
    for form in [Form::Stored, Form::Deflated, Form::Streamed] {
        let (facts, outcome) = nested(50, form);
        outcome.unwrap();
        assert_eq!((facts.packages.len(), facts.problem), (1, None), "{form:?}");
        let (facts, outcome) = nested(100, form);
        outcome.unwrap();
        assert!(facts.problem.unwrap().contains("more than 64 deep"), "{form:?}");
    }
}

/// Each package keeps the path of its archive, so that long names multiply.
#[test]
fn long_names_and_many_packages_are_bounded() {
    let mut nested = archive_of(&[POM], Form::Deflated);
    let name = format!("{}.jar", "n".repeat(1_000));
    for _ in 0..5 {
        nested = archive_of(&[(&name, &nested)], Form::Stored);
    }
    let (facts, outcome) = read_as("long.jar", &nested);
    outcome.unwrap();
    assert!(facts.packages.is_empty());
    assert!(facts.problem.unwrap().contains("whose path has more than 4096 bytes"));

    let mut nested = archive_of(&[POM], Form::Deflated);
    for _ in 0..5 {
        let names: Vec<String> = (0..10).map(|at| format!("{at}.jar")).collect();
        let ten: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &*nested)).collect();
        nested = archive_of(&ten, Form::Deflated);
    }
    let (facts, outcome) = read_as("fan.jar", &nested);
    assert!(outcome.unwrap_err().into_text().contains("more than 20000 packages"));
    assert!(facts.packages.len() <= TOLD + 1);
}

#[test]
fn an_egg_tells_of_itself() {
    let info = b"Metadata-Version: 1.1\nName: Paste_Deploy\nVersion: 1.5.2\n\nName: no\n";
    for form in [Form::Stored, Form::Deflated, Form::Streamed] {
        let egg =
            archive_of(&[("paste/__init__.py", b"".as_slice()), ("EGG-INFO/PKG-INFO", info)], form);
        let (facts, outcome) = read_as("site-packages/PasteDeploy-1.5.2-py3.9.egg", &egg);
        outcome.unwrap();
        let found: Vec<_> = facts.packages.iter().map(|p| (p.ecosystem, &*p.name)).collect();
        assert_eq!(found, [(crate::package::Ecosystem::Python, "Paste_Deploy")], "{form:?}");
        // The same in a Java archive is no egg.
        assert_eq!(read_as("lib/a-1.0.jar", &egg).0.packages.len(), 1);
    }
}

#[test]
fn a_program_of_python_tells_what_went_into_it() {
    let metadata = |name: &str| format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    let (jinja, six) = (metadata("Jinja2"), metadata("six"));
    let entries: [(&str, &[u8]); 5] = [
        ("site-packages/Jinja2-1.0.dist-info/METADATA", jinja.as_bytes()),
        ("site-packages/setuptools/_vendor/six-1.0.dist-info/METADATA", six.as_bytes()),
        (".deps/six-1.0-py3-none-any.whl/six-1.0.dist-info/METADATA", six.as_bytes()),
        ("site-packages/other/METADATA", six.as_bytes()),
        ("META-INF/MANIFEST.MF", b"Implementation-Title: a\nImplementation-Version: 1\n"),
    ];
    let zip = archive_of(&entries, Form::Deflated);
    let program = [b"#!/usr/bin/env python3\n".as_slice(), &zip].concat();
    for path in ["app/shop.pyz", "app/shop.pex", "usr/local/bin/shop"] {
        let facts = crate::inspect::facts(path, &program, &crate::Limits::default()).unwrap();
        let packages = facts.unwrap().packages;
        let found: Vec<_> = packages.iter().map(|p| (p.ecosystem, &*p.name)).collect();
        let python = crate::package::Ecosystem::Python;
        assert_eq!(found, [(python, "Jinja2"), (python, "six")], "{path}");
    }
    // In pieces that do not tell what it is.
    let entry = Entry { path: "app/shop.pyz", size: program.len() as u64, mode: 0o755 };
    let mut facts = Facts::default();
    read(&entry, &mut Dribble(&program, 1), &mut facts).unwrap();
    assert_eq!(facts.packages.len(), 2);
    let of_shell = [b"#!/bin/sh\n".as_slice(), &zip].concat();
    for (path, nothing) in [
        ("build/PYZ-00.pyz", b"PYZ\0of another tool".as_slice()),
        ("app/shop.pyz", b"#!/usr/bin/env python3\nprint('an archive of nothing')\n"),
        ("usr/bin/shop", of_shell.as_slice()),
        (
            "usr/bin/shop",
            b"#!/usr/bin/python3\nprint('This is no archive, it only begins like PK')\n",
        ),
    ] {
        let facts = crate::inspect::facts(path, nothing, &crate::Limits::default()).unwrap();
        assert_eq!(facts.unwrap_or_default(), Facts::default(), "{path}");
    }
    let cut = &program[..program.len() / 2];
    let facts = crate::inspect::facts("usr/bin/shop", cut, &crate::Limits::default()).unwrap();
    assert!(facts.unwrap().problem.unwrap().contains("damaged archive"));
    let (facts, _) = read_as("lib/a-1.jar", &program);
    assert!(facts.packages.iter().all(|p| p.ecosystem == crate::package::Ecosystem::Maven));
}
