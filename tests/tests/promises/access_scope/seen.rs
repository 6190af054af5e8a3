//! What delegates are shown, and told.

use anyhow::{Context, Result, ensure};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::{Primary, Registry, vulndb, wait};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Delegation, FOREIGN, count, env, prod};

#[tokio::test]
async fn no_answer_holds_a_word_of_another_cluster_or_namespace() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let in_namespaces = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    for (name, scope, namespaces) in [
        ("by-label", prod(), 2),
        ("by-name", json!({ "clusters": ["shop-eu"] }), 2),
        ("by-id", json!({ "clusters": [own] }), 2),
        ("by-namespace", in_namespaces, 1),
    ] {
        let rest = delegation.delegate(name, "fedReader", &scope).await?;
        let mut heard = String::new();
        let lists = [
            "summary",
            "workloads",
            "images",
            "compliance",
            "vulnerabilities",
            "denials",
            "denials/timeline",
            "events",
            "events/timeline",
        ];
        for list in lists {
            let path = format!("/v1/fed/{list}");
            for query in [
                "",
                "?format=csv",
                "?format=json",
                "?sort=cluster",
                "?sort=clusters",
                &format!("?cluster={foreign}"),
                &format!("?cluster={own},{foreign}"),
                &format!("?f_cluster=neq,{own}"),
                "?f_namespace=prefix,foreign",
                "?f_clusters=gt,1",
                "?clusters=2",
                "?by=cluster",
                "?by=namespace",
            ] {
                heard.push_str(&rest.get(&format!("{path}{query}")).await?.text);
            }
            // A name of which one may not know is like one that nobody has.
            let answer = rest.get(&format!("{path}?cluster=foreign-us")).await?;
            let unknown = rest.get(&format!("{path}?cluster=nobodys-us")).await?;
            let told = answer.text.replace("foreign-us", "nobodys-us");
            assert_eq!((answer.status, told), (unknown.status, unknown.text), "{path}");
        }
        for path in [
            "/v1/fed/member",
            "/v1/fed/member?former=true",
            "/v1/fed/member?find=us",
            "/v1/fed/member?concerning=true&labels=9",
            "/v1/fed/rollout",
            "/v1/fed/search?text=o&limit=100",
            "/v1/fed/search?text=foreign",
            "/v1/fed/object_status?kind=group&name=fed.containers",
        ] {
            heard.push_str(&rest.get(path).await?.ok()?.to_string());
        }
        if namespaces == 2 {
            // Both namespaces are within, so only the cluster's own words are not.
            heard = heard.replace("shop-eu", "").replace("foreign-bank", "");
        }
        ensure!(!heard.contains(FOREIGN) && !heard.contains(foreign.as_str()), "{name}: {heard}");

        let workloads = rest.get("/v1/fed/workloads").await?.ok()?;
        assert_eq!(count(&workloads, "workloads"), 2 * namespaces, "{name}: {workloads}");
        let events = rest.get("/v1/fed/events").await?.ok()?;
        assert_eq!(count(&events, "events"), namespaces, "{name}: {events}");
        let denials = rest.get("/v1/fed/denials").await?.ok()?;
        assert_eq!(count(&denials, "denials"), namespaces, "{name}: {denials}");
        for question in ["", "?by=cluster", "?by=namespace", "?span=6h", "?by=cluster&span=1d"] {
            let path = format!("/v1/fed/denials/timeline{question}");
            let timeline = rest.get(&path).await?.ok()?;
            assert_eq!(timeline["total"], namespaces, "{name}: {path}: {timeline}");
        }
        let images = rest.get("/v1/fed/images?sort=name&name=common").await?.ok()?;
        let common = &images["images"][0];
        ensure!(common["clusters"] == 1 && common["workloads"] == namespaces, "{name}: {images}");
        let summary = rest.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(summary["total"]["clusters"], 1, "{name}: {summary}");
        assert_eq!(summary["total"]["workloads"], 2 * namespaces, "{name}: {summary}");
        assert_eq!(summary["total"]["denials"], namespaces, "{name}: {summary}");
        let members = rest.get("/v1/fed/member").await?.ok()?;
        assert_eq!(count(&members, "joint_clusters"), 1, "{name}: {members}");
        let counted = rest.get("/v1/fed/member?labels=9").await?.ok()?;
        assert_eq!(counted["summary"]["labels"], json!({ "env=prod": 1 }), "{name}: {counted}");
    }
    let all = delegation.admin.get("/v1/fed/workloads").await?.ok()?;
    assert_eq!(count(&all, "workloads"), 8, "without a limit all are there");
    Ok(())
}

