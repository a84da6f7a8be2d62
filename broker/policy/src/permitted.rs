//! The proof that policy said yes.

use std::fmt;
use std::sync::Arc;

use concordat_core::decision::{DecisionRequest, Grant};

/// A thing that policy judged and permitted, with the request and the grant. Only a decision makes one.
#[must_use]
pub struct Permitted<T> {
    subject: T,
    request: Arc<DecisionRequest>,
    grant: Arc<Grant>,
}

impl<T> Permitted<T> {
    pub(crate) fn new(subject: T, request: Arc<DecisionRequest>, grant: Arc<Grant>) -> Self {
        Self { subject, request, grant }
    }

    /// On what the yes rests.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// What was asked.
    #[must_use]
    pub fn request(&self) -> &DecisionRequest {
        &self.request
    }

    /// The thing judged.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.subject
    }

    /// The next shape of the thing judged, under the same decision.
    ///
    /// # Errors
    /// That of the step itself; the permission is gone with it.
    pub fn try_map<U, E>(self, step: impl FnOnce(T) -> Result<U, E>) -> Result<Permitted<U>, E> {
        let Self { subject, request, grant } = self;
        Ok(Permitted { subject: step(subject)?, request, grant })
    }

    /// The thing judged, without its permission.
    pub fn into_inner(self) -> T {
        self.subject
    }
}

// the thing judged may hold a child's data: only the decision is shown
impl<T> fmt::Debug for Permitted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permitted").field("rules", &self.grant.rules).finish_non_exhaustive()
    }
}
