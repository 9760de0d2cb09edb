#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use std::error::Error;

#[net_main(crate = stand_in)]
async fn main() -> Result<(), Box<dyn Error>> {
    let number: u8 = "7".parse()?;
    assert_eq!(number, 7);
    Ok(())
}
