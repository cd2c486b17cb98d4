//! How fast the blocks of a project are built, on one core, in both forms. One line of JSON per measure, for `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock; no run of hvs depends on it"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sync_core::{
    Side,
    digest::{
        Board, Change, ChangeKind, Digest, DigestItem, DigestOptions, Exclude, Form, HulyColumn,
        HulyState, VibeColumn, VibeState, blocks,
    },
    ids::{LinkId, Millis},
    item::{Field, Priority},
    lens::Category,
};
use uuid::Uuid;

/// The project of the target.
const ITEMS: u32 = 1_000;
/// More history than a change log shows.
const CHANGES: u32 = 500;
/// Of so many rounds the middle one counts.
const ROUNDS: usize = 101;
/// The target for all blocks of a project, descriptions looked at.
const MILLIS: f64 = 2.0;

const STATUSES: [(&str, Category, &str); 6] = [
    ("Backlog", Category::Backlog, "todo"),
    ("Todo", Category::Todo, "todo"),
    ("In Progress", Category::Active, "inprogress"),
    ("In Review", Category::Active, "inreview"),
    ("Done", Category::Won, "done"),
    ("Canceled", Category::Lost, "cancelled"),
];

fn main() {
    let digest = digest();
    for (name, form) in [("Markdown", Form::Markdown), ("JSON", Form::Json)] {
        let options = DigestOptions {
            form,
            exclude: Exclude::nothing(),
            ..DigestOptions::default()
        };
        let chars: usize = blocks(&digest, &options)
            .iter()
            .map(|block| block.value.chars().count())
            .sum();
        let took = middle(&digest, &options).as_secs_f64() * 1e3;
        println!(
            "{}",
            serde_json::json!({
                "measure": format!("all blocks of a project with {ITEMS} items, {name}, {chars} characters"),
                "value": format!("{took:.2} ms"), "goal": format!("<= {MILLIS} ms"),
                "ratio": took / MILLIS, "reached": took <= MILLIS
            })
        );
    }
}

/// The time of the middle round; with the hashes, which are asked of every block.
fn middle(digest: &Digest, options: &DigestOptions) -> Duration {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for block in blocks(black_box(digest), options) {
                black_box(block.sha256());
            }
            start.elapsed()
        })
        .collect();
    rounds.sort_unstable();
    rounds.get(ROUNDS / 2).copied().unwrap_or_default()
}

fn link(number: u32) -> LinkId {
    LinkId(Uuid::from_u128(number.into()))
}

fn digest() -> Digest {
    let mut digest = Digest {
        board: Board {
            huly: STATUSES
                .map(|(name, category, vibe)| HulyColumn {
                    name: name.into(),
                    category: Some(category),
                    means: Some(vibe.into()),
                })
                .into(),
            vibe: ["todo", "inprogress", "inreview", "done", "cancelled"]
                .map(|status| VibeColumn {
                    status: status.into(),
                    written: None,
                })
                .into(),
            ..Board::default()
        },
        items: (0..ITEMS).map(item).collect(),
        changes: (0..CHANGES).map(change).collect(),
        ..Digest::default()
    };
    digest.project.name = "Harbour".into();
    digest
}

fn item(number: u32) -> DigestItem {
    // a step that meets all remainders: neighbours differ in everything
    let at = number.wrapping_mul(7_919);
    let (status, category, vibe) = STATUSES
        .get(at as usize % STATUSES.len())
        .copied()
        .unwrap_or(("Todo", Category::Todo, "todo"));
    let title = format!("Issue {number}: paint the boat before the winter");
    let mut item = DigestItem::new(link(number), Some(&format!("HARB-{number}")), &title);
    item.huly = Some(HulyState {
        status: Some(status.into()),
        category: Some(category),
        means: Some(vibe.into()),
    });
    item.vibe = Some(VibeState {
        status: Some(vibe.into()),
    });
    item.priority = [Priority::None, Priority::Medium, Priority::High]
        .get(at as usize % 3)
        .copied()
        .unwrap_or_default();
    item.labels = ["boats".into(), "winter".into()].into();
    item.due_date = at.is_multiple_of(5).then(|| moment(at % 365));
    item.in_status_since = Some(moment(at % 90));
    item.created = Some(moment(at % 30));
    let text =
        "Scrape it, wash it, let it dry for two days.\n\n- white below\n- blue above\n".repeat(8);
    let end = if at.is_multiple_of(50) {
        "waiting for the paint"
    } else {
        "that is all"
    };
    item.description = Some(format!("{text}{end}").into());
    item
}

fn change(number: u32) -> Change {
    Change {
        at: moment(number % 90),
        link: link(number.wrapping_mul(31) % ITEMS),
        kind: ChangeKind::Update,
        field: Some(Field::Status),
        came_from: Some(Side::Vibe),
        written: Side::Huly,
        from: Some("Todo".into()),
        to: Some("In Progress".into()),
        label: None,
    }
}

fn moment(day: u32) -> Millis {
    Millis(1_787_000_000_000 + i64::from(day) * 86_400_000)
}
