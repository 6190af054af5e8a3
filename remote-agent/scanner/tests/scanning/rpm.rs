//! Databases of rpm as the real programs make them: rpm itself writes SQLite, and the kind that
//! SUSE has where it was built with that; Berkeley DB's own loader makes the oldest kind of the
//! same headers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use palisade_scanner::{Inventory, Limits, Target, TargetOptions};

const SPEC: &str = r"
Name: palisade
Version: 1.2.3
Release: 4.el9
Epoch: 2
Summary: a package
License: none
Vendor: Nobody
ModularityLabel: palisade:18:20240101:abcdef:x86_64
AutoReqProv: no
%description
%package part
Version: 9.9
Summary: with a version of its own
%description part
%package many
Summary: with a header that fits no page
BuildArch: noarch
%description many
%package empty
Epoch: 0
Summary: without files
%description empty
%install
mkdir -p %{buildroot}/usr/lib/many %{buildroot}/usr/bin
seq 3000 | while read -r n; do echo $n >%{buildroot}/usr/lib/many/file-$n; done
touch %{buildroot}/usr/bin/palisade %{buildroot}/usr/bin/part
%files
/usr/bin/palisade
%files part
/usr/bin/part
%files many
/usr/lib/many
%files empty
";

/// The program with these arguments, apart from whoever runs the test.
fn run(home: &Path, program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    output
}

fn missing(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|program| {
            Command::new(program)
                .arg("-V")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_err()
        })
        .collect();
    if !missing.is_empty() {
        println!("skipped: {missing:?} not installed (scripts/setup.sh installs them)");
    }
    !missing.is_empty()
}

/// Whether rpm was built with this kind of database: others are empty to it.
fn writes(backend: &str) -> bool {
    let home = tempfile::tempdir().unwrap();
    let define = format!("_db_backend {backend}");
    let path = home.path().to_str().unwrap();
    let asked = run(home.path(), "rpm", &["--define", &define, "--dbpath", path, "-qa"]);
    let writes = !String::from_utf8_lossy(&asked.stderr).contains("dummy database");
    if !writes {
        println!("skipped: this rpm knows no databases of the kind {backend}");
    }
    writes
}

/// A root folder with a database of four packages that rpm made.
fn root() -> tempfile::TempDir {
    root_of("sqlite")
}

/// The same with a database of this kind.
fn root_of(backend: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let home = root.path();
    let top = home.join("build");
    let define = format!("_topdir {}", top.display());
    fs::create_dir_all(&top).unwrap();
    fs::write(top.join("palisade.spec"), SPEC).unwrap();
    let spec = top.join("palisade.spec");
    // Nothing is to be stripped, checked or compressed.
    let plain = ["__os_install_post %{nil}", "_binary_payload w0.gzdio"];
    let mut arguments = vec!["-bb", "--define", &define, "--define", plain[0]];
    arguments.extend(["--define", plain[1], spec.to_str().unwrap()]);
    run(home, "rpmbuild", &arguments);
    let mut packages = Vec::new();
    for arch in fs::read_dir(top.join("RPMS")).unwrap() {
        for package in fs::read_dir(arch.unwrap().path()).unwrap() {
            packages.push(package.unwrap().path().to_str().unwrap().to_owned());
        }
    }
    let database = home.join("var/lib/rpm");
    fs::create_dir_all(&database).unwrap();
    let database = database.to_str().unwrap();
    let backend = format!("_db_backend {backend}");
    let mut arguments = vec!["--define", &backend, "--dbpath", database];
    arguments.extend(["--justdb", "--nodeps", "--noscripts", "-i"]);
    arguments.extend(packages.iter().map(String::as_str));
    run(home, "rpm", &arguments);
    fs::remove_dir_all(top).unwrap();
    root
}

