//! What `cargo xtask simulate` runs: schedules of trouble, or one of them again, or every poll of one run, or engines that are
//! broken on purpose.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool of ours: its output is what it is for"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use sim::proof::{
    Asked, Breach, DEFECTS, Defect, EXPECTED, LEFT_OUT, Reference, Schedule, Summary, Verdict,
    campaign, every_poll, play, shrink,
};

/// Plays schedules of trouble and holds hvs to the laws
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads [default: as many as there are cores]
    #[arg(long)]
    jobs: Option<usize>,
    /// The first so many seeds are played twice, and their traces compared
    #[arg(long, default_value_t = 200)]
    twice: u64,
    /// So many failures are enough
    #[arg(long, default_value_t = 5)]
    failures: usize,
    /// Fail where a fault, a policy or a branch of recovery was reached less often than this
    #[arg(long, default_value_t = 0)]
    reached: u64,
    /// Play this one seed and print its schedule and trace
    #[arg(long)]
    seed: Option<u64>,
    /// Play the schedule of a file and print its trace
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Where failing schedules are written, shortened
    #[arg(long, value_name = "DIRECTORY", default_value = "target/simulate")]
    out: PathBuf,
    /// How many schedules are played to shorten a failing one
    #[arg(long, default_value_t = 400)]
    shrink: u32,
    /// Play engines that are broken on purpose: the first so many [default: all]
    #[arg(long, num_args = 0..=1, default_missing_value = "1000", value_name = "N")]
    sabotage: Option<usize>,
    /// Of the broken engines only these, by name
    #[arg(long, requires = "sabotage", value_name = "NAME")]
    only: Vec<String>,
    /// Drop a run of the reference sync at each of its polls
    #[arg(long)]
    polls: bool,
}

/// Fewer polls than this are no proof.
const POLLS: u32 = 2_000;

type Done = Result<bool, Box<dyn Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match (&args.replay, args.seed, args.sabotage, args.polls) {
        (Some(file), ..) => replay(file),
        (None, Some(seed), ..) => one(&Schedule::of(seed)),
        (None, None, Some(first), _) => sabotage(&args, first),
        (None, None, None, true) => polls(&args),
        (None, None, None, false) => many(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Args {
    fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(cores)
    }

    fn asked(&self) -> Asked {
        Asked {
            from: self.from,
            seeds: self.seeds,
            jobs: self.jobs(),
            limit: None,
            twice: self.twice,
            failures: self.failures,
            defect: None,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn replay(file: &Path) -> Done {
    one(&serde_json::from_str(&fs::read_to_string(file)?)?)
}

/// One schedule with all that is known of it.
fn one(schedule: &Schedule) -> Done {
    println!("seed {}, {:?}", schedule.seed, schedule.setting);
    for event in &schedule.events {
        println!("  {}", serde_json::to_string(event)?);
    }
    let verdict = play(schedule, true)?;
    for line in &verdict.lines {
        println!("{line}");
    }
    println!(
        "{} runs, {} steps, {} faults, trace {:016x}",
        verdict.runs, verdict.steps, verdict.faults, verdict.trace
    );
    Ok(told(&verdict))
}

fn told(verdict: &Verdict) -> bool {
    breaches(verdict.seed, &verdict.breaches);
    verdict.breaches.is_empty()
}

fn breaches(seed: u64, all: &[Breach]) {
    for breach in all {
        println!("seed {seed}: {breach}");
    }
}

fn many(args: &Args) -> Done {
    let summary = campaign(&args.asked())?;
    for (mark, count) in &summary.marks {
        println!("{count:>12}  {mark}");
    }
    for left in LEFT_OUT {
        println!("left out: {:?}: {}", left.what, left.reason);
    }
    for failed in &summary.failed {
        breaches(failed.seed, &failed.breaches);
        let shrunk = shrink(&Schedule::of(failed.seed), args.shrink)?;
        fs::create_dir_all(&args.out)?;
        let file = args.out.join(format!("seed-{}.json", failed.seed));
        fs::write(&file, serde_json::to_string_pretty(&shrunk.schedule)?)?;
        println!(
            "  {} events are left after {} plays: cargo xtask simulate --replay {}",
            shrunk.schedule.events.len(),
            shrunk.plays,
            file.display()
        );
        breaches(failed.seed, &shrunk.verdict.breaches);
    }
    let mut well = summary.failed.is_empty();
    for mark in EXPECTED {
        let count = summary.marks.get(*mark).copied().unwrap_or_default();
        if count < args.reached {
            well = false;
            println!("reached only {count} times: {mark}");
        }
    }
    figures(&summary);
    Ok(well)
}

fn figures(summary: &Summary) {
    let seconds = summary.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = summary.schedules as f64 / seconds;
    println!(
        "{} schedules, {} failed; {} runs, {} steps (median {}), {} faults (median {}); {} traces twice the same",
        summary.schedules,
        summary.failed.len(),
        summary.runs,
        summary.steps,
        summary.median_steps,
        summary.faults,
        summary.median_faults,
        summary.same_trace,
    );
    println!("{seconds:.1} s, {rate:.1} schedules/s, {} cores", cores());
}

fn sabotage(args: &Args, first: usize) -> Done {
    let mut well = true;
    let is_asked =
        |defect: &Defect| args.only.is_empty() || args.only.contains(&format!("{defect:?}"));
    let all = DEFECTS.iter().take(first);
    let asked: Vec<_> = all.filter(|(defect, _)| is_asked(defect)).collect();
    if asked.is_empty() {
        return Err("no broken engine is called so: docs/reliability.md names them".into());
    }
    for (defect, words) in asked {
        let summary = campaign(&Asked {
            twice: 0,
            failures: 1,
            defect: Some(*defect),
            ..args.asked()
        })?;
        if let Some(failed) = summary.failed.first() {
            let law = failed
                .breaches
                .first()
                .map_or("", |breach| breach.law.name());
            println!(
                "caught   {defect:?} ({words}): after {} seeds, seed {}: {law}",
                summary.schedules, failed.seed
            );
        } else {
            well = false;
            println!("NOT SEEN {defect:?} ({words}): {} seeds", summary.schedules);
        }
    }
    Ok(well)
}

fn polls(args: &Args) -> Done {
    let mut well = true;
    let mut polls = 0;
    for reference in Reference::ALL {
        let found = every_poll(reference, args.jobs())?;
        for failed in &found.failed {
            well = false;
            println!("dropped at poll {}:", failed.seed);
            breaches(failed.seed, &failed.breaches);
        }
        println!(
            "{reference:?}: dropped at each of {} polls, {} failures",
            found.polls,
            found.failed.len()
        );
        polls += found.polls;
    }
    println!("{polls} polls in all");
    Ok(well && polls >= POLLS)
}
