//! `palisade-primary apply`: federated objects out of files, by the REST API.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use clap::builder::FalseyValueParser;
use palisade_api::rest::apply::{FedPolicyPlan, PlannedChange};
use palisade_api::rest::error::ErrorBody;
use palisade_policy::crd;
use serde_json::Value;
use url::Url;

/// Bytes of all files together: as many as the primary takes.
const MOST_BYTES: u64 = 16 << 20;
/// Files of one folder.
const MOST_FILES: usize = 10_000;
/// Characters of a value in the plan.
const MOST_SHOWN: usize = 60;

#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    /// A file, a folder of *.yaml, *.yml and *.json, or - for standard input; may
    /// be given several times. The variable has one a line
    #[arg(
        short = 'f',
        long,
        value_name = "FILE|DIR",
        required = true,
        value_delimiter = '\n',
        env = "PALISADE_APPLY_FILENAME"
    )]
    filename: Vec<PathBuf>,
    /// Delete what the files do not name
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_APPLY_PRUNE")]
    prune: bool,
    /// Only show what would be done
    #[arg(long, value_parser = FalseyValueParser::new(), env = "PALISADE_APPLY_DRY_RUN")]
    dry_run: bool,
    /// The REST API of the primary
    #[arg(
        long,
        value_name = "URL",
        env = "PALISADE_SERVER",
        default_value = "https://127.0.0.1:10443"
    )]
    server: Url,
    /// The certificate of the authority that signed the primary's, PEM [default: the system's]
    #[arg(long, value_name = "FILE", env = "PALISADE_CA")]
    ca: Option<PathBuf>,
}

pub(super) fn run(args: &ApplyArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.server.scheme() == "https",
        "{}: the API key is sent by https:// alone; who is on the way could read it",
        args.server
    );
    let key = std::env::var("PALISADE_API_KEY")
        .context("PALISADE_API_KEY holds name and secret of an API key, a colon between")?;
    let text = read(&args.filename)?;
    let answer = super::runtime()?.block_on(send(args, &key, text))?;
    print!("{}", shown(&answer));
    Ok(ExitCode::SUCCESS)
}

/// All files as one text.
fn read(paths: &[PathBuf]) -> anyhow::Result<String> {
    let mut text = String::new();
    for path in paths {
        if path.as_os_str() == "-" {
            add(&mut text, std::io::stdin(), Path::new("standard input"))?;
            continue;
        }
        for file in files(path)? {
            let opened = std::fs::File::open(&file);
            add(
                &mut text,
                opened.with_context(|| format!("cannot read {}", file.display()))?,
                &file,
            )?;
        }
    }
    Ok(text)
}

fn add(text: &mut String, input: impl std::io::Read, path: &Path) -> anyhow::Result<()> {
    text.push_str("\n---\n");
    let begin = text.len();
    let left = MOST_BYTES.saturating_sub(begin as u64);
    let read = input.take(left + 1).read_to_string(text);
    let read = read.with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        read as u64 <= left,
        "{}: the files are larger than {MOST_BYTES} bytes together",
        path.display()
    );
    // The primary gets one text, and could not say in which file a line stands.
    if let Err(error) = crd::documents::<Value>(&text[begin..]) {
        bail!("{}: {error}; nothing was changed", path.display());
    }
    Ok(())
}

/// The files below a path, in the order of their names.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", path.display());
    if !std::fs::metadata(path).with_context(cannot)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).with_context(cannot)? {
        // What is not read would be pruned.
        ensure!(entries.len() < MOST_FILES, "{}: more than {MOST_FILES} files", path.display());
        entries.push(entry.with_context(cannot)?.path());
    }
    entries.sort();
    let is_file = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("yaml" | "yml" | "json")) && path.is_file()
    };
    entries.retain(is_file);
    ensure!(!entries.is_empty(), "there is no *.yaml, *.yml or *.json in {}", path.display());
    Ok(entries)
}

