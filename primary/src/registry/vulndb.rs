//! Looking after the database file: taking the new one when there is one,
//! and telling the operator when it is refused, or has become old.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::rest::event::{Event, category, level, name};
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{OLD_AFTER, VulndbFile};

use super::Registries;
use crate::shutdown::Shutdown;
use crate::store::event::own::{self, OwnEvent};
use crate::store::{self, StoreError};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The same is not told again for so long.
const AGAIN: TimeDelta = TimeDelta::days(1);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    let registries = Arc::clone(registries);
    let stop = shutdown.token().clone();
    shutdown.spawn("vulndb", async move {
        stop.run_until_cancelled(look_after(&registries)).await;
    });
}

async fn look_after(registries: &Registries) {
    let mut told = Told::default();
    let mut shown = String::new();
    let mut lacking = String::new();
    loop {
        let database = match registries.vulndb.current().await {
            Ok(database) => Some(database),
            // Others, who do without or fail for it, leave the reason to this.
            Err(error) => {
                if lacking != error.to_string() {
                    lacking = error.to_string();
                    tracing::warn!("no image can be scanned: {lacking}");
                }
                None
            }
        };
        let now = registries.clock.now();
        if let Some(database) = &database {
            lacking.clear();
            measure(database, &mut shown, now);
        }
        for word in words(&registries.vulndb, database.as_deref(), now).await {
            if !told.is_due(&word, now) {
                continue;
            }
            match note(registries, &word, now).await {
                Ok(()) => {
                    tracing::warn!(event = word.name, "{}", word.message);
                    told.remember(word, now);
                }
                Err(error) => tracing::debug!(%error, "an event waits for the database"),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Something to tell the operator.
#[derive(Clone, Debug)]
struct Word {
    name: &'static str,
    level: &'static str,
    message: String,
}

async fn words(vulndb: &VulndbFile, database: Option<&VulnDb>, now: DateTime<Utc>) -> Vec<Word> {
    let mut words = Vec::new();
    if let Some(message) = vulndb.refusal().await {
        words.push(Word { name: name::VULNDB_REFUSED, level: level::ERROR, message });
    }
    if let Some(database) = database.filter(|database| now - database.built_at() > OLD_AFTER) {
        let (version, date) = (database.version(), database.create_time());
        let message = format!(
            "The vulnerability database {version} is older than {} days: its newest record is of \
             {date}. Does the job that renews it run?",
            OLD_AFTER.num_days()
        );
        words.push(Word { name: name::VULNDB_OUTDATED, level: level::WARNING, message });
    }
    words
}

/// What an operator should know of the database now.
pub async fn concerns(registries: &Registries) -> Vec<String> {
    let database = registries.vulndb.current().await.ok();
    let words = words(&registries.vulndb, database.as_deref(), registries.clock.now()).await;
    words.into_iter().map(|word| word.message).collect()
}

/// What this replica has told last, one word of each name.
#[derive(Default)]
struct Told(Vec<(Word, DateTime<Utc>)>);

impl Told {
    fn is_due(&self, word: &Word, now: DateTime<Utc>) -> bool {
        !self.0.iter().any(|(known, at)| {
            known.name == word.name
                && known.message == word.message
                && now.signed_duration_since(at) < AGAIN
        })
    }

    fn remember(&mut self, word: Word, now: DateTime<Utc>) {
        self.0.retain(|(known, _)| known.name != word.name);
        self.0.push((word, now));
    }
}

async fn note(registries: &Registries, word: &Word, now: DateTime<Utc>) -> Result<(), StoreError> {
    let detail = Event {
        name: word.name.to_owned(),
        level: word.level.to_owned(),
        category: name::subject(word.name).to_owned(),
        reported_timestamp: now.timestamp(),
        reported_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        message: word.message.clone(),
        ..Event::default()
    };
    let event = OwnEvent {
        at: now,
        name: word.name,
        level: word.level,
        category: category::EVENT,
        detail: &detail,
        silence: AGAIN,
    };
    let mut conn = registries.database.acquire().await?;
    let primary = store::federation::get(&mut conn).await?.cluster_id;
    own::tell(&mut conn, primary, &event).await
}

/// `shown` is the version that was measured last.
fn measure(database: &VulnDb, shown: &mut String, now: DateTime<Utc>) {
    let info =
        |version: &str| metrics::gauge!("palisade_vulndb_info", "version" => version.to_owned());
    if shown != database.version() {
        if !shown.is_empty() {
            info(shown).set(0.0);
        }
        database.version().clone_into(shown);
        info(shown).set(1.0);
    }
    let built_at = database.built_at();
    metrics::gauge!("palisade_vulndb_age_seconds").set((now - built_at).num_seconds() as f64);
    metrics::gauge!("palisade_vulndb_vulnerabilities").set(database.vulnerabilities() as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once_a_day() {
        let word = |name, message: &str| Word { name, level: "Error", message: message.to_owned() };
        let now = Utc::now();
        let mut told = Told::default();
        assert!(told.is_due(&word("old", "a"), now));
        told.remember(word("old", "a"), now);
        assert!(!told.is_due(&word("old", "a"), now + TimeDelta::hours(23)));
        assert!(told.is_due(&word("old", "a"), now + TimeDelta::hours(25)));
        assert!(told.is_due(&word("old", "b"), now));
        assert!(told.is_due(&word("refused", "a"), now));
    }
}
