//! Markdown <-> Huly markup (ProseMirror JSON): pure functions, no I/O. The wire facts are recorded from the official converter
//! (`tests/fixtures/huly/markdown-markup-pairs.json`); where that one loses text, this one does not.
//!
//! Three forms meet here:
//! - a **tree** is what Huly stores, with nodes, marks and attributes that Markdown has no words for;
//! - the **plain tree** of a tree (`plain.rs`) is what Markdown can say of it: marks that cannot stand where they are moved, blank
//!   paragraphs gone, presentation dropped;
//! - **Markdown** is what the other side stores. What plain Markdown cannot say, but a tree can, has an HTML form
//!   (`<ins>`, `<span data-mark=..>`, `<div data-node=..>`) or a link form (`ref://`, `image://`, `huly-file:`).
//!
//! The law that the rest stands on: `from_markdown(to_markdown(tree))` is the plain tree. The writer holds it by reading back each
//! paragraph that it wrote, with more and more escapes until it reads as meant (`write.rs`); so a text is as bare as it can be.
//!
//! To change how Markdown is read start at `read.rs` (events; `read_block.rs`, `read_text.rs`), `inline.rs` (HTML inside text), `table_html.rs`; how it is written: `write.rs`,
//! `span.rs` (marks), `escape.rs`, `table.rs`; what survives an edit: `patch.rs`; what is told as lost: `loss.rs`.

mod escape;
mod html;
mod inline;
mod link;
mod loss;
mod node;
mod patch;
mod plain;
mod plain_table;
mod plain_text;
mod read;
mod read_block;
mod read_text;
mod span;
mod table;
mod table_html;
mod tidy;
mod wire;
mod write;

pub use loss::{Lost, inexpressible, is_expressible};
pub use node::{Attrs, Mark, MarkKind, Node, NodeKind};
pub use patch::{Patched, patch};
pub use read::from_markdown;
pub use wire::{Source, parse, wire};
pub use write::{normal_form, to_markdown};

/// Why a text is not markup. Text that is no JSON is none of these: it is a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkupError {
    /// The JSON is nested deeper than a document can be.
    #[error("markup is nested deeper than {limit} brackets")]
    TooDeep {
        /// The largest depth read.
        limit: usize,
    },
    /// The JSON is no node.
    #[error("markup: expected {expected} at {path}")]
    Shape {
        /// Where, like `$.content[2].marks`.
        path: String,
        /// What should have been there.
        expected: &'static str,
    },
}
