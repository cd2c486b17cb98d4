//! The converter between Markdown and Huly markup, from outside.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod pairs;
