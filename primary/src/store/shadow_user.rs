//! Users whom a directory vouches for.

use sqlx::PgConnection;

use super::Result;

/// Who the directory says a user is; none where it never said.
pub async fn subject(conn: &mut PgConnection, fullname: &str) -> Result<Option<String>> {
    let row = sqlx::query_scalar!(r#"SELECT subject FROM "user" WHERE fullname = $1"#, fullname)
        .fetch_optional(conn)
        .await?;
    Ok(row.flatten())
}

/// Writes down who the directory says a user is.
pub async fn set_subject(conn: &mut PgConnection, fullname: &str, subject: &str) -> Result<()> {
    sqlx::query!(r#"UPDATE "user" SET subject = $2 WHERE fullname = $1"#, fullname, subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// Some directory that maps users to the role `name`.
pub async fn mapper_of_role(conn: &mut PgConnection, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT name FROM auth_server
           WHERE jsonb_path_exists(settings, '$.**.default_role ? (@ == $role)', jsonb_build_object('role', $1::text))
              OR jsonb_path_exists(settings, '$.**.global_role ? (@ == $role)', jsonb_build_object('role', $1::text))
              OR jsonb_path_exists(settings, '$.**.scoped_role.role ? (@ == $role)', jsonb_build_object('role', $1::text))
              OR jsonb_path_exists(settings, '$.**.role_domains.keyvalue() ? (@.key == $role)', jsonb_build_object('role', $1::text))
           ORDER BY name LIMIT 1"#,
        name,
    )
    .fetch_optional(conn)
    .await?)
}
