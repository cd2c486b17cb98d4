//! What a person said of an item holds while the item is left alone.

use std::time::Duration;

use ::store::{
    Store,
    port::{Letter, Operation},
    row::LetterState,
};
use sim::faults::{Effect, Failure, Rule};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_dropped_letter_is_still_dropped_when_its_item_comes_back_inside() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        world.settings.filter = todo_only();
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "A", "Text.", "Todo");
        world.run_well().await;
        let failure = Failure::Status {
            status: 422,
            body: String::new(),
        };
        let refused = Rule::on(
            "PUT",
            "/api/tasks/{task_id}",
            Effect::FailBefore { failure },
        );
        world.vibe.faults.add(refused.body_contains("Bad"));
        world.retitle_issue(&issue, "Bad title");
        world.run().await;
        let shown = world.store.letters(None, 9).await.unwrap().remove(0);
        let drop = Operation {
            drop: vec![Letter::from(&shown)],
            ..Operation::default()
        };
        world.store.operate(&drop, Millis(1)).await.unwrap();
        world.run_well().await;
        world.move_issue(&issue, "Done");
        world.run_well().await;
        // The full comparison looks at both items, and still leaves them alone.
        world.wait(Duration::from_hours(25)).await;
        world.run_well().await;
        world.move_issue(&issue, "Todo");
        let report = world.run_well().await;
        let letters = world.store.letters(None, 9).await.unwrap();
        let states: Vec<LetterState> = letters.iter().map(|letter| letter.state).collect();
        assert_eq!(states, [LetterState::Dropped], "{}", told(&report));
    }
}
