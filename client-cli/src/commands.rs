//! The commands, one file each: its arguments and what it does.

pub mod audit;
pub mod can_i;
pub mod completions;
pub mod context;
pub mod enrol;
pub mod explain;
pub mod inbox;
pub mod missing;
pub mod policy;
pub mod receipt;
pub mod status;
pub mod submit;
pub mod template;
pub mod types;
pub mod validate;
pub mod whoami;
pub mod withdraw;
