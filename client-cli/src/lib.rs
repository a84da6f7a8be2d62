//! The client: validate, submit, collect and verify from a command line.
