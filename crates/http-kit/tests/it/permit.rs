//! The right to write is asked for after all waits.

use std::sync::Arc;
use std::time::Duration;

use http_kit::{Kind, Permit, Rate, Settings, codes};
use tokio::time::Instant;

use crate::server::{Act, Server, http, read, settings, write};

/// A right to write that runs out.
struct Until(Instant);

impl Permit for Until {
    fn may_write(&self, limit: Duration) -> Result<(), String> {
        if Instant::now() + limit < self.0 {
            Ok(())
        } else {
            Err("it runs out".to_owned())
        }
    }
}

fn until(seconds: u64) -> Arc<dyn Permit> {
    Arc::new(Until(Instant::now() + Duration::from_secs(seconds)))
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_rate_limit_held_past_the_right_to_write_is_not_sent() {
    let paced = Settings {
        rate: Some(Rate {
            count: 1,
            window: Duration::from_mins(1),
        }),
        ..settings()
    };
    let server = Server::new(&[]);
    let http = http(&server, paced);
    http.set_permit(Some(until(60)));
    http.call(write()).await.unwrap();
    // The right to write is there when the call is made, and not any more when its turn comes.
    let start = Instant::now();
    let error = http.call(write()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.tries()),
        (Kind::Transient, codes::NET_PERMIT, 0)
    );
    assert!(error.detail().contains("it runs out"));
    assert!(start.elapsed() >= Duration::from_mins(1), "it did wait");
    assert_eq!(server.requests(), 1);
    // A read needs none; a renewed right counts at once.
    http.call(read()).await.unwrap();
    http.set_permit(Some(until(600)));
    http.call(write()).await.unwrap();
    http.set_permit(None);
    http.call(write()).await.unwrap();
    assert_eq!(server.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waited_for_others_in_flight_past_the_right_to_write_is_not_sent() {
    let one = Settings {
        write_concurrency: 1,
        ..settings()
    };
    let server = Server::new(&vec![Act::Slow(Duration::from_secs(10), 200); 9]);
    let http = http(&server, one);
    http.set_permit(Some(until(40)));
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.call(write()).await })
        })
        .collect();
    let mut sent = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => sent += 1,
            Err(error) => assert_eq!(error.code(), codes::NET_PERMIT),
        }
    }
    // At 0, 10 and 20 s more than 15 s of it are left; at 30 s no more.
    assert_eq!((sent, server.requests()), (3, 3));
}
