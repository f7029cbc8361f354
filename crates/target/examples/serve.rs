//! Serves the demo service at the address given until it is ended: to measure it, or to try it without the rest.

use loadd_target::{Target, TargetSettings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let target = Target::bind(TargetSettings::on(listen))?;
    let address = target.local_addr();
    let handle = target.run_in_background()?;
    std::io::Write::write_all(
        &mut std::io::stdout(),
        format!("http://{address}/\n").as_bytes(),
    )?;
    handle.join()?;
    Ok(())
}
