//! Event, audit and security logs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::admission::AdmissionCriterion;
use super::is_zero;

pub mod name;

/// Levels of records, least grave first.
pub mod level {
    /// For information.
    pub const INFO: &str = "Info";
    /// Worth a look.
    pub const NOTICE: &str = "Notice";
    /// Something is not as it should be.
    pub const WARNING: &str = "Warning";
    /// Something failed.
    pub const ERROR: &str = "Error";
    /// Something was stopped.
    pub const CRITICAL: &str = "Critical";
}

/// Which log shows a record: the `category` of an event on the link.
pub mod category {
    /// Admission, scan and compliance records: [`Audit`](super::Audit).
    pub const AUDIT: &str = "audit";
    /// What happened to the system: [`Event`](super::Event).
    pub const EVENT: &str = "event";
    /// Threats, incidents and violations.
    pub const SECURITY: &str = "security";
    /// Shown by no log: admission requests that rules can be tried on.
    pub const REVIEW: &str = "review";
}

/// One record of the audit log: an admission decision, for example.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Audit {
    /// For example `Admission.Control.Denied`.
    pub name: String,
    /// One of [`level`].
    pub level: String,
    /// Unix seconds.
    pub reported_timestamp: i64,
    /// The same in RFC 3339, UTC.
    pub reported_at: String,
    /// The cluster that reports.
    pub cluster_name: String,
    /// The response rule that acted.
    #[serde(skip_serializing_if = "is_zero")]
    pub response_rule_id: u32,
    /// The node concerned.
    pub host_id: String,
    /// Its name.
    pub host_name: String,
    /// The enforcer that reports.
    pub enforcer_id: String,
    /// Its name.
    pub enforcer_name: String,
    /// The workload concerned.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_domain: String,
    /// Its image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_image: String,
    /// Its service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_service: String,
    /// The image as the request names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// Digest of the image's configuration.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_id: String,
    /// URL of the image's registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub registry: String,
    /// Name of the configured registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub registry_name: String,
    /// The image's repository.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The image's tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// For example `debian:12`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base_os: String,
    /// Number of critical vulnerabilities.
    pub critical_vul_cnt: u32,
    /// Number of high vulnerabilities.
    pub high_vul_cnt: u32,
    /// Number of medium vulnerabilities.
    pub medium_vul_cnt: u32,
    /// Names of critical vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub critical_vuls: Vec<String>,
    /// Names of high vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub high_vuls: Vec<String>,
    /// Names of medium vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub medium_vuls: Vec<String>,
    /// Version of the vulnerability database.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cvedb_version: String,
    /// What happened, for people.
    pub message: String,
    /// Who asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The deny rule of admission control that was met; 0 in other records.
    #[serde(skip_serializing_if = "is_zero")]
    pub admission_rule_id: u32,
    /// Who owns that rule: `federal`, `user_created` or `ground`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub admission_rule_cfg_type: String,
    /// The container that met the rule.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container: String,
    /// What was asked for: `Creation`, `Update` or the like.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// The kind of the workload in Kubernetes, for example `Deployment`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_kind: String,
    /// The criteria of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admission_criteria: Vec<AdmissionCriterion>,
    /// What met them: names of vulnerabilities, worst first, ten at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admission_evidence: Vec<String>,
    /// How many there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub admission_evidence_count: u32,
    /// The workload's images that were never scanned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unscanned_images: Vec<String>,
    /// Why a scan failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Unix seconds of the first of `count` equal records.
    #[serde(skip_serializing_if = "is_zero")]
    pub aggregation_from: i64,
    /// How many records this one stands for.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: u32,
    /// Findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// The group concerned.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The volume claim that a request names.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pvc_name: String,
    /// The storage class of that claim.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pvc_storageclass_name: String,
}

