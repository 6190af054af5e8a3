//! The tree of criteria, as statements on packages.
//!
//! A definition holds where its tree does. What a branch requires beside the
//! package (a release, a module, a processor) is the package's context.

use super::super::advisory::{Statement, Status};
use super::super::input::Element;
use super::super::platform;
use super::check::{Check, Checks, Versions};
use crate::vulndb::record::Range;

/// Criteria inside each other.
const DEPTH: usize = 64;

/// What holds around a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// Names of distributions.
    pub(super) platforms: Vec<String>,
    pub(super) stream: String,
    /// Processors; none: all.
    pub(super) arches: Vec<String>,
}

/// What a criterion says.
enum Said<'c> {
    /// Something about what is around a package.
    Context(Context),
    Package(Check<'c>),
    /// Of no interest: signatures, running kernels.
    Nothing,
}

/// The statements of a tree. `around` is what holds where the tree names no
/// distribution; `status` is that of a package whose name is given and for
/// which no repaired version is told.
pub(super) fn statements(
    criteria: &Element,
    checks: &Checks,
    around: &[String],
    status: &dyn Fn(&str) -> Status,
) -> Result<Vec<Statement>, String> {
    let mut walk = Walk { checks, around, status, out: Vec::new() };
    walk.criteria(criteria, &Context::default(), 0)?;
    Ok(walk.out)
}

struct Walk<'c> {
    checks: &'c Checks,
    around: &'c [String],
    status: &'c dyn Fn(&str) -> Status,
    out: Vec<Statement>,
}

impl<'c> Walk<'c> {
    fn criteria(
        &mut self,
        element: &Element,
        context: &Context,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} criteria inside each other"));
        }
        let mut context = context.clone();
        let together = !element.attribute("operator").eq_ignore_ascii_case("OR");
        if together {
            for child in &element.children {
                if let Some(around) = self.context(child, depth)? {
                    context.add(around);
                }
            }
        }
        let mut checks: Vec<(Check<'_>, &str)> = Vec::new();
        for child in &element.children {
            if child.name == "criteria" {
                self.criteria(child, &context, depth + 1)?;
            } else if child.name == "criterion"
                && let Said::Package(check) = self.said(child)
            {
                // What has to hold together narrows the versions.
                let same = |(known, _): &&mut (Check<'_>, &str)| {
                    together && known.packages == check.packages && known.arches == check.arches
                };
                match checks.iter_mut().find(same) {
                    Some((known, _)) => known.versions = known.versions.clone().and(check.versions),
                    None => checks.push((check, child.attribute("comment"))),
                }
            }
        }
        for (check, comment) in &checks {
            self.package(check, &context, comment)?;
        }
        Ok(())
    }

    /// What a branch says of what is around packages; none where it is about
    /// packages itself.
    fn context(&self, element: &Element, depth: usize) -> Result<Option<Context>, String> {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} criteria inside each other"));
        }
        if element.name != "criteria" {
            return Ok(match self.said(element) {
                Said::Context(context) => Some(context),
                Said::Package(_) => None,
                Said::Nothing => Some(Context::default()),
            });
        }
        let mut all = Context::default();
        for child in &element.children {
            match self.context(child, depth + 1)? {
                Some(context) => all.add(context),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    fn said<'s>(&self, criterion: &'s Element) -> Said<'s>
    where
        'c: 's,
    {
        let comment = criterion.attribute("comment");
        if criterion.attribute("negate") == "true" {
            return Said::Nothing;
        }
        if let Some(platform) = platform::named_in(comment) {
            return Said::Context(Context { platforms: vec![platform], ..Context::default() });
        }
        if let Some(stream) = module(comment) {
            return Said::Context(Context { stream, ..Context::default() });
        }
        match self.checks.check(criterion.attribute("test_ref")) {
            // That a release is installed tells the platform, where it is known,
            // and for which processor.
            Some(check) if check.packages.iter().all(|name| name.ends_with("-release")) => {
                Said::Context(Context { arches: check.arches.to_vec(), ..Context::default() })
            }
            Some(check) if check.versions == Versions::Unsaid => Said::Nothing,
            Some(check) => Said::Package(check),
            None => in_words(comment),
        }
    }

    fn package(
        &mut self,
        check: &Check<'_>,
        context: &Context,
        comment: &str,
    ) -> Result<(), String> {
        // Source packages stand in the comments of Ubuntu only; what is built
        // of them in the test.
        let source = ubuntu_source(comment);
        let names = source.map_or_else(|| check.packages.clone(), |source| vec![source]);
        let platforms = self.platforms(check, context);
        // Packages of Ubuntu are looked up by what they are built of: few would be found.
        if source.is_none() && platforms.iter().any(|platform| platform.starts_with("Ubuntu:")) {
            return Err("it does not name the source package, as the OVAL of notices: take the \
                        OVAL of CVEs, or OSV"
                .to_owned());
        }
        for name in names {
            for platform in platforms.clone() {
                let mut statement = Statement {
                    ecosystem: platform,
                    package: name.to_owned(),
                    arches: if check.arches.is_empty() {
                        context.arches.clone()
                    } else {
                        check.arches.to_vec()
                    },
                    stream: context.stream.clone(),
                    ..Statement::before("", "", None)
                };
                if let Versions::In(range) = &check.versions {
                    statement.ranges = vec![range.clone()];
                }
                let unfixed = statement.ranges.iter().all(|range| range.fixed.is_none());
                let status = if unfixed {
                    said_status(comment, name, self.status)
                } else {
                    Status::Affected
                };
                self.out.push(statement.with_status(status));
            }
        }
        Ok(())
    }

    fn platforms(&self, check: &Check<'_>, context: &Context) -> Vec<String> {
        if !context.platforms.is_empty() {
            return context.platforms.clone();
        }
        if !self.around.is_empty() {
            return self.around.to_vec();
        }
        // Some tell their release nowhere but in the versions.
        let Versions::In(range) = &check.versions else { return Vec::new() };
        let version = range.fixed.as_ref().or(range.last_affected.as_ref());
        version.and_then(|version| platform::of_version(version, "")).into_iter().collect()
    }
}

