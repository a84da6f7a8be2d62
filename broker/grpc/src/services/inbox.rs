//! The inbox of the caller's agency.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::inbox_service_server::InboxService;

use super::Desk;
use crate::convert::inbox as convert;
use crate::status;

#[tonic::async_trait]
impl<S: Store> InboxService for Desk<S> {
    async fn list(
        &self,
        request: Request<wire::InboxListRequest>,
    ) -> Result<Response<wire::InboxListReply>, Status> {
        let (from, limit) = convert::page_wanted(request.get_ref());
        let page = self.flow.inbox(&self.caller, from, limit).await.map_err(status::of)?;
        Ok(Response::new(convert::listed(page)))
    }

    async fn fetch(
        &self,
        request: Request<wire::FetchRequest>,
    ) -> Result<Response<wire::FetchReply>, Status> {
        let (submission, purpose) =
            convert::wanted(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let fetched = self.flow.fetch(&self.caller, submission, purpose).await.map_err(status::of)?;
        Ok(Response::new(convert::fetched(fetched)))
    }

    async fn acknowledge(
        &self,
        request: Request<wire::AcknowledgeRequest>,
    ) -> Result<Response<wire::AnswerReply>, Status> {
        let submission = convert::confirmed(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let index = self.flow.answer(&self.caller, submission, None).await.map_err(status::of)?;
        Ok(Response::new(wire::AnswerReply { index }))
    }

    async fn reject(
        &self,
        request: Request<wire::RejectRequest>,
    ) -> Result<Response<wire::AnswerReply>, Status> {
        let (submission, reason) =
            convert::rejected(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        let index = self.flow.answer(&self.caller, submission, Some(reason)).await.map_err(status::of)?;
        Ok(Response::new(wire::AnswerReply { index }))
    }
}
