//! The harness, the end-to-end and fault tests, and the benches.
