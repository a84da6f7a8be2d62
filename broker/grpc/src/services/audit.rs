//! The auditor's reads.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::audit_service_server::AuditService;

use super::Desk;
use crate::convert::audit as convert;
use crate::status;

#[tonic::async_trait]
impl<S: Store> AuditService for Desk<S> {
    async fn search(
        &self,
        request: Request<wire::SearchRequest>,
    ) -> Result<Response<wire::SearchReply>, Status> {
        let query = convert::query(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let page = self.flow.audit_search(&self.caller, query).await.map_err(status::of)?;
        Ok(Response::new(convert::found(page)))
    }

    async fn leaves(
        &self,
        request: Request<wire::LeavesRequest>,
    ) -> Result<Response<wire::LeavesReply>, Status> {
        let (from, limit) = convert::leaves_wanted(request.get_ref());
        let (leaves, recorded_as) = self.flow.leaves(&self.caller, from, limit).await.map_err(status::of)?;
        Ok(Response::new(convert::leaves(leaves, recorded_as)))
    }

    async fn checkpoint(
        &self,
        request: Request<wire::CheckpointRequest>,
    ) -> Result<Response<wire::CheckpointReply>, Status> {
        let (older, newer) = convert::sizes(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let checkpoint = self.flow.checkpoint(&self.caller, older, newer).await.map_err(status::of)?;
        Ok(Response::new(convert::checkpoint(checkpoint)))
    }
}
