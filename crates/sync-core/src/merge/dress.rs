//! Applying a change of the normal form to the author's own text, so that the formatting of untouched lines stays.

use std::ops::Range;

use super::{
    hunks::{Hunk, hunks},
    lines,
};

/// The author's `own` text, changed so that its normal form becomes `wanted` where it is `normal` now. Lines that the
/// change does not touch stay as their author wrote them. `None` where that cannot be done line by line: the caller
/// then writes the whole text.
pub(super) fn dress(
    own: &str,
    normal: &str,
    wanted: &str,
    form: fn(&str) -> String,
) -> Option<String> {
    if normal == wanted {
        return Some(own.to_owned());
    }
    if own == normal {
        return Some(wanted.to_owned());
    }
    let aim = form(wanted);
    let (own, normal, wanted) = (lines(own), lines(normal), lines(wanted));
    // by what lines say first (most of the author's lines stay), by equal lines only where that misleads
    [Likeness::Words, Likeness::Exact]
        .into_iter()
        .map(|likeness| rewrite(&own, &normal, &wanted, likeness))
        .find(|text| form(text) == aim)
}

#[derive(Clone, Copy)]
enum Likeness {
    /// Lines are alike if their letters and digits are the same: bullets, numbers' padding, markers may differ.
    Words,
    /// Lines are alike if they are equal.
    Exact,
}

impl Likeness {
    fn key(self, line: &str) -> String {
        let exact = || line.trim_end().to_owned();
        match self {
            Likeness::Exact => exact(),
            Likeness::Words => {
                let words: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
                if words.is_empty() { exact() } else { words }
            }
        }
    }
}

fn rewrite(own: &[&str], normal: &[&str], wanted: &[&str], likeness: Likeness) -> String {
    let map = Map::build(own, normal, likeness);
    let returns = own
        .split_last()
        .is_some_and(|(_, rest)| !rest.is_empty() && rest.iter().all(|line| line.ends_with('\r')));
    let mut out: Vec<&str> = Vec::with_capacity(own.len().max(wanted.len()));
    let mut at = 0;
    for region in map.regions(normal, wanted) {
        let start = map.own(region.old.start, true).max(at);
        let end = if region.old.is_empty() {
            start
        } else {
            map.own(region.old.end, false).max(start)
        };
        out.extend(own.get(at..start).unwrap_or_default());
        out.extend(wanted.get(region.new).unwrap_or_default());
        at = end;
    }
    out.extend(own.get(at..).unwrap_or_default());
    if returns {
        let bare: Vec<&str> = out
            .iter()
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .collect();
        return bare.join("\r\n");
    }
    out.join("\n")
}

/// Which of the author's lines stand for which lines of the normal form.
struct Map {
    /// Stretches that differ (`old`: normal form, `new`: the author's), in order and apart; between them lines pair
    /// up one by one.
    gaps: Vec<Hunk>,
}

