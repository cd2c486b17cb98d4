//! Signs in texts of others that people do not see, or that a terminal takes for an order: one list for all who show such texts.

/// Whether a terminal may take the sign for an order, or writes what follows elsewhere: C0, DEL, C1, the mark of a byte order, and
/// marks that turn the direction of writing.
///
/// ```
/// use sync_core::signs::is_order;
/// assert!(is_order('\u{1b}') && is_order('\u{202e}'));
/// assert!(!is_order('\u{200d}'), "emoji are joined with it");
/// ```
pub fn is_order(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// Whether nobody sees the sign, so that it could carry words past a reader's eyes: every order, joints of no width but for those
/// that letters and emoji need, and tags that spell whole texts.
///
/// ```
/// use sync_core::signs::is_unseen;
/// assert!(is_unseen('\u{200b}') && is_unseen('\u{e0041}'));
/// assert!(!is_unseen('\u{200d}') && !is_unseen(' '));
/// ```
pub fn is_unseen(sign: char) -> bool {
    is_order(sign)
        || matches!(
            sign,
            '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read_is_neither_and_every_order_is_unseen() {
        for sign in [
            'a', 'é', '語', ' ', '\u{a0}', '\u{200c}', '\u{200d}', '\u{fe0f}', '🇳',
        ] {
            assert!(!is_order(sign) && !is_unseen(sign), "{sign:?}");
        }
        let orders = ('\0'..=char::MAX).filter(|sign| is_order(*sign));
        let orders: Vec<char> = orders.collect();
        assert!(orders.iter().all(|sign| is_unseen(*sign)));
        assert_eq!(orders.len(), 65 + 13);
    }
}
