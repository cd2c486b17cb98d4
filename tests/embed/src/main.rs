//! A small sync of its own around `sync-core`: two boards in memory, a store in memory, one function that is a run.
//!
//! `cargo run` here prints the plans of a few runs. Read [`pass`] for the loop, [`board`] for what a service must be able to do.

mod board;
mod pass;

use std::sync::Arc;

use board::Board;
use pass::Store;
use sync_core::{
    Pair,
    ids::{Millis, RulesVersion, StatusId, StoreId, WorkspaceId},
    lens::{Category, HulyStatus, Lens, Lenses, StatusNames},
    rules::{Creation, Deletion, Policies, Rules},
};

fn main() {
    let lenses = lenses();
    let mut boards: Pair<Board> = Pair::default();
    let mut store = Store::default();
    // the clock is the embedding tool's: here it counts minutes
    let mut minutes = 0..;
    let mut run = |words: &str, boards: &mut Pair<Board>| {
        let now = Millis(60_000 * minutes.next().unwrap_or_default());
        println!("-- {words}");
        print!("{}", pass::run(&rules(&lenses, now), boards, &mut store));
    };

    boards
        .huly
        .add("DOCK-1", "Paint the dock", "White.\n\nTwo coats.\n", "Todo");
    boards.huly.add("DOCK-2", "Mend the crane", "", "Building");
    boards
        .vibe
        .add("t1", "paint the dock", "White.\n\nTwo coats.\n", "todo");
    run(
        "the first run: one pair is found by its title, one task is made",
        &mut boards,
    );
    run("again", &mut boards);

    let crane = boards.vibe.id_of("Mend the crane");
    boards.vibe.set_status(&crane, "done");
    boards
        .huly
        .set_text(&"DOCK-1".into(), "Blue.\n\nTwo coats.\n");
    boards
        .vibe
        .set_text(&"t1".into(), "White.\n\nThree coats.\n");
    run(
        "a task was moved, and one description was edited on both sides",
        &mut boards,
    );
    println!("both say: {:?}", merged(&boards));
    run("again", &mut boards);

    boards.huly.delete(&"DOCK-2".into());
    run("an issue was deleted", &mut boards);
    run("again", &mut boards);
}

/// The text of the description that was edited on both sides, if both sides have the same.
fn merged(boards: &Pair<Board>) -> Option<Arc<str>> {
    let [huly, vibe] = [
        boards.huly.text(&"DOCK-1".into()),
        boards.vibe.text(&"t1".into()),
    ];
    huly.filter(|_| huly == vibe).cloned()
}

/// How statuses map: by category, and by the names that a person gives (here none).
fn lenses() -> Lenses {
    let huly = [
        ("Todo", Category::Todo),
        ("Building", Category::Active),
        ("Done", Category::Won),
        ("Cancelled", Category::Lost),
    ]
    .map(|(name, category)| HulyStatus {
        id: name.into(),
        name: name.into(),
        category: Some(category),
    });
    let vibe = ["todo", "inprogress", "inreview", "done", "cancelled"].map(StatusId::from);
    let (lens, problems) = Lens::build(&huly, &vibe, &StatusNames::default());
    assert!(problems.is_empty(), "{problems:?}");
    Lenses {
        default: lens,
        ..Lenses::default()
    }
}

/// All that a plan depends on besides what was stored and what is seen.
fn rules(lenses: &Lenses, now: Millis) -> Rules<'_> {
    Rules {
        workspace: WorkspaceId(uuid::Uuid::from_u128(1)),
        store: StoreId(uuid::Uuid::from_u128(2)),
        policies: Policies::default(),
        lenses,
        deletion: Deletion::Cancel,
        create: Creation::Both,
        capabilities: Pair::by(|_| board::CAPABILITIES),
        normal_form: str::to_owned,
        confirm_window: Millis(30_000),
        confirm_tries: 3,
        now,
        version: RulesVersion(1),
    }
}
