//! From the bodies of clients to settings.

use std::collections::BTreeMap;

use palisade_api::rest::server::{
    GroupRoleMapping, ServerConfig, ServerLdapConfig, ServerOidcConfig, ServerSamlConfig,
};
use palisade_identity::{RoleName, Roles};

use crate::App;
use crate::http::error::Result as HttpResult;
use crate::identity::{
    Binding, DirectoryChange, DirectoryError, DirectorySettings, Flavor, GroupRoles, Kind,
    LdapSettings, Mapping, OidcSettings, SamlSettings, Secret, SettingsError, read_provider,
    read_scope,
};

type Result<T> = std::result::Result<T, DirectoryError>;

fn invalid(text: impl Into<String>) -> DirectoryError {
    SettingsError::Invalid(text.into()).into()
}

/// A directory that did not exist.
pub(super) fn created(config: ServerConfig) -> Result<DirectoryChange> {
    let kind = match (&config.ldap, &config.saml, &config.oidc) {
        (Some(_), None, None) => Kind::Ldap(LdapSettings::default()),
        (None, Some(_), None) => Kind::Saml(SamlSettings::default()),
        (None, None, Some(_)) => Kind::Oidc(OidcSettings::default()),
        _ => return Err(invalid("give exactly one of ldap, saml and oidc")),
    };
    changed(DirectorySettings { enable: false, mapping: Mapping::default(), kind }, config)
}

/// A directory with what `config` says, and the rest as it was.
pub(super) fn changed(before: DirectorySettings, config: ServerConfig) -> Result<DirectoryChange> {
    let DirectorySettings { enable, mapping, kind } = before;
    macro_rules! with {
        ($config:ident, $kind:expr, $secret:expr) => {{
            let groups = ($config.role_groups, $config.group_mapped_roles);
            Ok(DirectoryChange {
                settings: DirectorySettings {
                    enable: $config.enable.unwrap_or(enable),
                    mapping: mapped(mapping, $config.default_role, groups)?,
                    kind: $kind,
                },
                secret: $secret,
            })
        }};
    }
    match (kind, config.ldap, config.saml, config.oidc) {
        (Kind::Ldap(settings), Some(config), None, None) => {
            let (settings, secret) = ldap(settings, &config)?;
            with!(config, Kind::Ldap(settings), secret)
        }
        (Kind::Saml(settings), None, Some(config), None) => {
            let (settings, secret) = saml(settings, &config)?;
            with!(config, Kind::Saml(settings), secret)
        }
        (Kind::Oidc(settings), None, None, Some(config)) => {
            let (settings, secret) = oidc(settings, &config);
            with!(config, Kind::Oidc(settings), secret)
        }
        _ => Err(DirectoryError::OtherKind),
    }
}

/// The settings of an LDAP directory with what `config` says.
pub(super) fn ldap(
    mut settings: LdapSettings,
    config: &ServerLdapConfig,
) -> Result<(LdapSettings, Secret)> {
    if let Some(directory) = &config.directory {
        settings.directory = Flavor::parse(directory)
            .ok_or_else(|| invalid("directory is OpenLDAP or MicrosoftAD"))?;
    }
    macro_rules! set {
        ($($field:ident)*) => {$(
            if let Some(value) = &config.$field {
                value.clone_into(&mut settings.$field);
            }
        )*};
    }
    set!(
        hostname port ssl start_tls ca_cert base_dn group_dn bind_dn group_member_attr
        username_attr user_filter group_filter nested_groups
    );
    let secret = config.bind_password.clone().map_or(Secret::Keep, Secret::Set);
    Ok((settings.completed(), secret))
}

/// The settings of a provider of SAML with what `config` says.
pub(super) fn saml(
    mut settings: SamlSettings,
    config: &ServerSamlConfig,
) -> Result<(SamlSettings, Secret)> {
    if let Some(metadata) = config.idp_metadata.as_deref().filter(|text| !text.is_empty()) {
        let described =
            read_provider(metadata).map_err(|error| invalid(format!("idp_metadata: {error}")))?;
        settings.issuer = described.issuer;
        (settings.sso_url, settings.sso_binding) = described.sso;
        (settings.slo_url, settings.slo_binding) = described.slo.unwrap_or_default();
        let mut certificates = described.certificates.into_iter();
        settings.x509_cert = certificates.next().unwrap_or_default();
        settings.x509_cert_extra = certificates.collect();
    }
    macro_rules! set {
        ($($field:ident)*) => {$(
            if let Some(value) = &config.$field {
                value.clone_into(&mut settings.$field);
            }
        )*};
    }
    set!(
        sso_url issuer x509_cert x509_cert_extra group_claim authn_signing_enabled signing_cert
        slo_enabled slo_url
    );
    for (name, word, binding) in [
        ("sso_binding", &config.sso_binding, &mut settings.sso_binding),
        ("slo_binding", &config.slo_binding, &mut settings.slo_binding),
    ] {
        if let Some(word) = word {
            *binding = Binding::parse(word)
                .ok_or_else(|| invalid(format!("{name} is redirect or post")))?;
        }
    }
    settings.x509_cert_extra.retain(|pem| !pem.is_empty());
    let secret = config.signing_key.clone().map_or(Secret::Keep, Secret::Set);
    Ok((settings, secret))
}

