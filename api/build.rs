//! Compiles the protobuf contracts with protox, so that no `protoc` program is
//! needed to build the workspace.

use tonic_build::manual::{Builder, Method, Service};

const PROST: &str = "tonic_prost::ProstCodec";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(
        [
            "palisade/sync/v1/sync.proto",
            "palisade/scan/v1/verdict.proto",
            "palisade/federation/v1/federation.proto",
            "palisade/replica/v1/replica.proto",
        ],
        ["proto"],
    )?;
    tonic_prost_build::configure().bytes(".").btree_map(".").compile_fds(files)?;

    // The server side of `Link` once more, without `Open`: the primary serves
    // that one beside it, for a change is encoded once and its bytes go to all
    // streams.
    let link = Service::builder()
        .name("Link")
        .package("palisade.federation.v1")
        .comment("`Link` but for `Open`, whose messages are encoded already.")
        .method(
            streaming("answer", "Answer", "AnswerPart", "crate::federation::CallPart")
                .client_streaming()
                .build(),
        )
        .method(
            streaming(
                "fetch_report",
                "FetchReport",
                "FetchReportRequest",
                "crate::federation::ReportPart",
            )
            .build(),
        )
        .method(
            streaming(
                "fetch_vulndb",
                "FetchVulndb",
                "FetchVulndbRequest",
                "crate::federation::VulndbPart",
            )
            .build(),
        )
        .method(
            Method::builder()
                .name("store_configuration")
                .route_name("StoreConfiguration")
                .input_type("crate::federation::ConfigurationPart")
                .output_type("crate::federation::StoreConfigurationResponse")
                .codec_path(PROST)
                .client_streaming()
                .build(),
        )
        .method(
            streaming(
                "fetch_configuration",
                "FetchConfiguration",
                "FetchConfigurationRequest",
                "crate::federation::ConfigurationPart",
            )
            .build(),
        )
        .build();
    Builder::new().build_client(false).compile(&[link]);
    Ok(())
}

fn streaming(
    name: &str,
    route: &str,
    input: &str,
    output: &str,
) -> tonic_build::manual::MethodBuilder {
    Method::builder()
        .name(name)
        .route_name(route)
        .input_type(format!("crate::federation::{input}"))
        .output_type(output)
        .codec_path(PROST)
        .server_streaming()
}
