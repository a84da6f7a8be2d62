//! Submissions, their status and receipts.

use std::pin::Pin;
use std::sync::Arc;

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use http::Response as HttpResponse;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use wire::submission_service_server::SubmissionService;

use super::Desk;
use crate::codec::{Parcel, SubmitCodec};
use crate::convert::{submission as convert, withdrawal};
use crate::load::Counted;
use crate::status;

impl<S: Store> Desk<S> {
    async fn take(&self, request: impl Into<Parcel>) -> Result<wire::SubmitReply, Status> {
        let received = convert::received(request).map_err(|refusal| self.malformed(&refusal))?;
        let acknowledged = self.flow.submit(&self.caller, received).await.map_err(status::of)?;
        Ok(convert::acknowledged(acknowledged))
    }
}

/// Submits through the codec that judges the message's shape before building it.
pub(crate) async fn submit<S: Store>(
    desk: Arc<Desk<S>>,
    request: http::Request<Counted<Incoming>>,
    size: usize,
) -> HttpResponse<Body> {
    Grpc::new(SubmitCodec).max_decoding_message_size(size).unary(Submit(desk), request).await
}

struct Submit<S: Store>(Arc<Desk<S>>);

impl<S: Store> UnaryService<Parcel> for Submit<S> {
    type Response = wire::SubmitReply;
    type Future = Pin<Box<dyn Future<Output = Result<Response<wire::SubmitReply>, Status>> + Send>>;

    fn call(&mut self, request: Request<Parcel>) -> Self::Future {
        let desk = Arc::clone(&self.0);
        Box::pin(async move { desk.take(request.into_inner()).await.map(Response::new) })
    }
}

#[tonic::async_trait]
impl<S: Store> SubmissionService for Desk<S> {
    async fn submit(
        &self,
        request: Request<wire::SubmitRequest>,
    ) -> Result<Response<wire::SubmitReply>, Status> {
        self.take(request.into_inner()).await.map(Response::new)
    }

    async fn status(
        &self,
        request: Request<wire::StatusRequest>,
    ) -> Result<Response<wire::StatusReply>, Status> {
        let which = convert::which(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        let found = self.flow.status(&self.caller, which).await.map_err(status::of)?;
        Ok(Response::new(convert::status(found)))
    }

    async fn receipt(
        &self,
        request: Request<wire::ReceiptRequest>,
    ) -> Result<Response<wire::ReceiptReply>, Status> {
        let submission =
            convert::receipt_of(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let receipt = self.flow.receipt(&self.caller, submission).await.map_err(status::of)?;
        Ok(Response::new(wire::ReceiptReply { receipt }))
    }

    async fn withdraw(
        &self,
        request: Request<wire::WithdrawRequest>,
    ) -> Result<Response<wire::WithdrawReply>, Status> {
        let (submission, reason) =
            withdrawal::wanted(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let taken = self.flow.withdraw(&self.caller, submission, reason).await.map_err(status::of)?;
        Ok(Response::new(withdrawal::taken_back(taken)))
    }
}
