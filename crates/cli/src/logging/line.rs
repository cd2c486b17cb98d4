//! One line of the log: the documented fields, and the message.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use clap::builder::styling::Style;
use engine::env::{Env, System};
use serde::Serialize;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::{output, words};

use super::levels::component_of;

/// A line as JSON: the documented fields (`docs/logging.md`) in their order, and no other.
#[derive(Serialize)]
struct Wire<'a> {
    ts: &'a str,
    level: &'a str,
    service: &'a str,
    version: &'a str,
    run: Option<&'a str>,
    component: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: &'a str,
}

/// The run whose span was entered last: what is told after its end belongs to it, too.
static RUN: Mutex<Option<String>> = Mutex::new(None);

/// What spans and the event say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    run: Option<String>,
    project: Option<String>,
    item: Option<String>,
    operation: Option<String>,
    outcome: Option<String>,
    code: Option<String>,
    duration_ms: Option<u64>,
    message: String,
    /// Whatever else the event has; part of the message.
    more: Vec<(&'static str, String)>,
}

impl Facts {
    fn put(&mut self, name: &'static str, text: String) {
        let slot = match name {
            "run" => &mut self.run,
            "project" => &mut self.project,
            "item" => &mut self.item,
            "operation" => &mut self.operation,
            "outcome" => &mut self.outcome,
            "code" => &mut self.code,
            "message" => {
                self.message = text;
                return;
            }
            _ => {
                self.more.push((name, text));
                return;
            }
        };
        // an empty word says nothing
        *slot = (!text.is_empty()).then_some(text);
    }

    /// These facts below those of an outer span; what only the outer span's own event could mean stays behind.
    fn inside(self, outer: &Facts) -> Facts {
        let outer = outer.clone();
        Facts {
            run: self.run.or(outer.run),
            project: self.project.or(outer.project),
            item: self.item.or(outer.item),
            operation: self.operation.or(outer.operation),
            outcome: self.outcome.or(outer.outcome),
            code: self.code.or(outer.code),
            duration_ms: self.duration_ms.or(outer.duration_ms),
            message: self.message,
            more: self.more,
        }
    }

    /// The message with what else the event had.
    fn words(&self) -> String {
        self.more
            .iter()
            .fold(self.message.clone(), |words, (name, value)| {
                format!("{words} {name}={value}")
            })
    }
}

impl Visit for Facts {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "duration_ms" {
            self.duration_ms = Some(value);
        } else {
            self.put(field.name(), value.to_string());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }
}

/// A line before it is written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) level: Level,
    pub(super) component: &'a str,
    pub(super) facts: Facts,
}

impl Line<'_> {
    /// What a command tells people, as a line of the log. A code at its end is a field, too.
    pub(super) fn told(level: Level, message: String) -> Line<'static> {
        let code = message
            .strip_suffix(']')
            .and_then(|start| start.rsplit_once(" ["))
            .map(|(_, code)| code.to_owned());
        let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Line {
            level,
            component: "cli",
            facts: Facts {
                run,
                code,
                message,
                ..Facts::default()
            },
        }
    }

    /// One JSON object: the documented fields and no other. `run` is null outside of runs; the later ones stand where they apply.
    pub(super) fn json(&self, at: &str) -> String {
        let facts = &self.facts;
        let level = self.level.as_str().to_ascii_lowercase();
        let wire = Wire {
            ts: at,
            level: &level,
            service: "hvs",
            version: env!("CARGO_PKG_VERSION"),
            run: facts.run.as_deref(),
            component: self.component,
            operation: facts.operation.as_deref(),
            project: facts.project.as_deref(),
            item: facts.item.as_deref(),
            duration_ms: facts.duration_ms,
            outcome: facts.outcome.as_deref(),
            code: facts.code.as_deref(),
            message: &facts.words(),
        };
        // texts and numbers can always be written
        words::escaped(&serde_json::to_string(&wire).unwrap_or_default())
    }

    /// The same for people.
    pub(super) fn text(&self, at: &str) -> String {
        let facts = &self.facts;
        let line = format!(
            "{} {} {}: {}",
            words::styled(words::FAINT, at),
            words::styled(style(self.level), format!("{:>5}", self.level)),
            self.component,
            words::clean(&facts.words()),
        );
        let parts = [
            ("project", &facts.project),
            ("item", &facts.item),
            ("operation", &facts.operation),
            ("outcome", &facts.outcome),
            ("code", &facts.code),
        ];
        let mut more: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, fact)| Some(format!(" {name}={}", words::quoted(fact.as_deref()?))))
            .collect();
        more.extend(
            facts
                .duration_ms
                .map(|millis| format!(" duration_ms={millis}")),
        );
        more.extend(
            facts
                .run
                .as_ref()
                .map(|run| words::styled(words::FAINT, format!(" run={run}"))),
        );
        line + &more.concat()
    }
}

