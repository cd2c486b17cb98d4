//! The figures of the code, beside what the loved codebases keep.

use std::fmt::{self, Write};

use super::{
    Finding, sizes,
    source::{PublicItem, Source},
};
use crate::workspace::Package;

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    name: String,
    value: String,
    wanted: String,
    verdict: Verdict,
}

/// Whether a figure is as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// As wanted.
    Ok,
    /// Not as wanted, and told as a finding.
    Broken,
    /// Not as wanted, but only a habit.
    Off,
    /// Nothing is wanted.
    Told,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Broken => "TO MEND",
            Self::Off => "over",
            Self::Told => "",
        })
    }
}

/// The table, and what of it must be mended.
pub(super) fn table(packages: &[Package], sources: &[Source]) -> (String, Vec<Finding>) {
    let mut figures = size_figures(sources);
    let mut findings = Vec::new();
    for package in packages {
        let own: Vec<_> = sources
            .iter()
            .filter(|source| source.package == package.name)
            .collect();
        let (figure, bare) = documented(&package.name, &own);
        figures.extend(figure);
        findings.extend(bare);
        if package.name == "sync-core" {
            figures.push(tests_per_code(&own));
        }
    }
    (print(&figures), findings)
}

fn size_figures(sources: &[Source]) -> Vec<Figure> {
    let mut files: Vec<_> = sources.iter().map(|source| source.lines).collect();
    let mut functions: Vec<_> = sources
        .iter()
        .flat_map(|source| &source.functions)
        .filter(|function| !function.test)
        .map(|function| function.lines)
        .collect();
    files.sort_unstable();
    functions.sort_unstable();
    let row = |name: &str, lines: &[usize], share: usize, most: usize| {
        let value = percentile(lines, share);
        Figure {
            name: name.to_owned(),
            value: format!("{value} lines"),
            wanted: format!("<= {most}"),
            verdict: if value <= most {
                Verdict::Ok
            } else {
                Verdict::Off
            },
        }
    };
    let told = |name: &str, count: usize| Figure {
        name: name.to_owned(),
        value: count.to_string(),
        wanted: String::new(),
        verdict: Verdict::Told,
    };
    vec![
        told("files", files.len()),
        row("file, median", &files, 50, 180),
        row("file, p90", &files, 90, sizes::FILE_LINES),
        row("file, max", &files, 100, sizes::FILE_LINES),
        told("functions outside tests", functions.len()),
        row("function, median", &functions, 50, 9),
        row("function, p90", &functions, 90, 40),
        row("function, p99", &functions, 99, 80),
        row("function, max", &functions, 100, sizes::FUNCTION_LINES),
    ]
}

/// The value that `share` percent of the sorted values do not exceed (nearest rank).
fn percentile(sorted: &[usize], share: usize) -> usize {
    let rank = (sorted.len() * share).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The least share of documented public items, in percent.
fn documented_least(package: &str) -> usize {
    if package == "sync-core" { 100 } else { 95 }
}

fn documented(package: &str, sources: &[&Source]) -> (Option<Figure>, Vec<Finding>) {
    let items: Vec<(&Source, &PublicItem)> = sources
        .iter()
        .flat_map(|source| source.public.iter().map(|item| (*source, item)))
        .collect();
    if items.is_empty() {
        return (None, Vec::new());
    }
    let bare: Vec<_> = items.iter().filter(|(_, item)| !item.documented).collect();
    let least = documented_least(package);
    let good = items.len() - bare.len();
    let ok = good * 100 >= least * items.len();
    let figure = Figure {
        name: format!("documented, {package}"),
        value: format!("{} % ({good} of {})", good * 100 / items.len(), items.len()),
        wanted: format!(">= {least} %"),
        verdict: if ok { Verdict::Ok } else { Verdict::Broken },
    };
    let findings = bare
        .into_iter()
        .filter(|_| !ok)
        .map(|(source, item)| {
            let what = format!("`{}` is public and not documented", item.name);
            Finding::new(&source.file, item.line, what)
        })
        .collect();
    (Some(figure), findings)
}

/// Tests of the pure core weigh more than its code.
fn tests_per_code(sources: &[&Source]) -> Figure {
    let tests: usize = sources.iter().map(|source| source.test_lines).sum();
    let code: usize = sources.iter().map(|source| source.code_lines).sum();
    let hundredths = tests * 100 / code.max(1);
    Figure {
        name: "test lines / code lines, sync-core".to_owned(),
        value: format!(
            "{}.{:02} ({tests} / {code})",
            hundredths / 100,
            hundredths % 100
        ),
        wanted: ">= 1.5".to_owned(),
        verdict: if hundredths >= 150 {
            Verdict::Ok
        } else {
            Verdict::Off
        },
    }
}

fn print(figures: &[Figure]) -> String {
    let width = |of: fn(&Figure) -> &String| {
        figures
            .iter()
            .map(|figure| of(figure).len())
            .max()
            .unwrap_or_default()
    };
    let (name, value, wanted) = (
        width(|figure| &figure.name),
        width(|figure| &figure.value),
        width(|figure| &figure.wanted),
    );
    figures.iter().fold(String::new(), |mut text, figure| {
        let line = format!(
            "{:name$}  {:value$}  {:wanted$}  {}",
            figure.name, figure.value, figure.wanted, figure.verdict
        );
        // writing to a string cannot fail
        writeln!(text, "{}", line.trim_end()).map_or_else(|_| String::new(), |()| text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn package(name: &str) -> Package {
        Package {
            name: name.to_owned(),
            ..Package::default()
        }
    }

    fn source_of(package: &str, text: &str) -> Source {
        let mut source = source::read("a.rs", text, true, false).unwrap();
        source.package = package.to_owned();
        source
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let ten: Vec<_> = (1..=10).collect();
        assert_eq!(
            [0, 50, 90, 99, 100].map(|share| percentile(&ten, share)),
            [1, 5, 9, 10, 10]
        );
        assert_eq!(percentile(&[], 50), 0);
    }

    #[test]
    fn one_bare_item_breaks_the_core_and_not_another_crate() {
        let documented = "/// Says.\npub fn a() {}\n".repeat(30);
        let text = format!("//! Page.\n{documented}pub fn bare() {{}}\n");
        let (table, findings) = table(&[package("sync-core")], &[source_of("sync-core", &text)]);
        assert!(
            table
                .contains("documented, sync-core               96 % (31 of 32)  >= 100 %  TO MEND"),
            "{table}"
        );
        assert_eq!(
            findings,
            [Finding::new(
                "a.rs",
                62,
                "`bare` is public and not documented"
            )]
        );
        let (_, findings) = super::table(&[package("store")], &[source_of("store", &text)]);
        assert_eq!(findings, []);
    }

    #[test]
    fn a_crate_below_its_share_lists_every_bare_item() {
        let (_, findings) = table(
            &[package("store")],
            &[source_of("store", "pub fn a() {}\npub fn b() {}")],
        );
        assert_eq!(findings.len(), 3);
    }

    #[test]
    fn the_weight_of_tests_is_told() {
        let text = "//! Page.\nfn a() {}\n#[cfg(test)]\nmod tests {}\n";
        let figure = tests_per_code(&[&source_of("sync-core", text)]);
        assert_eq!(
            (figure.value.as_str(), figure.verdict),
            ("2.00 (2 / 1)", Verdict::Ok)
        );
    }
}
