//! `find-all`: who may see what, filters, order, limit, projection, and the fields that are cut out of the answer.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::classes::{Domain, covers};
use super::query::{matches, order};
use super::{Doc, Error, Huly, Role, Session, text};

/// A query as it came in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Find {
    /// `_class`.
    pub class: String,
    /// The query.
    pub query: Doc,
    /// How to answer it.
    pub options: FindOptions,
}

/// Options of a query; anything else is dropped, `skip` too.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FindOptions {
    /// At most so many; none for all.
    pub limit: Option<i64>,
    /// Field to 1 or -1, in order.
    pub sort: Option<Ordered<i64>>,
    /// Only these fields, and `_id` and `_class`.
    pub projection: Option<Doc>,
    /// Field to class.
    pub lookup: Option<Ordered<Value>>,
    /// Tell how many there are in all.
    pub total: Option<bool>,
    /// Archived projects too.
    pub show_archived: Option<bool>,
}

/// An object of which the order counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Ordered<T>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Ordered(fields))
            }
        }
        deserializer.deserialize_map(Fields(std::marker::PhantomData))
    }
}

impl Huly {
    /// The answer's body. Documents of projects that do not list the account are left out without a word, for the
    /// owner of the workspace too; query fields with plain values are left out of the documents.
    pub fn find_all(&mut self, session: &Session, find: &Find) -> Result<Value, Error> {
        self.settle();
        let (found, all) = self.select(session, find)?;
        let told =
            Domain::of(&find.class) == Some(Domain::Model) || find.options.total == Some(true);
        let total = if told { json!(all) } else { json!(-1) };
        let mut value: Vec<Doc> = found.iter().map(|doc| shape(doc, find)).collect();
        let lookup_map = match &find.options.lookup {
            Some(Ordered(lookup)) => self.look_up(lookup, &found, &mut value),
            None => Value::Null,
        };
        Ok(
            json!({ "dataType": "TotalArray", "total": total, "lookupMap": lookup_map, "value": value }),
        )
    }

    /// The documents of an answer as they are stored, in its order, and how many there were before the limit.
    /// The server's own work that is due must have been done before ([`Huly::settle`]).
    pub(crate) fn select(
        &self,
        session: &Session,
        find: &Find,
    ) -> Result<(Vec<&Doc>, usize), Error> {
        let domain =
            Domain::of(&find.class).ok_or_else(|| Error::DomainNotFound(find.class.clone()))?;
        let limit = limit(&find.options)?;
        let mut found: Vec<&Doc> = Vec::new();
        for doc in self.candidates(domain, &find.query) {
            if covers(&find.class, text(doc, "_class"))
                && matches(domain, &find.query, doc)?
                && self.may_see(session, domain, doc)
                && (shows_archived(find) || !self.is_archived(domain, doc))
            {
                found.push(doc);
            }
        }
        if let Some(Ordered(sort)) = &find.options.sort {
            found.sort_by(|left, right| {
                sort.iter()
                    .fold(std::cmp::Ordering::Equal, |so_far, (field, direction)| {
                        so_far.then_with(|| {
                            let order = order(left, right, field);
                            if *direction == -1 {
                                order.reverse()
                            } else {
                                order
                            }
                        })
                    })
            });
        }
        let all = found.len();
        found.truncate(limit.unwrap_or(usize::MAX));
        Ok((found, all))
    }

    /// The documents that can match: by id where the query names ids, else the whole table.
    fn candidates<'a>(&'a self, domain: Domain, query: &Doc) -> Vec<&'a Doc> {
        let ids: Option<Vec<&str>> = match query.get("_id") {
            Some(Value::String(id)) => Some(vec![id]),
            Some(Value::Object(operators)) => operators
                .get("$in")
                .and_then(Value::as_array)
                .map(|ids| ids.iter().filter_map(Value::as_str).collect()),
            _ => None,
        };
        match ids {
            Some(ids) => ids
                .into_iter()
                .filter_map(|id| self.get(domain, id))
                .collect(),
            None => self.table(domain).collect(),
        }
    }

    /// Whether any document matches, for whoever asks: conditions look past membership.
    pub(crate) fn any_matches(&self, class: &str, query: &Doc) -> Result<bool, Error> {
        let domain = Domain::of(class).ok_or_else(|| Error::DomainNotFound(class.to_owned()))?;
        for doc in self.candidates(domain, query) {
            if covers(class, text(doc, "_class")) && matches(domain, query, doc)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What lies in a project is seen by those whom the project lists; projects by all, private ones by those listed.
    /// Rows of the history go by the space that their sender wrote.
    fn may_see(&self, session: &Session, domain: Domain, doc: &Doc) -> bool {
        if domain == Domain::Space {
            return doc.get("private") != Some(&Value::Bool(true)) || lists(doc, &session.account);
        }
        let space = text(
            doc,
            if domain == Domain::Tx {
                "objectSpace"
            } else {
                "space"
            },
        );
        if domain == Domain::Model || session.role == Role::Admin || is_system_space(space) {
            return true;
        }
        self.get(Domain::Space, space)
            .is_some_and(|project| lists(project, &session.account))
    }

    fn is_archived(&self, domain: Domain, doc: &Doc) -> bool {
        let archived = |space: &Doc| space.get("archived") == Some(&Value::Bool(true));
        match domain {
            Domain::Space => archived(doc),
            Domain::Tx | Domain::Model | Domain::Contact | Domain::Channel => false,
            Domain::Task | Domain::Tracker | Domain::Tags | Domain::Activity => self
                .get(Domain::Space, text(doc, "space"))
                .is_some_and(archived),
        }
    }
}

fn lists(project: &Doc, account: &str) -> bool {
    project
        .get("members")
        .and_then(Value::as_array)
        .is_some_and(|members| members.iter().any(|member| member == account))
}

fn is_system_space(space: &str) -> bool {
    space.starts_with("core:space:") || space.starts_with("contact:space:")
}

/// Archived ones show when asked for, or when the query names one `_id` or one `space` as a plain value.
fn shows_archived(find: &Find) -> bool {
    find.options.show_archived == Some(true)
        || find.query.get("_id").is_some_and(Value::is_string)
        || find.query.get("space").is_some_and(Value::is_string)
}

fn limit(options: &FindOptions) -> Result<Option<usize>, Error> {
    let usable = |limit: i64| {
        usize::try_from(limit).map_err(|_| Error::Sql("LIMIT must not be negative".into()))
    };
    options.limit.map(usable).transpose()
}

/// A document as it is answered: projected, without server fields, without what the query says anyway.
fn shape(doc: &Doc, find: &Find) -> Doc {
    let mut shaped = match &find.options.projection {
        None => doc.clone(),
        Some(projection) => doc
            .iter()
            .filter(|(field, _)| {
                *field == "_id" || *field == "_class" || projection.contains_key(*field)
            })
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect(),
    };
    shaped.remove("%hash%");
    for (field, wanted) in &find.query {
        let plain = wanted.is_string() || wanted.is_number() || wanted.is_boolean();
        if plain && shaped.get(field) == Some(wanted) {
            shaped.remove(field);
        }
    }
    shaped
}