const fn style(level: Level) -> Style {
    match level {
        Level::ERROR => words::BAD,
        Level::WARN => words::WARN,
        Level::INFO => words::GOOD,
        Level::DEBUG | Level::TRACE => words::FAINT,
    }
}

/// Writes a line to stderr, as JSON or text.
pub(super) fn write(line: &Line<'_>, json: bool) -> std::io::Result<()> {
    let at = words::exact_time(System.now());
    output::screen::above(|stderr| {
        if json {
            writeln!(stderr, "{}", line.json(&at))
        } else {
            writeln!(stderr, "{}", line.text(&at))
        }
    })
}

/// Turns events into lines.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) json: bool,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut facts = Facts::default();
        attributes.record(&mut facts);
        if let Some(run) = &facts.run {
            *RUN.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.clone());
        }
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(facts);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(facts) = span.extensions_mut().get_mut::<Facts>()
        {
            values.record(facts);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut facts = Facts::default();
        event.record(&mut facts);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Facts>() {
                facts = facts.inside(outer);
            }
        }
        let line = Line {
            level: *event.metadata().level(),
            component: component_of(event.metadata().target()),
            facts,
        };
        // a reader of stderr that went away is no reason to end
        drop(write(&line, self.json));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        let mut facts = Facts::default();
        facts.put("message", "call done".into());
        facts.put("status", "200".into());
        facts.put("operation", "huly POST find-all".into());
        facts.put("item", "HARB-1 \u{202e}\u{1b}[2J".into());
        facts.put("code", String::new());
        facts.duration_ms = Some(12);
        let outer = Facts {
            run: Some("r-1".into()),
            project: Some("HARB".into()),
            more: vec![("kind", "sync".into())],
            ..Facts::default()
        };
        Line {
            level: Level::WARN,
            component: "http",
            facts: facts.inside(&outer),
        }
    }

    #[test]
    fn a_json_line_has_its_fields_in_order_and_each_where_it_applies() {
        let plain = line();
        assert_eq!(
            plain.json("T").replace(env!("CARGO_PKG_VERSION"), "V"),
            "{\"ts\":\"T\",\"level\":\"warn\",\"service\":\"hvs\",\"version\":\"V\",\"run\":\"r-1\",\"component\":\"http\",\
             \"operation\":\"huly POST find-all\",\"project\":\"HARB\",\"item\":\"HARB-1 \\u202e\\u001b[2J\",\
             \"duration_ms\":12,\"message\":\"call done status=200\"}"
        );
        let told = Line::told(Level::ERROR, "error: it is gone [NET_CONNECT]".into());
        assert!(told.json("T").contains("\"code\":\"NET_CONNECT\""));
    }

    #[test]
    fn a_text_line_carries_no_order_to_the_terminal() {
        let text = anstream::adapter::strip_str(&line().text("T")).to_string();
        assert_eq!(
            text,
            "T  WARN http: call done status=200 project=HARB item=\"HARB-1 \u{FFFD}\u{FFFD}[2J\" \
             operation=\"huly POST find-all\" duration_ms=12 run=r-1"
        );
    }
}
