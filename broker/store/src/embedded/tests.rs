//! Trials of the store as a whole.

mod conform;
mod damage;
mod faults;
mod open;
mod power;
mod rig;
