//! Collects endpoints to routes and their part of the OpenAPI document.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::MethodRouter;
use futures_util::future::BoxFuture;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{RefOr, Schema};
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::App;

/// The routes of endpoints that share a path: `routes!(list::user_list, create::user_create)`.
///
/// What `utoipa_axum::routes!` makes, save that [`Endpoint`] stands for each of them. For
/// every layer that axum puts around a handler, the compiler proves anew that the handler's
/// future may be sent, with all that it calls; that took half of this crate's build.
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {{
        let mut routes = $crate::http::endpoint::Routes::default();
        $($crate::http::endpoint::routes!(@add routes [] $($part)::+);)+
        routes.into_parts()
    }};
    (@add $routes:ident [$($module:tt)*] $handler:ident) => {
        utoipa_axum::paste! { $routes.add::<$($module)* [<__path_ $handler>], _, _>($($module)* $handler) }
    };
    (@add $routes:ident [$($outer:tt)*] $module:ident :: $($rest:tt)+) => {
        $crate::http::endpoint::routes!(@add $routes [$($outer)* $module ::] $($rest)+)
    };
}
pub(super) use routes;

/// A handler behind one type, whichever function it is.
#[derive(Clone)]
struct Endpoint(Arc<dyn Fn(Request, App) -> BoxFuture<'static, Response> + Send + Sync>);

impl Handler<(), App> for Endpoint {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: App) -> Self::Future {
        (self.0)(request, app)
    }
}

/// What [`routes!`] gathers.
#[derive(Default)]
pub(super) struct Routes {
    schemas: Vec<(String, RefOr<Schema>)>,
    paths: Paths,
    methods: MethodRouter<App>,
}

impl Routes {
    /// Adds a handler with what `#[utoipa::path]` wrote down of it.
    pub(super) fn add<P, H, T>(&mut self, handler: H)
    where
        P: Path + Tags<'static> + SchemaReferences,
        H: Handler<T, App, Future = BoxFuture<'static, Response>>,
    {
        let endpoint = Endpoint(Arc::new(move |request, app| handler.clone().call(request, app)));
        let mut operation = P::operation();
        let tags = P::tags();
        if !tags.is_empty() {
            operation.tags.get_or_insert_default().extend(tags.into_iter().map(str::to_owned));
        }
        P::schemas(&mut self.schemas);
        for method in P::methods() {
            let routed = std::mem::take(&mut self.methods);
            self.methods = routed.on(method.to_method_filter(), endpoint.clone());
        }
        self.paths.add_path_operation(P::path(), P::methods(), operation);
    }

    /// As an `OpenApiRouter` takes them.
    pub(super) fn into_parts(self) -> UtoipaMethodRouter<App> {
        (self.schemas, self.paths, self.methods)
    }
}