/// One record of the event log: what happened to the system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Event {
    /// For example `Federation.Join`.
    pub name: String,
    /// One of [`level`].
    pub level: String,
    /// Unix seconds.
    pub reported_timestamp: i64,
    /// The same in RFC 3339, UTC.
    pub reported_at: String,
    /// The cluster that reports.
    pub cluster_name: String,
    /// The response rule that acted.
    #[serde(skip_serializing_if = "is_zero")]
    pub response_rule_id: u32,
    /// The node concerned.
    pub host_id: String,
    /// Its name.
    pub host_name: String,
    /// The enforcer concerned.
    pub enforcer_id: String,
    /// Its name.
    pub enforcer_name: String,
    /// The controller concerned.
    pub controller_id: String,
    /// Its name.
    pub controller_name: String,
    /// The workload concerned.
    pub workload_id: String,
    /// Its name.
    pub workload_name: String,
    /// Its namespace.
    pub workload_domain: String,
    /// Its image.
    pub workload_image: String,
    /// Its service.
    pub workload_service: String,
    /// For example `FEDERATION`, `AUTH`, `RESTFUL`.
    pub category: String,
    /// Who did it.
    pub user: String,
    /// That user's roles by namespace; the key of the global role is empty.
    pub user_roles: BTreeMap<String, String>,
    /// From where.
    pub user_addr: String,
    /// In which session.
    pub user_session: String,
    /// HTTP method of the call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_method: String,
    /// Path of the call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_request: String,
    /// Body of the call, without secrets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_body: String,
    /// What happened, for people.
    pub message: String,
}

/// `GET /v1/log/audit`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditsData {
    /// Newest first.
    pub audits: Vec<Audit>,
}

/// `GET /v1/log/event` and `GET /v1/log/activity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventsData {
    /// Newest first.
    pub events: Vec<Event>,
}

/// An event of a member, as it sent it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FedEvent {
    /// Id of the member.
    pub cluster_id: String,
    /// Its name.
    pub cluster_name: String,
    /// The event's number among those of its member.
    pub seq: u64,
    /// Unix seconds.
    pub reported_timestamp: i64,
    /// The same in RFC 3339, UTC.
    pub reported_at: String,
    /// For example `Admission.Control.Denied`.
    pub name: String,
    /// One of [`level`].
    pub level: String,
    /// One of [`category`].
    pub category: String,
    /// The namespace that it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The image that it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// The record as the list of its log shows it.
    #[schema(value_type = Object)]
    pub detail: Box<RawValue>,
}

/// `GET /v1/fed/events`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct FedEventsData {
    /// Newest first, where nobody asks for another order.
    pub events: Vec<FedEvent>,
    /// The `after` of the next page, where there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A request that admission control of a cluster denied, or would have denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedDenial {
    /// Id of the cluster.
    pub cluster_id: String,
    /// Its name.
    pub cluster_name: String,
    /// The record's number among those of its cluster.
    pub seq: u64,
    /// Unix seconds.
    pub reported_timestamp: i64,
    /// The same in RFC 3339, UTC.
    pub reported_at: String,
    /// Whether it was denied; else a rule only watches.
    pub denied: bool,
    /// The namespace.
    pub namespace: String,
    /// The workload.
    pub workload: String,
    /// The image.
    pub image: String,
    /// Who asked.
    pub user: String,
    /// The deny rule that was met; absent where an older agent does not tell.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub admission_rule_id: u32,
    /// Who owns that rule: `federal`, `user_created` or `ground`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub admission_rule_cfg_type: String,
    /// The container that met the rule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub container: String,
    /// What was asked for: `Creation`, `Update` or the like.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// The kind of the workload in Kubernetes, for example `Deployment`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource_kind: String,
    /// The criteria of the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admission_criteria: Vec<AdmissionCriterion>,
    /// What met them: names of vulnerabilities, worst first, ten at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admission_evidence: Vec<String>,
    /// How many there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub admission_evidence_count: u32,
    /// The workload's images that were never scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscanned_images: Vec<String>,
    /// Why, for people.
    pub message: String,
    /// Critical vulnerabilities of the image.
    pub critical: u32,
    /// High ones.
    pub high: u32,
}

/// `GET /v1/fed/denials`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedDenialsData {
    /// Newest first, where nobody asks for another order.
    pub denials: Vec<FedDenial>,
    /// The `after` of the next page, where there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/fed/events/timeline` and `GET /v1/fed/denials/timeline`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventTimeline {
    /// Seconds of a span: 300, 3600, 21600 or 86400.
    pub span: i64,
    /// Where each span begins, oldest first, in Unix seconds.
    pub starts: Vec<i64>,
    /// The kinds that most events are of, the most frequent first.
    pub series: Vec<EventSeries>,
    /// Of all other kinds, how many happened in each span; empty where there are
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<i64>,
    /// How many happened in all spans.
    pub total: i64,
}

/// How many events of one kind happened in each span of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventSeries {
    /// The level, name, log or namespace that they have in common, or the id of
    /// their cluster.
    pub of: String,
    /// The name of the cluster, where they have that in common.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster_name: String,
    /// In each span.
    pub counts: Vec<i64>,
    /// In all spans.
    pub total: i64,
}
