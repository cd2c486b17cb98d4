//! The `Date` of every answer, by the clock of the model behind it.
//!
//! A server over sockets has this machine's clock in its `Date`, as any program has; the models' stamps have a clock of their
//! own. Where that clock is what a test is about, the answers get it, too.

use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use http::header::DATE;

use crate::Shared;
use crate::clock::Clock;

/// The router, whose answers have the date of the model's clock.
pub fn dated<M: Send + 'static>(
    router: Router,
    model: Shared<M>,
    clock: fn(&M) -> &Clock,
) -> Router {
    router.layer(map_response(move |response: Response| {
        let now = clock(&model.lock()).shows();
        async move { stamped(now, response) }
    }))
}

fn stamped(now_ms: i64, mut response: Response) -> Response {
    let date = jiff::Timestamp::from_millisecond(now_ms)
        .ok()
        .and_then(|now| {
            now.strftime("%a, %d %b %Y %H:%M:%S GMT")
                .to_string()
                .parse()
                .ok()
        });
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date);
    }
    response
}
