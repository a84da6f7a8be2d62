//! The steps of the story, one file each.

pub mod allegation;
pub mod audit;
pub mod broken;
pub mod enrol;
pub mod kill;
pub mod overdue;
pub mod policy;
pub mod resend;
pub mod submit;
