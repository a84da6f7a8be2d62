//! What the descriptors say of each call.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

/// Each call as `Service/Method`, with the names of all fields of its request, nested messages included.
pub fn calls() -> BTreeMap<String, BTreeSet<String>> {
    let set = FileDescriptorSet::decode(concordat_proto::DESCRIPTORS).unwrap();
    let mut messages = BTreeMap::new();
    for file in &set.file {
        for message in &file.message_type {
            collect(&mut messages, &format!(".{}", file.package()), message);
        }
    }
    let mut calls = BTreeMap::new();
    for service in set.file.iter().flat_map(|file| &file.service) {
        for method in &service.method {
            let mut fields = BTreeSet::new();
            fields_of(&messages, method.input_type(), &mut BTreeSet::new(), &mut fields);
            calls.insert(format!("{}/{}", service.name(), method.name()), fields);
        }
    }
    calls
}

fn collect<'a>(
    messages: &mut BTreeMap<String, &'a DescriptorProto>,
    within: &str,
    message: &'a DescriptorProto,
) {
    let name = format!("{within}.{}", message.name());
    for nested in &message.nested_type {
        collect(messages, &name, nested);
    }
    messages.insert(name, message);
}

fn fields_of(
    messages: &BTreeMap<String, &DescriptorProto>,
    message: &str,
    seen: &mut BTreeSet<String>,
    fields: &mut BTreeSet<String>,
) {
    if !seen.insert(message.to_owned()) {
        return;
    }
    for field in &messages[message].field {
        fields.insert(field.name().to_owned());
        if messages.contains_key(field.type_name()) {
            fields_of(messages, field.type_name(), seen, fields);
        }
    }
}
