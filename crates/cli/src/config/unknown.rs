//! Names that nobody asked for: keys of the file, variables, flags.

use toml::{
    Spanned,
    de::{DeString, DeTable},
};

use super::{
    document::Shows,
    error::{Place, Problem},
    nearest::nearest,
    reader::{Reader, SECRETS, Source, variable},
    values::kind,
};

/// Variables that begin with `HVS_` and are no keys: where the file is, and what the tests of hvs are told.
const OTHER_VARIABLES: &[&str] = &[
    "HVS_CONFIG",
    "HVS_LOG",
    "HVS_BIN",
    "HVS_CASES",
    #[cfg(feature = "fail-points")]
    "HVS_FAIL_POINT",
    #[cfg(feature = "fail-points")]
    "HVS_FAIL_POINT_LOG",
];

impl Reader<'_> {
    /// Notes every name that is no key; called when all keys have been read.
    pub(super) fn refuse_unknown(&mut self) {
        if let Some(table) = self.table {
            self.unknown_in(table, "");
        }
        self.unknown_variables();
        self.unknown_flags();
    }

    fn unknown_in(&mut self, table: &DeTable<'_>, section: &str) {
        for (name, value) in table {
            if self.is_full() {
                return;
            }
            let key = match section {
                "" => name.get_ref().to_string(),
                section => format!("{section}.{}", name.get_ref()),
            };
            if self.known.contains(&key) {
                continue;
            }
            let below = format!("{key}.");
            if !self.known.iter().any(|known| known.starts_with(&below)) {
                self.unknown_key(name, section);
            } else if let Some(inner) = value.get_ref().as_table() {
                self.unknown_in(inner, &key);
            } else {
                let place = self.place_in(&Source::File, &name.span(), Shows::Span, None);
                let what = format!("`{key}` is {}; it is a section", kind(value.get_ref()));
                self.problems
                    .push(Problem::new(what, place).hint(format!("write [{key}]")));
            }
        }
    }

    fn unknown_key(&mut self, name: &Spanned<DeString<'_>>, section: &str) {
        let place = self.place_in(&Source::File, &name.span(), Shows::Span, None);
        let name = name.get_ref().as_ref();
        let what = match section {
            "" => format!("unknown section or key `{name}`"),
            section => format!("unknown key `{name}` in [{section}]"),
        };
        let hint = self.meant(name, section);
        self.problems
            .push(Problem::new(what, place).maybe_hint(hint));
    }

    /// The nearest name beside it, or the same name in another section.
    fn meant(&self, name: &str, section: &str) -> Option<String> {
        let prefix = if section.is_empty() {
            String::new()
        } else {
            format!("{section}.")
        };
        let beside = self
            .known
            .iter()
            .filter_map(|known| known.strip_prefix(&prefix)?.split('.').next());
        if let Some(near) = nearest(name, beside) {
            return Some(format!("did you mean `{near}`?"));
        }
        let elsewhere = self.known.iter().filter_map(|known| known.rsplit_once('.'));
        let sections: Vec<_> = elsewhere
            .filter(|(_, last)| *last == name)
            .map(|(section, _)| format!("[{section}]"))
            .collect();
        (!sections.is_empty()).then(|| format!("`{name}` is a key of {}", sections.join(" and ")))
    }

    fn unknown_variables(&mut self) {
        let known: Vec<_> = self.known.iter().map(|key| variable(key)).collect();
        for name in self.inputs.environment.names() {
            if OTHER_VARIABLES.contains(&name) || known.iter().any(|known| known == name) {
                continue;
            }
            let place = Place::Environment {
                name: name.to_owned(),
                value: None,
            };
            let all = known
                .iter()
                .map(String::as_str)
                .chain(OTHER_VARIABLES.iter().copied());
            let hint = nearest(name, all).map(|near| format!("did you mean `{near}`?"));
            let problem = Problem::new(format!("unknown variable `{name}`"), place);
            self.problems.push(problem.maybe_hint(hint));
        }
    }

    fn unknown_flags(&mut self) {
        for flag in &self.inputs.flags {
            if SECRETS.contains(&flag.key.as_str()) {
                let place = Place::Flag {
                    name: flag.name.clone(),
                    value: None,
                };
                let what = format!("`{}` cannot be given on the command line", flag.key);
                let hint = "others on this machine can read it there; use a file or a variable";
                self.problems.push(Problem::new(what, place).hint(hint));
            }
            if !self.known.contains(&flag.key) {
                let place = Place::Flag {
                    name: flag.name.clone(),
                    value: None,
                };
                let hint = nearest(&flag.key, self.known.iter().map(String::as_str));
                let problem = Problem::new(format!("unknown key `{}`", flag.key), place);
                let hint = hint.map(|near| format!("did you mean `{near}`?"));
                self.problems.push(problem.maybe_hint(hint));
            }
        }
    }
}
