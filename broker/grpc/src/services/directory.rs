//! Who the caller is, and whom it may meet.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::directory_service_server::DirectoryService;

use super::Desk;
use crate::convert::directory as convert;

#[tonic::async_trait]
impl<S: Store> DirectoryService for Desk<S> {
    async fn who_am_i(
        &self,
        _request: Request<wire::WhoAmIRequest>,
    ) -> Result<Response<wire::WhoAmIReply>, Status> {
        Ok(Response::new(convert::who(self.flow.who_am_i(&self.caller))))
    }
}
