use proptest::prelude::*;

use super::*;

/// A path of each kind of file that is read.
const PATHS: [&str; 49] = [
    "a.dist-info/METADATA",
    "a.egg-info",
    "a.egg/EGG-INFO/PKG-INFO",
    "requirements.txt",
    "Pipfile.lock",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock.toml",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "go.mod",
    "Cargo.lock",
    "specifications/a.gemspec",
    "Gemfile.lock",
    "composer.lock",
    "vendor/composer/installed.json",
    "wp-includes/version.php",
    "a.deps.json",
    "packages.lock.json",
    "packages.config",
    "Directory.Packages.props",
    "a.csproj",
    "usr/lib/R/library/a/DESCRIPTION",
    "renv.lock",
    "pubspec.lock",
    "mix.lock",
    "rebar.lock",
    "ebin/a.app",
    "conda-meta/a.json",
    "environment.yml",
    "conda-lock.yml",
    "Package.resolved",
    "Podfile.lock",
    ".spdx-a.spdx",
    ".bitnami_components.json",
    "gradle.lockfile",
    "pom.xml",
    "META-INF/maven/g/a/pom.properties",
    "conan.lock",
    "conanfile.txt",
    "stack.yaml.lock",
    "cabal.project.freeze",
    "Manifest.toml",
    "cpanfile.snapshot",
];

fn wanting(path: &str) -> Vec<&'static Inspector> {
    let entry = Entry { path, size: 1, mode: 0o644 };
    let all = INSTALLED.iter().chain(WANTED).copied().flatten();
    let wanting: Vec<_> = all.filter(|inspector| (inspector.wants)(&entry)).collect();
    assert_eq!(wanting.len(), 1, "who wants {path}");
    wanting
}

fn read(path: &str, content: &[u8]) -> (Vec<Package>, Result<(), Problem>) {
    let entry = Entry { path, size: content.len() as u64, mode: 0o644 };
    let mut facts = Facts::default();
    let mut result = Ok(());
    for inspector in wanting(path) {
        result = (inspector.read)(&entry, content, &mut facts);
    }
    (facts.packages, result)
}

/// Nothing that a file can hold makes an inspector panic, and what is not
/// understood gives at most a problem.
#[test]
fn hostile_files() {
    let deep = "[".repeat(100_000);
    let nested = "{\"dependencies\":".repeat(50_000);
    let packages = "{\"dependencies\":{\"a\":".repeat(50_000);
    let tables = format!("[{}]", "a.".repeat(50_000));
    let indents: Vec<String> = (0..2_000).map(|depth| format!("{}a:", " ".repeat(depth))).collect();
    let indents = indents.join("\n");
    let contents: [&[u8]; 12] = [
        b"",
        b"\0\0\0",
        b"\xff\xfe\xfd",
        b"\xef\xbb\xbf",
        deep.as_bytes(),
        nested.as_bytes(),
        packages.as_bytes(),
        tables.as_bytes(),
        indents.as_bytes(),
        b"{\"packages\":{\"\":1}}",
        b"name==\n==1\n\"\": {:hex,\n  spec.name = \"\n{pkg,<<\"\">>",
        b"packages:\n  :\n  /@:\n  /a@:\n  /:\n  '@\n",
    ];
    for path in PATHS {
        for content in contents {
            let (packages, _) = read(path, content);
            assert!(packages.is_empty(), "{path}: {packages:?}");
        }
    }
}

/// More packages than any project has end the reading of that file.
#[test]
fn too_many_packages() {
    let lines = |line: fn(usize) -> String| (0..=MOST_PACKAGES).map(line).collect::<String>();
    let object = |open: &str, line: fn(usize) -> String, close: &str| {
        format!("{open}{}{close}", lines(line).trim_end_matches(','))
    };
    for (path, content) in [
        ("requirements.txt", lines(|n| format!("p{n}==1\n"))),
        ("yarn.lock", lines(|n| format!("p{n}@1:\n  version \"1.0.0\"\n"))),
        (
            "Cargo.lock",
            lines(|n| format!("[[package]]\nname=\"p{n}\"\nversion=\"1\"\nsource=\"s\"\n")),
        ),
        (
            "package-lock.json",
            object("{\"packages\":{", |n| format!("\"node_modules/p{n}\":{{}},"), "}}"),
        ),
        (
            "package-lock.json",
            object("{\"dependencies\":{", |n| format!("\"p{n}\":{{\"version\":\"1.0.0\"}},"), "}}"),
        ),
        ("bun.lock", object("{\"packages\":{", |n| format!("\"p{n}\":[\"p{n}@1.0.0\"],"), "}}")),
        ("go.mod", lines(|n| format!("require example.com/p{n} v1.0.0\n"))),
        (
            "packages.config",
            object("<packages>", |n| format!("<package id='p{n}' version='1'/>"), "</packages>"),
        ),
    ] {
        let (packages, result) = read(path, content.as_bytes());
        assert!(result.is_err(), "{path}");
        assert!(packages.len() <= MOST_PACKAGES, "{path}");
    }
}

#[test]
fn what_came_with_a_package_does_not_count() {
    for (path, expected) in [
        ("app/yarn.lock", true),
        ("yarn.lock", true),
        ("app/node_modules/left-pad/yarn.lock", false),
        ("usr/lib/python3/dist-packages/x/yarn.lock", false),
        ("app/vendor/x/yarn.lock", false),
        ("root/go/pkg/mod/x@v1.0.0/yarn.lock", false),
        ("var/lib/gems/3.1.0/gems/x-1.0/yarn.lock", false),
    ] {
        assert_eq!(is_lock(&Entry { path, size: 1, mode: 0 }, "yarn.lock"), expected, "{path}");
        assert_eq!(is_wanted(path), expected, "{path}");
    }
    assert!(!is_wanted("app/node_modules/a/package.json"));
}

#[test]
fn where_tools_put_what_a_lock_file_lists() {
    for (path, expected) in [
        ("app/package-lock.json", Some("app/node_modules/")),
        ("yarn.lock", Some("node_modules/")),
        ("srv/www/composer.lock", Some("srv/www/vendor/composer/")),
        ("app/poetry.lock", None),
    ] {
        assert_eq!(installed_beside(path).as_deref(), expected, "{path}");
    }
}

#[test]
fn names_and_versions_that_are_none() {
    let entry = Entry { path: "f", size: 1, mode: 0 };
    let long = "a".repeat(LONGEST + 1);
    for (name, version) in
        [("", "1"), ("a", ""), (" ", "1"), ("a\0", "1"), ("a", "1\u{1b}[0m"), (&long, "1")]
    {
        let mut facts = Facts::default();
        add(&mut facts, &entry, Ecosystem::Npm, name, version).unwrap();
        assert!(facts.packages.is_empty(), "{name:?} {version:?}");
    }
}

proptest! {
    /// Files that are nearly right.
    #[test]
    fn nonsense_is_no_panic(
        at in 0..PATHS.len(),
        text in "([\\[\\]{}<>(),:;=@/'\"#\\- \\n\t.]|name|version|package|packages|dependencies|1\\.0|é|== ?|<<\"|%q\\{|\\$\\{){0,80}",
    ) {
        drop(read(PATHS[at], text.as_bytes()));
    }

    #[test]
    fn bytes_are_no_panic(at in 0..PATHS.len(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(PATHS[at], &bytes));
    }
}
