//! The broker: one partnership's secure, provable exchange of safeguarding returns.
//!
//! This crate holds no rule of the exchange itself. It puts the rooms together ([`compose`]), opens the doors
//! ([`commands::serve`]), and gives the operator of the host the commands to run them:
//!
//! - [`args`]: the command line; [`commands`]: one file per command; [`outcome`]: exit codes
//! - [`config`]: `concordat.toml` and the paths it names; [`bundle`]: the policies folder, on disk and built in
//! - [`ca`]: the partnership's certificate authority
//! - [`compose`]: store, keys, policies and flow of one directory, open
//! - [`running`]: a broker that serves, until it is told to stop
//! - [`admin`]: administrative acts, through the socket of a running broker or under the directory's lock
//! - [`shutdown`], [`telemetry`], [`addresses`]: stopping, the service log, what is being served
//! - [`private`]: files that only their owner may use; [`operator`]: who operates
//! - [`printer`]: the only place that prints
//! - [`demo`]: the whole exchange on one machine

pub mod addresses;
pub mod admin;
pub mod args;
pub mod bundle;
pub mod ca;
pub mod commands;
pub mod compose;
pub mod config;
pub mod demo;
pub mod operator;
pub mod outcome;
pub mod printer;
pub mod private;
pub mod running;
pub mod shutdown;
pub mod telemetry;
