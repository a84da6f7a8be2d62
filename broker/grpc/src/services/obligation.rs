//! What is owed and where it stands.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::obligation_service_server::ObligationService;

use super::Desk;
use crate::convert::obligation as convert;
use crate::status;

#[tonic::async_trait]
impl<S: Store> ObligationService for Desk<S> {
    async fn missing(
        &self,
        request: Request<wire::MissingRequest>,
    ) -> Result<Response<wire::MissingReply>, Status> {
        let filter = convert::filter(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let completeness = self.flow.missing(&self.caller, filter).await.map_err(status::of)?;
        Ok(Response::new(convert::completeness(completeness)))
    }
}