/// What a comment says where the test that it is of is missing, as in parts of
/// a document: `openssl is earlier than 1:1.1.1-1.el8`.
fn in_words(comment: &str) -> Said<'_> {
    if let Some((_, arch)) = comment.split_once(" Linux arch is ") {
        return Said::Context(Context { arches: vec![arch.to_owned()], ..Context::default() });
    }
    match comment.split_once(" is earlier than ") {
        Some((name, version)) if !name.contains(' ') && !version.contains(' ') => {
            let fixed = Some(version.to_owned());
            let versions = Versions::In(Range { fixed, ..Range::default() });
            Said::Package(Check { packages: vec![name], versions, arches: &[] })
        }
        _ => Said::Nothing,
    }
}

impl Context {
    fn add(&mut self, other: Self) {
        for (known, other) in
            [(&mut self.platforms, other.platforms), (&mut self.arches, other.arches)]
        {
            for one in other {
                if !known.contains(&one) {
                    known.push(one);
                }
            }
        }
        if !other.stream.is_empty() {
            self.stream = other.stream;
        }
    }
}

/// `Module nodejs:18 is enabled`
fn module(comment: &str) -> Option<String> {
    let stream = comment.strip_prefix("Module ")?.strip_suffix(" is enabled")?;
    Some(stream.trim().to_owned())
}

/// `openssl package in jammy was vulnerable but has been fixed`
fn ubuntu_source(comment: &str) -> Option<&str> {
    let at = comment.find(" package in ")?;
    comment.get(..at)?.split_whitespace().next_back().map(|name| name.trim_matches('\''))
}

/// What a comment says of a package without a repair.
fn said_status(comment: &str, package: &str, status: &dyn Fn(&str) -> Status) -> Status {
    for (text, status) in [
        ("is not affected", Status::NotAffected),
        ("decision has been made to defer", Status::Deferred),
        ("decision has been made to ignore", Status::WillNotFix),
        ("may need fixing", Status::UnderInvestigation),
    ] {
        if comment.contains(text) {
            return status;
        }
    }
    status(package)
}
