//! The blocks of a project: what they say of a whole one, what each of them counts and orders, and laws over generated ones.

#[cfg(test)]
mod counting;
#[cfg(test)]
mod excluding;
#[cfg(test)]
mod fitting;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod harbour;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod spotting;
#[cfg(test)]
mod texts;
