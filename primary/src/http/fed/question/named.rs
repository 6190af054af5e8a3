//! Clusters that questions name: by id, by name or a part of it, or by their labels.

use std::collections::HashMap;

use uuid::Uuid;

use super::{CLUSTER, MOST_VALUES, is_called};
use crate::App;
use crate::http::error::Result;
use crate::http::query::{Filter, Operator, Query};
use crate::http::selected::selector;
use crate::store::member;
use crate::store::question::Value;
use crate::store::within::{Within, labelled};

/// The ids of the clusters that a query selects by their labels; none where it
/// does not.
pub(in crate::http::fed) async fn selected(app: &App, query: &Query) -> Result<Option<Vec<Uuid>>> {
    let Some(selector) = selector(query)? else { return Ok(None) };
    Ok(Some(labelled(&mut *app.database.acquire().await?, &selector).await?))
}

/// The ids of the clusters that a query names, by id or by name. A name of which
/// the caller may not know is as unknown as one that nobody has.
pub(in crate::http::fed) async fn clusters(
    app: &App,
    within: Option<&Within>,
    query: &Query,
) -> Result<HashMap<String, Uuid>> {
    let listed = query.get("cluster").into_iter().flat_map(|text| text.split(','));
    let filters = query.filters();
    let filtered = filters.iter().filter(|filter| is_called(filter.field, CLUSTER));
    let wanted: Vec<String> = listed
        .chain(filtered.map(|filter| filter.wanted))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .take(MOST_VALUES)
        .map(str::to_owned)
        .collect();
    let mut ids = HashMap::new();
    let (known, names): (Vec<String>, Vec<String>) =
        wanted.into_iter().partition(|text| text.parse::<Uuid>().is_ok());
    ids.extend(known.into_iter().filter_map(|text| Some((text.clone(), text.parse().ok()?))));
    if !names.is_empty() {
        let mut conn = app.database.acquire().await?;
        let found = member::ids_of(&mut conn, &names).await?.into_iter();
        ids.extend(found.filter(|(_, id)| within.is_none_or(|within| within.has(*id))));
    }
    Ok(ids)
}

/// The clusters that there are, where a filter names a part of their names or ids alone.
pub(super) async fn members(app: &App, query: &Query) -> Result<Vec<(String, Uuid)>> {
    let filters = query.filters();
    if !filters.iter().any(|filter| is_called(filter.field, CLUSTER) && is_of_part(filter)) {
        return Ok(Vec::new());
    }
    Ok(member::ids(&mut *app.database.acquire().await?).await?)
}

/// Whether a filter of clusters names a part of their names or ids.
pub(super) const fn is_of_part(filter: &Filter<'_>) -> bool {
    matches!(filter.operator, Operator::In | Operator::NotIn | Operator::Prefix)
}

/// The clusters of whose names or ids a filter names a part. As in texts, letter case counts
/// for a beginning alone. A whole id is that of a cluster, a former one too, whatever the
/// filter is called.
pub(super) fn having(filter: &Filter<'_>, members: &[(String, Uuid)]) -> Value {
    let is_prefix = filter.operator == Operator::Prefix;
    let parts: Vec<String> = if is_prefix {
        vec![filter.wanted.to_owned()]
    } else {
        filter.wanted.split('|').take(MOST_VALUES).map(str::to_ascii_lowercase).collect()
    };
    let whole: Vec<Uuid> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let has = |text: &str| {
        if is_prefix {
            return text.starts_with(filter.wanted);
        }
        let text = text.to_ascii_lowercase();
        parts.iter().any(|part| text.contains(part))
    };
    let of_ids = filter.field == "cluster_id";
    let found = members
        .iter()
        .filter(|(name, id)| if of_ids { has(&id.simple().to_string()) } else { has(name) })
        .map(|(_, id)| *id)
        .filter(|id| !whole.contains(id));
    Value::Clusters(whole.iter().copied().chain(found).collect())
}
