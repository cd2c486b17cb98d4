//! One bad field does not hold the item (design 3.11).

use super::Row;

/// One bad field does not hold the item (design 3.11).
pub(crate) const REFUSED: &[Row] = &[
    (
        "an unmapped status holds only the status",
        "A|x|t = A|x|todo",
        "B|x|x",
        "=",
        "",
        "x STATUS_UNKNOWN vibe.status; vibe title A->B",
    ),
    (
        "an unknown status in Vibe holds only the status",
        "A|x|t = A|x|todo",
        "=",
        "B|x|someday",
        "",
        "x STATUS_UNKNOWN huly.status; huly title A->B",
    ),
    (
        "an unmapped status is told again until it is mapped",
        "A|x|t = A|x|todo",
        "A|x|x",
        "=",
        "",
        "x STATUS_UNKNOWN vibe.status",
    ),
    (
        "an unmapped status that wins keeps nothing, since nothing is overwritten",
        "A|x|t = A|x|todo",
        "A|x|x",
        "A|x|done",
        "",
        "x STATUS_UNKNOWN vibe.status",
    ),
    (
        "a blank title is refused, the rest goes on",
        "A|x|t = A|x|todo",
        " |x|d",
        "=",
        "",
        "x ITEM_TITLE_BLANK vibe.title; vibe status todo->inprogress",
    ),
    (
        "a title over the limit",
        "A|x|t = A|x|todo",
        "=",
        "1234567890123456789012345678901234567890+|x|todo",
        "",
        "x ITEM_TITLE_TOO_LONG huly.title",
    ),
    (
        "a title at the limit",
        "A|x|t = A|x|todo",
        "=",
        "1234567890123456789012345678901234567890|x|todo",
        "",
        "huly title A->1234567890123456789012345678901234567890",
    ),
    (
        "NUL is replaced, with a notice",
        "A|x|t = A|x|todo",
        "=",
        "B\0|x|todo",
        "",
        "i ITEM_TEXT_NUL; huly title A->B\u{fffd}",
    ),
    (
        "a refused field keeps the new rules waiting",
        "A|x|t = A|x|todo",
        " |x|t",
        "=",
        "old-rules",
        "x ITEM_TITLE_BLANK vibe.title",
    ),
];
