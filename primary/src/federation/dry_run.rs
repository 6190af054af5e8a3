//! Trials of admission rules on what clusters were asked before.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveTime, SecondsFormat, Utc};
use palisade_api::rest::admission::AdmissionRuleConfig;
use palisade_api::rest::dry_run::{DryRun, DryRunCluster, DryRunExample};
use palisade_api::scan::Verdict;
use palisade_api::{ClusterId, Digest, ObjectKind};
use palisade_identity::AccessScope;
use palisade_policy::CfgType;
use palisade_policy::admission::criteria::is_untried;
use palisade_policy::admission::reviewed::{Difference, Reviewed, difference};
use palisade_policy::admission::rule::FED_IDS;
use palisade_policy::admission::{AdmissionRule, CompiledRules, RuleMode, VerdictIndex};
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};
use prost::Message as _;

use super::promotion::require_primary;
use super::rules::{Result, RuleError, list};
use crate::store::event::review::{self, Review};
use crate::store::object::Object;
use crate::store::within::Within;
use crate::store::{Database, member, object};

/// Requests that are looked at.
const MOST: usize = 200_000;
/// Requests that are looked at together.
const PAGE: i64 = 2_000;
/// Examples of a cluster, and of all.
const EXAMPLES_OF_CLUSTER: usize = 20;
const EXAMPLES: usize = 1_000;
/// Names that an example gives as evidence.
const EVIDENCE: usize = 20;

/// Says what a rule would have changed in the last `days`, the present one
/// included, in the clusters and namespaces of `scope`.
pub async fn run(
    database: &Database,
    scope: Option<&AccessScope>,
    config: AdmissionRuleConfig,
    days: u32,
    now: DateTime<Utc>,
) -> Result<DryRun> {
    let mut tx = database.begin_question().await?;
    require_primary(&mut tx).await?;
    let selectors = object::selectors(&mut tx, ObjectKind::AdmissionRule).await?;
    let before: Vec<(AdmissionRule, ClusterSelector)> = list::<AdmissionRule>(&mut tx)
        .await?
        .into_iter()
        .map(|rule| {
            let selector = selectors.get(&rule.id.to_string()).cloned().unwrap_or_default();
            (rule, selector)
        })
        .collect();
    let (after, untried) = with(before.clone(), config)?;
    let members = member::shown(&mut tx, false).await?.into_iter();
    let clusters = members.map(|one| (one.id, (one.name, one.labels))).collect();
    let within = match scope {
        Some(scope) => Some(Within::of(&mut tx, scope).await?),
        None => None,
    };
    let within = within.as_ref().and_then(Within::clusters);
    let mut trial = Trial::new(before, after, clusters, now);
    let mut seen: HashSet<(ClusterId, Digest)> = HashSet::new();
    let mut complete = true;
    let today = now.date_naive();
    let first = today.checked_sub_days(Days::new(u64::from(days) - 1)).unwrap_or(today);
    // Clocks of members may be ahead.
    let mut day = today.succ_opt();
    'days: while let Some(present) = day.filter(|day| *day >= first) {
        let mut after = None;
        loop {
            let page = review::page(&mut tx, within, present, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.cluster, last.digest));
            let mut new = Vec::with_capacity(page.len());
            for review in page {
                if seen.len() >= MOST {
                    complete = false;
                    break 'days;
                }
                if seen.insert((review.cluster, review.digest)) {
                    new.push(review);
                }
            }
            let mut reviewed = read(new);
            if let Some(scope) = scope {
                reviewed.retain(|(_, one)| scope.has_namespace(&one.workload.namespace));
            }
            let images: BTreeSet<String> =
                reviewed.iter().flat_map(|(_, one)| one.images.iter().cloned()).collect();
            let images: Vec<String> = images.into_iter().collect();
            let verdicts = verdicts(&object::named(&mut tx, ObjectKind::Verdict, &images).await?);
            let judging = tokio::task::spawn_blocking(move || {
                for (review, reviewed) in reviewed {
                    trial.judge(&review, &reviewed, &verdicts);
                }
                trial
            });
            trial = judging.await.map_err(RuleError::Trial)?;
        }
        day = present.pred_opt();
    }
    Ok(trial.answer(first.and_time(NaiveTime::MIN).and_utc(), complete, untried))
}

type Targeted = (AdmissionRule, ClusterSelector);

/// The rules with the one that is tried, which is in force whatever it says of
/// that, and those of its criteria that cannot be tried.
fn with(
    mut rules: Vec<Targeted>,
    mut config: AdmissionRuleConfig,
) -> Result<(Vec<Targeted>, Vec<String>)> {
    let selector = config.cluster_selector.take().map(ClusterSelector::try_from).transpose()?;
    let place = rules.iter().position(|(rule, _)| config.id != 0 && rule.id == config.id);
    let (mut rule, present) = match place {
        Some(place) => {
            let (rule, selector) = rules.swap_remove(place);
            (rule.update(config)?, selector)
        }
        None if config.id != 0 => {
            return Err(RuleError::missing::<AdmissionRule>(&config.id.to_string()));
        }
        None => {
            let used: BTreeSet<u32> = rules.iter().map(|(rule, _)| rule.id).collect();
            let mut ids = FED_IDS.first()..;
            let id = ids.find(|id| !used.contains(id)).unwrap_or(FED_IDS.first());
            config.id = id;
            let rule = AdmissionRule::create(config, id, CfgType::Federal)?;
            (rule, ClusterSelector::everything())
        }
    };
    rule.disable = false;
    rule.rule_mode = RuleMode::Protect;
    let untried = rule.criteria.iter().filter(|criterion| is_untried(criterion));
    let untried: BTreeSet<&str> = untried.map(|criterion| criterion.name.as_str()).collect();
    let untried = untried.into_iter().map(str::to_owned).collect();
    rules.push((rule, selector.unwrap_or(present)));
    Ok((rules, untried))
}

