//! What `build.rs` generates from `proto/`, in the tree that it expects.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    unreachable_pub,
    missing_debug_implementations,
    reason = "generated"
)]

pub mod sync {
    pub mod v1 {
        tonic::include_proto!("palisade.sync.v1");
    }
}

pub mod scan {
    pub mod v1 {
        tonic::include_proto!("palisade.scan.v1");
    }
}

pub mod replica {
    pub mod v1 {
        tonic::include_proto!("palisade.replica.v1");
    }
}

pub mod federation {
    pub mod v1 {
        tonic::include_proto!("palisade.federation.v1");

        /// The server side of `Link` but for `Open`, whose messages are encoded already.
        pub mod encoded_link {
            include!(concat!(env!("OUT_DIR"), "/palisade.federation.v1.Link.rs"));
        }
    }
}
