//! Which catalogue is used: the context's own, fetched from its broker and kept in one file, or the one
//! compiled in.

use std::collections::BTreeMap;
use std::fs;

use concordat_catalogue::Catalogue;
use concordat_core::ids::Digest;
use concordat_proto::v1;
use concordat_proto::v1::catalogue_service_client::CatalogueServiceClient;
use serde::{Deserialize, Serialize};

use crate::connect::{self, MAX_ANSWER};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;
use crate::session::failed;

const FILE: &str = "catalogue.json";

/// A catalogue, and where it comes from.
#[derive(Debug, Clone)]
pub struct InUse {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// Where it comes from, in words that can be printed.
    pub whence: String,
}

/// The kept form: definition files by path.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    files: BTreeMap<String, String>,
}

/// The catalogue to check with while offline: the context's kept one, else the one compiled in.
///
/// # Errors
/// A [`Failure`] when the kept one is damaged.
pub fn offline(context: Option<&Context>) -> Result<InUse, Failure> {
    let Some(context) = context else { return Ok(built_in()) };
    Ok(match kept(context)? {
        Some(catalogue) => of_context(context, catalogue),
        None => built_in(),
    })
}

/// The context's catalogue: the kept one, else fetched now.
///
/// # Errors
/// A [`Failure`] when there is none and the broker is not reached, or what it sends does not hold together.
pub async fn of(context: &Context) -> Result<InUse, Failure> {
    match kept(context)? {
        Some(catalogue) => Ok(of_context(context, catalogue)),
        None => fetch(context).await,
    }
}

/// The catalogue in force at the broker, kept for the next time.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses, or what it sends does not hold together.
pub async fn fetch(context: &Context) -> Result<InUse, Failure> {
    // a damaged copy is as good as none: it is about to be replaced
    let held = kept(context).ok().flatten();
    let request = v1::CatalogueRequest {
        held: held.as_ref().map(|catalogue| catalogue.digest().0.to_vec()).unwrap_or_default(),
    };
    let channel = connect::channel(context).await?;
    let mut client = CatalogueServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER);
    let reply = client.fetch(request).await.map_err(failed(context))?.into_inner();
    match held {
        Some(catalogue) if reply.files.is_empty() && reply.digest == catalogue.digest().0 => {
            Ok(of_context(context, catalogue))
        }
        _ => Ok(of_context(context, keep(context, reply)?)),
    }
}

fn keep(context: &Context, reply: v1::CatalogueReply) -> Result<Catalogue, Failure> {
    let files =
        reply.files.into_iter().map(|file| String::from_utf8(file.content).map(|text| (file.path, text)));
    let files: BTreeMap<String, String> =
        files.collect::<Result<_, _>>().map_err(|_| unsound("a definition file is not UTF-8 text"))?;
    let kept = Kept { files };
    let catalogue = read(&kept).ok_or_else(|| unsound("its definition files do not read"))?;
    if catalogue.digest().0.as_slice() != reply.digest {
        return Err(unsound("its digest is not that of its files"));
    }
    let text = serde_json::to_vec(&kept).map_err(|why| unsound(&why.to_string()))?;
    private::write(&context.folder.join(FILE), &text)?;
    Ok(catalogue)
}

fn kept(context: &Context) -> Result<Option<Catalogue>, Failure> {
    let path = context.folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(Failure::unreadable(&path, &why)),
    };
    let kept: Option<Kept> = serde_json::from_slice(&bytes).ok();
    kept.as_ref().and_then(read).map(Some).ok_or_else(|| {
        Failure::new(Exit::Failure, format!("the catalogue kept in `{}` is damaged", path.display()))
            .hint("`concordat types` fetches it again")
    })
}

fn read(kept: &Kept) -> Option<Catalogue> {
    let files = kept.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    Catalogue::from_files(files).ok()
}

fn built_in() -> InUse {
    let catalogue = Catalogue::built_in();
    let whence = format!("the built-in catalogue {}", short(&catalogue.digest()));
    InUse { catalogue, whence }
}

fn of_context(context: &Context, catalogue: Catalogue) -> InUse {
    let whence = format!("the catalogue of context `{}`, {}", context.name, short(&catalogue.digest()));
    InUse { catalogue, whence }
}

fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

fn unsound(why: &str) -> Failure {
    Failure::new(Exit::Failure, format!("the catalogue the broker sent is not usable: {why}"))
        .hint("client and broker may be of different versions; tell the broker's operator")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::context::tests::credentials;

    /// Makes these files the kept catalogue of a context.
    pub(crate) fn keep_files(context: &Context, files: &[(&str, &str)]) {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let text = serde_json::to_vec(&Kept { files }).unwrap();
        private::write(&context.folder.join(FILE), &text).unwrap();
    }

    #[test]
    fn without_a_kept_catalogue_the_built_in_one_is_used_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let context = Context::store("met", dir.path(), &credentials()).unwrap();
        for context in [None, Some(&context)] {
            assert!(offline(context).unwrap().whence.starts_with("the built-in catalogue "));
        }
    }

    #[test]
    fn a_catalogue_whose_digest_is_another_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let context = Context::store("met", dir.path(), &credentials()).unwrap();
        let empty = Catalogue::from_files([]).unwrap();
        let reply = |digest: [u8; 32]| v1::CatalogueReply { digest: digest.to_vec(), files: Vec::new() };
        assert!(keep(&context, reply([0; 32])).is_err());
        assert!(kept(&context).unwrap().is_none());
        keep(&context, reply(empty.digest().0)).unwrap();
        assert!(offline(Some(&context)).unwrap().whence.contains("context `met`"));
    }

    #[test]
    fn a_damaged_copy_is_an_error_and_not_the_built_in_one() {
        let dir = tempfile::tempdir().unwrap();
        let context = Context::store("met", dir.path(), &credentials()).unwrap();
        private::write(&context.folder.join(FILE), b"{}").unwrap();
        assert!(offline(Some(&context)).unwrap_err().what.contains("damaged"));
    }
}
