//! tour walks through the interface: set, get, exists and delete, a TTL, a large
//! value as a stream, a hundred gets at once, and what an error looks like.

mod console;
mod wasikv_cache;

use console::say;
use std::error::Error;
use std::io::{Read, Write};
use wasikv_cache::{self as cache, OutgoingValue, Ttl};

fn program() -> Result<(), Box<dyn Error>> {
    let key = "drink:1";
    say(&format!("exists before set: {}", cache::exists(key)?));
    cache::set(key, b"flat white", Ttl::Forever)?;
    say(&format!("exists after set: {}", cache::exists(key)?));
    say(&format!("get: {}", text(cache::get(key)?)));
    cache::delete(key)?;
    say(&format!("get after delete: {}", text(cache::get(key)?)));

    cache::set(key, b"soup of the day", Ttl::Millis(300))?;
    say(&format!("within its TTL: {}", text(cache::get(key)?)));
    console::pause(500);
    say(&format!("after its TTL: {}", text(cache::get(key)?)));

    say(&format!("stream: {} bytes", stream("large", 300_000)?));

    let gets = (0..100).map(|i| cache::start_get(&format!("fan:{i}"))).collect();
    let found = cache::wait_all(gets).into_iter().collect::<Result<Vec<_>, _>>()?;
    say(&format!("found {} of {}", found.iter().flatten().count(), found.len()));

    let value = OutgoingValue::new();
    value.write_body_sync(b"once")?;
    match value.write_body_sync(b"twice") {
        Ok(()) => Err("a value was written twice".into()),
        Err(e) => {
            say(&format!("second write: {}", e));
            Ok(())
        }
    }
}

/// Stores a value piece by piece, reads it back, and counts the bytes that match.
fn stream(key: &str, size: usize) -> Result<usize, Box<dyn Error>> {
    let sent: Vec<u8> = (0..size).map(|i| (i * 31 + i / 251) as u8).collect();
    let value = OutgoingValue::new();
    let mut body = value.write_body_async()?;
    for piece in sent.chunks(10_000) {
        body.write_all(piece)?;
    }
    body.flush()?;
    drop(body);
    cache::start_set(key, &value, Ttl::Forever).wait()?;

    let mut received = Vec::new();
    let value = cache::start_get(key).wait()?.ok_or("the value is gone already")?;
    value.consume_async()?.read_to_end(&mut received)?;
    Ok(sent.iter().zip(&received).filter(|(a, b)| a == b).count())
}

fn text(value: Option<Vec<u8>>) -> String {
    match value {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(&bytes)),
        None => "absent".into(),
    }
}

#[export_name = "wasi:cli/run@0.2.12#run"]
extern "C" fn run() -> u32 {
    match program() {
        Ok(()) => 0,
        Err(reason) => {
            say(&format!("tour: {reason}"));
            1
        }
    }
}
