//! REST and the portal: one router an area.

mod health;

use axum::Router;

use crate::App;

/// The router behind the REST and portal listeners.
pub fn router(app: App) -> Router {
    Router::new().merge(health::router()).with_state(app)
}
