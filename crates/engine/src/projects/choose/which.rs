//! Which pair a choice is for, and whether it is one.

use store::row::{ProjectPhase, ProjectRow};
use sync_core::link::fold;

use super::Choice;

/// The pairs of this name, identifier or id. An id means one; of several by the same name those that wait are meant.
pub(super) fn called(mut rows: Vec<ProjectRow>, name: &str) -> Vec<ProjectRow> {
    let wanted = fold(name);
    let has_id = |row: &ProjectRow| {
        let mut ids = row.projects.iter().filter_map(|(_, id)| id.as_ref());
        ids.any(|id| id.as_str() == name)
    };
    if rows.iter().any(has_id) {
        rows.retain(has_id);
    } else {
        rows.retain(|row| fold(&row.label) == wanted || fold(&row.name) == wanted);
    }
    let waits = |row: &ProjectRow| row.phase == ProjectPhase::Waiting;
    if rows.iter().any(waits) {
        rows.retain(waits);
    }
    rows
}

/// Why a choice is not for this pair; nothing where it is. `others` have the same name.
pub(super) fn unfit(row: &ProjectRow, others: &[ProjectRow], choice: &Choice) -> Option<String> {
    if !others.is_empty() {
        let all = others.iter().chain([row]).map(|row| {
            let id = row.projects.iter().find_map(|(_, id)| id.clone());
            let id = id.map_or_else(String::new, |id| format!(", {id}"));
            format!("{} ({}{id})", row.label, row.name)
        });
        let all: Vec<String> = all.collect();
        let words = "several pairs have this name, so name one by an id:";
        return Some(format!("{words} {}", all.join("; ")));
    }
    let is = match (row.phase, choice) {
        (ProjectPhase::Waiting, _) | (ProjectPhase::Left, Choice::Relink) => return None,
        (ProjectPhase::Active, _) => "it is kept the same, and waits for nothing",
        (ProjectPhase::Asleep, _) => "it sleeps, and wakes by itself",
        (ProjectPhase::Left, _) => "it was left alone; only --relink takes it up again",
    };
    Some(is.to_owned())
}

#[cfg(test)]
mod tests {
    use sync_core::{
        Pair,
        ids::{Millis, ProjectId, ProjectLinkId},
    };

    use super::*;

    fn row(label: &str, name: &str, phase: ProjectPhase) -> ProjectRow {
        let id = |side: &str| Some(ProjectId::from(format!("{label}-{side}").as_str()));
        ProjectRow {
            id: ProjectLinkId(uuid::Uuid::nil()),
            projects: Pair {
                huly: id("huly"),
                vibe: id("vibe"),
            },
            label: label.into(),
            name: name.into(),
            phase,
            reason: "".into(),
            first_sync_done: true,
            watermark: Millis(0),
            compared_at: Millis(0),
            synced_at: Millis(0),
            fingerprint: "".into(),
        }
    }

    fn labels(rows: &[ProjectRow], name: &str) -> Vec<String> {
        let found = called(rows.to_vec(), name);
        found.iter().map(|row| row.label.to_string()).collect()
    }

    #[test]
    fn a_pair_is_meant_by_id_else_by_a_name_and_of_several_the_one_that_waits() {
        use ProjectPhase::{Active, Waiting};
        let mut rows = vec![
            row("HARB", "Harbor", Active),
            row("DOCK", "harbor ", Waiting),
            row("SKY", "Sky", Active),
            row("ISLE", "SKY", Active),
        ];
        assert_eq!(labels(&rows, "harbor"), ["DOCK"]);
        assert_eq!(labels(&rows, "harb"), ["HARB"]);
        assert_eq!(labels(&rows, "HARB-vibe"), ["HARB"]);
        assert_eq!(labels(&rows, "sky"), ["SKY", "ISLE"]);
        assert_eq!(labels(&rows, "nope"), Vec::<String>::new());
        rows[0].phase = Waiting;
        assert_eq!(labels(&rows, "harbor"), ["HARB", "DOCK"]);
        let mut found = called(rows, "harbor");
        let last = found.pop().unwrap();
        assert_eq!(
            unfit(&last, &found, &Choice::Relink).unwrap(),
            "several pairs have this name, so name one by an id: HARB (Harbor, HARB-huly); DOCK (harbor , DOCK-huly)"
        );
    }

    #[test]
    fn only_a_pair_that_waits_is_chosen_for_and_one_that_was_left_can_be_taken_up_again() {
        let all = [
            Choice::Relink,
            Choice::Recreate { into: None },
            Choice::Mirror,
            Choice::Unlink,
            Choice::Trust,
        ];
        let fit = |phase| -> Vec<&str> {
            let row = row("HARB", "Harbor", phase);
            let fit = all
                .iter()
                .filter(|choice| unfit(&row, &[], choice).is_none());
            fit.map(Choice::word).collect()
        };
        assert_eq!(fit(ProjectPhase::Waiting).len(), all.len());
        assert_eq!(fit(ProjectPhase::Left), ["relink"]);
        assert_eq!(fit(ProjectPhase::Active), Vec::<&str>::new());
        assert_eq!(fit(ProjectPhase::Asleep), Vec::<&str>::new());
    }
}
