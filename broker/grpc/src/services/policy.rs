//! How policy is looked after, and what a person may know of it.

use concordat_flow::Store;
use concordat_proto::v1 as wire;
use tonic::{Request, Response, Status};
use wire::policy_service_server::PolicyService;

use super::Desk;
use crate::convert::{instant, policy as convert};
use crate::status;

fn recorded(index: u64) -> Response<wire::RecordedReply> {
    Response::new(wire::RecordedReply { index })
}

#[tonic::async_trait]
impl<S: Store> PolicyService for Desk<S> {
    async fn standing(
        &self,
        _request: Request<wire::PolicyStandingRequest>,
    ) -> Result<Response<wire::PolicyStandingReply>, Status> {
        let standing = self.flow.policy_standing(&self.caller).map_err(status::of)?;
        Ok(Response::new(convert::standing(standing)))
    }

    async fn files(
        &self,
        request: Request<wire::PolicyFilesRequest>,
    ) -> Result<Response<wire::PolicyFilesReply>, Status> {
        let index = Some(request.get_ref().index).filter(|index| *index != 0);
        let files = self.flow.policy_files(&self.caller, index).await.map_err(status::of)?;
        Ok(Response::new(convert::files(files)))
    }

    async fn propose(
        &self,
        request: Request<wire::ProposeRequest>,
    ) -> Result<Response<wire::ExaminedReply>, Status> {
        let sent = convert::proposed(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        let examined = self.flow.propose_policies(&self.caller, sent).await;
        Ok(Response::new(convert::examined(examined.map_err(status::of)?)))
    }

    async fn answer(
        &self,
        request: Request<wire::AnswerProposalRequest>,
    ) -> Result<Response<wire::AnswerProposalReply>, Status> {
        let (proposal, answer, reason, only_look) =
            convert::answer(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        let answered = self.flow.answer_proposal(&self.caller, proposal, answer, reason, only_look).await;
        Ok(Response::new(convert::answered(answered.map_err(status::of)?)))
    }

    async fn activate(
        &self,
        request: Request<wire::ActivateRequest>,
    ) -> Result<Response<wire::ActivateReply>, Status> {
        let request = request.get_ref();
        let at = instant("at", &request.at).map_err(|refusal| self.malformed(&refusal))?;
        let activated = self.flow.activate_proposal(&self.caller, request.proposal, at).await;
        Ok(Response::new(convert::activated(activated.map_err(status::of)?)))
    }

    async fn roll_back(
        &self,
        request: Request<wire::RollBackRequest>,
    ) -> Result<Response<wire::ExaminedReply>, Status> {
        let examined = self.flow.roll_back_policies(&self.caller, request.into_inner().reason).await;
        Ok(Response::new(convert::examined(examined.map_err(status::of)?)))
    }

    async fn suspend(
        &self,
        request: Request<wire::SuspendRequest>,
    ) -> Result<Response<wire::RecordedReply>, Status> {
        let (subject, reason) =
            convert::suspended(request.into_inner()).map_err(|refusal| self.malformed(&refusal))?;
        self.flow.suspend(&self.caller, subject, reason).await.map(recorded).map_err(status::of)
    }

    async fn review(
        &self,
        request: Request<wire::ReviewRequest>,
    ) -> Result<Response<wire::RecordedReply>, Status> {
        let wire::ReviewRequest { of, stands, reason } = request.into_inner();
        self.flow.review(&self.caller, of, stands, reason).await.map(recorded).map_err(status::of)
    }

    async fn can_i(&self, request: Request<wire::CanIRequest>) -> Result<Response<wire::CanIReply>, Status> {
        let asked = convert::asked(request.get_ref()).map_err(|refusal| self.malformed(&refusal))?;
        let answers = self.flow.can_i(&self.caller, &asked).map_err(status::of)?;
        Ok(Response::new(convert::may(answers)))
    }

    async fn explain(
        &self,
        request: Request<wire::ExplainRequest>,
    ) -> Result<Response<wire::ExplainReply>, Status> {
        let explained = self.flow.explain(&self.caller, request.get_ref().index).await;
        Ok(Response::new(convert::explained(explained.map_err(status::of)?)))
    }
}
