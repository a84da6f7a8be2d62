//! The catalogue in force, for checking returns offline.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::catalogue_service_server::CatalogueService;

use super::Desk;
use crate::convert::catalogue as convert;

#[tonic::async_trait]
impl<S: Store> CatalogueService for Desk<S> {
    async fn fetch(
        &self,
        request: Request<wire::CatalogueRequest>,
    ) -> Result<Response<wire::CatalogueReply>, Status> {
        let held = convert::held(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        Ok(Response::new(convert::sent(self.flow.catalogue_files(&self.caller, held))))
    }
}
