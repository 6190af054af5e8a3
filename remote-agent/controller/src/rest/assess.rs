//! `POST /v1/assess/admission/rule`: what would be decided about a manifest.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Request, State};
use palisade_api::rest::admission::{
    AdmissionAssessment, AdmissionAssessmentResult, AdmissionAssessmentRule,
};
use palisade_policy::admission::assess::{self, Assessment};
use palisade_policy::admission::{AdmissionRule, Asked, Workload};
use palisade_policy::crd;
use serde_json::Value;

use super::error::{ApiError, Result};
use super::extract::{MOST_BODY_BYTES, body};
use crate::Controller;

/// Tell what would be decided about a manifest
///
/// Takes YAML (or JSON) of one or more objects.
#[utoipa::path(
    post,
    path = "/v1/assess/admission/rule",
    operation_id = "admission_assess",
    tag = "admission",
    request_body(content = String, content_type = "application/yaml"),
    responses((status = OK, body = AdmissionAssessment)),
)]
pub(super) async fn admission_rule(
    State(controller): State<Controller>,
    request: Request,
) -> Result<Json<AdmissionAssessment>> {
    let bytes = body(request, MOST_BODY_BYTES).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| ApiError::invalid("The manifest is no UTF-8 text."))?;
    let objects: Vec<Value> = crd::documents(text)
        .map_err(|error| ApiError::invalid(format!("The manifest cannot be read: {error}.")))?;
    let in_force = controller.in_force();
    let mut rules = AdmissionRule::built_in();
    rules.extend(in_force.admission_rules());
    rules.extend(in_force.local_admission_rules());
    let mode = controller.admission().state().mode;
    let now = controller.clock().now();
    let assess =
        |workload: &Workload| assess::assess(&rules, &in_force.verdicts(), workload, mode, now);
    let results = objects.iter().flat_map(listed).zip(1..).map(|(object, index)| {
        let object: &Value = &object;
        let text = |path: &str| {
            object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let assessed = assess::workload(object).map(|mut workload| {
            workload.complete(Asked::ALL, object, |variable| controller.is_secret(variable));
            assess(&workload)
        });
        AdmissionAssessmentResult {
            index,
            name: text("/metadata/name"),
            kind: text("/kind"),
            ..result(assessed)
        }
    });
    Ok(Json(AdmissionAssessment {
        props_unavailable: assess::UNAVAILABLE.map(str::to_owned).to_vec(),
        global_mode: mode.as_str().to_owned(),
        results: results.collect(),
    }))
}

/// The objects of a list, else the object itself; none of an empty document.
fn listed(object: &Value) -> Vec<Cow<'_, Value>> {
    match object.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().map(|item| item_of(object, item)).collect(),
        None if object.is_null() => Vec::new(),
        None => vec![Cow::Borrowed(object)],
    }
}

/// An item of a list, with its kind: in a `PodList` and the like the list alone says it.
fn item_of<'a>(list: &Value, item: &'a Value) -> Cow<'a, Value> {
    let kind = list.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
    match (kind, item) {
        (Some(kind), Value::Object(fields)) if !kind.is_empty() && !fields.contains_key("kind") => {
            let mut fields = fields.clone();
            fields.insert("kind".to_owned(), Value::from(kind));
            if let Some(version) = list.get("apiVersion") {
                fields.insert("apiVersion".to_owned(), version.clone());
            }
            Cow::Owned(Value::Object(fields))
        }
        _ => Cow::Borrowed(item),
    }
}

fn result(assessed: Option<Assessment>) -> AdmissionAssessmentResult {
    let Some(Assessment { allowed, message, matched }) = assessed else {
        return AdmissionAssessmentResult {
            message: "It runs no containers, so no rule looks at it.".to_owned(),
            allowed: true,
            ..AdmissionAssessmentResult::default()
        };
    };
    let matched_rules = matched.into_iter().map(|matched| AdmissionAssessmentRule {
        container_image: matched.image,
        id: matched.id,
        disabled: matched.disabled,
        rule_type: matched.rule_type.as_str().to_owned(),
        mode: matched.rule_mode.as_str().to_owned(),
        rule_details: matched.criteria,
        rule_criteria: matched.wanted.to_vec(),
        rule_cfg_type: matched.cfg_type.as_str().to_owned(),
    });
    AdmissionAssessmentResult {
        message,
        matched_rules: matched_rules.collect(),
        allowed,
        ..AdmissionAssessmentResult::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_of_a_list_are_of_its_kind_unless_they_say_another() {
        let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}});
        let bare = json!({"metadata": {"name": "a"}});
        for (list, items) in [
            (json!({"kind": "List", "items": [pod.clone()]}), vec![pod.clone()]),
            (json!({"kind": "List", "items": [bare.clone()]}), vec![bare.clone()]),
            (json!({"kind": "PodList", "apiVersion": "v1", "items": [bare]}), vec![pod.clone()]),
            (json!({"kind": "JobList", "items": [pod.clone(), 7]}), vec![pod.clone(), json!(7)]),
            (pod.clone(), vec![pod]),
            (Value::Null, vec![]),
        ] {
            let found: Vec<Value> = listed(&list).into_iter().map(Cow::into_owned).collect();
            assert_eq!(found, items, "{list}");
        }
    }
}
