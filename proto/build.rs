//! Compiles the .proto files without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "common",
        "enrolment",
        "submission",
        "inbox",
        "obligation",
        "audit",
        "catalogue",
        "directory",
        "policy",
    ]
    .map(|name| format!("concordat/v1/{name}.proto"));
    for file in &files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(&files, ["."])?;
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("concordat.bin"), prost_bytes(&descriptors))?;
    tonic_prost_build::configure()
        .bytes("LeavesReply.leaves")
        .bytes("UploadPiece.bytes")
        .compile_fds(descriptors)?;
    Ok(())
}

fn prost_bytes(descriptors: &tonic_prost_build::FileDescriptorSet) -> Vec<u8> {
    use prost::Message as _;
    descriptors.encode_to_vec()
}
