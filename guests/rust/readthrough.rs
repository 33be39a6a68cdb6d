//! readthrough [DRINK] asks what a drink costs. Finding out is slow, so the price
//! is kept for a minute: however many guests ask at once, one finds out.

mod console;
mod wasikv_cache;

use console::say;
use wasikv_cache::{get_or_set, Found, Ttl};

fn program() -> Result<(), String> {
    let drink = console::arguments().into_iter().next().unwrap_or_else(|| "espresso".into());
    let price = get_or_set(&format!("price:{drink}"), Ttl::Millis(60_000), || look_up(&drink))?;
    match price {
        Found::Hit(price) => say(&format!("hit {}", String::from_utf8_lossy(&price))),
        Found::Computed(price) => say(&format!("computed {}", String::from_utf8_lossy(&price))),
    }
    Ok(())
}

/// Stands for a slow call to somewhere else.
fn look_up(drink: &str) -> Result<Vec<u8>, String> {
    console::pause(50);
    let price = match drink {
        "espresso" => "2.40 EUR",
        "cappuccino" => "3.60 EUR",
        "tea" => "2.90 EUR",
        _ => return Err(format!("there is no {drink} on the menu")),
    };
    Ok(format!("{drink} {price}").into_bytes())
}

impl From<wasikv_cache::Error> for String {
    fn from(e: wasikv_cache::Error) -> String {
        e.to_string()
    }
}

#[export_name = "wasi:cli/run@0.2.12#run"]
extern "C" fn run() -> u32 {
    match program() {
        Ok(()) => 0,
        Err(reason) => {
            say(&format!("readthrough: {reason}"));
            1
        }
    }
}
