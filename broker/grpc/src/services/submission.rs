//! Submissions, their status and receipts.

use std::pin::Pin;
use std::sync::Arc;

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use http::Response as HttpResponse;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status, Streaming};
use wire::submission_service_server::SubmissionService;

use super::Desk;
use crate::codec::{Parcel, SubmitCodec};
use crate::convert::{submission as convert, withdrawal};
use crate::load::{Counted, Ticket};
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

    async fn begin_upload(
        &self,
        request: Request<wire::BeginUploadRequest>,
    ) -> Result<Response<wire::BeginUploadReply>, Status> {
        let announced =
            convert::announced(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        let begun = self.flow.begin_upload(&self.caller, announced).await.map_err(status::of)?;
        Ok(Response::new(convert::begun(begun)))
    }

    async fn upload(
        &self,
        request: Request<Streaming<wire::UploadPiece>>,
    ) -> Result<Response<wire::UploadReply>, Status> {
        let ticket = request.extensions().get::<Arc<Ticket>>().cloned();
        let mut pieces = request.into_inner();
        let mut offset = 0;
        while let Some(piece) = pieces.message().await? {
            let size = piece.bytes.len();
            let (key, at, bytes) = convert::piece(piece).map_err(|refusal| self.malformed(&refusal))?;
            offset = self.flow.take_piece(&self.caller, key, at, bytes).await.map_err(status::of)?;
            // what is written is not in memory any more
            if let Some(ticket) = &ticket {
                ticket.give_back(size);
            }
        }
        Ok(Response::new(wire::UploadReply { offset }))
    }

    async fn finish_upload(
        &self,
        request: Request<wire::FinishUploadRequest>,
    ) -> Result<Response<wire::SubmitReply>, Status> {
        let key =
            convert::send_key("key", &request.get_ref().key).map_err(|refusal| self.malformed(&refusal))?;
        let acknowledged = self.flow.finish_upload(&self.caller, key).await.map_err(status::of)?;
        Ok(Response::new(convert::acknowledged(acknowledged)))
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
