//! From a request to a decision, and what is written down about it. None of it
//! waits.

use palisade_api::rest::event::{Audit, level, name};
use palisade_api::scan::Severity;
use palisade_policy::admission::{
    ContainerDecision, Decision, ImageName, Review, RuleHit, SHOWN_EVIDENCE, Workload,
    decide as decide_workload,
};

use super::kept::keep;
use super::review::Request;
use crate::Controller;
use crate::event::rfc3339;

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Decided {
    /// Admitted without a look: admission control is off, or the request runs
    /// nothing new.
    Ignored,
    /// Admitted; with a record where a rule in monitor mode was met.
    Allowed(Option<Box<Audit>>),
    /// Denied, with the record whose message the user sees.
    Denied(Box<Audit>),
}

/// Decides about `request` by what is in force.
pub(super) fn decide(controller: &Controller, request: &Request) -> Decided {
    let state = controller.admission().state();
    if !state.enable {
        return Decided::Ignored;
    }
    let review = Review {
        kind: &request.kind.kind,
        sub_resource: &request.sub_resource,
        operation: &request.operation,
        name: &request.name,
        namespace: &request.namespace,
        username: &request.user_info.username,
        groups: &request.user_info.groups,
        dry_run: request.dry_run.unwrap_or(false),
        object: &request.object,
    };
    let Some(mut workload) = Workload::read(&review) else { return Decided::Ignored };
    let rules = controller.in_force().rules();
    workload.complete(rules.asked(), review.object, |variable| controller.is_secret(variable));
    let now = controller.clock().now();
    let decision = {
        let verdicts = controller.in_force().verdicts();
        decide_workload(&rules, &verdicts, &workload, state.mode, now)
    };
    keep(controller, &workload, &decision);
    if let Some((container, rule)) = decision.denied() {
        let record = Record { controller, request, workload: &workload, decision: &decision };
        let audit = record.audit(container, rule, name::ADMISSION_DENIED, level::CRITICAL);
        return Decided::Denied(Box::new(audit));
    }
    let mut containers = decision.containers.iter();
    let violating = containers.find_map(|one| Some((one, one.violations.first()?)));
    Decided::Allowed(violating.map(|(container, rule)| {
        let record = Record { controller, request, workload: &workload, decision: &decision };
        Box::new(record.audit(container, rule, name::ADMISSION_VIOLATION, level::WARNING))
    }))
}

struct Record<'a> {
    controller: &'a Controller,
    request: &'a Request,
    workload: &'a Workload,
    decision: &'a Decision,
}

impl Record<'_> {
    fn audit(
        &self,
        container: &ContainerDecision,
        rule: &RuleHit,
        name: &str,
        level: &str,
    ) -> Audit {
        let now = self.controller.clock().now();
        let image = ImageName::parse(&container.image);
        let mut audit = Audit {
            name: name.to_owned(),
            level: level.to_owned(),
            reported_timestamp: now.timestamp(),
            reported_at: rfc3339(now.timestamp_millis()),
            cluster_name: self.controller.cluster_name().to_string(),
            workload_name: self.workload.name.clone(),
            workload_domain: self.workload.namespace.clone(),
            workload_image: container.image.clone(),
            image: container.image.clone(),
            registry: format!("https://{}/", image.registry),
            repository: image.repository,
            tag: image.digest.filter(|_| image.tag.is_empty()).unwrap_or(image.tag),
            message: self.decision.message.clone(),
            user: self.request.user_info.username.clone(),
            admission_rule_id: rule.id,
            admission_rule_cfg_type: rule.cfg_type.as_str().to_owned(),
            container: container.name.clone(),
            operation: self.workload.verb.as_str().to_owned(),
            resource_kind: self.workload.kind.clone(),
            admission_criteria: rule.wanted.to_vec(),
            admission_evidence: rule.evidence.iter().take(SHOWN_EVIDENCE).cloned().collect(),
            admission_evidence_count: u32::try_from(rule.evidence.len()).unwrap_or(u32::MAX),
            unscanned_images: self.decision.unscanned().map(str::to_owned).collect(),
            count: 1,
            ..Audit::default()
        };
        if let Some(scanned) = &container.scanned {
            let verdict = scanned.verdict();
            audit.image_id.clone_from(&verdict.image_id);
            audit.base_os.clone_from(&verdict.base_os);
            audit.cvedb_version.clone_from(&verdict.cvedb_version);
            audit.critical_vul_cnt = scanned.count(Severity::Critical);
            audit.high_vul_cnt = scanned.count(Severity::High);
            audit.medium_vul_cnt = scanned.count(Severity::Medium);
            // The registry as it was scanned, for it may be plain HTTP.
            let known = verdict
                .names
                .iter()
                .find(|known| known.repository == audit.repository && known.tag == audit.tag);
            if let Some(known) = known {
                audit.registry.clone_from(&known.registry);
                audit.registry_name.clone_from(&known.registry_name);
            }
        }
        audit
    }
}
