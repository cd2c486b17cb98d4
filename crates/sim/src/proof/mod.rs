//! The proof: whole engines in simulated worlds full of trouble, held to the laws by judges who never ask hvs.
//!
//! One seed makes one [`Schedule`]: people, agents, faults, crashes, freezes, second processes and clocks. [`play`] carries it
//! out with the real engine and the real store, lets everything calm down, and gives a [`Verdict`]. The judges look at the two
//! model servers: every word that a person wrote is unique and names the item it is about, so a lost edit, a second
//! counterpart and a deletion that nobody asked for show by themselves. Only the proof that a losing value was kept whole is
//! taken from the store's conflicts, where people would look for it.

mod act;
mod campaign;
mod deed;
mod generate;
mod informing;
mod judge;
mod marks;
mod perform;
mod play;
mod polls;
mod sabotage;
mod schedule;
mod seen;
mod shrink;
mod words;
mod world;

pub use campaign::{Asked, Failed, Summary, campaign};
pub use deed::{Agent, Deed, Line, Whose};
pub use generate::{LEFT_OUT, Left, Without};
pub use informing::{Death, Letta, Meddling};
pub use judge::{Breach, Law};
pub use marks::EXPECTED;
pub use perform::{Verdict, play, play_broken};
pub use polls::{Dropped, EveryPoll, Reference, every_poll};
pub use sabotage::{DEFECTS, Defect};
pub use schedule::{Event, Run, Schedule, Setting, Shape};
pub use shrink::{Shrunk, shrink};
pub use world::Error;
