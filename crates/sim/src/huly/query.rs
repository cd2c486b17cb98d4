//! Whether a document matches a query, as PostgreSQL decides it: columns by their type, the rest as text.

use std::cmp::Ordering;

use serde_json::Value;

use super::classes::{Column, Domain};
use super::{Doc, Error};

/// Whether all fields of the query hold for the document.
pub(crate) fn matches(domain: Domain, query: &Doc, doc: &Doc) -> Result<bool, Error> {
    for (field, wanted) in query {
        if !field_matches(domain, field, wanted, doc)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn field_matches(domain: Domain, field: &str, wanted: &Value, doc: &Doc) -> Result<bool, Error> {
    let column = domain.column(field);
    let found = reach(doc, field);
    match wanted {
        Value::Object(operators) if operators.keys().any(|key| key.starts_with('$')) => {
            for (operator, operand) in operators {
                if !operator_holds(column, operator, operand, &found)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        plain => equals_any(column, &found, plain),
    }
}

/// The values at a path; dots reach into objects and into arrays of objects.
fn reach<'a>(doc: &'a Doc, path: &str) -> Vec<&'a Value> {
    if let Some(value) = doc.get(path) {
        return vec![value];
    }
    let mut parts = path.split('.');
    let mut found: Vec<&Value> = parts
        .next()
        .and_then(|first| doc.get(first))
        .into_iter()
        .collect();
    for part in parts {
        found = found
            .into_iter()
            .flat_map(|value| step(value, part))
            .collect();
    }
    found
}

fn step<'a>(value: &'a Value, part: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().filter_map(|item| item.get(part)).collect(),
        other => other.get(part).into_iter().collect(),
    }
}

/// `null` also matches what is absent; a list contains its elements.
fn equals_any(column: Option<Column>, found: &[&Value], wanted: &Value) -> Result<bool, Error> {
    check(column, "=", wanted)?;
    if wanted.is_null() {
        return Ok(found.iter().all(|value| value.is_null()));
    }
    Ok(found.iter().any(|value| equals(value, wanted)))
}

fn equals(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Array(items), wanted) if !wanted.is_array() => {
            items.iter().any(|item| equals(item, wanted))
        }
        (Value::Array(_) | Value::Object(_), _) => value == wanted,
        (Value::Null, _) => wanted.is_null(),
        _ => shown(value) == shown(wanted),
    }
}

/// A number column refuses text.
fn check(column: Option<Column>, operator: &str, wanted: &Value) -> Result<(), Error> {
    match (column, wanted) {
        (Some(Column::Number), Value::String(text)) if operator == "=" => Err(Error::Sql(format!(
            "invalid input syntax for type bigint: \"{text}\""
        ))),
        (Some(Column::Number), Value::String(_)) => Err(Error::Sql(format!(
            "operator does not exist: bigint {operator} text"
        ))),
        _ => Ok(()),
    }
}

fn operator_holds(
    column: Option<Column>,
    operator: &str,
    operand: &Value,
    found: &[&Value],
) -> Result<bool, Error> {
    let one_of = |list: &Value| -> Result<bool, Error> {
        let items = list
            .as_array()
            .ok_or_else(|| Error::Sql("malformed array literal".into()))?;
        items.iter().try_fold(false, |hit, item| {
            Ok(hit || equals_any(column, found, item)?)
        })
    };
    Ok(match operator {
        "$in" => one_of(operand)?,
        "$nin" => !one_of(operand)?,
        "$ne" => !equals_any(column, found, operand)?,
        "$gt" => compares(column, ">", operand, found, Ordering::is_gt)?,
        "$gte" => compares(column, ">=", operand, found, Ordering::is_ge)?,
        "$lt" => compares(column, "<", operand, found, Ordering::is_lt)?,
        "$lte" => compares(column, "<=", operand, found, Ordering::is_le)?,
        "$exists" => {
            found.iter().any(|value| !value.is_null()) == operand.as_bool().unwrap_or(true)
        }
        "$like" => {
            let pattern = shown(operand).to_lowercase();
            found
                .iter()
                .any(|value| like(&pattern, &shown(value).to_lowercase()))
        }
        "$all" => operand.as_array().is_some_and(|all| {
            all.iter()
                .all(|item| found.iter().any(|value| equals(value, item)))
        }),
        "$size" => found
            .iter()
            .any(|value| value.as_array().map(|items| items.len() as u64) == operand.as_u64()),
        unknown => return Err(Error::Sql(format!("syntax error at or near \"{unknown}\""))),
    })
}

