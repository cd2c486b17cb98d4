//! The planner's tests: a decision table, every case of a small domain, and laws over generated cases.

#[cfg(test)]
mod decisions;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod linking;
#[cfg(test)]
mod optional;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod resolving;
#[cfg(test)]
mod settling;
#[cfg(test)]
mod showing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unseen;
