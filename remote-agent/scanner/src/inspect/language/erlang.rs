//! What Elixir and Erlang projects want: `mix.lock` and `rebar.lock`.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "mix.lock"), read: mix },
    Inspector { wants: |entry| is_lock(entry, "rebar.lock"), read: rebar },
];

/// Lines such as `"jason": {:hex, :jason, "1.2.2", "checksum", …`.
fn mix(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines() {
        let Some((_, hex)) = line.split_once("{:hex, :") else { continue };
        let mut parts = hex.splitn(3, ',');
        if let (Some(name), Some(version)) = (parts.next(), parts.next()) {
            let version = version.trim().trim_matches('"');
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
    use crate::inspect::language::found;

    #[test]
    fn packages_of_hex() {
        let mix = "%{\n  \"jason\": {:hex, :jason, \"1.2.2\", \"ba43\", [:mix], [], \"hexpm\", \"x\"},\n  \"own\": {:git, \"x\", \"y\", []},\n}\n";
        assert_eq!(found(WANTED, "mix.lock", mix), [("jason".into(), "1.2.2".into())]);
        let rebar = "{\"1.2.0\",\n[{<<\"jsx\">>,{pkg,<<\"jsx\">>,<<\"2.8.0\">>},0}]}.\n[{pkg_hash,[{<<\"jsx\">>, <<\"0\">>}]}].\n";
        assert_eq!(found(WANTED, "rebar.lock", rebar), [("jsx".into(), "2.8.0".into())]);
    }
}
