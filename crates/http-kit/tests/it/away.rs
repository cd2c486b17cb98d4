//! A host that cannot be reached is asked once a call until it answers again.

use http_kit::codes;

use crate::server::{Act, Server, http, read, settings};

#[tokio::test(start_paused = true)]
async fn after_a_call_that_did_not_reach_the_host_calls_are_tried_once_until_it_answers() {
    let server = Server::new(&vec![Act::Refuse; 5]);
    let http = http(&server, settings());
    let error = http.call(read()).await.unwrap_err();
    assert_eq!((error.code(), error.tries()), (codes::NET_CONNECT, 4));
    let error = http.call(read()).await.unwrap_err();
    assert_eq!(error.tries(), 1);
    http.call(read()).await.unwrap();
    server.always(Some(Act::Answer(503)));
    assert_eq!(http.call(read()).await.unwrap_err().tries(), 4);
}
