//! What only looks like a secret: by where it lies and by what it is.

use memchr::memmem;

use super::kind::Kind;

/// Folders where package managers put what others wrote.
const INSTALLED: [&str; 7] = [
    "node_modules",
    "third_party",
    "site-packages",
    "dist-packages",
    "gems",
    "vendor",
    "dist-info",
];

/// Folders of the same in another: of Go, Cargo and R.
const INSTALLED_IN: [&str; 4] = ["pkg/mod/", "registry/src/", "registry/index/", "lib/R/"];

/// Folders among those of the system that people put their programs in.
const OF_PEOPLE: [&str; 3] = ["usr/app/", "usr/local/app/", "usr/src/app/"];

/// Folders of tests and of examples.
const TRIALS: [&str; 17] = [
    "test",
    "tests",
    "__tests__",
    "testing",
    "testdata",
    "test-data",
    "fixtures",
    "fixture",
    "spec",
    "example",
    "examples",
    "sample",
    "samples",
    "unit",
    "integration",
    "demo",
    "dummyserver",
];

/// Folders without secrets of the image.
const NEVER: [&str; 9] = [
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/info/",
    "usr/share/locale/",
    "usr/share/zoneinfo/",
    "usr/share/perl/",
    "usr/include/",
    "usr/share/ca-certificates/",
    "var/lib/dpkg/",
];

/// Names whose content is text for people, or no text at all.
const PASSED_OVER: [&str; 35] = [
    "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "bmp", "ttf", "otf", "woff", "woff2", "eot",
    "gz", "bz2", "xz", "zst", "zip", "tar", "7z", "rar", "jar", "war", "so", "a", "o", "pyc",
    "pyo", "class", "map", "css", "html", "htm", "md", "rst",
];

/// Names of code. What is installed with a language or a package has secrets
/// of nobody.
const CODE: [&str; 27] = [
    "js", "mjs", "cjs", "jsx", "ts", "tsx", "java", "kt", "rb", "py", "c", "cc", "cpp", "cs", "h",
    "hpp", "go", "rs", "scala", "swift", "pl", "pm", "r", "lua", "ex", "exs", "dart",
];

/// Folders whose code came with packages, or with a language.
const LIBRARIES: [&str; 10] = [
    "lib/",
    "usr/include/",
    "usr/lib/",
    "usr/lib64/",
    "usr/local/cargo/",
    "usr/local/go/",
    "usr/local/lib/",
    "usr/local/rustup/",
    "usr/share/",
    "usr/local/share/",
];

/// Folders of what is shown to people, in their languages.
const TEXTS: [&str; 8] =
    ["i18n", "l10n", "lang", "langs", "languages", "locale", "locales", "translations"];

/// Endings of settings.
const SETTINGS: [&str; 14] = [
    "env",
    "ini",
    "conf",
    "cfg",
    "cnf",
    "properties",
    "yml",
    "yaml",
    "json",
    "toml",
    "tfstate",
    "tfvars",
    "config",
    "service",
];

/// Files of PHP that hold the settings of well-known programs and frameworks.
const PHP_SETTINGS: [&str; 10] = [
    "config-db.php",
    "config.inc.php",
    "config.php",
    "configuration.php",
    "database.php",
    "env.php",
    "local.php",
    "localsettings.php",
    "parameters.php",
    "settings.php",
];

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The ending of a name, which the dot of a hidden file does not begin.
fn extension(path: &str) -> Option<String> {
    let name = base(path).trim_start_matches('.');
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

fn has_folder(path: &str, names: &[&str]) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| names.contains(&folder))
}

/// Whether the file holds settings, which may be long.
pub(super) fn holds_settings(path: &str) -> bool {
    let base = base(path);
    base.starts_with(".env")
        || extension(path).is_some_and(|extension| SETTINGS.contains(&extension.as_str()))
}

/// Whether it holds those of who made the image, and not of packages, tests or translations.
/// What is long in JSON is data.
pub(super) fn holds_own_settings(path: &str) -> bool {
    holds_settings(path)
        && extension(path).as_deref() != Some("json")
        && is_by_people(path)
        && !is_passed_over(path)
        && !has_folder(path, &TRIALS)
        && !has_folder(path, &TEXTS)
}