impl Map {
    fn build(own: &[&str], normal: &[&str], likeness: Likeness) -> Map {
        let keys = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| likeness.key(line))
                .collect::<Vec<String>>()
        };
        let (own, normal) = (keys(own), keys(normal));
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let normal: Vec<&str> = normal.iter().map(String::as_str).collect();
        Map {
            gaps: hunks(&normal, &own),
        }
    }

    /// The changes from `normal` to `wanted`, each widened to the whole of a gap that it cuts into: inside a gap
    /// nobody knows which line is which.
    fn regions(&self, normal: &[&str], wanted: &[&str]) -> Vec<Hunk> {
        let mut regions: Vec<Hunk> = Vec::new();
        for mut change in hunks(normal, wanted) {
            if let Some(gap) = self.around(change.old.start) {
                let by = change.old.start - gap.start;
                change.old.start -= by;
                // lines before a change are equal one by one; where an earlier change is in the way, the two become one below
                change.new.start = change.new.start.saturating_sub(by);
            }
            if let Some(gap) = self.around(change.old.end) {
                change.new.end = (change.new.end + (gap.end - change.old.end)).min(wanted.len());
                change.old.end = gap.end;
            }
            match regions.last_mut() {
                Some(last) if change.old.start < last.old.end => {
                    last.old.end = change.old.end.max(last.old.end);
                    last.new.end = change.new.end;
                }
                Some(_) | None => regions.push(change),
            }
        }
        regions
    }

    /// The gap that has `at` strictly inside it, in lines of the normal form.
    fn around(&self, at: usize) -> Option<Range<usize>> {
        let gap = self
            .gaps
            .get(self.gaps.partition_point(|gap| gap.old.end <= at))?;
        (gap.old.start < at).then(|| gap.old.clone())
    }

    /// Where the author's text stands at line `at` of the normal form, which must not be inside a gap. Lines that
    /// only the author has there are passed over if `beyond`.
    fn own(&self, at: usize, beyond: bool) -> usize {
        let before =
            |gap: &Hunk| gap.old.end < at || (gap.old.end == at && (beyond || !gap.old.is_empty()));
        match self
            .gaps
            .partition_point(before)
            .checked_sub(1)
            .and_then(|last| self.gaps.get(last))
        {
            Some(gap) => gap.new.end + (at - gap.old.end),
            None => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Without blank lines and white space, bullets as `*`.
    fn form(text: &str) -> String {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| line.replace('-', "*"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn lines_of(lines: &[String]) -> Vec<&str> {
        lines.iter().map(String::as_str).collect()
    }

    fn check(own: &str, wanted: &str, expected: &str) {
        let dressed = dress(own, &form(own), wanted, form);
        assert_eq!(dressed.as_deref(), Some(expected));
    }

    #[test]
    fn only_the_changed_lines_are_replaced() {
        check("- a\n\n- b\n", "* a\n* b", "- a\n\n- b\n");
        check(
            "- a\n\n- b\n\n- c\n",
            "* a\n* x\n* c",
            "- a\n\n* x\n\n- c\n",
        );
        check("- a\n\n- b\n", "* x\n* a\n* b", "* x\n- a\n\n- b\n");
        check("  a\r\n\r\n- b\r\n", "a\nx\n* b", "  a\r\n\r\nx\r\n- b\r\n");
        check("", "x", "x");
    }

    #[test]
    fn a_text_in_normal_form_becomes_the_wanted_one_to_the_letter() {
        check("* a\n* b", "* a\n* x", "* a\n* x");
    }

    #[test]
    fn a_form_that_cannot_be_reached_line_by_line_is_told() {
        // the author's dash means something else before a y
        fn odd(text: &str) -> String {
            if text == "- a\ny" {
                "other".to_owned()
            } else {
                form(text)
            }
        }
        assert_eq!(dress("- a\nb", "* a\nb", "* a\ny", odd), None);
        assert_eq!(
            dress("- a\nb", "* a\nb", "* a\nz", odd).as_deref(),
            Some("- a\nz")
        );
    }

    #[test]
    fn a_change_inside_a_stretch_that_looks_different_takes_the_whole_stretch() {
        // a table in the author's text, one line per cell in the normal form
        let own = ["top", "|1|2|", "end"];
        let normal = ["top", "<1>", "<2>", "<3>", "end"];
        let wanted = ["top", "<1>", "<x>", "<3>", "end"];
        assert_eq!(
            rewrite(&own, &normal, &wanted, Likeness::Words),
            "top\n<1>\n<x>\n<3>\nend"
        );
        let wanted = ["new", "<1>", "<2>", "<3>", "end"];
        assert_eq!(
            rewrite(&own, &normal, &wanted, Likeness::Words),
            "new\n|1|2|\nend"
        );
    }

    #[test]
    fn two_changes_inside_one_stretch_are_one() {
        let own = ["top", "|1|2|3|4|", "end"];
        let normal = ["top", "<1>", "<2>", "<3>", "<4>", "end"];
        let wanted = ["top", "<x>", "<2>", "<3>", "<y>", "<z>", "end"];
        assert_eq!(
            rewrite(&own, &normal, &wanted, Likeness::Exact),
            wanted.join("\n")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_dressed_means_what_was_wanted(own in "([-a-d ]{0,3}\n){0,8}", wanted in "([-a-d]{1,3}\n){0,8}") {
            let wanted = form(&wanted);
            if let Some(text) = dress(&own, &form(&own), &wanted, form) {
                prop_assert_eq!(form(&text), wanted);
            }
        }

        #[test]
        fn every_line_comes_from_the_author_or_from_the_change(own in "[a-e]{0,8}", normal in "[a-e]{0,8}", wanted in "[a-e]{0,8}") {
            let split = |text: &'_ str| text.chars().map(String::from).collect::<Vec<_>>();
            let (own, normal, wanted) = (split(&own), split(&normal), split(&wanted));
            let text = rewrite(&lines_of(&own), &lines_of(&normal), &lines_of(&wanted), Likeness::Exact);
            // nothing comes from anywhere but the author's text and the wanted one
            prop_assert!(text.split('\n').all(|line| line.is_empty() || own.iter().chain(&wanted).any(|known| known == line)));
            if own == normal {
                prop_assert_eq!(text, wanted.join("\n"));
            }
        }
    }
}
