//! Elixir and Erlang: the applications of releases, and what projects want, in `mix.lock` and
//! `rebar.lock`.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] =
    &[Inspector { wants: is_application, read: application }];

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "mix.lock"), read: mix },
    Inspector { wants: |entry| is_lock(entry, "rebar.lock"), read: rebar },
];

/// `ebin/NAME.app`, which stands beside the compiled code of each application.
fn is_application(entry: &Entry<'_>) -> bool {
    entry.has_extension("app") && entry.folder().rsplit('/').next() == Some("ebin")
}

/// A term such as `{application,jason,[{description,"…"},{vsn,"1.4.0"}]}.` The applications that
/// come with the languages themselves are no packages of Hex.
fn application(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    const OF_ELIXIR: [&str; 6] = ["eex", "elixir", "ex_unit", "iex", "logger", "mix"];
    let text = text(bytes);
    let name = field(&text, "application").and_then(|rest| rest.split([',', '}']).next());
    let name = name.unwrap_or_default().trim().trim_matches('\'');
    let version = field(&text, "vsn").and_then(|rest| rest.strip_prefix('"')?.split('"').next());
    let is_of_erlang = field(&text, "runtime_dependencies").is_some();
    if is_of_erlang || OF_ELIXIR.contains(&name) {
        return Ok(());
    }
    add(facts, entry, Ecosystem::Hex, name, version.unwrap_or_default())
}

/// What follows `{name,`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split('{').find_map(|tuple| {
        let rest = tuple.trim_start().strip_prefix(name)?;
        Some(rest.trim_start().strip_prefix(',')?.trim_start())
    })
}

/// Lines such as `"jason": {:hex, :jason, "1.2.2", "checksum", …`.
fn mix(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines() {
        let Some((_, hex)) = line.split_once("{:hex, :") else { continue };
        let mut parts = hex.splitn(3, ',');
        if let (Some(name), Some(version)) = (parts.next(), parts.next()) {
            let version = version.trim_matches([' ', '"', '}']);
            add(facts, entry, Ecosystem::Hex, name.trim_matches('"'), version)?;
        }
    }
    Ok(())
}

/// Terms such as `{<<"jsx">>,{pkg,<<"jsx">>,<<"2.8.0">>},0}`.
fn rebar(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for term in text(bytes).split("{pkg,").skip(1) {
        let mut texts = term.split("<<\"").skip(1).filter_map(|part| part.split("\">>").next());
        if let (Some(name), Some(version)) = (texts.next(), texts.next()) {
            add(facts, entry, Ecosystem::Hex, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn applications_of_a_release() {
        let of = |content: &str| found(INSTALLED, "app/lib/x-1/ebin/x.app", content);
        let jason = "{application,jason,\n             [{modules,['Elixir.Jason','Elixir.Jason.Codegen']},\n              \
                     {applications,[kernel,stdlib,elixir,decimal]},\n              {description,\"A JSON parser.\"},\n              \
                     {registered,[]},\n              {vsn,\"1.4.0\"}]}.\n";
        assert_eq!(of(jason), pairs(&[("jason", "1.4.0")]));
        let cowlib = "%% made by rebar\n{application, 'cowlib', [\n\t{description, \"Support {vsn} library.\"},\n\t{vsn, \"2.12.1\"},\n\t{env, []}\n]}.\n";
        assert_eq!(of(cowlib), pairs(&[("cowlib", "2.12.1")]));
        let kernel = "{application, kernel,\n [{vsn, \"8.5\"},\n  {runtime_dependencies, [\"erts-13.0\"]}]\n}.\n";
        let logger = "{application,logger,[{vsn,\"1.14.0\"}]}.";
        for none in [kernel, logger, "{application,x,[{vsn,git}]}.", "{vsn,\"1\"}", ""] {
            assert!(of(none).is_empty(), "{none}");
        }
        assert!(found(INSTALLED, "Applications/x.app", jason).is_empty());
    }

    #[test]
    fn packages_of_hex() {
        let mix = "%{\n  \"jason\": {:hex, :jason, \"1.2.2\", \"ba43\", [:mix], [], \"hexpm\", \"x\"},\n  \"own\": {:git, \"x\", \"y\", []},\n  \"plug\": {:hex, :plug, \"1.3.5\"},\n}\n";
        assert_eq!(found(WANTED, "mix.lock", mix), pairs(&[("jason", "1.2.2"), ("plug", "1.3.5")]));
        let rebar = "{\"1.2.0\",\n[{<<\"jsx\">>,{pkg,<<\"jsx\">>,<<\"2.8.0\">>},0}]}.\n[{pkg_hash,[{<<\"jsx\">>, <<\"0\">>}]}].\n";
        assert_eq!(found(WANTED, "rebar.lock", rebar), [("jsx".into(), "2.8.0".into())]);
    }
}
