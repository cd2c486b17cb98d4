//! `docs/letta.md` shows a real block of each kind: what an agent of a small project is told.

use std::{collections::BTreeSet, fs, path::Path};

use crate::letta::Told;

/// What hvs keeps for each agent, in the order of the page.
const KEPT: [&str; 6] = [
    "project",
    "board_config",
    "board_metrics",
    "hotspots",
    "backlog_summary",
    "change_log",
];

/// A text in which ids, times and ports are all the same: they are others in each run.
fn plain(text: &str) -> String {
    let is_inside = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|char: char| !is_inside(char)) {
        let word = part.trim_end_matches(|char: char| !is_inside(char));
        let is_id = word.len() >= 10 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        // a port, or an hour and a minute
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let is_other = is_id || is_number && (word.len() == 2 || word.len() >= 5);
        out.push_str(if is_other { "#" } else { word });
        out.push_str(&part[word.len()..]);
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_agents_shows_a_block_of_each_kind() {
    let told = Told::new().await;
    told.sync().await.exits(0);
    let crane = told.world.issue_named("Crane").id;
    told.world.move_issue(&crane, "InProgress");
    told.sync().await.exits(0);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/letta.md");
    let page = plain(&fs::read_to_string(page).unwrap());
    let page: BTreeSet<&str> = page.lines().collect();
    let (_, blocks) = told.the_agent();
    // line by line: which of two items was written first is no part of it
    let shows = |label: &str| {
        plain(&blocks[label])
            .lines()
            .all(|line| page.contains(line))
    };
    let left: Vec<String> = KEPT
        .into_iter()
        .filter(|label| !shows(label))
        .map(|label| format!("```text\n{}\n```\n", blocks[label].trim_end()))
        .collect();
    assert!(left.is_empty(), "the page lacks\n\n{}", left.join("\n"));
}