#[tokio::test]
async fn of_a_registry_a_delegate_sees_what_runs_within() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let registry = Registry::start().await?;
    for (repository, version) in [("shop/orders", "3.0.9-1"), ("foreign/ledger", "3.0.8-1")] {
        let layer = debian_layer(&[("libssl3", version, "openssl")])?.layer()?;
        let image = ImageBuilder::new().layer(layer).build()?;
        image.push(&registry.url(), repository, "v1").await?;
    }
    let host = registry.url();
    let host = host.split("://").last().context("no host")?;
    let images = ["shop/orders", "foreign/ledger"].map(|name| format!("{host}/{name}:v1"));
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let delegation = Delegation::of(primary, &[&images[0], &images[1]]).await?;
    let admin = &delegation.admin;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    let path = "/v1/scan/registry/fed.shop/images?s_repository=desc";
    let ids = wait::until("both are scanned", || async {
        let images = admin.get(path).await?.ok()?;
        let images = images["images"].as_array().cloned().unwrap_or_default();
        let done = images.len() == 2 && images.iter().all(|one| one["status"] == "finished");
        let id = |one: &Value| one["image_id"].as_str().unwrap_or_default().to_owned();
        Ok(wait::when(done).map(|()| images.iter().map(id).collect::<Vec<_>>()))
    })
    .await?;
    let in_namespace = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    let elsewhere = json!({ "cluster_selector": env("prod"), "domains": ["other"] });
    for (name, scope, shown) in
        [("mary", prod(), 1), ("paul", in_namespace, 1), ("rita", elsewhere, 0)]
    {
        let rest = delegation.delegate(name, "fedReader", &scope).await?;
        let registries = rest.get("/v1/scan/registry").await?.ok()?;
        assert_eq!(count(&registries, "summarys"), 1, "{name}: {registries}");
        rest.get("/v1/scan/registry/fed.shop").await?.ok()?;
        for path in [path, "/v1/scan/registry/fed.shop/images?start=-1&limit=1"] {
            let listed = rest.get(path).await?.ok()?;
            assert_eq!(count(&listed, "images"), shown, "{name}: {path}: {listed}");
            ensure!(!listed.to_string().contains(FOREIGN), "{name}: {path}: {listed}");
        }
        for (id, visible) in [(&ids[0], shown == 1), (&ids[1], false)] {
            for part in [format!("image/{id}"), format!("image/{id}/sbom"), format!("layers/{id}")]
            {
                for registry in ["fed.shop", "_all_registry"] {
                    let path = format!("/v1/scan/registry/{registry}/{part}");
                    let answer = rest.get(&path).await?;
                    if visible {
                        answer.ok()?;
                    } else {
                        answer.expect(404, 7).context(name)?;
                    }
                    admin.get(&path).await?.ok()?;
                }
            }
        }
        rest.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.expect(403, 25)?;
        let documents = rest.get("/v1/fed/vex").await?.ok()?;
        assert_eq!(documents["documents"], json!([]));
        rest.post("/v1/fed/vex", &json!({})).await?.expect(403, 25)?;
    }
    Ok(())
}

#[tokio::test]
async fn another_clusters_id_names_nothing() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let nobody = "00000000000000000000000000000000";
    for (method, path) in [
        (Method::GET, "/v1/fed/cluster/{id}/v1/group"),
        (Method::POST, "/v1/fed/cluster/{id}/v1/group"),
        (Method::DELETE, "/v1/fed/cluster/{id}/v1/group/x"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration/newest"),
        (Method::GET, "/v1/fed/view/{id}"),
    ] {
        let call = async |id: &str| {
            let path = path.replace("{id}", id);
            let answer = delegate.send(method.clone(), &path, Some("{}".to_owned())).await?;
            anyhow::Ok((answer.status, answer.text.replace(id, "ID")))
        };
        let (status, text) = call(foreign).await?;
        assert_eq!((status.as_u16(), &text), (400, &call(nobody).await?.1), "{path}");
        // The member that is within answers no calls here.
        if !path.contains("/v1/group") {
            ensure!(call(own).await?.1 != text, "{path}: {text}");
        }
    }
    let deploy = json!({ "ids": [foreign] });
    delegate.post("/v1/fed/deploy", &deploy).await?.expect(400, 6)?;
    // This cluster's agent does not know of namespaces of a role, so it is not asked.
    let shop = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    let shop = delegation.delegate("paul", "fedReader", &shop).await?;
    shop.get(&format!("/v1/fed/cluster/{own}/v1/group")).await?.expect(426, 43)?;
    // What is about the whole of it is nobody's namespace's.
    shop.get(&format!("/v1/fed/cluster/{own}/configuration")).await?.expect(403, 25)?;
    Ok(())
}

#[tokio::test]
async fn labels_decide_who_is_within_at_once_and_a_delegate_does_not_give_them() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let names = async || {
        let answer = delegate.get("/v1/fed/summary").await?.ok()?;
        let clusters = answer["clusters"].as_array().context("no clusters")?;
        let names = clusters.iter().filter_map(|one| one["name"].as_str());
        anyhow::Ok(names.collect::<Vec<_>>().join(","))
    };
    assert_eq!(names().await?, "shop-eu");
    delegation.relabel(foreign, "prod").await?;
    assert_eq!(names().await?, "foreign-us,shop-eu");
    delegation.relabel(own, "test").await?;
    assert_eq!(names().await?, "foreign-us");
    delegate.get(&format!("/v1/fed/view/{own}")).await?.expect(400, 7)?;
    let labels = json!({ "labels": { "env": "prod" } });
    for (method, path) in [
        (Method::PATCH, format!("/v1/fed/member/{own}/labels")),
        (Method::PATCH, format!("/v1/fed/member/{foreign}/labels")),
        (Method::GET, "/v1/fed/join_token?labels=env=prod".to_owned()),
        (Method::DELETE, format!("/v1/fed/cluster/{foreign}")),
        (Method::POST, format!("/v1/fed/cluster/{foreign}/approve")),
        (Method::POST, "/v1/fed/demote".to_owned()),
    ] {
        delegate.send(method, &path, Some(labels.to_string())).await?.expect(403, 25)?;
    }
    Ok(())
}
