//! From a request to a decision.

use palisade_api::rest::event::Audit;

use super::review::Request;
use crate::Controller;

/// What becomes of a request, and what is written down about it.
#[derive(Debug)]
pub(super) enum Decided {
    /// Admitted without a look.
    Ignored,
    /// Admitted.
    Allowed {
        /// What would be denied in protect mode.
        violations: Vec<Audit>,
    },
    /// Denied.
    Denied {
        /// What the user sees.
        message: String,
        /// What is written down.
        records: Vec<Audit>,
    },
}

pub(super) fn decide(controller: &Controller, request: &Request) -> Decided {
    let state = controller.admission().state();
    if !state.enable || request.operation == "DELETE" {
        return Decided::Ignored;
    }
    Decided::Allowed { violations: Vec::new() }
}
