//! Which way fields go in each pair of projects: the configuration's words for the pair over those for all.

use std::{collections::HashMap, sync::Arc};

use crate::{
    context::Context,
    projects::{Paired, is_named},
};

/// Remembers the directions of every pair of this run.
pub(crate) fn directions(ctx: &Context, paired: &[Paired]) {
    let settings = &ctx.settings;
    let everywhere = settings.policies.direction;
    let named = settings
        .projects
        .iter()
        .filter(|(_, project)| project.fields != crate::settings::FieldDirections::default())
        .collect::<Vec<_>>();
    let mut directions = HashMap::new();
    for pair in paired {
        let of = |(name, _): &&(&Arc<str>, &crate::settings::ProjectSettings)| {
            is_named(&pair.boards.huly, name)
        };
        if let Some((_, project)) = named.iter().find(|entry| of(entry)) {
            directions.insert(pair.row.id, project.fields.over(everywhere));
        }
    }
    // one run has its pairs once
    ctx.directions.get_or_init(|| directions);
}