/// The settings of a provider of OpenID Connect with what `config` says.
pub(super) fn oidc(
    mut settings: OidcSettings,
    config: &ServerOidcConfig,
) -> (OidcSettings, Secret) {
    macro_rules! set {
        ($($field:ident)*) => {$(
            if let Some(value) = &config.$field {
                value.clone_into(&mut settings.$field);
            }
        )*};
    }
    set!(issuer client_id group_claim scopes use_proxy ca_cert);
    let secret = config.client_secret.clone().map_or(Secret::Keep, Secret::Set);
    (settings, secret)
}

type Groups = (Option<BTreeMap<String, Vec<String>>>, Option<Vec<GroupRoleMapping>>);

fn mapped(mut mapping: Mapping, default_role: Option<String>, groups: Groups) -> Result<Mapping> {
    if let Some(role) = default_role {
        mapping.default_role = role.parse().map_err(|error| invalid(format!("{error}")))?;
    }
    match groups {
        (_, Some(groups)) => {
            let before = mapping.clone();
            let mapped = groups.iter().map(|group| group_roles(group, &before));
            mapping.group_mapped_roles = mapped.collect::<Result<_>>()?;
        }
        (Some(groups), None) => {
            let pairs = groups.iter().flat_map(|(role, groups)| {
                groups.iter().map(move |group| (role.as_str(), group.as_str()))
            });
            let before = mapping.clone();
            let mapped = pairs.map(|(role, group)| with_role(group, role, &before));
            mapping.group_mapped_roles = mapped.collect::<Result<_>>()?;
        }
        (None, None) => {}
    }
    Ok(mapping)
}

/// A group with its roles. Clients that know of no scopes leave them as they
/// were `before`.
pub(super) fn group_roles(group: &GroupRoleMapping, before: &Mapping) -> Result<GroupRoles> {
    let scope = match &group.access_scope {
        Some(asked) => read_scope(asked.clone()).map_err(|error| wrong(&group.group, &error))?,
        None => before.scope_of(&group.group).cloned(),
    };
    let roles = Roles::parse(&group.global_role, &group.role_domains)
        .and_then(|roles| roles.within(scope))
        .map_err(|error| wrong(&group.group, &error))?;
    Ok(GroupRoles { group: group.group.clone(), roles })
}

/// A group with one role, in the scope that the group had `before`.
pub(super) fn with_role(group: &str, role: &str, before: &Mapping) -> Result<GroupRoles> {
    let role: RoleName = role.parse().map_err(|error| wrong(group, &error))?;
    let roles = Roles::everywhere(role).within(before.scope_of(group).cloned());
    let roles = roles.map_err(|error| wrong(group, &error))?;
    Ok(GroupRoles { group: group.to_owned(), roles })
}

/// What is wrong with the roles of a group, of which there may be many.
fn wrong(group: &str, error: &dyn std::error::Error) -> DirectoryError {
    let group: String = group.chars().take(64).collect();
    invalid(format!("the group {group:?}: {error}"))
}

/// Puts ids in place of the names of clusters.
pub(super) async fn name_by_id(app: &App, config: &mut ServerConfig) -> HttpResult<()> {
    let groups = [
        config.ldap.as_mut().map(|ldap| &mut ldap.group_mapped_roles),
        config.saml.as_mut().map(|saml| &mut saml.group_mapped_roles),
        config.oidc.as_mut().map(|oidc| &mut oidc.group_mapped_roles),
    ];
    for group in groups.into_iter().flatten().flatten().flatten() {
        if let Some(scope) = &mut group.access_scope {
            app.identity.name_by_id(scope).await?;
        }
    }
    Ok(())
}
