//! A check that passed leaves a value that only that check can make: making one by hand does not compile.
//!
//! A caller is made by identifying:
//! ```compile_fail,E0451
//! fn forge(record: std::sync::Arc<concordat_core::apply::PrincipalRecord>, agency: std::sync::Arc<concordat_core::agency::Agency>) -> concordat_flow::Caller {
//!     concordat_flow::Caller { record, agency }
//! }
//! ```
//! A permission is made by a decision:
//! ```compile_fail,E0624
//! fn forge(request: std::sync::Arc<concordat_core::decision::DecisionRequest>, grant: std::sync::Arc<concordat_core::decision::Grant>) {
//!     let _ = concordat_policy::Permitted::new((), request, grant);
//! }
//! ```
//! A sealed section is made by the key ring, and cannot be copied to a second entry:
//! ```compile_fail,E0599
//! fn twice(sealed: concordat_seal::Sealed) -> (concordat_seal::Sealed, concordat_seal::Sealed) {
//!     (sealed.clone(), sealed)
//! }
//! ```
//! Opening a payload demands what only a commit makes; an index will not do:
//! ```compile_fail,E0308
//! fn peek(store: &concordat_store::Embedded) {
//!     use concordat_store::Store as _;
//!     let _ = store.payload(&0u64);
//! }
//! ```
//! What compiles is the walk as it is drawn:
//! ```
//! fn walk<T>(permitted: concordat_policy::Permitted<T>) -> concordat_policy::Permitted<u8> {
//!     permitted.try_map(|_| Ok::<u8, ()>(1)).unwrap_or_else(|()| panic!("the step cannot fail"))
//! }
//! ```
