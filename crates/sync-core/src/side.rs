//! The two sides, and pairs that keep them apart by name instead of by position.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two services that are kept the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The project management side: items are issues.
    Huly,
    /// The task board side: items are tasks.
    Vibe,
}

impl Side {
    /// Both sides, Huly first: the order of every listing.
    pub const ALL: [Side; 2] = [Side::Huly, Side::Vibe];

    /// The other side.
    ///
    /// ```
    /// use sync_core::Side;
    /// assert_eq!(Side::Huly.opposite(), Side::Vibe);
    /// ```
    #[must_use]
    pub const fn opposite(self) -> Side {
        match self {
            Side::Huly => Side::Vibe,
            Side::Vibe => Side::Huly,
        }
    }

    /// The lower-case name, as stored and as printed in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Huly => "huly",
            Side::Vibe => "vibe",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Side::Huly => "Huly",
            Side::Vibe => "Vibe",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

/// One value for each side.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Pair<T> {
    /// Huly's.
    pub huly: T,
    /// Vibe's.
    pub vibe: T,
}

impl<T> Pair<T> {
    /// Builds a pair by asking once for each side, Huly first.
    ///
    /// ```
    /// use sync_core::{Pair, Side};
    /// let names = Pair::by(Side::as_str);
    /// assert_eq!((names.huly, names.vibe), ("huly", "vibe"));
    /// ```
    pub fn by(mut make: impl FnMut(Side) -> T) -> Self {
        Pair {
            huly: make(Side::Huly),
            vibe: make(Side::Vibe),
        }
    }

    /// The value of one side.
    pub const fn side(&self, side: Side) -> &T {
        match side {
            Side::Huly => &self.huly,
            Side::Vibe => &self.vibe,
        }
    }

    /// The value of one side, to change it.
    pub const fn side_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Huly => &mut self.huly,
            Side::Vibe => &mut self.vibe,
        }
    }

    /// Borrows both.
    pub const fn as_ref(&self) -> Pair<&T> {
        Pair {
            huly: &self.huly,
            vibe: &self.vibe,
        }
    }

    /// Changes both by one function.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair {
            huly: f(self.huly),
            vibe: f(self.vibe),
        }
    }

    /// Both values with their sides, Huly first.
    pub fn iter(&self) -> impl Iterator<Item = (Side, &T)> {
        [(Side::Huly, &self.huly), (Side::Vibe, &self.vibe)].into_iter()
    }

    /// Consumes the pair into its values with their sides, Huly first.
    pub fn into_sides(self) -> [(Side, T); 2] {
        [(Side::Huly, self.huly), (Side::Vibe, self.vibe)]
    }
}
