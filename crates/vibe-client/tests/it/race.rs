//! One change of a task at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_kit::{Call, Http, Reply, TransportError};
use serde_json::json;
use vibe_client::{Shape, TaskUpdate, Vibe, classify, route, settings};

use crate::board::{ID, envelope, project_row, task_row};

/// A server in this process whose PUTs take a second; counts those of one instant.
fn slow_server(most: Arc<AtomicUsize>) -> http_kit::Transport {
    let flying = Arc::new(AtomicUsize::new(0));
    let answer = move |call: Call| {
        let (flying, most) = (flying.clone(), most.clone());
        async move {
            let data = match call.route {
                route::HEALTH => json!("OK"),
                route::PROJECTS => json!([project_row(Shape::L2)]),
                _ => task_row(),
            };
            if call.route == route::TASK {
                let now = flying.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                flying.fetch_sub(1, Ordering::SeqCst);
            }
            let mime = (
                "content-type".parse().unwrap(),
                "application/json".parse().unwrap(),
            );
            Ok::<_, TransportError>(Reply {
                status: http::StatusCode::OK,
                headers: http::HeaderMap::from_iter([mime]),
                body: envelope(&data).into(),
                tries: 1,
            })
        }
    };
    tower::util::BoxCloneSyncService::new(tower::service_fn(answer))
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_one_task_are_never_under_way_at_once() {
    let other = "195d8311-dc9b-4bfa-aea3-cfda5d452e22";
    for (ids, expected) in [([ID, ID, ID], 1), ([ID, other, ID], 2)] {
        let most = Arc::new(AtomicUsize::new(0));
        let http = Http::with_transport(settings(), classify, slow_server(most.clone()));
        let vibe = Vibe::connect(http, "http://127.0.0.1:1".parse().unwrap())
            .await
            .unwrap();
        let update = TaskUpdate::default();
        let [a, b, c] = ids.map(|id| vibe.update_task(id.parse().unwrap(), &update));
        let (a, b, c) = tokio::join!(a, b, c);
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(most.load(Ordering::SeqCst), expected);
    }
}
