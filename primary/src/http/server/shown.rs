//! Directories as clients see them: without secrets.

use std::collections::BTreeMap;

use palisade_api::rest::server::{
    GroupRoleMapping, MappableRoles, Server, ServerGroupsData, ServerLdap, ServerOidc, ServerSaml,
    X509CertInfo,
};
use palisade_identity::{Caller, Role};

use crate::App;
use crate::http::error::Result;
use crate::http::user::{RoleChoice, role_choice};
use crate::identity::{DEFAULT_SCOPES, DirectoryRow, Kind, Mapping, certificate_info, shown_scope};

pub(super) fn server(row: &DirectoryRow) -> Server {
    let settings = &row.settings;
    let default_role = settings.mapping.default_role.to_string();
    let role_groups = role_groups(&settings.mapping);
    let group_mapped_roles = groups(&settings.mapping);
    let mut shown = Server { server_name: row.name.clone(), ..Server::default() };
    match settings.kind.clone() {
        Kind::Ldap(ldap) => {
            "ldap".clone_into(&mut shown.server_type);
            shown.ldap = Some(ServerLdap {
                directory: ldap.directory.as_str().to_owned(),
                hostname: ldap.hostname,
                port: ldap.port,
                ssl: ldap.ssl,
                start_tls: ldap.start_tls,
                ca_cert: ldap.ca_cert,
                base_dn: ldap.base_dn,
                group_dn: ldap.group_dn,
                bind_dn: ldap.bind_dn,
                bind_password: String::new(),
                group_member_attr: ldap.group_member_attr,
                username_attr: ldap.username_attr,
                user_filter: ldap.user_filter,
                group_filter: ldap.group_filter,
                nested_groups: ldap.nested_groups,
                enable: settings.enable,
                default_role,
                role_groups,
                group_mapped_roles,
            });
        }
        Kind::Oidc(oidc) => {
            "oidc".clone_into(&mut shown.server_type);
            shown.oidc = Some(ServerOidc {
                issuer: oidc.issuer,
                client_id: oidc.client_id,
                group_claim: oidc.group_claim,
                scopes: if oidc.scopes.is_empty() {
                    DEFAULT_SCOPES.map(str::to_owned).to_vec()
                } else {
                    oidc.scopes
                },
                enable: settings.enable,
                default_role,
                role_groups,
                group_mapped_roles,
                use_proxy: oidc.use_proxy,
                ca_cert: oidc.ca_cert,
                ..ServerOidc::default()
            });
        }
        Kind::Saml(saml) => {
            "saml".clone_into(&mut shown.server_type);
            let certificates = std::iter::once(&saml.x509_cert).chain(&saml.x509_cert_extra);
            // They were read when they were set.
            let infos = certificates.filter_map(|pem| certificate_info(pem).ok()).flatten();
            let x509_certs = infos.map(|info| X509CertInfo {
                x509_cert: info.pem,
                issuer_cn: info.issuer_cn,
                subject_cn: info.subject_cn,
                subject_notafter: info.not_after.timestamp(),
            });
            shown.saml = Some(ServerSaml {
                x509_certs: x509_certs.collect(),
                sso_url: saml.sso_url,
                issuer: saml.issuer,
                x509_cert: saml.x509_cert,
                group_claim: saml.group_claim,
                enable: settings.enable,
                default_role,
                role_groups,
                group_mapped_roles,
                authn_signing_enabled: saml.authn_signing_enabled,
                signing_cert: saml.signing_cert,
                slo_enabled: saml.slo_enabled,
                slo_url: saml.slo_url,
                sso_binding: saml.sso_binding.as_str().to_owned(),
                slo_binding: saml.slo_binding.as_str().to_owned(),
            });
        }
    }
    shown
}

fn groups(mapping: &Mapping) -> Vec<GroupRoleMapping> {
    let shown = mapping.group_mapped_roles.iter().map(|mapped| GroupRoleMapping {
        group: mapped.group.clone(),
        global_role: mapped.roles.global().to_string(),
        role_domains: mapped.roles.domains_as_text(),
        access_scope: mapped.roles.scope().map(shown_scope),
    });
    shown.collect()
}

fn role_groups(mapping: &Mapping) -> BTreeMap<String, Vec<String>> {
    let mut by_role: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mapped in &mapping.group_mapped_roles {
        let role = mapped.roles.global().to_string();
        if !role.is_empty() {
            by_role.entry(role).or_default().push(mapped.group.clone());
        }
    }
    by_role
}

/// The mapped groups of a directory, in order.
pub(super) async fn mapped_groups(app: &App, name: &str) -> Result<ServerGroupsData> {
    let row = app.identity.directory(name).await?;
    let groups = row.settings.mapping.group_mapped_roles.into_iter().map(|mapped| mapped.group);
    Ok(ServerGroupsData { groups: groups.collect() })
}

/// The roles that `caller` may map groups to.
pub(super) async fn mappable(app: &App, caller: &Caller) -> Result<MappableRoles> {
    let RoleChoice { global, domain, .. } = role_choice(app, caller).await?;
    let federated = [Role::FedAdmin, Role::FedReader].map(Role::as_str);
    let default_roles =
        global.iter().filter(|role| !federated.contains(&role.as_str())).cloned().collect();
    Ok(MappableRoles { default_roles, group_roles: global, group_domain_roles: domain })
}
