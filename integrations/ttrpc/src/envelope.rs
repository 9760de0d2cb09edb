//! The payloads of frames, which contain the messages of the application: those
//! of ttrpc's `request.proto`, and `google.rpc.Status`.

use bytes::Bytes;
use prost::Message;
use prost_types::Any;

use crate::frame::MAX_PAYLOAD;
use crate::{Code, Status};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(string, tag = "1")]
    pub(crate) service: String,
    #[prost(string, tag = "2")]
    pub(crate) method: String,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) payload: Bytes,
    /// Zero means no timeout.
    #[prost(int64, tag = "4")]
    pub(crate) timeout_nano: i64,
    #[prost(message, repeated, tag = "5")]
    pub(crate) metadata: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    /// Absent, or with code 0, if the call has succeeded.
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<RpcStatus>,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) payload: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// Encodes a message that goes into a frame.
pub(crate) fn encode(message: &impl Message) -> Result<Bytes, Status> {
    let length = message.encoded_len();
    if length > MAX_PAYLOAD {
        let long = format!("message of {length} bytes exceeds the limit of {MAX_PAYLOAD}");
        return Err(Status::new(Code::ResourceExhausted, long));
    }
    Ok(message.encode_to_vec().into())
}

/// Decodes a message; `what` names it in the error.
pub(crate) fn decode<M: Message + Default>(payload: Bytes, what: &str) -> Result<M, Status> {
    M::decode(payload)
        .map_err(|error| Status::new(Code::Internal, format!("invalid {what}: {error}")))
}
