//! Enrolment: on a listener of its own, without client certificates, seldom.

use std::sync::Arc;

use concordat_flow::{Flow, Issuer, Store, Unheard};
use concordat_proto::v1 as wire;
use http::Response as HttpResponse;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use wire::enrolment_service_server::{EnrolmentService, EnrolmentServiceServer, SERVICE_NAME};

use super::{no_such_service, run};
use crate::convert::enrolment as convert;
use crate::layers::Rooms;
use crate::load::Counted;
use crate::peer::Peer;
use crate::rate::Rates;
use crate::status;

/// The one service of the enrolment listener.
pub(crate) struct EnrolmentRooms<S: Store> {
    desk: Arc<EnrolmentDesk<S>>,
    rates: Rates,
    message: usize,
}

/// Where an enrolment is handled.
struct EnrolmentDesk<S: Store> {
    flow: Arc<Flow<S>>,
    issuer: Arc<dyn Issuer>,
    services_at: String,
}

impl<S: Store> EnrolmentRooms<S> {
    /// `services_at` is the host and port that clients are told to use from then on; messages may have
    /// `message` bytes.
    pub(crate) fn new(
        flow: Arc<Flow<S>>,
        issuer: Arc<dyn Issuer>,
        services_at: String,
        rates: Rates,
        message: usize,
    ) -> Self {
        Self { desk: Arc::new(EnrolmentDesk { flow, issuer, services_at }), rates, message }
    }
}

impl<S: Store> Rooms for EnrolmentRooms<S> {
    async fn answer(
        &self,
        peer: &Arc<Peer>,
        request: http::Request<Counted<Incoming>>,
    ) -> HttpResponse<Body> {
        let service = request.uri().path().strip_prefix('/').and_then(|path| path.split_once('/'));
        if service.is_none_or(|(service, _)| service != SERVICE_NAME) {
            return no_such_service();
        }
        if !self.rates.allow(peer.address) {
            self.unheard(Unheard::Overload, peer.from.clone());
            return status::too_busy().into_http();
        }
        let server = EnrolmentServiceServer::from_arc(Arc::clone(&self.desk));
        run(server.max_decoding_message_size(self.message), request).await
    }

    fn unheard(&self, sort: Unheard, from: String) {
        self.desk.flow.unheard(sort, from);
    }
}

#[tonic::async_trait]
impl<S: Store> EnrolmentService for EnrolmentDesk<S> {
    async fn enrol(
        &self,
        request: Request<wire::EnrolRequest>,
    ) -> Result<Response<wire::EnrolReply>, Status> {
        let (token, certificate_request) = convert::received(request.into_inner()).map_err(|refusal| {
            self.flow.unheard(Unheard::Malformed, "enrolment".to_owned());
            status::refused(&refusal)
        })?;
        let enrolled =
            self.flow.enrol(&token, &certificate_request, &*self.issuer).await.map_err(status::of)?;
        Ok(Response::new(convert::enrolled(enrolled, &self.services_at)))
    }
}