/// Whether nothing is looked for in the file.
pub(super) fn is_passed_over(path: &str) -> bool {
    NEVER.iter().any(|folder| path.starts_with(folder))
        || is_installed(path) && has_folder(path, &TRIALS)
        || extension(path).is_some_and(|extension| {
            PASSED_OVER.contains(&extension.as_str())
                || CODE.contains(&extension.as_str()) && !is_own_code(path)
        })
}

/// Whether others wrote the file: it came with a package, or with a language,
/// as `lib/python3.12/test` and `usr/local/go/src/crypto/tls/testdata` do.
fn is_installed(path: &str) -> bool {
    is_of_package(path)
        || path.contains("lib/python")
        || LIBRARIES.iter().any(|folder| path.starts_with(folder))
}

/// Whether a package manager put the file there.
fn is_of_package(path: &str) -> bool {
    has_folder(path, &INSTALLED) || INSTALLED_IN.iter().any(|folders| path.contains(folders))
}

/// Whether neither a package manager nor the system put the file there.
fn is_by_people(path: &str) -> bool {
    !is_of_package(path)
        && (!path.starts_with("usr/") || OF_PEOPLE.iter().any(|folder| path.starts_with(folder)))
}

/// Whether the code is what the image was made for.
fn is_own_code(path: &str) -> bool {
    !is_installed(path) && !has_folder(path, &TRIALS)
}

/// Whether a secret of the kind may lie in the file. What the pattern says
/// little about must lie among settings, and not in what others wrote.
pub(super) fn may_hold(path: &str, kind: &Kind) -> bool {
    let base = base(path);
    match kind.name {
        "PHP.Password" => {
            PHP_SETTINGS.contains(&base.to_ascii_lowercase().as_str())
                && is_by_people(path)
                && !has_folder(path, &TRIALS)
        }
        "Pgpass.Password" => base == ".pgpass",
        "Netrc.Password" => matches!(base, ".netrc" | "_netrc"),
        "Shadow.Password" => {
            let base = base.trim_end_matches('-');
            matches!(base, "shadow" | "passwd") && has_folder(path, &["etc"])
        }
        "Htpasswd.Password" => base.contains("htpasswd"),
        "Dockercfg.Auth" => base == ".dockercfg",
        "Build.Password" => {
            path == super::HISTORY || ["Dockerfile", "Containerfile"].contains(&base)
        }
        "Kubernetes.Token" => base.contains("kubeconfig") || path.ends_with(".kube/config"),
        _ if !kind.is_vague => true,
        _ => {
            let named = holds_settings(path)
                || extension(path)
                    .is_none_or(|extension| matches!(extension.as_str(), "sh" | "txt" | "xml"))
                || path.starts_with('$');
            is_by_people(path) && named && !has_folder(path, &TRIALS) && !has_folder(path, &TEXTS)
        }
    }
}

/// Whether what follows `before` stands in a comment of XML: settings come with
/// examples in comments.
pub(super) fn is_comment(before: &[u8]) -> bool {
    let last = |mark: &[u8]| memmem::rfind(before, mark);
    last(b"<!--").is_some_and(|open| last(b"-->").is_none_or(|close| close < open))
}

/// Whether the text stands in the place of a secret, or is none.
pub(super) fn is_placeholder(secret: &[u8], kind: &Kind) -> bool {
    const WORDS: [&str; 14] = [
        "example",
        "_here",
        "sample",
        "placeholder",
        "changeme",
        "change_me",
        "your",
        "xxxx",
        "dummy",
        "todo",
        "redacted",
        "insert",
        "secretkeyref",
        "valuefrom",
    ];
    let text = String::from_utf8_lossy(secret).to_ascii_lowercase();
    // Keys have such words in their base64 only by chance.
    let is_key = kind.name.contains("Private");
    !is_key
        && (WORDS.iter().any(|word| text.contains(word))
            || matches!(text.as_str(), "password" | "passwd" | "secret" | "string")
            || kind.is_vague && is_reference(&text)
            || entropy(secret) < kind.entropy)
}

/// Whether the text names a place or a variable.
fn is_reference(text: &str) -> bool {
    text.contains("${")
        || text.contains("{{")
        || text.contains("%(")
        || text.starts_with(['/', '.', '$', '@', '<', '*', '&', '%'])
        || text.starts_with("http://")
        || text.starts_with("https://")
        || ["true", "false", "null", "none", "env:", "file:", "vault:"]
            .iter()
            .any(|word| text.starts_with(word))
}

/// Shannon's: bits of a byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = bytes.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / all;
            -share * share.log2()
        })
        .sum()
}
