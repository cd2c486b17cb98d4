//! What a run says at its end, and whether it is true.

use engine::report::{Exit, Report};
use sync_core::Side;

use super::Performance;
use crate::proof::judge::{self, Breach, Law};

impl Performance {
    pub(super) fn ended(&mut self, report: &Report, what: &str) {
        judge::calls(&mut self.breaches, &self.world, report);
        let mut notes = self.world.play.notes();
        notes.trace(format!("= {what}: {}", told(report)));
        notes.mark(format!("exit: {}", report.exit.word()));
        let recovered = [
            ("dropped", report.recovered.dropped),
            ("settled", report.recovered.settled),
            ("sent again", report.recovered.sent_again),
            ("planned afresh", report.recovered.replanned),
            ("left", report.recovered.left),
        ];
        for (name, _) in recovered.iter().filter(|(_, count)| *count > 0) {
            notes.mark(format!("recovery: {name}"));
        }
        let tally = report.tally();
        for side in Side::ALL {
            let tally = tally.side(side);
            let actions = [
                ("created", tally.created),
                ("updated", tally.updated),
                ("cancelled", tally.cancelled),
                ("removed", tally.removed),
                ("failed", tally.failed),
            ];
            for (name, _) in actions.iter().filter(|(_, count)| *count > 0) {
                notes.mark(format!("action: {name} in {side}"));
            }
        }
        for project in &report.projects {
            if project.conflicts > 0 {
                notes.mark("conflict");
            }
            if project.adopted > 0 {
                notes.mark("adopted");
            }
            for held in &project.held {
                notes.mark(format!("held: {:?}", held.class));
            }
            for problem in &project.problems {
                notes.mark(format!("outcome: {}", problem.code));
            }
        }
        for problem in &report.problems {
            notes.mark(format!("outcome: {}", problem.code));
        }
    }

    /// A run that says that all is done has done all (I15): where nobody did anything meanwhile and no server gave a false
    /// answer, both boards agree then.
    pub(super) fn hold_to_its_word(&mut self, report: &Report, undisturbed: bool) {
        let deceived = self.world.play.notes().deceived;
        let hidden = self.world.play.notes().hidden;
        // A project that sleeps is told as such, and its items wait.
        let sleeping = self.world.play.issues().lock().projects();
        let sleeping = sleeping.iter().any(|project| project.archived);
        if report.exit != Exit::Done || !undisturbed || deceived || hidden || sleeping {
            return;
        }
        self.mark("a run held to its word");
        let mut found = Vec::new();
        judge::agreement(&mut found, &self.world, false);
        self.breaches.extend(found.into_iter().map(|breach| {
            Breach::new(
                Law::Told,
                format!("a run ended with exit code 0, and {}", breach.words),
            )
        }));
    }
}

/// A report in one line.
pub(in crate::proof) fn told(report: &Report) -> String {
    let tally = report.tally();
    let codes: Vec<&str> = report
        .projects
        .iter()
        .flat_map(|project| &project.problems)
        .chain(&report.problems)
        .map(|problem| &*problem.code)
        .collect();
    format!(
        "{} {:?} {:?} recovered {:?} {codes:?}",
        report.exit.word(),
        tally.huly,
        tally.vibe,
        report.recovered
    )
}
