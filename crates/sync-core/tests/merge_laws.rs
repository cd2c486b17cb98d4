//! The laws of the merge, over arbitrary edits of both sides and over formattings that differ.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sync_core::{
    Pair, Side,
    merge::{Outcome, Texts, merge},
};

/// Bullets become `*`, white space at line ends goes: idempotent, line by line.
fn normal(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end();
        line.strip_prefix("- ")
            .map_or(line.to_owned(), |rest| format!("* {rest}"))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Also drops blank lines: the normal form has fewer lines than the author's text.
fn dense(text: &str) -> String {
    normal(text)
        .lines()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn plain(text: &str) -> String {
    text.to_owned()
}

const FORMS: [fn(&str) -> String; 3] = [plain, normal, dense];

/// A line; few words, so that lines repeat.
fn line() -> impl Strategy<Value = String> {
    let words = [
        "", "", "a", "b", "c", "d", "e", "f", "* a", "- a", "- b", "x ", "y\t", "a\r", "---", "```",
    ];
    prop_oneof![3 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 2 => "[a-z]{1,3}"]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..14).prop_map(|lines| lines.join("\n"))
}

/// What a person does to a text.
#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, String),
    Delete(usize),
    Replace(usize, String),
    Reformat(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<usize>(), line()).prop_map(|(at, line)| Edit::Insert(at, line)),
        any::<usize>().prop_map(Edit::Delete),
        (any::<usize>(), line()).prop_map(|(at, line)| Edit::Replace(at, line)),
        any::<usize>().prop_map(Edit::Reformat),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for edit in edits {
        let count = lines.len();
        match edit {
            Edit::Insert(at, line) => lines.insert(at % (count + 1), line.clone()),
            Edit::Delete(at) if count > 1 => drop(lines.remove(at % count)),
            Edit::Delete(at) => change(&mut lines, *at, |_| String::new()),
            Edit::Replace(at, line) => change(&mut lines, *at, |_| line.clone()),
            Edit::Reformat(at) => change(&mut lines, *at, reformatted),
        }
    }
    lines.join("\n")
}

fn change(lines: &mut [String], at: usize, to: impl Fn(&str) -> String) {
    let count = lines.len();
    if let Some(line) = lines.get_mut(at % count) {
        *line = to(line);
    }
}

fn reformatted(line: &str) -> String {
    line.strip_prefix("* ")
        .map_or_else(|| format!("{line}  "), |rest| format!("- {rest}"))
}

/// A base as each side writes it, and what each made of it.
#[derive(Clone, Debug)]
struct Case {
    base: Pair<String>,
    now: Pair<String>,
}

impl Case {
    fn texts(&self) -> Texts<'_> {
        Texts {
            base: self.base.as_ref().map(String::as_str),
            now: self.now.as_ref().map(String::as_str),
        }
    }

    fn swapped(&self) -> Case {
        let swap = |pair: &Pair<String>| Pair {
            huly: pair.vibe.clone(),
            vibe: pair.huly.clone(),
        };
        Case {
            base: swap(&self.base),
            now: swap(&self.now),
        }
    }
}

/// Both sides mean the same at the base, in different formattings.
fn case() -> impl Strategy<Value = Case> {
    let edits = || prop::collection::vec(edit(), 0..4);
    let formats = prop::collection::vec(any::<usize>().prop_map(Edit::Reformat), 0..5);
    (text(), formats, edits(), edits()).prop_map(|(huly, formats, of_huly, of_vibe)| {
        let vibe = edited(&huly, &formats);
        let now = Pair {
            huly: edited(&huly, &of_huly),
            vibe: edited(&vibe, &of_vibe),
        };
        Case {
            base: Pair { huly, vibe },
            now,
        }
    })
}

/// Nothing is known of the bases.
fn strangers() -> impl Strategy<Value = Case> {
    let pair = || (text(), text()).prop_map(|(huly, vibe)| Pair { huly, vibe });
    let edits = || prop::collection::vec(edit(), 0..3);
    (pair(), edits(), edits()).prop_map(|(base, of_huly, of_vibe)| {
        let now = Pair {
            huly: edited(&base.huly, &of_huly),
            vibe: edited(&base.vibe, &of_vibe),
        };
        Case { base, now }
    })
}

/// What both sides hold once the outcome is written; `None` for an overlap.
fn after(case: &Case, outcome: &Outcome) -> Option<Pair<String>> {
    let mut now = case.now.clone();
    match outcome {
        Outcome::Same => {}
        Outcome::Carried { to, text } => now.side_mut(*to).clone_from(text),
        Outcome::Merged { text } => {
            for (side, text) in text.iter() {
                if let Some(text) = text {
                    now.side_mut(side).clone_from(text);
                }
            }
        }
        Outcome::Overlap => return None,
    }
    Some(now)
}

fn counts(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in text.split('\n') {
        *counts.entry(line).or_insert(0) += 1;
    }
    counts
}

