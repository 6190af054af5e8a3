//! The downward half of the link with messages that are encoded already.

use bytes::{BufMut, Bytes};
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::federation::{Down, Up};

/// A [`Down`] message in its wire form. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedDown(Bytes);

impl EncodedDown {
    /// The length of the wire form in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the wire form is empty, as that of a `Down` without a body is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&Down> for EncodedDown {
    fn from(down: &Down) -> Self {
        Self(down.encode_to_vec().into())
    }
}

/// Server codec of `Link.Open`: passes encoded messages down, decodes [`Up`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DownCodec;

impl Codec for DownCodec {
    type Encode = EncodedDown;
    type Decode = Up;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self::Encoder {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        Self
    }
}

/// Buffers of a stream. Thousands of streams lie idle, each with its own:
/// small, and grown when a message needs it.
fn buffers() -> BufferSettings {
    BufferSettings::new(1024, 16 * 1024)
}

impl Encoder for DownCodec {
    type Item = EncodedDown;
    type Error = Status;

    fn encode(&mut self, item: EncodedDown, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.reserve(item.0.len());
        out.put_slice(&item.0);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

impl Decoder for DownCodec {
    type Item = Up;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<Up>, Status> {
        Up::decode(buf)
            .map(Some)
            .map_err(|e| Status::invalid_argument(format!("malformed message: {e}")))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}
