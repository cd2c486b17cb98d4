//! How loud each component is: `log.level`, `-v` and `-q`, and `HVS_LOG` above them.

use tracing::{Level, Metadata, level_filters::LevelFilter};

use crate::failure::Failure;

/// The variable that sets levels per component (`info`, `engine=debug,http=warn`). Wins over configuration and flags.
pub(crate) const VARIABLE: &str = "HVS_LOG";

/// The target of the lines that say how one item or project ended. People see the same at the end of a run, so as text these
/// lines are shown from `info` on only.
const OUTCOMES: &str = "engine::outcome";

/// The levels, quietest first.
pub(super) const WORDS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// A part of the program as people name it, with the crate whose lines it has.
struct Component {
    name: &'static str,
    krate: &'static str,
}

const fn component(name: &'static str, krate: &'static str) -> Component {
    Component { name, krate }
}

/// Every component of ours.
const OURS: [Component; 8] = [
    component("cli", "cli"),
    component("engine", "engine"),
    component("store", "store"),
    component("core", "sync_core"),
    component("http", "http_kit"),
    component("huly", "huly_client"),
    component("vibe", "vibe_client"),
    component("sim", "sim"),
];
/// The libraries below ours.
const OTHER: &str = "other";

/// The component that a line of this target belongs to.
pub(super) fn component_of(target: &str) -> &'static str {
    let krate = target.split("::").next().unwrap_or(target);
    OURS.iter()
        .find(|component| component.krate == krate)
        .map_or(OTHER, |component| component.name)
}

/// One level for each component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Levels {
    ours: [(&'static str, LevelFilter); OURS.len()],
    other: LevelFilter,
    /// Whether outcomes are told line by line even where only warnings are shown.
    json: bool,
}

impl Levels {
    /// All of ours at one level; the libraries below at `warn`, from `debug` on at `info`.
    pub(super) fn all_at(level: LevelFilter, json: bool) -> Self {
        let other = if level == LevelFilter::OFF {
            LevelFilter::OFF
        } else if level >= LevelFilter::DEBUG {
            LevelFilter::INFO
        } else {
            LevelFilter::WARN
        };
        Self {
            ours: OURS.map(|component| (component.name, level)),
            other,
            json,
        }
    }

    /// The same with what the variable says.
    pub(super) fn with(self, words: &str) -> Result<Self, Failure> {
        let mut levels = self;
        let parts = words
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let (named, bare): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.contains('='));
        for word in bare {
            levels = Self::all_at(level(word)?, levels.json);
        }
        for part in named {
            let (name, word) = part.split_once('=').unwrap_or((part, ""));
            let (name, wanted) = (name.trim(), level(word.trim())?);
            if name == OTHER {
                levels.other = wanted;
                continue;
            }
            let found = levels.ours.iter_mut().find(|(known, _)| *known == name);
            let (_, slot) = found.ok_or_else(|| unknown_component(name))?;
            *slot = wanted;
        }
        Ok(levels)
    }

    fn of(&self, component: &str) -> LevelFilter {
        self.ours
            .iter()
            .find(|(name, _)| *name == component)
            .map_or(self.other, |(_, level)| *level)
    }

    /// Whether a line or span is wanted. Spans of ours always are: they say which run and project a line belongs to.
    pub(super) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let component = component_of(metadata.target());
        if metadata.is_span() {
            return component != OTHER;
        }
        self.wants_line(metadata.target(), component, *metadata.level())
    }

    fn wants_line(&self, target: &str, component: &str, line: Level) -> bool {
        let level = self.of(component);
        let told_at_the_end = !self.json && target == OUTCOMES && level < LevelFilter::INFO;
        line <= level && !told_at_the_end
    }
}

fn level(word: &str) -> Result<LevelFilter, Failure> {
    let lower = word.to_ascii_lowercase();
    WORDS
        .iter()
        .find(|(known, _)| *known == lower)
        .map(|(_, level)| *level)
        .ok_or_else(|| {
            let known: Vec<String> = WORDS.iter().map(|(word, _)| format!("`{word}`")).collect();
            Failure::usage(format!("{VARIABLE} has no level `{word}`")).hint(format!(
                "levels are {}; write one, or a list such as {VARIABLE}=info,engine=debug",
                crate::words::list(&known)
            ))
        })
}

fn unknown_component(name: &str) -> Failure {
    let mut known: Vec<String> = OURS
        .iter()
        .map(|component| format!("`{}`", component.name))
        .collect();
    known.push(format!("`{OTHER}`"));
    Failure::usage(format!("{VARIABLE} has no component `{name}`"))
        .hint(format!("components are {}", crate::words::list(&known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(words: &str) -> Levels {
        Levels::all_at(LevelFilter::WARN, false)
            .with(words)
            .unwrap()
    }

    #[test]
    fn a_list_sets_components_and_leaves_the_others() {
        let levels = at("engine=debug,http=error, other=info");
        assert_eq!(levels.of("engine"), LevelFilter::DEBUG);
        assert_eq!(levels.of("http"), LevelFilter::ERROR);
        assert_eq!(levels.of("store"), LevelFilter::WARN);
        assert_eq!(levels.of("other"), LevelFilter::INFO);
        // wherever the plain level stands in the list, what is named wins
        assert_eq!(at("http=warn,TRACE"), at("trace,http=warn"));
        assert_eq!(at(""), Levels::all_at(LevelFilter::WARN, false));
    }

    #[test]
    fn what_is_no_level_or_component_is_told_with_those_there_are() {
        for (words, what, hint) in [
            ("engine=loud", "`loud`", "`debug`"),
            ("motor=debug", "`motor`", "`engine`"),
            ("engine", "`engine`", "HVS_LOG=info,engine=debug"),
            ("engine=", "``", "`trace`"),
        ] {
            let failure = Levels::all_at(LevelFilter::WARN, false)
                .with(words)
                .unwrap_err();
            assert!(failure.what.contains(what), "{failure}");
            assert!(failure.hints.concat().contains(hint), "{failure}");
        }
    }

    #[test]
    fn outcomes_are_lines_for_programs_and_for_those_who_ask() {
        let wants =
            |levels: &Levels| levels.wants_line(OUTCOMES, component_of(OUTCOMES), Level::WARN);
        assert!(!wants(&at("warn")));
        assert!(wants(&at("info")));
        assert!(wants(&Levels::all_at(LevelFilter::WARN, true)));
        assert!(!wants(&Levels::all_at(LevelFilter::ERROR, true)));
    }

    #[test]
    fn every_crate_of_ours_has_a_component() {
        assert_eq!(component_of("http_kit::stack"), "http");
        assert_eq!(component_of("engine::outcome"), "engine");
        assert_eq!(component_of("hyper_util::client"), "other");
        assert_eq!(component_of("simple"), "other");
    }
}
