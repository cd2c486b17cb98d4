//! A harbour's board as a team has it: the project that is shown whole.

use std::sync::Arc;

use sync_core::{
    Side,
    digest::{
        Agreement, Board, Change, ChangeKind, Clash, Digest, DigestItem, HeldClass, HulyColumn,
        HulyState, Letter, ProjectFacts, VibeColumn, VibeState, Waiting,
    },
    guard::Class,
    ids::{LinkId, Millis},
    item::{Field, FieldSet, Priority},
    lens::Category,
    rules::{Creation, Deletion, Policies},
};
use uuid::Uuid;

/// 2026-11-21 09:50 UTC.
const NOW: i64 = 1_795_254_600_000;
const DAY: i64 = 86_400_000;

pub(crate) fn days_ago(days: i64) -> Millis {
    Millis(NOW - days * DAY)
}

pub(crate) fn link(number: u128) -> LinkId {
    LinkId(Uuid::from_u128(number))
}

/// Huly's statuses with their categories and Vibe's word for them.
const STATUSES: [(&str, Category, &str); 6] = [
    ("Backlog", Category::Backlog, "todo"),
    ("Todo", Category::Todo, "todo"),
    ("In Progress", Category::Active, "inprogress"),
    ("In Review", Category::Active, "inreview"),
    ("Done", Category::Won, "done"),
    ("Canceled", Category::Lost, "cancelled"),
];

/// An item on both sides, in a Huly status of this name, and in the Vibe status that it means.
pub(crate) fn item(number: u32, title: &str, status: &str) -> DigestItem {
    let identifier = format!("HARB-{number}");
    let mut item = DigestItem::new(link(number.into()), Some(&identifier), title);
    item.huly = Some(huly(status));
    item.vibe = Some(VibeState {
        status: huly(status).means,
    });
    item
}

pub(crate) fn huly(status: &str) -> HulyState {
    let known = STATUSES.iter().find(|(name, _, _)| *name == status);
    HulyState {
        status: Some(status.into()),
        category: known.map(|(_, category, _)| *category),
        means: known.map(|(_, _, vibe)| (*vibe).into()),
    }
}

pub(crate) fn vibe(status: &str) -> VibeState {
    VibeState {
        status: Some(status.into()),
    }
}

pub(crate) fn board() -> Board {
    let homes = [
        ("todo", "Todo"),
        ("inprogress", "In Progress"),
        ("inreview", "In Review"),
        ("done", "Done"),
        ("cancelled", "Canceled"),
    ];
    Board {
        huly: STATUSES
            .map(|(name, category, vibe)| HulyColumn {
                name: name.into(),
                category: Some(category),
                means: Some(vibe.into()),
            })
            .into(),
        vibe: homes
            .map(|(status, written)| VibeColumn {
                status: status.into(),
                written: Some(written.into()),
            })
            .into(),
        policies: Policies::default(),
        fields: FieldSet::COMMON,
        deletion: Deletion::Cancel,
        creation: Creation::Both,
        workflow: Some("Pull, do not push. One boat at a time.".into()),
        agreements: vec![
            Agreement {
                status: "In Review".into(),
                wip_limit: None,
                done_when: Some("The harbour master has looked at it.".into()),
            },
            Agreement {
                status: "In Progress".into(),
                wip_limit: Some(3),
                done_when: None,
            },
        ],
    }
}

