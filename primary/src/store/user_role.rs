//! Roles that administrators made.

use std::collections::BTreeMap;

use palisade_identity::permission_set::Granted;
use palisade_identity::{CustomRoleName, PermissionSet, Rights, Role, RoleName, Roles};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{Result, StoreError};

/// A custom role.
#[derive(Clone, Debug)]
pub struct UserRoleRow {
    /// Its name.
    pub name: CustomRoleName,
    /// For the administrators.
    pub comment: String,
    /// What it holds.
    pub permissions: PermissionSet,
}

/// The constraint that forbids two roles of a name.
pub const DUPLICATE_USER_ROLE: &str = "user_role_pkey";

/// A permission as a row keeps it.
#[derive(Deserialize, Serialize)]
struct Stored {
    id: String,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    write: bool,
}

fn permissions_of(name: &str, text: &str) -> Result<PermissionSet> {
    let wrong = |error: &dyn std::fmt::Display| {
        StoreError::inconsistent("user_role", format_args!("{name}: {error}"))
    };
    let stored: Vec<Stored> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let granted = stored.iter().map(|one| Granted {
        permission: one.id.as_str(),
        read: one.read,
        write: one.write,
    });
    PermissionSet::of_custom_role(granted).map_err(|error| wrong(&error))
}

fn text_of(permissions: PermissionSet) -> Result<String> {
    let stored: Vec<Stored> = permissions
        .listed()
        .filter(|one| one.permission.grantable().is_some())
        .map(|one| Stored { id: one.permission.id().to_owned(), read: one.read, write: one.write })
        .collect();
    serde_json::to_string(&stored).map_err(|error| StoreError::inconsistent("user_role", error))
}

/// The custom roles by name. One that a newer program wrote, and this one cannot read, is not
/// among them: it hides no other one.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<UserRoleRow>> {
    let rows = sqlx::query!(
        r#"SELECT name, comment, permissions::text AS "permissions!" FROM user_role ORDER BY name"#
    )
    .fetch_all(conn)
    .await?;
    let roles = rows.into_iter().map(|row| {
        Ok(UserRoleRow {
            permissions: permissions_of(&row.name, &row.permissions)?,
            name: row.name.parse().map_err(|error| StoreError::inconsistent("user_role", error))?,
            comment: row.comment,
        })
    });
    Ok(roles.filter_map(readable).collect())
}

/// What could be read; the log says why the rest could not.
fn readable<T>(read: Result<T>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, "a custom role cannot be read")).ok()
}

/// What each custom role holds, by its name.
pub async fn held(conn: &mut PgConnection) -> Result<BTreeMap<String, PermissionSet>> {
    let roles = list(conn).await?;
    Ok(roles.into_iter().map(|role| (role.name.as_str().to_owned(), role.permissions)).collect())
}

/// What roles amount to for who deals with their holders, with the custom ones among them as they
/// are now. One that cannot be read may be worth everything.
pub async fn rights(conn: &mut PgConnection, roles: &Roles) -> Result<Rights> {
    Ok(Rights::of(roles, &held_by(conn, roles, Role::FedAdmin.permissions()).await?))
}

/// The same for their holders themselves, and for who looks: one that cannot be read is worth
/// nothing.
pub async fn readable_rights(conn: &mut PgConnection, roles: &Roles) -> Result<Rights> {
    Ok(Rights::of(roles, &held_by(conn, roles, PermissionSet::EMPTY).await?))
}

/// What the custom ones among some roles hold; `unreadable` where that cannot be read.
async fn held_by(
    conn: &mut PgConnection,
    roles: &Roles,
    unreadable: PermissionSet,
) -> Result<BTreeMap<String, PermissionSet>> {
    let custom: Vec<String> = roles
        .names()
        .filter(|name| matches!(name, RoleName::Custom(_)))
        .map(ToString::to_string)
        .collect();
    if custom.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query!(
        r#"SELECT name, permissions::text AS "permissions!" FROM user_role
           WHERE name = ANY($1)"#,
        &custom,
    )
    .fetch_all(conn)
    .await?;
    let held = rows.into_iter().map(|row| {
        let permissions = readable(permissions_of(&row.name, &row.permissions));
        (row.name, permissions.unwrap_or(unreadable))
    });
    Ok(held.collect())
}

/// The names among `names` that no custom role has. The roles that exist stay
/// until the transaction ends.
pub async fn missing(conn: &mut PgConnection, names: &[String]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found =
        sqlx::query_scalar!("SELECT name FROM user_role WHERE name = ANY($1) FOR SHARE", names)
            .fetch_all(conn)
            .await?;
    Ok(names.iter().filter(|name| !found.contains(name)).cloned().collect())
}

/// How many roles there are.
pub async fn count(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM user_role"#).fetch_one(conn).await?)
}

/// Creates a role; breaks [`DUPLICATE_USER_ROLE`] where the name is taken.
pub async fn create(conn: &mut PgConnection, role: &UserRoleRow) -> Result<()> {
    sqlx::query!(
        "INSERT INTO user_role (name, comment, permissions) VALUES ($1, $2, $3::text::jsonb)",
        role.name.as_str(),
        role.comment,
        text_of(role.permissions)?,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The role `name`, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, name: &CustomRoleName) -> Result<Option<UserRoleRow>> {
    let row = sqlx::query!(
        r#"SELECT comment, permissions::text AS "permissions!" FROM user_role
           WHERE name = $1 FOR UPDATE"#,
        name.as_str(),
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(UserRoleRow {
            name: name.clone(),
            comment: row.comment,
            permissions: permissions_of(name.as_str(), &row.permissions)?,
        })
    })
    .transpose()
}

/// Writes a role anew; says whether there was one.
pub async fn update(conn: &mut PgConnection, role: &UserRoleRow) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE user_role SET comment = $2, permissions = $3::text::jsonb WHERE name = $1",
        role.name.as_str(),
        role.comment,
        text_of(role.permissions)?,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a role; says whether there was one.
pub async fn delete(conn: &mut PgConnection, name: &CustomRoleName) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM user_role WHERE name = $1", name.as_str()).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
