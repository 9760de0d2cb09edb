//! Generates the code, without `protoc`.

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let described = protox::compile(["greeter.proto"], ["proto"])?;
    // For reflection; without it the next two lines are all that is needed.
    let file = PathBuf::from(env::var("OUT_DIR")?).join("greeter.bin");
    fs::write(file, described.encode_to_vec())?;
    let generator = tonic_prost_build::configure().build_transport(false);
    generator.compile_fds(described)?;
    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
