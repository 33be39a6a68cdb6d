//! What the example programs need beside the cache: lines on stdout, arguments,
//! pauses. A target with a standard library of its own would have them.

#![allow(dead_code)] // a program uses the part that it needs

/// Prints one line of stdout.
pub fn say(line: &str) {
    let text = [line, "\n"].concat();
    unsafe {
        let out = get_stdout();
        for piece in text.as_bytes().chunks(4096) {
            let mut result = [0u32; 3];
            write_and_flush(out, piece.as_ptr(), piece.len(), result.as_mut_ptr());
            if result[0] & 0xff != 0 {
                break; // nobody reads stdout any more
            }
        }
        drop_output(out);
    }
}

/// The arguments, without the program's name.
pub fn arguments() -> Vec<String> {
    let mut list = [0usize; 2];
    unsafe { get_arguments(list.as_mut_ptr()) };
    let [strings, n] = list;
    if n == 0 {
        return Vec::new();
    }
    // Each string of the list, and the list, is an allocation of its own.
    let strings = unsafe { Vec::from_raw_parts(strings as *mut [usize; 2], n, n) };
    strings.into_iter().skip(1).map(|[p, n]| unsafe { owned(p, n) }).collect()
}

/// Takes over a string that the host placed here.
unsafe fn owned(p: usize, n: usize) -> String {
    match n {
        0 => String::new(),
        _ => String::from_raw_parts(p as *mut u8, n, n),
    }
}

/// Waits for a while.
pub fn pause(milliseconds: u64) {
    unsafe {
        let over = subscribe_duration(milliseconds * 1_000_000);
        pollable_block(over);
        pollable_drop(over);
    }
}

#[link(wasm_import_module = "wasi:cli/environment@0.2.12")]
extern "C" {
    #[link_name = "get-arguments"]
    fn get_arguments(result: *mut usize);
}

#[link(wasm_import_module = "wasi:cli/stdout@0.2.12")]
extern "C" {
    #[link_name = "get-stdout"]
    fn get_stdout() -> u32;
}

#[link(wasm_import_module = "wasi:io/streams@0.2.12")]
extern "C" {
    #[link_name = "[method]output-stream.blocking-write-and-flush"]
    fn write_and_flush(this: u32, bytes: *const u8, n: usize, result: *mut u32);
    #[link_name = "[resource-drop]output-stream"]
    fn drop_output(this: u32);
}

#[link(wasm_import_module = "wasi:clocks/monotonic-clock@0.2.12")]
extern "C" {
    #[link_name = "subscribe-duration"]
    fn subscribe_duration(nanoseconds: u64) -> u32;
}

#[link(wasm_import_module = "wasi:io/poll@0.2.12")]
extern "C" {
    #[link_name = "[method]pollable.block"]
    fn pollable_block(this: u32);
    #[link_name = "[resource-drop]pollable"]
    fn pollable_drop(this: u32);
}
