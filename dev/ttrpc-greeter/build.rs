//! Generates the service from its proto file.

fn main() -> std::io::Result<()> {
    net_ttrpc_build::Builder::new()
        .with_runtime("::net_ttrpc")
        .compile(&["proto/greeter.proto"], &["proto"])
}
