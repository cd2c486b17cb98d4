//! What a first configuration would say: pairs of projects, links of items, a map of statuses, each with a reason
//! (`hvs init`). Reads only; the decisions are pure functions over what was read.

mod statuses;

pub use statuses::by_name;