/// What was kept, taken apart; what no version of ours wrote is passed over.
fn read(reviews: Vec<Review>) -> Vec<(Review, Reviewed)> {
    let reviews = reviews.into_iter();
    reviews
        .filter_map(|review| match serde_json::from_str(review.detail.get()) {
            Ok(reviewed) => Some((review, reviewed)),
            Err(error) => {
                tracing::debug!(cluster = %review.cluster, %error, "a kept request is not read");
                None
            }
        })
        .collect()
}

fn verdicts(objects: &[Object]) -> VerdictIndex {
    let mut index = VerdictIndex::default();
    for object in objects {
        match Verdict::decode(object.payload.clone()) {
            Ok(verdict) => index.put(verdict),
            Err(error) => tracing::warn!(name = object.name, %error, "a verdict is not read"),
        }
    }
    index
}

/// The rules of a cluster, without and with the one that is tried.
type Pair = Arc<(CompiledRules, CompiledRules)>;

struct Trial {
    now: DateTime<Utc>,
    before: Vec<Targeted>,
    after: Vec<Targeted>,
    /// Names and labels.
    clusters: HashMap<ClusterId, (String, ClusterLabels)>,
    /// By what of the rules is for a cluster: most clusters have the same.
    compiled: HashMap<Vec<bool>, Pair>,
    rules: HashMap<ClusterId, Pair>,
    answers: HashMap<ClusterId, DryRunCluster>,
    examples: usize,
}

impl Trial {
    fn new(
        before: Vec<Targeted>,
        after: Vec<Targeted>,
        clusters: HashMap<ClusterId, (String, ClusterLabels)>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            now,
            before,
            after,
            clusters,
            compiled: HashMap::new(),
            rules: HashMap::new(),
            answers: HashMap::new(),
            examples: 0,
        }
    }

    fn judge(&mut self, review: &Review, reviewed: &Reviewed, verdicts: &VerdictIndex) {
        // A cluster that left has no rules any more.
        let Some((name, labels)) = self.clusters.get(&review.cluster) else { return };
        let rules = self
            .rules
            .entry(review.cluster)
            .or_insert_with(|| compile(&mut self.compiled, &self.before, &self.after, labels));
        let workload = &reviewed.workload;
        let difference = difference(&rules.0, &rules.1, verdicts, workload, self.now);
        let answer = self.answers.entry(review.cluster).or_insert_with(|| DryRunCluster {
            id: review.cluster.to_string(),
            name: name.clone(),
            ..DryRunCluster::default()
        });
        answer.reviewed += 1;
        let (denied, image, evidence) = match difference {
            Some(Difference::Denied { hit, image }) => (true, image, hit.evidence),
            Some(Difference::Admitted) => {
                let first = workload.containers.first();
                let image = first.map(|container| container.image_text.clone());
                (false, image.unwrap_or_default(), Vec::new())
            }
            None => return,
        };
        if denied {
            answer.denied += 1;
        } else {
            answer.admitted += 1;
        }
        if answer.examples.len() >= EXAMPLES_OF_CLUSTER || self.examples >= EXAMPLES {
            return;
        }
        self.examples += 1;
        answer.examples.push(DryRunExample {
            reported_timestamp: review.at.timestamp(),
            reported_at: review.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            denied,
            kind: workload.kind.clone(),
            name: workload.name.clone(),
            namespace: workload.namespace.clone(),
            image,
            user: workload.user.clone().unwrap_or_default(),
            evidence: evidence.into_iter().take(EVIDENCE).collect(),
        });
    }

    fn answer(self, since: DateTime<Utc>, complete: bool, untried_criteria: Vec<String>) -> DryRun {
        let mut clusters: Vec<DryRunCluster> = self.answers.into_values().collect();
        for cluster in &mut clusters {
            cluster.examples.sort_by_key(|example| Reverse(example.reported_timestamp));
        }
        clusters.sort_by(|a, b| (Reverse(a.denied), &a.name).cmp(&(Reverse(b.denied), &b.name)));
        let sum = |count: fn(&DryRunCluster) -> u64| clusters.iter().map(count).sum();
        DryRun {
            since: since.to_rfc3339_opts(SecondsFormat::Secs, true),
            reviewed: sum(|cluster| cluster.reviewed),
            denied: sum(|cluster| cluster.denied),
            admitted: sum(|cluster| cluster.admitted),
            complete,
            untried_criteria,
            clusters,
        }
    }
}

fn compile(
    compiled: &mut HashMap<Vec<bool>, Pair>,
    before: &[Targeted],
    after: &[Targeted],
    labels: &ClusterLabels,
) -> Pair {
    let both = before.iter().chain(after);
    let key = both.map(|(_, selector)| selector.matches(labels)).collect();
    let rules = |rules: &[Targeted]| {
        let of_cluster = rules.iter().filter(|(_, selector)| selector.matches(labels));
        // What cannot be evaluated is out of force in the cluster too.
        CompiledRules::compile(of_cluster.map(|(rule, _)| rule)).0
    };
    Arc::clone(compiled.entry(key).or_insert_with(|| Arc::new((rules(before), rules(after)))))
}