fn items() -> Vec<DigestItem> {
    let labels = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
    let mut dock = item(3, "Repair the dock", "In Progress");
    dock.in_status_since = Some(days_ago(19));
    dock.last_change = Some(days_ago(2));
    dock.priority = Priority::High;
    let mut crane = item(7, "Crane: blocked by the storm", "In Progress");
    crane.in_status_since = Some(days_ago(4));
    crane.due_date = Some(days_ago(-3));
    crane.assignee = Some("Ada Winch".into());
    let mut paint = item(12, "Paint the \"Albatross\"", "Todo");
    paint.priority = Priority::Urgent;
    paint.labels = labels(&["boats", "summer 2027"]);
    paint.parent = Some("HARB-3".into());
    paint.created = Some(days_ago(40));
    paint.description = Some("Two coats.\n\nWaiting for the paint from the yard.".into());
    let mut rope = item(9, "New ropes", "Todo");
    rope.priority = Priority::Medium;
    rope.due_date = Some(days_ago(-10));
    let mut gulls = item(21, "Keep the gulls away", "Backlog");
    gulls.created = Some(days_ago(90));
    let mut buoy = item(15, "Move the buoy", "In Review");
    buoy.vibe = Some(vibe("inprogress"));
    let mut tide = item(30, "Tide table", "Todo");
    tide.vibe = None;
    let mut survey = item(33, "Survey of the harbour bed", "Done");
    survey.asleep = true;
    let mut task = DigestItem::new(link(1_000), None, "Try the new winch");
    task.vibe = Some(vibe("todo"));
    vec![
        dock,
        crane,
        paint,
        rope,
        gulls,
        buoy,
        tide,
        survey,
        task,
        item(1, "Light the lamp", "Done"),
        item(2, "Sound the horn", "Done"),
        item(4, "Paint the horn", "Canceled"),
    ]
}

fn changes() -> Vec<Change> {
    let change =
        |at: i64, number: u128, kind, field, from: Option<&str>, to: Option<&str>| Change {
            at: days_ago(at),
            link: link(number),
            kind,
            field,
            came_from: Some(Side::Vibe),
            written: Side::Huly,
            from: from.map(Arc::from),
            to: to.map(Arc::from),
            label: None,
        };
    let status = Some(Field::Status);
    let update = ChangeKind::Update;
    vec![
        change(8, 12, ChangeKind::Create, None, None, Some("Paint")),
        change(4, 7, update, status, Some("Todo"), Some("In Progress")),
        change(
            2,
            3,
            update,
            Some(Field::Title),
            Some("Dock"),
            Some("Repair the dock"),
        ),
        change(1, 2, update, status, Some("In Review"), Some("Done")),
        change(
            1,
            12,
            update,
            Some(Field::Description),
            Some("old"),
            Some("new"),
        ),
        Change {
            came_from: Some(Side::Vibe),
            label: Some("HARB-40 Old pier".into()),
            ..change(
                3,
                40,
                ChangeKind::Cancel,
                status,
                Some("Todo"),
                Some("Canceled"),
            )
        },
        Change {
            came_from: None,
            ..change(
                2,
                9,
                ChangeKind::Resolve,
                Some(Field::Title),
                None,
                Some("huly, by ada"),
            )
        },
    ]
}

/// The whole project.
pub(crate) fn project() -> Digest {
    Digest {
        project: ProjectFacts {
            name: "Harbour".into(),
            identifier: "HARB".into(),
            description: Some("Everything about the harbour.\nPath: /srv/harbour".into()),
            huly_id: "6b0144aca1b2c3d4e5f60718".into(),
            huly_url: Some("https://huly.test/workbench/acme/tracker/HARB".into()),
            vibe_id: Some("4be0643f-1d98-573b-97cd-ca98a65347dd".into()),
            vibe_api_url: Some("http://127.0.0.1:3105/api".into()),
            repository_path: Some("/srv/harbour".into()),
            git_url: Some("https://ci:hunter2@git.test/acme/harbour.git".into()),
        },
        board: board(),
        items: items(),
        changes: changes(),
        conflicts: vec![
            Clash {
                at: days_ago(5),
                link: link(9),
                field: Field::Title,
                cause: "both_changed".into(),
                winner: Some(Side::Huly),
                open: false,
                label: None,
            },
            Clash {
                at: days_ago(6),
                link: link(12),
                field: Field::Description,
                cause: "both_changed".into(),
                winner: None,
                open: true,
                label: None,
            },
        ],
        letters: vec![Letter {
            since: days_ago(7),
            link: link(21),
            side: Side::Vibe,
            field: Some(Field::Title),
            code: "title_too_long".into(),
            retried: false,
            message: "the title has 210 characters; Vibe takes 200".into(),
            label: None,
        }],
        held: vec![HeldClass {
            class: Class::Removals,
            count: 6,
            since: Some(days_ago(1)),
        }],
        waiting: Waiting {
            dirty: 2,
            writes: 1,
        },
    }
}
