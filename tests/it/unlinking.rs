//! A clean way out: footers and links go, everything else stays.

use sim::vibe::{Generation, Status};

use crate::{
    transcript::Page,
    world::{GENERATIONS, World},
};

async fn two_projects(generation: Generation) -> World {
    let world = World::new(generation).await;
    for (identifier, name) in [("HARB", "Harbor"), ("ISLE", "Island")] {
        let project = world.huly_project(identifier, name);
        world.issue(
            &project,
            &format!("{name} with text"),
            "Some *text*.\n\n- a",
            "Done",
        );
        world.issue(&project, &format!("{name} without"), "", "InProgress");
        let board = world.vibe_project(name, &identifier.to_lowercase());
        world.task(
            board,
            &format!("{name} by a person"),
            Some("By hand."),
            Status::InProgress,
        );
    }
    world.sync().await;
    world
}

/// Titles, texts without footers, statuses.
fn contents(world: &World) -> Vec<(String, String, Status)> {
    let mut tasks: Vec<_> = world
        .tasks()
        .into_iter()
        .map(|task| (task.title.clone(), world.task_text(task.id), task.status))
        .collect();
    tasks.sort_by(|a, b| a.0.cmp(&b.0));
    tasks
}

fn footers(world: &World, name: &str) -> usize {
    world
        .tasks()
        .iter()
        .filter(|task| task.title.starts_with(name))
        .filter(|task| {
            task.description
                .as_deref()
                .is_some_and(|text| text.contains("hvs:"))
        })
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn footers_and_links_go_and_nothing_else_changes() {
    for generation in GENERATIONS {
        let world = two_projects(generation).await;
        let before = contents(&world);
        let issues = format!("{:?}", world.issues());
        world.count_afresh();
        world
            .hvs(&["unlink", "--dry-run"])
            .await
            .exits(0)
            .prints(&["would unlink: 6 links in 2 projects, 4 footers removed from Vibe Kanban"]);
        world.hvs(&["unlink"]).await.exits(2).tells(&["--yes"]);
        assert_eq!(world.writes(), 0);
        let ran = world.hvs(&["unlink", "--yes"]).await.exits(0);
        let ran = ran.tells(&["`hvs plan` shows it"]);
        Page::read("docs/moving-from-the-predecessor.md").shows("hvs unlink --yes", &ran.out);
        assert_eq!(world.writes(), 4);
        assert_eq!(
            (footers(&world, "Harbor"), footers(&world, "Island")),
            (0, 0)
        );
        assert_eq!(contents(&world), before);
        assert_eq!(
            format!("{:?}", world.issues()),
            issues,
            "Huly is not touched"
        );
        assert!(world.links().await.is_empty());
        let again = world.hvs(&["unlink", "--yes"]).await.exits(0);
        again.prints(&["unlinked: 0 links in 2 projects, 0 footers"]);
        // Who lets it run again gets the same pairs, and nothing twice.
        world.sync().await;
        assert_eq!((world.issues().len(), contents(&world)), (6, before));
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_project_leaves_the_others_as_they_are() {
    let world = two_projects(Generation::L2).await;
    world
        .hvs(&["unlink", "--project", "nowhere", "--dry-run"])
        .await
        .exits(2)
        .tells(&["nowhere"]);
    let ran = world
        .hvs(&["unlink", "--project", "harb", "--yes", "--json"])
        .await
        .exits(0)
        .json();
    assert_eq!(ran["unlinked"]["projects"][0]["dropped"], 3, "{ran:#}");
    assert_eq!(
        (footers(&world, "Harbor"), footers(&world, "Island")),
        (0, 2)
    );
    assert_eq!(world.links().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_store_there_is_nothing_to_unlink() {
    let world = World::new(Generation::L2).await;
    world
        .hvs(&["unlink", "--yes"])
        .await
        .exits(2)
        .tells(&["there is no store"]);
    assert!(!world.path("hvs.db").exists());
}
