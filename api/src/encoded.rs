//! The downward half of the link with messages that are encoded already.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;

use crate::federation::Down;

/// What gRPC puts before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// A [`Down`] message as it goes over the wire, with gRPC's prefix. Cloning
/// shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedDown(Bytes);

impl EncodedDown {
    /// How many bytes go over the wire.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it, as in a `Down` without a body.
    pub fn is_empty(&self) -> bool {
        self.0.len() <= PREFIX
    }

    /// The bytes that go over the wire.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl From<&Down> for EncodedDown {
    fn from(down: &Down) -> Self {
        let length = down.encoded_len();
        let mut bytes = BytesMut::with_capacity(PREFIX + length);
        bytes.put_u8(0);
        // Messages are bounded far below 4 GiB, for agents would refuse them.
        bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        bytes.put(down.encode_to_vec().as_slice());
        Self(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::{EventsAck, down};

    #[test]
    fn the_message_follows_its_length() {
        let down = Down { body: Some(down::Body::EventsAck(EventsAck { seq: 7 })) };
        let encoded = EncodedDown::from(&down);
        assert_eq!(encoded.len(), PREFIX + down.encoded_len());
        let bytes = encoded.into_bytes();
        assert_eq!(bytes.first_chunk(), Some(&[0, 0, 0, 0, down.encoded_len() as u8]));
        assert_eq!(Down::decode(bytes.slice(PREFIX..)), Ok(down));
        assert!(EncodedDown::from(&Down::default()).is_empty());
    }
}
