//! Lists that anybody narrows to the clusters of a label.

use anyhow::{Context, Result};
use serde_json::json;

use super::{Delegation, count, env, group, prod};

#[tokio::test]
async fn federated_objects_are_listed_for_the_clusters_of_a_label() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    for (name, selector) in
        [("fed.all", None), ("fed.prod", Some(env("prod"))), ("fed.test", Some(env("test")))]
    {
        admin.post("/v1/group", &group(name, selector.clone())).await?.ok()?;
        let mut rule = json!({ "category": "Kubernetes", "cfg_type": "federal", "comment": name,
            "rule_type": "deny", "criteria":
                [{ "name": "namespace", "op": "containsAny", "value": "shop" }] });
        if let Some(selector) = selector {
            rule["cluster_selector"] = selector;
        }
        admin.post("/v1/admission/rule", &json!({ "config": rule })).await?.ok()?;
    }
    let delegate = delegation.delegate("mary", "fedReader", &prod()).await?;
    for (rest, selector, wanted) in [
        (admin, "", "all prod test"),
        (admin, "env=prod", "all prod"),
        (admin, "env%20in%20(prod,test)", "all prod test"),
        (admin, "env=none", ""),
        (&delegate, "", "all prod test"),
        (&delegate, "env=prod", "all prod"),
        // Clusters of which a role may not know are none.
        (&delegate, "env=test", ""),
    ] {
        for (path, list, key) in [
            ("/v1/group", "groups", "name"),
            ("/v1/process_profile", "process_profiles", "group"),
            ("/v1/file_monitor", "profiles", "group"),
            ("/v1/admission/rules", "rules", "comment"),
            ("/v1/dlp/group", "dlp_groups", "name"),
        ] {
            let path = format!("{path}?scope=fed&cluster_selector={selector}");
            let answer = rest.get(&path).await?.ok()?;
            let rows = answer[list].as_array().context("no list")?;
            let names = rows.iter().filter_map(|row| row[key].as_str()?.strip_prefix("fed."));
            let ours = names.filter(|name| ["all", "prod", "test"].contains(name));
            assert_eq!(ours.collect::<Vec<_>>().join(" "), wanted, "{path}: {answer}");
        }
    }
    for path in ["/v1/policy/rule", "/v1/response/rule", "/v1/waf/sensor", "/v1/waf/group"] {
        admin.get(&format!("{path}?cluster_selector=env=prod")).await?.ok()?;
        admin.get(&format!("{path}?cluster_selector=((")).await?.expect(400, 6)?;
    }
    Ok(())
}

#[tokio::test]
async fn questions_are_asked_of_clusters_by_their_labels() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    for (selector, clusters) in [
        ("env=prod", 1),
        ("env%20in%20(prod,test)", 2),
        ("env!=prod", 1),
        ("!env", 0),
        ("env=none", 0),
        ("env=prod&cluster=foreign-us", 0),
        ("env=prod&cluster=shop-eu", 1),
    ] {
        for (list, each) in [("workloads", 4), ("events", 2), ("denials", 2)] {
            let path = format!("/v1/fed/{list}?cluster_selector={selector}");
            let answer = admin.get(&path).await?.ok()?;
            assert_eq!(count(&answer, list), clusters * each, "{path}: {answer}");
            let csv = admin.get(&format!("{path}&format=csv")).await?.text;
            assert_eq!(csv.lines().count(), 1 + clusters * each, "{path}: {csv}");
        }
        let path = format!("/v1/fed/images?cluster_selector={selector}&name=common");
        let images = admin.get(&path).await?.ok()?;
        assert_eq!(count(&images, "images"), clusters.min(1), "{path}: {images}");
        if clusters > 0 {
            // Counted is what runs there: twice in each cluster.
            let common = &images["images"][0];
            assert_eq!(common["clusters"], clusters, "{path}: {images}");
            assert_eq!(common["workloads"], 2 * clusters, "{path}: {images}");
        }
        let path = format!("/v1/fed/summary?cluster_selector={selector}");
        let summary = admin.get(&path).await?.ok()?;
        assert_eq!(summary["total"]["clusters"], clusters, "{path}: {summary}");
        admin.get(&format!("/v1/fed/vulnerabilities?cluster_selector={selector}")).await?.ok()?;
    }
    let many = (0..33).map(|n| format!("k{n}")).collect::<Vec<_>>().join(",");
    for list in ["workloads", "images", "events", "denials", "summary", "vulnerabilities"] {
        for wrong in [many.as_str(), "env%20in%20prod", "a=b%20c", "(("] {
            let path = format!("/v1/fed/{list}?cluster_selector={wrong}");
            admin.get(&path).await?.expect(400, 6)?;
        }
    }
    for (query, clusters, workloads) in [
        ("cluster=shop-eu", 1, 2),
        ("cluster=shop-eu,foreign-us", 2, 4),
        ("cluster=shop-eu&namespace=shop-a", 1, 1),
        ("namespace=shop-a,foreignshop-a", 2, 2),
        ("f_cluster_name=neq,shop-eu", 1, 2),
        ("f_cluster_name=prefix,shop-", 1, 2),
        ("f_cluster_name=in,p-eu|n-us", 2, 4),
        ("f_cluster_name=notin,p-eu|n-us", 0, 0),
        ("f_namespace=prefix,shop&sort=workloads", 1, 1),
        ("cluster=shop-eu&clusters=2", 0, 0),
        ("cluster=shop-eu&namespace=foreignshop-a", 0, 0),
    ] {
        let path = format!("/v1/fed/images?name=common&{query}");
        let images = admin.get(&path).await?.ok()?;
        assert_eq!(count(&images, "images"), clusters.min(1), "{path}: {images}");
        let common = &images["images"][0];
        if clusters > 0 {
            let counted = (common["clusters"].as_i64(), common["workloads"].as_i64());
            assert_eq!(counted, (Some(clusters as i64), Some(workloads)), "{path}: {images}");
        }
    }
    // Of what a role does not reach, no selector tells.
    let delegate = delegation.delegate("mary", "fedReader", &prod()).await?;
    let none = delegate.get("/v1/fed/workloads?cluster_selector=env=test").await?.ok()?;
    assert_eq!(count(&none, "workloads"), 0, "{none}");
    let none = delegate.get("/v1/fed/images?cluster_selector=env=test&name=common").await?.ok()?;
    assert_eq!(count(&none, "images"), 0, "{none}");
    Ok(())
}
