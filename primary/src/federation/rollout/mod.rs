//! Changes of federated objects that reach some clusters first. [`policy`] says
//! how, [`pick`] whom, [`step`] when it goes on or halts; [`act`] is what people
//! do to a rollout. The changes themselves are in `store::rollout`.

pub mod pick;
pub mod policy;
pub mod status;
pub mod step;

use palisade_api::kind::LogId;

use super::rules::{Result, RuleError};
use crate::App;
use crate::store::audit::NewAudit;
use crate::store::rollout::{self, Rollout, State};
use crate::store::{self, Actor, StoreError, change};

/// What people do to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It stays where it is.
    Pause,
    /// It goes on; what halted it counts from now on.
    Resume,
    /// It is taken back from those that it reached.
    Abort,
}

impl Action {
    /// The action of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pause, Self::Resume, Self::Abort].into_iter().find(|a| a.as_str() == name)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
        }
    }
}

/// Pauses, resumes or aborts a rollout.
pub async fn act(app: &App, actor: &Actor, id: i64, action: Action) -> Result<Rollout> {
    let mut tx = app.database.begin().await?;
    change::lock(&mut tx, LogId::Federation).await?;
    let now = store::clock::now(&mut tx).await?;
    let found = rollout::get(&mut tx, id).await?.ok_or(RuleError::NoRollout(id))?;
    if !found.state.is_active() {
        return Err(RuleError::RolloutEnded { id, state: found.state.as_str() });
    }
    match action {
        Action::Pause => rollout::set_state(&mut tx, id, State::Paused, None, now).await?,
        Action::Resume => {
            rollout::set_state(&mut tx, id, State::Running, None, now).await?;
            rollout::restart_stage(&mut tx, id, now).await?;
        }
        Action::Abort => rollout::abort(&mut tx, actor, &found, now).await?,
    }
    let name = id.to_string();
    let record = NewAudit {
        action: action.as_str(),
        kind: "rollout",
        name: &name,
        before: None,
        after: None,
    };
    store::audit::record(&mut tx, actor, record).await?;
    let changed = rollout::get(&mut tx, id).await?.ok_or(RuleError::NoRollout(id))?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(changed)
}
