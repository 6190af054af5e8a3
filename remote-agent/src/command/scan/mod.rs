//! `palisade-agent scan`: one image, folder or bill of materials, without a
//! primary or an agent.

mod args;
mod docker_login;
mod policy;
mod progress;
mod subject;
mod written;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use palisade_api::clock::{Clock as _, SystemClock};
use palisade_scanner::report::FindingKind;
use palisade_scanner::vulndb::{self, PublicKey, Trust};
use palisade_scanner::{BrokenLayers, Limits, Report, Scope, VulnDb};
use tracing::warn;
use tracing_subscriber::EnvFilter;

pub(super) use args::ScanArgs;
use args::Scanner;
use progress::Progress;
use subject::Subject;

use crate::telemetry;

/// Where the database is looked for when none is named.
const DEFAULT_DATABASE: &str = "/var/lib/palisade/vulndb.plsd";

/// More or worse vulnerabilities than allowed.
const TOO_MANY: u8 = 3;
/// Parts of the target could not be read.
const INCOMPLETE: u8 = 4;

pub(super) fn run(args: &ScanArgs) -> Result<ExitCode> {
    let filter = EnvFilter::try_new(&args.log).context("--log")?;
    telemetry::log(filter)?;
    palisade_transport::install_crypto_provider();
    // Everything that may be wrong with the arguments, before any work.
    let forms = written::Forms::new(args)?;
    let policy = policy::Policy::read(args)?;
    let subject = Subject::of(args)?;
    let attached = subject::attached(args)?;
    let base = args.base_image.as_ref().or(args.other.scanner_base_image.as_ref());
    let base = base.map(|base| subject.beside(base)).transpose()?;
    let database = if args.scanners.contains(&Scanner::Vuln) {
        Some(Arc::new(database(args.db.as_deref(), args.db_key.as_deref())?))
    } else {
        None
    };
    let limits = Limits { duration: Duration::from_secs(args.timeout), ..Limits::default() };
    let mut scope = Scope::from(limits);
    // Of flags this is known already; the file may name one without the other.
    ensure!(
        args.malware.is_some() || !args.policy.fail_on_malware,
        "fail-on-malware needs a list of --malware"
    );
    scope.malware = args.malware.as_deref().map(policy::malware).transpose()?.map(Arc::new);
    scope.broken_layers = BrokenLayers::Note;
    let progress = Progress::start(args.quiet);
    let read = super::runtime()?.block_on(async {
        progress.stage("reading the target");
        let inventory = subject
            .inventory(&scope, attached.as_deref())
            .await
            .with_context(|| format!("cannot scan {}", subject.name()))?;
        let base = match base {
            Some(base) => {
                progress.stage("reading the base image");
                let inventory = base.inventory(&scope, None).await;
                Some(inventory.with_context(|| format!("cannot read {}", base.name()))?)
            }
            None => None,
        };
        progress.stage("looking vulnerabilities up");
        let broken = inventory.layers.iter().any(|layer| layer.broken);
        let scanned_at = SystemClock.now();
        let matched = tokio::task::spawn_blocking(move || {
            let mut report = match database {
                Some(database) => Report::new(&inventory, &database, scanned_at)?,
                None => Report::unmatched(&inventory, scanned_at),
            };
            if let Some(base) = base
                && report.mark_base(&inventory, &base) == 0
            {
                warn!("the image and its base image begin with different layers");
            }
            Ok::<_, palisade_scanner::ScanError>(report)
        });
        anyhow::Ok((matched.await.context("the scan was cancelled")??, broken))
    });
    progress.end();
    let (mut report, broken) = read?;
    let kinds: Vec<FindingKind> = args.scanners.iter().map(|scanner| kind(*scanner)).collect();
    report.keep(&kinds);
    policy.apply(&mut report, subject.name());
    forms.write(&report, subject.name(), args.layers)?;
    Ok(verdict(args, &policy, &report, broken))
}

/// What the process ends with, where a layer is `broken` or not; the reasons
/// go to standard error.
fn verdict(args: &ScanArgs, policy: &policy::Policy, report: &Report, broken: bool) -> ExitCode {
    let violations = policy.gate.violations(report);
    for violation in &violations {
        eprintln!("palisade-agent: {violation}");
    }
    if !violations.is_empty() {
        return ExitCode::from(TOO_MANY);
    }
    if broken {
        eprintln!("palisade-agent: the result is incomplete: a layer is broken");
        return ExitCode::from(INCOMPLETE);
    }
    let unsupported = args.scanners.contains(&Scanner::Vuln) && !report.supported;
    if args.policy.fail_on_incomplete && (report.is_partial() || unsupported) {
        eprintln!("palisade-agent: the result is incomplete");
        return ExitCode::from(INCOMPLETE);
    }
    ExitCode::SUCCESS
}

const fn kind(scanner: Scanner) -> FindingKind {
    match scanner {
        Scanner::Vuln => FindingKind::Vulnerability,
        Scanner::Secret => FindingKind::Secret,
        Scanner::Setid => FindingKind::SetId,
        Scanner::Config => FindingKind::Configuration,
    }
}

fn database(named: Option<&Path>, key: Option<&Path>) -> Result<VulnDb> {
    let path = named.unwrap_or(Path::new(DEFAULT_DATABASE));
    if named.is_none() && !path.exists() {
        bail!(
            "there is no vulnerability database at {DEFAULT_DATABASE}: name one with --db \
             (`palisade-primary vulndb build` makes it)"
        );
    }
    let beside = vulndb::public_path(&vulndb::key_path(path));
    let trust = match key {
        Some(key) => Trust::Key(PublicKey::read(key)?),
        None if beside.exists() => Trust::Key(PublicKey::read(&beside)?),
        None => Trust::Anyone,
    };
    VulnDb::open(path, trust)
        .with_context(|| format!("cannot open the vulnerability database {}", path.display()))
}
