//! `hvs check` asks the names of `[filter]` against the live servers, as a run does.

use super::{append, check, findings, harbor};
use crate::world::World;

async fn labelled() -> World {
    let world = harbor().await;
    let project = world.huly.model.lock().projects()[0].id.clone();
    world.issue(&project, "Mooring", "", "Todo");
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_the_filter_that_nobody_knows_are_told_with_line_and_the_nearest() {
    let world = labelled().await;
    let line = append(
        &world,
        "\n[filter]\nproject = [\"Harbr\", \"HARB\"]\nstatus = [\"In Progres\", \"todo\"]\nassignee = [\"nobody@example.com\"]\n",
    );
    let ran = check(&world, &[]).await.exits(2);
    let ran = ran.prints(&[
        &format!("hvs.toml:{}", line + 2),
        &format!("hvs.toml:{}", line + 3),
        &format!("hvs.toml:{}", line + 4),
        "Huly has no project Harbr, which `filter.project` names",
        "Huly has no status In Progres, which `filter.status` names",
        "Huly has no person nobody@example.com",
        "did you mean `In Progress`?",
        "5 names in the configuration",
    ]);
    assert!(!ran.out.contains("todo,"), "{ran}");
    let json = check(&world, &["--json"]).await.exits(2).json();
    let told = findings(&json, "FILTER_NAME");
    let keys: Vec<_> = told
        .iter()
        .map(|told| told["key"].as_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        ["filter.project", "filter.status", "filter.assignee"],
        "{json:#}"
    );
    // a run says the same and writes nothing
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await.exits(2);
    ran.tells(&["Harbr", "In Progres", "[FILTER_NAME]"]);
    assert_eq!(world.writes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_whose_names_are_there_is_fine_and_one_from_the_environment_is_named_by_its_variable()
 {
    let mut world = labelled().await;
    world.set("filter.status", "todo, In Progress");
    check(&world, &["--strict"])
        .await
        .exits(0)
        .prints(&["filter", "2 names in the configuration"]);
    world.set("filter.label", "night shift");
    let json = check(&world, &["--json"]).await.exits(2).json();
    let told = findings(&json, "FILTER_NAME");
    assert_eq!(told.len(), 1, "{json:#}");
    assert_eq!(
        (&told[0]["origin"], &told[0]["topic"]),
        (&"HVS_FILTER_LABEL".into(), &"filter".into()),
        "{json:#}"
    );
}
