//! Calls that are answered on behalf of the primary's users.

use std::collections::HashMap;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Calls under way.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) tasks: JoinSet<u64>,
    cancels: HashMap<u64, CancellationToken>,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn cancelled(&mut self, id: u64, life: &CancellationToken) -> CancellationToken {
        let token = life.child_token();
        self.cancels.insert(id, token.clone());
        token
    }

    pub(super) fn cancel(&mut self, id: u64) {
        if let Some(token) = self.cancels.remove(&id) {
            token.cancel();
        }
    }

    pub(super) async fn ended(&mut self) -> Option<()> {
        if let Ok(id) = self.tasks.join_next().await? {
            self.cancels.remove(&id);
        }
        Some(())
    }
}