/// What rpm itself says is installed.
fn listed(root: &Path, backend: &str) -> Vec<String> {
    let form = r"%{NAME} %{EVR} %{ARCH} %{SOURCERPM} %{MODULARITYLABEL} %{VENDOR}\n";
    let define = format!("_db_backend {backend}");
    let database = root.join("var/lib/rpm");
    let database = database.to_str().unwrap();
    let output =
        run(root, "rpm", &["--define", &define, "--dbpath", database, "-qa", "--qf", form]);
    let mut lines: Vec<_> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

async fn inventory(root: &Path) -> Inventory {
    let target = Target::parse(root.to_str().unwrap(), TargetOptions::default()).unwrap();
    target.inventory(&Limits::default()).await.unwrap()
}

/// The same from what a scan finds, in the words of the test's packages.
async fn found(root: &Path) -> Vec<String> {
    let inventory = inventory(root).await;
    assert_eq!(inventory.problems, []);
    let mut lines: Vec<_> = inventory
        .packages
        .iter()
        .map(|layered| {
            let package = &layered.package;
            assert_eq!(package.stream, "palisade:18");
            // rpm tells an epoch even where it is 0.
            let version = match package.version.as_str() {
                version if package.name == "palisade-empty" => format!("0:{version}"),
                version => version.to_owned(),
            };
            let source = match package.source_version.as_str() {
                "" => package.version.trim_start_matches("2:"),
                other => other,
            };
            format!(
                "{} {version} {} {}-{source}.src.rpm palisade:18:20240101:abcdef:x86_64 {}",
                package.name, package.arch, package.source, package.vendor
            )
        })
        .collect();
    lines.sort();
    lines
}

/// A database as rpm wrote it, and after it removed a package from that.
async fn is_read(backend: &str) {
    let root = root_of(backend);
    let all = listed(root.path(), backend);
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(found(root.path()).await, all);
    let define = format!("_db_backend {backend}");
    let database = root.path().join("var/lib/rpm");
    let mut arguments = vec!["--define", &define, "--dbpath", database.to_str().unwrap()];
    arguments.extend(["--justdb", "--nodeps", "--noscripts", "-e", "palisade-part"]);
    run(root.path(), "rpm", &arguments);
    let left = listed(root.path(), backend);
    assert_eq!(left.len(), 3, "{left:?}");
    assert_eq!(found(root.path()).await, left);
}

#[tokio::test]
async fn a_database_of_sqlite() {
    if !missing(&["rpm", "rpmbuild"]) {
        is_read("sqlite").await;
    }
}

#[tokio::test]
async fn a_database_of_ndb() {
    if !missing(&["rpm", "rpmbuild"]) && writes("ndb") {
        is_read("ndb").await;
    }
}

/// The headers in a stream of them, as rpm exports its database.
fn headers(stream: &[u8]) -> Vec<&[u8]> {
    const MAGIC: usize = 8;
    let mut rest = stream;
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let number = |at: usize| {
            u32::from_be_bytes(rest[MAGIC + at..MAGIC + at + 4].try_into().unwrap()) as usize
        };
        let end = MAGIC + 8 + number(0) * 16 + number(4);
        headers.push(&rest[MAGIC..end]);
        rest = &rest[end..];
    }
    headers
}

#[tokio::test]
async fn a_database_of_berkeley_db() {
    if missing(&["rpm", "rpmbuild", "db5.3_load"]) {
        return;
    }
    let root = root();
    let database = root.path().join("var/lib/rpm");
    let path = database.to_str().unwrap();
    let exported = run(root.path(), "rpmdb", &["--dbpath", path, "--exportdb"]).stdout;
    let expected = listed(root.path(), "sqlite");
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::from(" "), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    };
    for (order, page) in [(1234, 4096), (4321, 4096), (1234, 512), (4321, 65536)] {
        let headers = headers(&exported);
        assert_eq!(headers.len(), 4);
        let mut dump = format!(
            "VERSION=3\nformat=bytevalue\ntype=hash\ndb_lorder={order}\ndb_pagesize={page}\nHEADER=END\n"
        );
        let number = |number: usize| {
            let number = number as u32;
            hex(&if order == 1234 { number.to_le_bytes() } else { number.to_be_bytes() })
        };
        let last = number(headers.len());
        writeln!(dump, "{}\n{last}", number(0)).unwrap();
        for (at, header) in headers.iter().enumerate() {
            writeln!(dump, "{}\n{}", number(at + 1), hex(header)).unwrap();
        }
        dump.push_str("DATA=END\n");
        fs::remove_dir_all(&database).unwrap();
        fs::create_dir_all(&database).unwrap();
        let dumped = root.path().join("dump");
        fs::write(&dumped, dump).unwrap();
        let target = database.join("Packages");
        let files = [dumped.to_str().unwrap(), target.to_str().unwrap()];
        run(root.path(), "db5.3_load", &["-f", files[0], files[1]]);
        // rpm can read what it could once write.
        if (order, page) == (1234, 4096) {
            assert_eq!(listed(root.path(), "bdb_ro"), expected);
        }
        assert_eq!(found(root.path()).await, expected, "{order} {page}");
    }
}

#[tokio::test]
async fn a_damaged_database_tells_what_is_whole() {
    if missing(&["rpm", "rpmbuild"]) {
        return;
    }
    let root = root();
    let file = root.path().join("var/lib/rpm/rpmdb.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    // The header of the package with many files spans many pages; zeros in
    // them tear its chain.
    let inside = b"file-1500\0file-1501";
    let at = bytes.windows(inside.len()).position(|window| window == inside).unwrap();
    let page = at / 4096 * 4096;
    bytes[page..page + 4].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let inventory = inventory(root.path()).await;
    assert_eq!(inventory.packages.len(), 3);
    let problems: Vec<_> = inventory.problems.iter().map(|problem| &*problem.path).collect();
    assert_eq!(problems, ["var/lib/rpm/rpmdb.sqlite"]);
}
