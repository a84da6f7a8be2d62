//! The one call that needs no certificate: a token says who calls.

use concordat_proto::v1;

use crate::cells::{Ask, Situation};
use crate::world::World;

const INVITED: &str = "homerton/invited";

/// A certificate request for a new key; a name in it counts for nothing.
fn certificate_request(name: Option<&str>) -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.subject_alt_names =
        name.into_iter().map(|name| rcgen::SanType::URI(name.try_into().unwrap())).collect();
    params.serialize_request(&key).unwrap().der().to_vec()
}

fn token(world: &World) -> String {
    let (file, _) = world.scene.invitation(INVITED, &["reader"]);
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

pub fn enrol(world: &mut World, situation: Situation) -> Ask {
    let mut token = token(world);
    let mut name = None;
    match situation {
        Situation::Denied => token = "a-token-that-nobody-handed-out".to_owned(),
        Situation::OtherAgency => name = Some("urn:concordat:city-and-hackney:chscp:auditor"),
        // what ends a token by time is the machine's clock, which no test here moves: this one was used
        Situation::Expired => {
            let certificate_request = certificate_request(None);
            let request = v1::EnrolRequest { token: token.clone(), certificate_request };
            let _: v1::EnrolReply = world.must(INVITED, "EnrolmentService/Enrol", &request);
        }
        Situation::Revoked => world.operate("revoke", &[INVITED, "--reason", "the letter was lost"]),
        Situation::Allowed | Situation::NoPurpose | Situation::OtherArea => {}
    }
    let request = v1::EnrolRequest { token, certificate_request: certificate_request(name) };
    Ask::new(INVITED, &request).telling("homerton")
}
