//! Of nothing that somebody makes are there more than a list shows at once.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::Rest;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::user::create;

/// Fills a table up to `most` rows with the likes of the one called `like`, by the column `name`.
async fn fill(primary: &Primary, (table, name, like): (&str, &str, &str), most: u32) -> Result<()> {
    let mut conn = PgConnection::connect(primary.database_url().context("no database")?).await?;
    let statement = format!(
        "INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object('{name}', 'n' || n))).*
         FROM {table} AS one, generate_series((SELECT count(*) + 1 FROM {table}), {most}) AS n
         WHERE one.{name} = '{like}'"
    );
    sqlx::query(AssertSqlSafe(statement)).execute(&mut conn).await?;
    Ok(())
}

/// Makes one more of `path`, where there is room for one after one was removed.
async fn one_more(admin: &Rest, path: &str, body: &Value, like: &str) -> Result<()> {
    let answer = admin.post(path, body).await?;
    answer.expect(400, 4)?;
    ensure!(answer.text.contains("remove one first"), "{}", answer.text);
    admin.delete(&format!("{path}/{like}")).await?.ok()?;
    admin.post(path, body).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn there_are_so_many_users_roles_and_directories_and_no_more() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let role = |name: &str| {
        let permissions = [json!({ "id": "events", "read": true, "write": false })];
        json!({ "config": { "name": name, "comment": "", "permissions": permissions } })
    };
    let server = |name: &str| {
        let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop" });
        json!({ "config": { "name": name, "ldap": ldap } })
    };
    create(&admin, "like", &json!({ "role": "reader" })).await?;
    admin.post("/v1/user_role", &role("like")).await?.ok()?;
    admin.post("/v1/server", &server("like")).await?.ok()?;
    fill(&primary, ("\"user\"", "fullname", "like"), 10_000).await?;
    fill(&primary, ("user_role", "name", "like"), 500).await?;
    fill(&primary, ("auth_server", "name", "like"), 100).await?;
    let user = json!({ "user": {
        "fullname": "more", "username": "more", "password": crate::user::PASSWORD, "role": "reader",
    } });
    for (path, body) in
        [("/v1/user", user), ("/v1/user_role", role("more")), ("/v1/server", server("more"))]
    {
        one_more(&admin, path, &body, "like").await?;
    }
    Ok(())
}

#[tokio::test]
async fn nobody_uses_up_the_keys_of_all() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let key = |name: &str| {
        let key = json!({ "apikey_name": name, "role": "reader", "expiration_type": "never" });
        json!({ "apikey": key })
    };
    create(&admin, "mary", &json!({ "role": "admin" })).await?;
    let mary = crate::user::log_in(&primary, "mary").await?;
    mary.post("/v1/api_key", &key("hers")).await?.ok()?;
    fill(&primary, ("api_key", "name", "hers"), 500).await?;
    admin.post("/v1/api_key", &key("his")).await?.ok()?;
    one_more(&mary, "/v1/api_key", &key("more"), "hers").await?;

    let mut conn = PgConnection::connect(primary.database_url().context("no database")?).await?;
    sqlx::query("UPDATE api_key SET created_by = name").execute(&mut conn).await?;
    fill(&primary, ("api_key", "name", "his"), 2_000).await?;
    one_more(&mary, "/v1/api_key", &key("most"), "more").await
}

#[tokio::test]
async fn nobody_has_roles_in_namespaces_without_end() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let names: Vec<String> = (0..=1_000).map(|n| format!("namespace-{n}")).collect();
    let (some, all) = (json!({ "reader": names[1..] }), json!({ "reader": names }));
    create(&admin, "mary", &json!({ "role": "", "role_domains": some })).await?;
    let role = json!({ "config": { "role_domains": all } });
    admin.patch("/v1/user/mary", &role).await?.expect(400, 6)?;
    let role =
        json!({ "config": { "fullname": "mary", "role": "admin", "domains": ["one-more"] } });
    admin.patch("/v1/user/mary/role/admin", &role).await?.expect(400, 6)?;
    let key = json!({ "apikey_name": "ci", "role_domains": all, "expiration_type": "never" });
    admin.post("/v1/api_key", &json!({ "apikey": key })).await?.expect(400, 6)?;
    let group = json!({ "group": "all", "role_domains": all });
    let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop",
        "group_mapped_roles": [group] });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.expect(400, 6)?;

    // An older program stored as many as were given.
    sqlx::query("UPDATE \"user\" SET role_domains = $1::text::jsonb WHERE fullname = 'mary'")
        .bind(all.to_string())
        .execute(&mut PgConnection::connect(primary.database_url().context("no database")?).await?)
        .await?;
    let mary = admin.get("/v1/user/mary").await?.ok()?;
    let shown = &mary["user"]["role_domains"];
    assert_eq!(shown["reader"].as_array().map(Vec::len), Some(1_001));
    for config in
        [json!({ "email": "mary@example.org", "role_domains": shown }), json!({ "role": "admin" })]
    {
        admin.patch("/v1/user/mary", &json!({ "config": config })).await?.ok()?;
    }
    Ok(())
}
