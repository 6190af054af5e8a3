//! Files as NeuVector writes them, with all that stands in them: what a cluster learned
//! there comes into a cluster, and becomes federated on a primary.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, Rest};
use reqwest::Method;
use serde_json::{Value, json};

use super::files::import_at;
use super::kinds::shows;

/// Groups, of which two are named before they are described, and one is the service of an
/// address.
const GROUPS: &str = r#"
apiVersion: v1
items:
- apiVersion: neuvector.com/v1
  kind: NvClusterSecurityRule
  metadata:
    creationTimestamp: null
    name: cellar
  spec:
    dlp: null
    egress: []
    file: []
    ingress: []
    process: []
    response: null
    target:
      policymode: N/A
      selector:
        comment: ""
        name: cellar
        name_referral: true
        original_name: ""
- apiVersion: neuvector.com/v1
  kind: NvSecurityRule
  metadata:
    creationTimestamp: null
    name: nv.web.shop
    namespace: shop
  spec:
    dlp:
      settings: []
      status: true
    egress:
    - action: allow
      applications:
      - Redis
      name: nv.ip.redis.shop-egress-0
      ports: tcp/6379
      priority: 0
      selector:
        comment: ""
        criteria:
        - key: address
          op: =
          value: 10.43.0.7
        - key: domain
          op: =
          value: shop
        name: nv.ip.redis.shop
        original_name: ""
    - action: deny
      applications: null
      name: external-egress-1
      ports: any
      priority: 0
      selector:
        comment: ""
        name: external
        original_name: ""
    file:
    - app:
      - vi
      - cat
      behavior: block_access
      filter: /etc/mysecret
      recursive: false
    - app: null
      behavior: monitor_change
      filter: /var/lib/shop/*
      recursive: true
    ingress:
    - action: allow
      applications:
      - HTTP
      name: nv.web.shop-ingress-0
      ports: any
      priority: 0
      selector:
        comment: ""
        name: cellar
        name_referral: true
        original_name: ""
    process:
    - action: allow
      allow_update: false
      name: node
      path: /usr/bin/nodejs
    - action: allow
      allow_update: false
      name: curl
      path: ""
    - action: deny
      allow_update: true
      name: ""
      path: /bin/ls
    process_profile:
      baseline: zero-drift
      mode: Monitor
    response:
    - actions:
      - suppress-log
      comment: quiet
      conditions:
      - type: level
        value: Warning
      event: security-event
      policy_name: default
    target:
      policymode: Monitor
      selector:
        comment: sells
        criteria:
        - key: service
          op: =
          value: web.shop
        - key: domain
          op: =
          value: shop
        grp_band_width: 0
        grp_sess_cur: 7
        grp_sess_rate: 0
        mon_metric: true
        name: nv.web.shop
        original_name: ""
    waf:
      settings:
      - action: deny
        name: sensor.log4shell
      status: true
kind: List
metadata: null
---

apiVersion: v1
items:
- apiVersion: neuvector.com/v1
  kind: NvGroupDefinition
  metadata:
    creationTimestamp: null
    name: cellar
    namespace: neuvector
  spec:
    selector:
      comment: ""
      criteria:
      - key: image
        op: prefix
        value: hub/cellar
      name: cellar
kind: List
metadata: null
"#;

/// What the other kinds of files hold. The comment of the sensor is null, as an older
/// version writes it.
const OTHERS: &str = r#"
apiVersion: v1
items:
- apiVersion: neuvector.com/v1
  kind: NvDlpSecurityRule
  metadata: {creationTimestamp: null, name: leaks}
  spec:
    sensor:
      comment: null
      name: leaks
      rules:
      - name: plan
        patterns:
        - {context: packet, key: pattern, op: regex, value: 'secret-plan-\d+'}
- apiVersion: neuvector.com/v1
  kind: NvWafSecurityRule
  metadata: {creationTimestamp: null, name: attacks}
  spec:
    sensor:
      comment: ""
      name: attacks
      rules:
      - name: shell
        patterns:
        - {context: url, key: pattern, op: regex, value: /cgi-bin/.*sh}
        - {context: header, key: pattern, op: '!regex', value: trusted}
kind: List
metadata: null
---
apiVersion: neuvector.com/v1
kind: NvAdmissionControlSecurityRule
metadata:
  creationTimestamp: null
  name: local
spec:
  config:
    client_mode: service
    enable: true
    mode: monitor
  rules:
  - action: allow
    comment: Allow deployments in system namespaces
    criteria:
    - {name: namespace, op: containsAny, path: namespace, value: 'kube-system,kube-public'}
    disabled: false
    id: 1
  - action: deny
    comment: ""
    containers:
    - containers
    conversion_id_ref: 1001
    criteria:
    - {name: namespace, op: containsAny, path: namespace, value: 'n2,ns1'}
    - name: cveHighCount
      op: '>='
      path: cveHighCount
      sub_criteria:
      - {name: publishDays, op: '>=', value: "30"}
      value: "3"
    - {name: item.spec.nodeName, op: containsAny, path: item.spec.nodeName,
       template_kind: podTemplate, type: customPath, value: edge, value_type: string}
    disabled: false
    rule_mode: ""
---
apiVersion: v1
items:
- apiVersion: neuvector.com/v1
  kind: NvResponseRuleSecurityRule
  metadata: {creationTimestamp: null, name: cve-report--9}
  spec:
    rule:
      actions: [quarantine]
      comment: ""
      conditions:
      - {type: cve-high, value: "5"}
      event: cve-report
      policy_name: default
kind: List
metadata: null
"#;

/// Resources that no federation has.
const PROFILES: &str = r"
apiVersion: v1
items:
- apiVersion: neuvector.com/v1
  kind: NvVulnerabilityProfile
  metadata: {creationTimestamp: null, name: default}
  spec:
    profile:
      entries:
      - {comment: old, days: null, domains: null, images: ['shop/orders:v1'], name: CVE-2020-1}
      - {comment: null, days: 30, domains: [shop], images: null, name: _RecentVuln}
kind: List
metadata: null
---
apiVersion: neuvector.com/v1
kind: NvComplianceProfile
metadata: {creationTimestamp: null, name: default}
spec:
  templates:
    disable_system: false
    entries:
    - {tags: [PCI, GDPR], test_number: K.4.1.1}
";

async fn apply(rest: &Rest, text: String) -> Result<Value> {
    rest.send(Method::POST, "/v1/fed/policy", Some(text)).await?.ok()
}

/// What the lists of a place show of the files, where names begin with `prefix`.
fn expected(prefix: &str) -> Vec<(String, String)> {
    [
        ("/v1/group/{}nv.web.shop", r#""comment":"sells""#),
        ("/v1/group/{}nv.web.shop", r#""group_sess_cur":7"#),
        ("/v1/group/{}cellar", r#""value":"hub/cellar""#),
        ("/v1/group/{}nv.ip.redis.shop", r#""value":"10.43.0.7""#),
        ("/v1/policy/rule", r#""to":"{}nv.ip.redis.shop""#),
        ("/v1/policy/rule", r#""from":"{}cellar""#),
        ("/v1/process_profile/{}nv.web.shop", r#""name":"ls""#),
        ("/v1/file_monitor/{}nv.web.shop", "/etc/mysecret"),
        ("/v1/waf/group/{}nv.web.shop", r#""name":"{}sensor.log4shell""#),
        ("/v1/response/rule", r#""group":"{}nv.web.shop""#),
    ]
    .map(|(path, text)| (path.replace("{}", prefix), text.replace("{}", prefix)))
    .into()
}

async fn shows_all(rest: &Rest, expected: &[(String, String)]) -> Result<()> {
    for (path, text) in expected {
        shows(rest, "", &[path.as_str()], text).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_cluster_learned_comes_into_another() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    import_at(&local, "/v1/file/group/config", GROUPS).await?.ok()?;
    shows_all(&local, &expected("")).await?;
    let group = local.get("/v1/group/nv.web.shop").await?.ok()?;
    assert_eq!(group["group"]["cfg_type"], "learned");
    // Who has the address, and not whoever is in the namespace.
    let service = local.get("/v1/group/nv.ip.redis.shop").await?.ok()?;
    assert_eq!(service["group"]["criteria"].as_array().map(Vec::len), Some(1), "{service}");
    // The same again changes nothing.
    let rules = local.get("/v1/policy/rule").await?.ok()?;
    import_at(&local, "/v1/file/group/config", GROUPS).await?.ok()?;
    assert_eq!(local.get("/v1/policy/rule").await?.ok()?, rules);
    // A name that is learned is that of its service.
    let other = GROUPS.replace("value: web.shop", "value: db.shop");
    let answer = import_at(&local, "/v1/file/group/config", &other).await?;
    ensure!(answer.text.contains("nv.web.shop"), "{}", answer.text);
    answer.expect(400, 18)?;

    let [sensors, admission, responses] =
        <[&str; 3]>::try_from(OTHERS.split("---\n").collect::<Vec<_>>())
            .map_err(|parts| anyhow::anyhow!("{} parts", parts.len()))?;
    // The files of sensors hold one kind each.
    let (dlp, waf) = sensors
        .split_once("- apiVersion: neuvector.com/v1\n  kind: NvWafSecurityRule")
        .context("no second kind")?;
    let waf = format!("items:\n- apiVersion: neuvector.com/v1\n  kind: NvWafSecurityRule{waf}");
    for (file, text) in [
        ("dlp", dlp),
        ("waf", waf.as_str()),
        ("admission", admission),
        ("response/rule", responses),
    ] {
        let path = format!("/v1/file/{file}/config");
        import_at(&local, &path, text).await?.ok().with_context(|| path)?;
    }
    let rules = local.get("/v1/admission/rules").await?.ok()?;
    ensure!(rules.to_string().contains("item.spec.nodeName"), "{rules}");
    Ok(())
}

#[tokio::test]
async fn what_a_cluster_learned_becomes_federated() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let text = [GROUPS, OTHERS, PROFILES].join("---\n");
    let done = apply(admin, text.clone()).await?;
    shows_all(admin, &expected("fed.")).await?;
    for said in [
        "fed.nv.web.shop: policymode Monitor",
        "fed.nv.web.shop: process_profile.mode Monitor",
        "fed.nv.web.shop: process_profile.baseline zero-drift",
        "admission control: switched on, mode monitor",
        "admission control: the built-in rule 1",
        "NvComplianceProfile default: each cluster has its own",
        "NvVulnerabilityProfile default: import it by POST /v1/file/vulnerability/profile/config",
    ] {
        let left_out = done["left_out"].as_array().context("nothing is left out")?;
        ensure!(left_out.iter().any(|one| one == said), "{said:?} is not in {left_out:?}");
    }
    let again = apply(admin, text).await?;
    assert_eq!(again["plan"], json!([]));
    // JSON is YAML, and so is a resource of its own.
    let sensor = json!({ "apiVersion": "neuvector.com/v1", "kind": "NvDlpSecurityRule",
        "metadata": { "name": "fed.json", "creationTimestamp": null }, "spec": { "sensor": {
            "name": "fed.json", "comment": null, "rules": null } } });
    apply(admin, sensor.to_string()).await?;
    admin.get("/v1/dlp/sensor/fed.json").await?.ok()?;

    // The profile of vulnerabilities has a file of its own.
    let (profile, _) = PROFILES.split_once("---\n").context("one part")?;
    import_at(admin, "/v1/file/vulnerability/profile/config", profile).await?.ok()?;
    let profile = admin.get("/v1/vulnerability/profile/default").await?.ok()?;
    assert_eq!(profile["profile"]["entries"].as_array().map(Vec::len), Some(2), "{profile}");
    // Alone it is nothing to apply, and nothing to prune by.
    let alone =
        admin.send(Method::POST, "/v1/fed/policy?prune=true", Some(PROFILES.to_owned())).await?;
    ensure!(alone.status == 400 && alone.text.contains("no resource"), "{alone:?}");
    Ok(())
}
