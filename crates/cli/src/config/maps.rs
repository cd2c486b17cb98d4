//! The two parts with names of people's own: the map of statuses, and the projects.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

use serde_json::json;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    choice::{Choice, FieldDirection, VibeStatus},
    describe::{Column, Kind},
    document::Shows,
    error::Problem,
    filter::directions_of,
    model::{FieldDirections, Project},
    nearest::nearest,
    origin::Origin,
    reader::{Complaint, Given, Raw, Reader, Source},
    values::{MOST_ITEMS, MOST_TEXT, absolute, kind, word},
};

/// The keys of `[[project]]`: each has its line in the table of meanings, too.
fn project_columns() -> Vec<Column> {
    let column = |name, kind, required| Column {
        name,
        kind,
        required,
    };
    vec![
        column("huly", Kind::Text, true),
        column("vibe", Kind::Text, false),
        column("repo", Kind::AbsolutePath, false),
        column("skip", Kind::Switch, false),
        column(
            "fields",
            Kind::WordMap(FieldDirection::ALL.iter().map(|way| way.word()).collect()),
            false,
        ),
    ]
}

impl<'a> Reader<'a> {
    /// `[status.to_vibe]`, or as an inline table in a variable, which replaces it as a whole.
    pub(super) fn status_map(&mut self, key: &str) -> BTreeMap<String, VibeStatus> {
        let words = VibeStatus::ALL.iter().map(|status| status.word());
        self.describe(key, Kind::WordMap(words.collect()), json!({}));
        let mut map = BTreeMap::new();
        let Some((value, source)) = self.structure(key, "{ \"In Review\" = \"inreview\" }") else {
            return map;
        };
        let Some(table) = value.get_ref().as_table() else {
            let what = format!("`{key}` is {}; wanted is a table", kind(value.get_ref()));
            self.refuse_in(&source, &value.span(), what, None);
            return map;
        };
        if table.len() > MOST_ITEMS {
            let what = too_many(key, table.len());
            self.refuse_in(&source, &value.span(), what, None);
            return map;
        }
        let mut folded = BTreeSet::new();
        for (name, value) in table {
            if self.is_full() {
                break;
            }
            let (span, name) = (name.span(), name.get_ref().trim());
            let shown = format!("{key}.{name:?}");
            let status = match value.get_ref() {
                _ if name.chars().nth(MOST_TEXT).is_some() => Err(Complaint::new(format!(
                    "has a name of more than {MOST_TEXT} characters"
                ))),
                DeValue::String(text) => word(text.trim(), VibeStatus::ALL),
                other => Err(Complaint::new(format!(
                    "is {}; wanted is a text",
                    kind(other)
                ))),
            };
            match status {
                Err(complaint) => {
                    let what = format!("`{shown}` {}", complaint.what);
                    self.refuse_in(&source, &value.span(), what, complaint.hint);
                }
                Ok(_) if name.is_empty() => {
                    let what = format!("`{key}` holds an empty name");
                    self.refuse_in(&source, &span, what, None);
                }
                Ok(_) if !folded.insert(name.to_lowercase()) => {
                    let what = format!("`{shown}` is there twice, but for large and small letters");
                    self.refuse_in(&source, &span, what, None);
                }
                Ok(status) => {
                    let origin = self.origin_in(&source, &value.span());
                    self.show(&shown, json!(status.word()), origin);
                    map.insert(name.to_owned(), status);
                }
            }
        }
        map
    }