fn compares(
    column: Option<Column>,
    sign: &str,
    operand: &Value,
    found: &[&Value],
    wanted: fn(Ordering) -> bool,
) -> Result<bool, Error> {
    check(column, sign, operand)?;
    Ok(found.iter().any(|value| match column {
        Some(Column::Number) => numbers(value, operand).is_some_and(wanted),
        // The JSON column yields text: 2 is greater than 10.
        Some(Column::Text | Column::Bool | Column::List) | None => {
            !value.is_null() && wanted(shown(value).as_str().cmp(shown(operand).as_str()))
        }
    }))
}

fn numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// A value as the database shows it as text.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// SQL's LIKE: `%` any text, `_` any one character.
fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    like_chars(&pattern, &text)
}

fn like_chars(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('%', rest)), None) => like_chars(rest, text),
        (Some(('%', rest)), Some((_, tail))) => like_chars(rest, text) || like_chars(pattern, tail),
        (Some((wanted, rest)), Some((found, tail))) => {
            (*wanted == '_' || wanted == found) && like_chars(rest, tail)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The order of two documents by one field: numbers by value, text by its bytes, what is missing last.
pub(crate) fn order(left: &Doc, right: &Doc, field: &str) -> Ordering {
    match (first(left, field), first(right, field)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) => {
            numbers(left, right).unwrap_or_else(|| shown(left).cmp(&shown(right)))
        }
    }
}

fn first<'a>(doc: &'a Doc, field: &str) -> Option<&'a Value> {
    reach(doc, field).into_iter().find(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(query: &Value) -> bool {
        let doc = json!({
            "_id": "b1", "modifiedOn": 100, "number": 2, "title": "Crate 0", "assignee": null, "estimation": 2.5,
            "parents": [{ "parentId": "p1" }, { "parentId": "p2" }], "labels": ["x"],
        });
        matches(
            Domain::Task,
            query.as_object().unwrap(),
            doc.as_object().unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn queries_hold_or_not() {
        let table = [
            (
                "a column compares as a number",
                json!({ "modifiedOn": { "$gt": 20 } }),
                true,
            ),
            (
                "anything else compares as text",
                json!({ "number": { "$gt": 10 } }),
                true,
            ),
            ("text again", json!({ "number": { "$lt": 10 } }), false),
            (
                "two operators are joined by and",
                json!({ "modifiedOn": { "$gte": 100, "$lt": 100 } }),
                false,
            ),
            (
                "like ignores case",
                json!({ "title": { "$like": "%crate_0" } }),
                true,
            ),
            (
                "null matches what is absent",
                json!({ "dueDate": null, "assignee": null }),
                true,
            ),
            (
                "null does not match a value",
                json!({ "title": null }),
                false,
            ),
            ("in", json!({ "_id": { "$in": ["a", "b1"] } }), true),
            ("not in", json!({ "_id": { "$nin": ["a", "b1"] } }), false),
            (
                "not equal matches what is absent",
                json!({ "component": { "$ne": "c" } }),
                true,
            ),
            (
                "dots reach into lists of objects",
                json!({ "parents.parentId": "p2" }),
                true,
            ),
            (
                "a list contains its elements",
                json!({ "labels": "x" }),
                true,
            ),
            ("numbers equal by value", json!({ "estimation": 2.5 }), true),
            ("exists", json!({ "assignee": { "$exists": true } }), false),
        ];
        for (name, query, wanted) in table {
            assert_eq!(holds(&query), wanted, "{name}");
        }
    }

    #[test]
    fn a_number_column_refuses_text() {
        let query = json!({ "modifiedOn": { "$gt": "abc" } });
        let doc = json!({ "modifiedOn": 1 });
        let error = matches(
            Domain::Task,
            query.as_object().unwrap(),
            doc.as_object().unwrap(),
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "operator does not exist: bigint > text");
    }
}