/// Lines that a text has more often than another; a blank one is nobody's work.
fn added<'a>(now: &'a str, base: &str) -> Vec<&'a str> {
    let base = counts(base);
    let more = |(line, count): &(&str, usize)| {
        !line.trim().is_empty() && *count > base.get(line).copied().unwrap_or(0)
    };
    counts(now)
        .into_iter()
        .filter(more)
        .map(|(line, _)| line)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equal_sides_merge_to_themselves(base in text(), other in text(), now in text()) {
        let case = Case { base: Pair { huly: base, vibe: other }, now: Pair { huly: now.clone(), vibe: now } };
        for form in FORMS {
            prop_assert_eq!(merge(&case.texts(), form), Outcome::Same);
        }
    }

    #[test]
    fn nothing_changed_is_nothing_sent(case in strangers()) {
        let case = Case { now: case.base.clone(), base: case.base };
        for form in FORMS {
            prop_assert_eq!(merge(&case.texts(), form), Outcome::Same);
        }
    }

    #[test]
    fn a_change_on_one_side_only_is_taken_whole(case in case()) {
        for form in [normal as fn(&str) -> String, dense] {
            for side in Side::ALL {
                let mut one = case.clone();
                one.now.side_mut(side.opposite()).clone_from(case.base.side(side.opposite()));
                let outcome = merge(&one.texts(), form);
                let now = after(&one, &outcome);
                prop_assert!(now.is_some(), "one side's change needs no policy");
                let now = now.unwrap_or_default();
                prop_assert_eq!(form(now.side(side.opposite())), form(one.now.side(side)));
                prop_assert_eq!(now.side(side), one.now.side(side), "the side that changed is not written");
            }
        }
    }

    #[test]
    fn after_a_merge_both_sides_mean_the_same(case in case()) {
        for form in [normal as fn(&str) -> String, dense] {
            if let Some(now) = after(&case, &merge(&case.texts(), form)) {
                prop_assert_eq!(form(&now.huly), form(&now.vibe));
            }
        }
    }

    #[test]
    fn merging_twice_is_merging_once(case in prop_oneof![case(), strangers()]) {
        for form in FORMS {
            if let Some(now) = after(&case, &merge(&case.texts(), form)) {
                // the base moved with the writes, and even where the crash came before it moved
                let settled = Case { base: now.clone(), now: now.clone() };
                prop_assert_eq!(merge(&settled.texts(), form), Outcome::Same);
                if form(&now.huly) == form(&now.vibe) {
                    let late = Case { base: case.base.clone(), now };
                    prop_assert_eq!(merge(&late.texts(), form), Outcome::Same);
                }
            }
        }
    }

    #[test]
    fn the_sides_are_equal_before_the_merge(case in prop_oneof![case(), strangers()]) {
        for form in FORMS {
            let mirrored = match merge(&case.swapped().texts(), form) {
                Outcome::Same => Outcome::Same,
                Outcome::Overlap => Outcome::Overlap,
                Outcome::Carried { to, text } => Outcome::Carried { to: to.opposite(), text },
                Outcome::Merged { text } => Outcome::Merged { text: Pair { huly: text.vibe, vibe: text.huly } },
            };
            prop_assert_eq!(merge(&case.texts(), form), mirrored);
        }
    }

    #[test]
    fn no_line_that_a_person_added_is_lost(case in case()) {
        for form in [normal as fn(&str) -> String, dense] {
            let Some(now) = after(&case, &merge(&case.texts(), form)) else { continue };
            for side in Side::ALL {
                let (base, mine) = (form(case.base.side(side)), form(case.now.side(side)));
                for target in Side::ALL {
                    let result = form(now.side(target));
                    for line in added(&mine, &base) {
                        prop_assert!(counts(&result).contains_key(line), "{line:?} of {side} is not in {target}'s {result:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_line_that_both_left_alone_is_lost(case in case()) {
        for form in [normal as fn(&str) -> String, dense] {
            let Some(now) = after(&case, &merge(&case.texts(), form)) else { continue };
            let (base, huly, vibe) = (form(&case.base.huly), form(&case.now.huly), form(&case.now.vibe));
            let result = form(&now.huly);
            for (line, count) in counts(&base) {
                let left = |text: &str| counts(text).get(line).copied().unwrap_or(0) >= count;
                let blank = line.trim().is_empty();
                prop_assert!(blank || !left(&huly) || !left(&vibe) || counts(&result).contains_key(line), "{line:?}");
            }
        }
    }

    #[test]
    fn bases_that_differ_cost_the_target_only_what_the_source_removed(case in strangers()) {
        for form in FORMS {
            let Outcome::Carried { to, text } = merge(&case.texts(), form) else { continue };
            let from = to.opposite();
            if form(&case.base.huly) == form(&case.base.vibe) || case.now.side(to) == case.base.side(from) {
                continue;
            }
            let (had, has) = (form(case.now.side(to)), form(&text));
            let (source_had, source_has) = (form(case.base.side(from)), form(case.now.side(from)));
            let removed = added(&source_had, &source_has);
            for line in added(&had, &has) {
                prop_assert!(removed.contains(&line), "{line:?} was only {to}'s");
            }
        }
    }

    #[test]
    fn the_authors_own_lines_stay_as_they_are(case in case()) {
        // Huly changes, Vibe does not: every line of Vibe's new text is its own old one or one of the new normal form
        let mut one = case.clone();
        one.now.vibe.clone_from(&case.base.vibe);
        if let Outcome::Carried { to: Side::Vibe, text } = merge(&one.texts(), normal) {
            let wanted = normal(&one.now.huly);
            let (own, new) = (counts(&one.base.vibe), counts(&wanted));
            let raw = counts(&one.now.huly);
            for line in text.split('\n') {
                let known = |map: &BTreeMap<&str, usize>| map.contains_key(line) || map.contains_key(line.trim_end());
                prop_assert!(known(&own) || known(&new) || known(&raw), "{line:?} came from nowhere");
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(huly in ".{0,40}", vibe in ".{0,40}", base in ".{0,40}", other in "(.|\n){0,40}") {
        let case = Case { base: Pair { huly: base, vibe: other.clone() }, now: Pair { huly, vibe } };
        for form in FORMS {
            let outcome = merge(&case.texts(), form);
            prop_assert_eq!(outcome == Outcome::Overlap, after(&case, &outcome).is_none());
        }
    }
}