    /// `[[project]]`, or as an array of inline tables in `HVS_PROJECT`, which replaces all of them.
    pub(super) fn projects(&mut self, roots: &[PathBuf]) -> Vec<Project> {
        let columns = project_columns();
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        self.describe("project", Kind::Tables(columns), json!([]));
        let mut projects: Vec<Project> = Vec::new();
        let Some((value, source)) = self.structure("project", "[{ huly = \"HARB\" }]") else {
            return projects;
        };
        let Some(items) = value.get_ref().as_array() else {
            let what = format!("`project` is {}; wanted are entries", kind(value.get_ref()));
            let hint = Some("write [[project]] before each".to_owned());
            self.refuse_in(&source, &value.span(), what, hint);
            return projects;
        };
        if items.len() > MOST_ITEMS {
            let what = too_many("project", items.len());
            self.refuse_in(&source, &value.span(), what, None);
            return projects;
        }
        let mut taken = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            if self.is_full() {
                break;
            }
            let Some(table) = item.get_ref().as_table() else {
                let what = format!(
                    "`project` holds {}; wanted are tables",
                    kind(item.get_ref())
                );
                self.refuse_in(&source, &item.span(), what, None);
                continue;
            };
            let mut entry = Entry {
                source: &source,
                table,
                index,
                span: item.span(),
            };
            let Some(project) = self.project(&mut entry, &names, roots) else {
                continue;
            };
            if let Some((name, key)) = twice(&mut taken, &project) {
                let span = entry.table.get(key).map_or(item.span(), Spanned::span);
                let what = format!("two entries of [[project]] are about {key} = \"{name}\"");
                self.refuse_in(&source, &span, what, None);
            }
            projects.push(project);
        }
        projects
    }

    fn project(
        &mut self,
        entry: &mut Entry<'_>,
        names: &[&'static str],
        roots: &[PathBuf],
    ) -> Option<Project> {
        for name in entry.table.keys() {
            if !names.contains(&name.get_ref().as_ref()) {
                let what = format!("unknown key `{}` in [[project]]", name.get_ref());
                let hint = nearest(name.get_ref(), names.iter().copied())
                    .map(|near| format!("did you mean `{near}`?"));
                let place = self.place_in(entry.source, &name.span(), Shows::Span, None);
                self.problems
                    .push(Problem::new(what, place).maybe_hint(hint));
            }
        }
        let huly = self.project_text(entry, "huly");
        let vibe = self.project_text(entry, "vibe");
        let repo = self
            .project_text(entry, "repo")
            .and_then(|repo| self.repo(entry, &repo, roots));
        let skip = match entry
            .table
            .get("skip")
            .map(|value| (value.get_ref(), value.span()))
        {
            None => false,
            Some((DeValue::Boolean(skip), span)) => {
                self.show_project(entry, "skip", &json!(skip), &span);
                *skip
            }
            Some((other, span)) => {
                let what = format!("`project.skip` is {}; wanted is true or false", kind(other));
                self.refuse_in(entry.source, &span, what, None);
                false
            }
        };
        let fields = self.project_fields(entry);
        let origin = self.origin_in(entry.source, &entry.span);
        if huly.is_none() && entry.table.get("huly").is_none() {
            let hint = Some("name the Huly project: huly = \"HARB\"".to_owned());
            self.refuse_in(
                entry.source,
                &entry.span,
                "[[project]] has no `huly`".to_owned(),
                hint,
            );
        }
        Some(Project {
            huly: huly?,
            vibe,
            repo,
            skip,
            fields,
            origin,
        })
    }

    /// `fields` of a project: which way its fields go.
    fn project_fields(&mut self, entry: &mut Entry<'_>) -> FieldDirections {
        let Some(value) = entry.table.get("fields") else {
            return FieldDirections::default();
        };
        let Some(table) = value.get_ref().as_table() else {
            let what = format!(
                "`project.fields` is {}; wanted is a table",
                kind(value.get_ref())
            );
            let hint = Some("write it like fields = { status = \"to-vibe\" }".to_owned());
            self.refuse_in(entry.source, &value.span(), what, hint);
            return FieldDirections::default();
        };
        match directions_of(table) {
            Ok(directions) => {
                let word = |way: Option<FieldDirection>| way.map(Choice::word);
                let shown = json!({
                    "title": word(directions.title),
                    "status": word(directions.status),
                    "description": word(directions.description),
                });
                self.show_project(entry, "fields", &shown, &value.span());
                directions
            }
            Err((span, complaint)) => {
                let what = format!("`project.fields` {}", complaint.what);
                self.refuse_in(entry.source, &span, what, complaint.hint);
                FieldDirections::default()
            }
        }
    }

    fn project_text(&mut self, entry: &Entry<'_>, key: &str) -> Option<String> {
        let value = entry.table.get(key)?;
        let complaint = match value.get_ref() {
            DeValue::String(text) if text.chars().nth(MOST_TEXT).is_some() => {
                let count = text.chars().count();
                format!("has {count} characters; allowed are {MOST_TEXT}")
            }
            DeValue::String(text) if !text.trim().is_empty() => {
                let text = text.trim().to_owned();
                self.show_project(entry, key, &json!(text), &value.span());
                return Some(text);
            }
            DeValue::String(_) => "is empty".to_owned(),
            other => format!("is {}; wanted is a text", kind(other)),
        };
        let what = format!("`project.{key}` {complaint}");
        self.refuse_in(entry.source, &value.span(), what, None);
        None
    }

    fn repo(&mut self, entry: &Entry<'_>, repo: &str, roots: &[PathBuf]) -> Option<PathBuf> {
        let span = entry
            .table
            .get("repo")
            .map_or(entry.span.clone(), Spanned::span);
        let (what, hint) = match absolute(Path::new(repo)) {
            Err(complaint) => (complaint.what, complaint.hint),
            Ok(path) if roots.iter().any(|root| path.starts_with(root)) => return Some(path),
            Ok(_) if roots.is_empty() => {
                let hint = "name the directory that holds your repositories: repo_roots = [\"...\"] in [vibe]";
                (
                    "is allowed nowhere: `vibe.repo_roots` is empty".to_owned(),
                    Some(hint.to_owned()),
                )
            }
            Ok(_) => {
                let roots: Vec<_> = roots
                    .iter()
                    .map(|root| root.display().to_string())
                    .collect();
                (
                    format!("is not under `vibe.repo_roots`: {}", roots.join(", ")),
                    None,
                )
            }
        };
        self.refuse_in(entry.source, &span, format!("`project.repo` {what}"), hint);
        None
    }

    fn show_project(
        &mut self,
        entry: &Entry<'_>,
        key: &str,
        value: &serde_json::Value,
        span: &Range<usize>,
    ) {
        let origin: Origin = self.origin_in(entry.source, span);
        self.show(
            &format!("project.{}.{key}", entry.index),
            value.clone(),
            origin,
        );
    }

    /// A value with parts: as it stands in the file, or as TOML in a variable.
    fn structure(
        &mut self,
        key: &str,
        example: &str,
    ) -> Option<(Cow<'a, Spanned<DeValue<'a>>>, Source)> {
        let given = self.given(key)?;
        let text = match given.raw {
            Raw::Toml(value) => return Some((value, given.source)),
            Raw::Text(text) => text,
        };
        match DeValue::parse(text) {
            Ok(value) => Some((Cow::Owned(value), given.source)),
            Err(error) => {
                let what = format!("is not TOML: {}", error.message());
                let complaint = Complaint::new(what).hint(format!("write it like {example}"));
                let given = Given {
                    raw: Raw::Text(text),
                    source: given.source,
                };
                self.refuse(key, &given, complaint);
                None
            }
        }
    }

    fn refuse_in(
        &mut self,
        source: &Source,
        span: &Range<usize>,
        what: String,
        hint: Option<String>,
    ) {
        let place = self.place_in(source, span, Shows::Span, None);
        self.problems
            .push(Problem::new(what, place).maybe_hint(hint));
    }
}

/// One `[[project]]`.
struct Entry<'e> {
    source: &'e Source,
    table: &'e DeTable<'e>,
    index: usize,
    span: Range<usize>,
}

/// The name that an entry has in common with one before it, and its key.
fn twice(
    taken: &mut BTreeSet<(&'static str, String)>,
    project: &Project,
) -> Option<(String, &'static str)> {
    let names = [
        ("huly", Some(&project.huly)),
        ("vibe", project.vibe.as_ref()),
    ];
    names
        .into_iter()
        .filter_map(|(key, name)| Some((key, name?)))
        .find(|(key, name)| !taken.insert((key, name.to_lowercase())))
        .map(|(key, name)| (name.clone(), key))
}

fn too_many(key: &str, count: usize) -> String {
    format!("`{key}` has {count} entries; allowed are {MOST_ITEMS}")
}
