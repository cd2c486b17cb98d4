//! Plans as one line.

use sync_core::{
    Side,
    item::Value,
    plan::{Action, Conflict, ConflictCause, LinkPlan, Update, Why},
};

/// The whole plan on one line; empty where nothing is done.
pub(crate) fn compact(plan: &LinkPlan) -> String {
    plan.actions
        .iter()
        .map(action)
        .collect::<Vec<_>>()
        .join("; ")
}

fn action(action: &Action) -> String {
    match action {
        Action::Create(create) => {
            let status = create
                .draft
                .status
                .as_ref()
                .map_or("?", |status| status.as_str());
            let (title, text) = (&create.draft.title, short(&create.draft.text));
            format!(
                "create {}#{} {title}|{text}|{status}",
                create.side.as_str(),
                create.generation.0
            )
        }
        Action::Update(update) => self::update(update),
        Action::Cancel(cancel) => {
            format!(
                "cancel {} {}",
                cancel.side.as_str(),
                cancel.status.as_ref().map_or("?", |status| status.as_str())
            )
        }
        Action::Remove(remove) => format!("remove {}", remove.side.as_str()),
        Action::Agree(agree) => {
            let fields: Vec<&str> = agree
                .fields
                .iter()
                .map(sync_core::item::Field::as_str)
                .collect();
            let whole = if agree.whole.is_some() { " whole" } else { "" };
            format!("agree {}{whole}", fields.join("+"))
        }
        Action::Conflict(conflict) => self::conflict(conflict),
        Action::Problem(problem) => {
            let field = problem.field.map_or("item", sync_core::item::Field::as_str);
            format!("x {} {}.{field}", problem.code, problem.side.as_str())
        }
        Action::Notice(notice) => format!("i {}", notice.code),
        Action::Phase(change) => {
            format!("{:?} gone={:?}", change.to, change.gone.map(Side::as_str)).to_lowercase()
        }
        Action::Relink(relink) => format!("relink {} {}", relink.side.as_str(), relink.to),
        Action::Forget(_) => "forget".to_owned(),
    }
}

fn update(update: &Update) -> String {
    let set: Vec<String> = update
        .set
        .iter()
        .map(|change| {
            let why = match change.why {
                Why::Edit => "",
                Why::Merged => "(merged)",
                Why::Resend => "(resend)",
                Why::Rules => "(rules)",
                Why::Adopted => "(adopted)",
                Why::Confirm => "(confirm)",
            };
            format!(
                "{} {}->{}{why}",
                change.field,
                value(&change.from),
                value(&change.to)
            )
        })
        .collect();
    let whole = if update.whole.is_some() { " whole" } else { "" };
    format!("{} {}{whole}", update.side.as_str(), set.join(", "))
}

fn conflict(conflict: &Conflict) -> String {
    let outcome = match (conflict.frozen, conflict.winner) {
        (true, _) => "frozen".to_owned(),
        (false, Some(winner)) => format!("{} wins", winner.as_str()),
        (false, None) => "merged".to_owned(),
    };
    let cause = match conflict.cause {
        ConflictCause::BothChanged => "",
        ConflictCause::Adopted => " adopted",
        ConflictCause::LostWrite => " lost-write",
        ConflictCause::DeletedAndEdited => " deleted",
        ConflictCause::Rebuilt => " rebuilt",
    };
    let values = format!(
        "{}~{}",
        value(&conflict.values.huly),
        value(&conflict.values.vibe)
    );
    format!("! {} {values} {outcome}{cause}", conflict.field)
}

fn short(text: &str) -> String {
    text.replace('\n', "/")
}

pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => short(text),
        Value::Status(status) => status.as_str().to_owned(),
        Value::Unset => "?".to_owned(),
        Value::Labels(labels) => labels
            .iter()
            .map(|label| &**label)
            .collect::<Vec<_>>()
            .join("+"),
        Value::Priority(_) | Value::Parent(_) | Value::Assignee(_) | Value::DueDate(_) => {
            format!("{value:?}")
        }
    }
}
