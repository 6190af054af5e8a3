//! The ranges of an advisory database of eight ecosystems, where it is beside
//! the repository: they are read, and what an advisory calls repaired is
//! outside of what it calls affected.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use serde_json::Value;

fn syntax(ecosystem: &str) -> Option<Syntax> {
    Some(match ecosystem {
        "npm" => Syntax::Npm,
        "maven" => Syntax::Maven,
        "packagist" => Syntax::Composer,
        "pypi" => Syntax::Pep440,
        "nuget" => Syntax::NuGet,
        "gem" => Syntax::Gem,
        "go" => Syntax::List(Scheme::Go),
        "conan" => Syntax::List(Scheme::Generic),
        _ => return None,
    })
}

#[test]
fn ranges_of_an_advisory_database() {
    let path = "../../../shared/vuln-data/gitlab-community.jsonl.gz";
    let Ok(file) = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)) else {
        eprintln!("skipped: ../shared/vuln-data is not beside the repository");
        return;
    };
    // Ranges, unread ones, repaired versions, those that are inside all the same.
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut examples = Vec::new();
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
        let record: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let slug = record["package_slug"].as_str().unwrap();
        let ecosystem = slug.split('/').next().unwrap();
        let range = record["affected_range"].as_str().unwrap_or_default();
        if range.is_empty() {
            continue;
        }
        let counts = counts.entry(ecosystem.to_owned()).or_default();
        counts[0] += 1;
        let set = match syntax(ecosystem).unwrap().parse(range) {
            Ok(set) => set,
            Err(error) => {
                counts[1] += 1;
                examples.push(format!("{slug} {range}: {error}"));
                continue;
            }
        };
        for fixed in record["fixed_versions"].as_array().into_iter().flatten() {
            let Some(fixed) = fixed.as_str() else { continue };
            counts[2] += 1;
            if set.contains(fixed) {
                counts[3] += 1;
                examples.push(format!("{slug} {range}: has {fixed}"));
            }
        }
    }
    let examples = examples.join("\n");
    assert_eq!(counts.len(), 8);
    for (ecosystem, [ranges, unread, fixed, inside]) in counts {
        eprintln!("{ecosystem}: {ranges} ranges, {unread} unread; {inside} of {fixed} inside");
        assert!(unread * 200 <= ranges, "{ecosystem}: {unread} of {ranges} unread\n{examples}");
        assert!(inside * 100 <= fixed, "{ecosystem}: {inside} of {fixed} inside\n{examples}");
    }
}
