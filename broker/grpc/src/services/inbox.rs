//! The inbox of the caller's agency.

use std::sync::Arc;

use concordat_core::fault::Fault;
use concordat_flow::still::Ongoing;
use concordat_flow::{Caller, Flow, Shown, Store, Withheld};
use concordat_proto::v1 as wire;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use wire::inbox_service_server::InboxService;

use super::Desk;
use crate::convert::inbox as convert;
use crate::status;

/// How many messages are made before the reader has taken them.
const WAITING: usize = 2;

type Taker = mpsc::Sender<Result<wire::FetchPart, Status>>;

/// Who reads, and the decision under which.
struct Asking<S: Store> {
    flow: Arc<Flow<S>>,
    caller: Caller,
    ongoing: Ongoing,
}

/// Sends content part by part, as the reader takes it; its end tells that it came whole.
async fn show<S: Store>(desk: Asking<S>, shown: Option<Shown>, parts: &Taker) {
    let Asking { flow, caller, mut ongoing } = desk;
    let mut withheld = Withheld::default();
    if let Some(mut shown) = shown {
        loop {
            // what was allowed when the stream began may not be any more
            if let Err(stop) = flow.still(&caller, &mut ongoing).await {
                return drop(parts.send(Err(status::of(stop))).await);
            }
            // opening and projecting is work for a thread that serves nobody else
            let next = tokio::task::spawn_blocking(move || {
                let part = shown.next_part();
                (shown, part)
            });
            let read = match next.await {
                Ok((still, Ok(part))) => {
                    shown = still;
                    part
                }
                Ok((_, Err(fault))) => return drop(parts.send(Err(status::of(fault.into()))).await),
                Err(_) => {
                    let fault = Fault::internal("opening a return did not come to an end");
                    return drop(parts.send(Err(status::of(fault.into()))).await);
                }
            };
            let Some(table) = read else {
                withheld = shown.withheld();
                break;
            };
            for part in convert::rows(table) {
                if parts.send(Ok(part)).await.is_err() {
                    return;
                }
            }
        }
    }
    drop(parts.send(Ok(convert::end(withheld))).await);
}

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

    type FetchStream = ReceiverStream<Result<wire::FetchPart, Status>>;

    async fn fetch(
        &self,
        request: Request<wire::FetchRequest>,
    ) -> Result<Response<Self::FetchStream>, Status> {
        let (submission, purpose) =
            convert::wanted(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let (mut fetched, ongoing) =
            self.flow.fetch(&self.caller, submission, purpose).await.map_err(status::of)?;
        let head = convert::head(&fetched);
        let (parts, taken) = mpsc::channel(WAITING);
        let shown = fetched.shown.take();
        let (flow, caller) = (Arc::clone(&self.flow), self.caller.clone());
        let asking = Asking { flow, caller, ongoing };
        tokio::spawn(async move {
            if parts.send(Ok(head)).await.is_ok() {
                show(asking, shown, &parts).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(taken)))
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
