//! How fast links are planned, on one core: nothing changed, and one field changed. One line of JSON per measure, for
//! `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock; no run of hvs depends on it"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sync_core::{
    Pair, Side,
    ids::{Generation, Millis, RulesVersion, StatusId, StoreId, WorkspaceId},
    item::{FieldSet, Item, Observation, TextVersion, Values},
    lens::{Category, HulyStatus, Lens, Lenses, StatusNames},
    link::Link,
    plan::{self, LinkInput},
    rules::{Capabilities, Creation, Deletion, Limits, Policies, Rules},
};
use uuid::Uuid;

/// More than fit into the caches of a core.
const LINKS: usize = 100_000;
/// Of so many rounds the middle one counts.
const ROUNDS: usize = 15;
/// Design section 7.
const LINKS_PER_SECOND: f64 = 2_000_000.0;
/// Design section 7.
const CHANGED_MICROS: f64 = 5.0;

/// What a person does to an item.
type Edit = fn(&mut Values);

struct Row {
    link: Link,
    now: Pair<Observation>,
}

fn main() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let quiet: Vec<Row> = (0..LINKS).map(|at| row(&rules, at)).collect();
    let floor = per_row(&quiet, |row| {
        let is_same = |side: Side| match row.now.side(side) {
            Observation::Present(item) => item.values == *row.link.base.side(side),
            Observation::Gone | Observation::Unseen => false,
        };
        usize::from(is_same(Side::Huly) && is_same(Side::Vibe))
    });
    let planned = per_row(&quiet, |row| plan_of(&rules, row));
    let rate = 1.0 / planned.as_secs_f64();
    println!(
        "{}",
        serde_json::json!({ "measure": "plan of a link, nothing changed, both sides read",
            "value": format!("{rate:.0} links/s ({} ns)", planned.as_nanos()),
            "goal": format!(">= {LINKS_PER_SECOND:.0} links/s; comparing the same values in a plain loop takes {} ns", floor.as_nanos()),
            "ratio": planned.as_secs_f64() / floor.as_secs_f64(), "reached": rate >= LINKS_PER_SECOND })
    );
    let edits: [(&str, Edit); 2] = [
        ("title", |values| values.title = "Another title".into()),
        ("status", |values| values.status = Some("h3".into())),
    ];
    for (field, edit) in edits {
        let changed: Vec<Row> = (0..LINKS).map(|at| edited(&rules, at, edit)).collect();
        let actions: usize = changed.iter().map(|row| plan_of(&rules, row)).sum();
        assert_eq!(actions, LINKS, "each changed {field} is one update");
        let took = per_row(&changed, |row| plan_of(&rules, row)).as_secs_f64() * 1e6;
        println!(
            "{}",
            serde_json::json!({ "measure": format!("plan of an item whose {field} changed"),
                "value": format!("{took:.2} us"), "goal": format!("<= {CHANGED_MICROS} us"),
                "ratio": took / CHANGED_MICROS, "reached": took <= CHANGED_MICROS })
        );
    }
}

/// What the engine asks for each link: what must be read, then the plan. Answers the number of entries.
fn plan_of(rules: &Rules<'_>, row: &Row) -> usize {
    let now = row.now.as_ref();
    let needs = plan::needs(rules, &row.link, now);
    let input = LinkInput {
        link: &row.link,
        now,
        base_texts: Pair::default(),
    };
    usize::from(needs.base_texts) * 1_000 + plan::link(rules, &input).actions.len()
}

/// The time that one row takes, of the middle round.
fn per_row(rows: &[Row], work: impl Fn(&Row) -> usize) -> Duration {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for row in rows {
                black_box(work(black_box(row)));
            }
            start.elapsed()
        })
        .collect();
    rounds.sort_unstable();
    let middle = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
    middle / u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

fn lenses() -> Lenses {
    let status = |id: &str, name: &str, category| HulyStatus {
        id: id.into(),
        name: name.into(),
        category: Some(category),
    };
    let huly = [
        status("h1", "Backlog", Category::Backlog),
        status("h2", "Todo", Category::Todo),
        status("h3", "In Progress", Category::Active),
        status("h4", "Done", Category::Won),
        status("h5", "Canceled", Category::Lost),
    ];
    let vibe = ["todo", "inprogress", "inreview", "done", "cancelled"].map(StatusId::from);
    Lenses {
        default: Lens::build(&huly, &vibe, &StatusNames::default()).0,
        ..Lenses::default()
    }
}

fn rules(lenses: &Lenses) -> Rules<'_> {
    let capabilities = |is_huly: bool| Capabilities {
        fields: FieldSet::COMMON,
        conditional_write: is_huly,
        client_ids: is_huly,
        changes: is_huly,
        status_at_create: true,
        footer: !is_huly,
        limits: Limits {
            nul: true,
            ..Limits::default()
        },
    };
    Rules {
        workspace: WorkspaceId(Uuid::nil()),
        store: StoreId(Uuid::nil()),
        policies: Policies::default(),
        lenses,
        deletion: Deletion::Cancel,
        create: Creation::Both,
        capabilities: Pair {
            huly: capabilities(true),
            vibe: capabilities(false),
        },
        normal_form: str::to_owned,
        confirm_window: Millis(30_000),
        confirm_tries: 3,
        now: Millis(1_795_245_000_000),
        version: RulesVersion(0),
    }
}

/// What each side holds; made anew for base and observation, as rows of a store and of an answer are.
fn values(at: usize, side: Side) -> Values {
    let (status, text) = match side {
        Side::Huly => (
            "h2",
            format!("6b0144aca1b2c3d4e{at:07}-description-1795245000000"),
        ),
        Side::Vibe => ("todo", format!("{at:064x}")),
    };
    Values {
        title: format!("Issue {at}: paint the boat before the winter").into(),
        description: TextVersion::named(&text),
        status: Some(status.into()),
        ..Values::default()
    }
}

fn row(rules: &Rules<'_>, at: usize) -> Row {
    edited(rules, at, |_| {})
}

fn edited(rules: &Rules<'_>, at: usize, edit: Edit) -> Row {
    let (huly, vibe) = (format!("6b0144aca1b2c3d4e{at:07}"), format!("{at:032x}"));
    let mut link = Link::between(rules, huly.as_str().into(), vibe.as_str().into());
    link.label = Some(format!("HARB-{at}").into());
    link.base = Pair::by(|side| values(at, side));
    link.generation = Pair::by(|_| Generation(1));
    let mut now = Pair {
        huly: Item::new(huly.as_str().into(), values(at, Side::Huly)),
        vibe: Item::new(vibe.as_str().into(), values(at, Side::Vibe)),
    };
    edit(&mut now.huly.values);
    Row {
        link,
        now: now.map(|item| Observation::Present(Box::new(item))),
    }
}
