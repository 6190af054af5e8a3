//! The sensors that come with the product.

use super::pattern::{Context, Pattern, PatternOperator};
use super::{Dlp, Inspection, Sensor, SensorRule, Waf};
use crate::{CfgType, FED_PREFIX};

/// Ids of the rules of the sensors below, which no other rule has.
const FIRST_DLP_RULE: u32 = 35_000;
const FIRST_OWN_DLP_RULE: u32 = 30_000;
const FIRST_WAF_RULE: u32 = 40_000;

/// Three, two and four digits, in groups or not.
const SSN: &[(&str, &str)] = &[(
    // Numbers that are never issued are left out.
    "fed.rule.ssn",
    r"\b(?!000|666|9\d\d)\d{3}[- ]?(?!00)\d{2}[- ]?(?!0000)\d{4}\b",
)];

/// By the ranges of numbers that issuers have.
const CREDIT_CARDS: &[(&str, &str)] = &[
    ("fed.rule.americanexpress", r"\b3[47]\d{2}[- ]?\d{6}[- ]?\d{5}\b"),
    ("fed.rule.diner1", r"\b3[68]\d{2}[- ]?\d{6}[- ]?\d{4}\b"),
    ("fed.rule.diner2", r"\b30[0-5]\d[- ]?\d{6}[- ]?\d{4}\b"),
    ("fed.rule.discover", r"\b6(?:011|4[4-9]\d|5\d{2})(?:[- ]?\d{4}){3}\b"),
    ("fed.rule.jcb", r"\b35(?:2[89]|[3-8]\d)(?:[- ]?\d{4}){3}\b"),
    (
        "fed.rule.master",
        r"\b(?:5[1-5]\d{2}|22[2-9]\d|2[3-6]\d{2}|27[01]\d|2720)(?:[- ]?\d{4}){3}\b",
    ),
    ("fed.rule.visa", r"\b4\d{3}(?:[- ]?\d{4}){3}\b"),
];

/// A lookup by JNDI, however its letters are wrapped (CVE-2021-44228).
const LOG4SHELL: &[(&str, &str)] =
    &[("rule.log4shell", r"(?i)\$\{\S{0,32}?j\S{0,16}?n\S{0,16}?d\S{0,16}?i\S{0,8}?:")];

/// The class loader reached through the parameters of a form (CVE-2022-22965).
const SPRING4SHELL: &[(&str, &str)] =
    &[("rule.spring4shell", r"(?i)class(?:\.|%2e)module(?:\.|%2e)classloader")];

pub(super) fn dlp(cfg_type: CfgType) -> Vec<Sensor<Dlp>> {
    let first = match cfg_type {
        CfgType::Federal => FIRST_DLP_RULE,
        _ => FIRST_OWN_DLP_RULE,
    };
    let made = |name, comment, first, rules| {
        sensor(name, cfg_type, comment, first, rules, Context::Unsaid, true)
    };
    vec![
        made(
            "fed.sensor.creditcard",
            "Numbers of credit cards",
            first + SSN.len() as u32,
            CREDIT_CARDS,
        ),
        made("fed.sensor.ssn", "Social security numbers of the United States", first, SSN),
    ]
}

pub(super) fn waf(cfg_type: CfgType) -> Vec<Sensor<Waf>> {
    // Those of the federation may be changed, there for everybody.
    let fixed = cfg_type != CfgType::Federal;
    let made = |name, comment, first, rules, context| {
        sensor(name, cfg_type, comment, first, rules, context, fixed)
    };
    vec![
        made(
            "fed.sensor.log4shell",
            "Log4Shell: code run through a lookup by JNDI",
            FIRST_WAF_RULE,
            LOG4SHELL,
            Context::Header,
        ),
        made(
            "fed.sensor.spring4shell",
            "Spring4Shell: code run through the binding of parameters",
            FIRST_WAF_RULE + LOG4SHELL.len() as u32,
            SPRING4SHELL,
            Context::Body,
        ),
    ]
}

fn sensor<I: Inspection>(
    name: &str,
    cfg_type: CfgType,
    comment: &str,
    first: u32,
    rules: &[(&str, &str)],
    context: Context,
    predefine: bool,
) -> Sensor<I> {
    let owned = |name: &str| match cfg_type {
        CfgType::Federal => name.to_owned(),
        _ => name.trim_start_matches(FED_PREFIX).to_owned(),
    };
    let rules = rules.iter().zip(first..).map(|((name, value), id)| SensorRule {
        name: owned(name),
        id,
        patterns: vec![Pattern { op: PatternOperator::Regex, value: (*value).to_owned(), context }],
    });
    Sensor::new(owned(name), comment.to_owned(), rules.collect(), predefine)
}