async fn send(args: &ApplyArgs, key: &str, text: String) -> anyhow::Result<FedPolicyPlan> {
    palisade_transport::install_crypto_provider();
    let mut client = reqwest::Client::builder();
    if let Some(path) = &args.ca {
        let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
    }
    let mut url = args.server.join("/v1/fed/policy")?;
    url.query_pairs_mut()
        .append_pair("prune", &args.prune.to_string())
        .append_pair("dry_run", &args.dry_run.to_string());
    let request = client.build()?.post(url).header("X-Auth-Apikey", key).body(text);
    let answer = request.send().await.with_context(|| match &args.ca {
        Some(_) => "the primary cannot be reached",
        None => {
            "the primary cannot be reached; where its certificate is of its own authority, give \
             that with --ca (`palisade-primary authority certificate` prints it)"
        }
    })?;
    let status = answer.status();
    let body = answer.bytes().await.context("the primary broke off")?;
    if !status.is_success() {
        match serde_json::from_slice::<ErrorBody>(&body) {
            Ok(error) => bail!("{} ({status}); nothing was changed", error.message),
            Err(_) => bail!("the primary answers {status}; nothing was changed"),
        }
    }
    serde_json::from_slice(&body).context("the answer is of another program")
}

/// The plan for people.
fn shown(answer: &FedPolicyPlan) -> String {
    let mut text = String::new();
    for change in &answer.plan {
        let sign = match change.action.as_str() {
            "create" => '+',
            "delete" => '-',
            _ => '~',
        };
        // Writing to a text does not fail.
        let _ = writeln!(text, "{sign} {} {}", change.kind, change.name);
        for field in &change.fields {
            let (before, after) = (value(&field.before), value(&field.after));
            let _ = writeln!(text, "    {}: {before} -> {after}", field.name);
        }
    }
    for what in &answer.left_out {
        let _ = writeln!(text, "left out: {what}");
    }
    let count = |action: &str| {
        let of = |change: &&PlannedChange| change.action == action;
        answer.plan.iter().filter(of).count()
    };
    let (created, changed, deleted) = (count("create"), count("change"), count("delete"));
    let _ = match (answer.plan.is_empty(), answer.applied) {
        (true, _) => writeln!(text, "nothing to do: all is so already"),
        (false, true) => {
            writeln!(text, "{created} created, {changed} changed, {deleted} deleted")
        }
        (false, false) => writeln!(
            text,
            "{created} to be created, {changed} to be changed, {deleted} to be deleted; nothing \
             was done"
        ),
    };
    text
}

fn value(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MOST_SHOWN {
        return text;
    }
    let mut short: String = text.chars().take(MOST_SHOWN).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use palisade_api::rest::apply::PlannedField;

    #[test]
    fn the_plan_is_one_line_an_object_and_one_a_field() {
        let change = |action: &str, name: &str, fields| PlannedChange {
            action: action.to_owned(),
            kind: "group".to_owned(),
            name: name.to_owned(),
            fields,
        };
        let field = PlannedField {
            name: "comment".to_owned(),
            before: Value::from("a"),
            after: Value::Null,
        };
        let plan = vec![
            change("create", "fed.a", Vec::new()),
            change("change", "fed.b", vec![field]),
            change("delete", "fed.c", Vec::new()),
        ];
        let left_out = vec!["fed.a: policymode Protect".to_owned()];
        let answer = FedPolicyPlan { applied: false, plan, left_out };
        assert_eq!(
            shown(&answer),
            "+ group fed.a\n~ group fed.b\n    comment: \"a\" -> null\n- group fed.c\n\
             left out: fed.a: policymode Protect\n\
             1 to be created, 1 to be changed, 1 to be deleted; nothing was done\n"
        );
        let nothing = FedPolicyPlan { applied: true, ..FedPolicyPlan::default() };
        assert_eq!(shown(&nothing), "nothing to do: all is so already\n");
    }

    #[test]
    fn a_folder_stands_for_its_files_in_order_and_too_much_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.txt"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let text = read(&[folder.path().to_owned()]).unwrap();
        assert_eq!(text, "\n---\na.yml\n---\nb.yaml");
        let large = std::fs::File::create(folder.path().join("d.yaml")).unwrap();
        large.set_len(100 << 20).unwrap();
        assert!(read(&[folder.path().to_owned()]).is_err());
        assert!(read(&[folder.path().join("none")]).is_err());
    }

    #[test]
    fn a_line_that_is_wrong_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.yaml"), "kind: List\nitems: []\n").unwrap();
        std::fs::write(folder.path().join("b.yaml"), "# fine\nkind: List\nitems: [\n").unwrap();
        std::fs::write(folder.path().join("c.yaml"), "# nothing yet\n").unwrap();
        let error = format!("{:#}", read(&[folder.path().to_owned()]).unwrap_err());
        assert!(error.contains("b.yaml: ") && error.contains("line 3"), "{error}");
        std::fs::remove_file(folder.path().join("b.yaml")).unwrap();
        read(&[folder.path().to_owned()]).unwrap();
    }
}
