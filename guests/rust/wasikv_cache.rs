//! wasi:keyvalue/cache@0.1.0 for guests written in Rust: one file, no crates.
//! Copy it beside your `main.rs` or `lib.rs` and say `mod wasikv_cache;`.
//!
//! ```ignore
//! let price = wasikv_cache::get_or_set("price:tea", Ttl::Millis(60_000), || find_out("tea"))?;
//! ```
//!
//! `get`, `set`, `exists`, `delete` and `get_or_set` wait for the answer; the
//! `start_…` functions give a [`Future`], and [`wait_all`] waits for many with one
//! poll. Dropping a value gives its handle back to the host. A cache may discard
//! an entry at any time, also right after it was set.

#![allow(dead_code)] // a program uses the part that it needs

use std::alloc::{alloc, handle_alloc_error, realloc, Layout};
use std::fmt;
use std::io;

/// A failure that the host reports.
#[derive(Debug, Clone)]
pub struct Error {
    /// What was asked for, such as `get`.
    pub operation: &'static str,
    /// The host's text: what failed, and what to do about it.
    pub trace: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some hosts' traces begin with the operation.
        let reason = self.trace.strip_prefix(self.operation).and_then(|rest| rest.strip_prefix(": "));
        write!(f, "{}: {}", self.operation, reason.unwrap_or(&self.trace))
    }
}

impl std::error::Error for Error {}

/// How long an entry may be served, from when it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is deleted, or discarded by the cache.
    Forever,
    /// For so many milliseconds; zero acts as a delete.
    Millis(u32),
}

impl Ttl {
    fn flat(self) -> (u32, u32) {
        match self {
            Ttl::Forever => (0, 0),
            Ttl::Millis(ms) => (1, ms),
        }
    }
}

/// Gives the value of a key, if it has one.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    match start_get(key).wait()? {
        Some(value) => value.consume_sync().map(Some),
        None => Ok(None),
    }
}

/// Stores a value.
pub fn set(key: &str, value: &[u8], ttl: Ttl) -> Result<(), Error> {
    let out = OutgoingValue::new();
    out.write_body_sync(value)?;
    start_set(key, &out, ttl).wait()
}

/// Says whether a key has a value.
pub fn exists(key: &str) -> Result<bool, Error> {
    start_exists(key).wait()
}

/// Removes a key, which need not be there.
pub fn delete(key: &str) -> Result<(), Error> {
    start_delete(key).wait()
}

/// What [`get_or_set`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The value was there.
    Hit(Vec<u8>),
    /// It was not, and has been computed and stored.
    Computed(Vec<u8>),
}

/// Gives the value of a key; where there is none, computes it and stores it. Of
/// all who ask at the same time one computes, and the others wait for its value;
/// where `compute` fails, the next of them computes instead.
pub fn get_or_set<E: From<Error>>(
    key: &str,
    ttl: Ttl,
    compute: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<Found, E> {
    match start_get_or_set(key).wait()? {
        Entry::Occupied(value) => Ok(Found::Hit(value.consume_sync()?)),
        Entry::Vacant(vacancy) => {
            let value = compute()?;
            vacancy.fill(ttl).write_body_sync(&value)?;
            Ok(Found::Computed(value))
        }
    }
}

/// Starts to look a key up.
pub fn start_get(key: &str) -> Future<Option<IncomingValue>> {
    Future::new(&GET, unsafe { raw::get(key.as_ptr(), key.len()) })
}

/// Starts to ask whether a key has a value.
pub fn start_exists(key: &str) -> Future<bool> {
    Future::new(&EXISTS, unsafe { raw::exists(key.as_ptr(), key.len()) })
}

/// Starts to store what was written to the value so far.
pub fn start_set(key: &str, value: &OutgoingValue, ttl: Ttl) -> Future<()> {
    let (case, ms) = ttl.flat();
    Future::new(&SET, unsafe { raw::set(key.as_ptr(), key.len(), value.handle, case, ms) })
}

/// Starts to remove a key.
pub fn start_delete(key: &str) -> Future<()> {
    Future::new(&DELETE, unsafe { raw::delete(key.as_ptr(), key.len()) })
}

/// Starts to ask for a key's value, or for the right to give it one.
pub fn start_get_or_set(key: &str) -> Future<Entry> {
    Future::new(&GET_OR_SET, unsafe { raw::get_or_set(key.as_ptr(), key.len()) })
}

/// An answer that the host is working on. Dropping it cancels a pending get or
/// exists, and leaves the queue of a pending get-or-set.
pub struct Future<T: 'static> {
    kind: &'static Kind<T>,
    handle: u32,
    pollable: u32, // 0: none
}

/// What the four future resources differ in. All answer
/// `option<result<T, error>>`, with the payload or the error at byte 8.
struct Kind<T> {
    operation: &'static str,
    take: unsafe extern "C" fn(u32, *mut Area),
    listen: unsafe extern "C" fn(u32) -> u32,
    drop: unsafe extern "C" fn(u32),
    lift: fn(&Area) -> T,
}

impl<T> Future<T> {
    fn new(kind: &'static Kind<T>, handle: u32) -> Self {
        Future { kind, handle, pollable: 0 }
    }

    /// Gives the answer if it is there; never waits. It is given once.
    pub fn take(&mut self) -> Option<Result<T, Error>> {
        let area = call(|area| unsafe { (self.kind.take)(self.handle, area) });
        if area.u8(0) == 0 {
            return None;
        }
        Some(match area.u8(4) {
            0 => Ok((self.kind.lift)(&area)),
            _ => Err(error(self.kind.operation, area.u32(8))),
        })
    }

    /// Waits for the answer.
    pub fn wait(mut self) -> Result<T, Error> {
        loop {
            if let Some(answer) = self.take() {
                return answer;
            }
            let pollable = self.subscribe();
            unsafe { raw::pollable_block(pollable) };
        }
    }

    fn subscribe(&mut self) -> u32 {
        if self.pollable == 0 {
            self.pollable = unsafe { (self.kind.listen)(self.handle) };
        }
        self.pollable
    }
}

impl<T> Drop for Future<T> {
    fn drop(&mut self) {
        unsafe {
            if self.pollable != 0 {
                raw::pollable_drop(self.pollable);
            }
            (self.kind.drop)(self.handle);
        }
    }
}

/// Waits for all and gives their answers in the same order.
pub fn wait_all<T>(mut futures: Vec<Future<T>>) -> Vec<Result<T, Error>> {
    let mut answers: Vec<Option<Result<T, Error>>> = futures.iter_mut().map(Future::take).collect();
    loop {
        let pending: Vec<usize> = (0..answers.len()).filter(|&i| answers[i].is_none()).take(POLL_LIMIT).collect();
        if pending.is_empty() {
            return answers.into_iter().flatten().collect();
        }
        let pollables: Vec<u32> = pending.iter().map(|&i| futures[i].subscribe()).collect();
        let area = call(|area| unsafe { raw::poll(pollables.as_ptr(), pollables.len(), area) });
        for ready in area.list_u32(0) {
            let i = pending[ready as usize];
            answers[i] = futures[i].take();
        }
    }
}

/// How many pollables go into one poll: what a host accepts by default.
const POLL_LIMIT: usize = 1024;

/// What get-or-set found.
pub enum Entry {
    /// The value that the key has.
    Occupied(IncomingValue),
    /// The right to give the key its value.
    Vacant(Vacancy),
}

/// The right to give a key its value. Dropped unfilled, it passes to the next
/// who waits.
pub struct Vacancy {
    handle: u32,
}

impl Vacancy {
    /// The key gets what is written to the value.
    pub fn fill(&self, ttl: Ttl) -> OutgoingValue {
        let (case, ms) = ttl.flat();
        OutgoingValue { handle: unsafe { raw::vacancy_fill(self.handle, case, ms) } }
    }
}

impl Drop for Vacancy {
    fn drop(&mut self) {
        unsafe { raw::vacancy_drop(self.handle) }
    }
}

/// A value that was read: a snapshot, to be consumed once.
pub struct IncomingValue {
    handle: u32,
}

impl IncomingValue {
    /// Its length in bytes.
    pub fn size(&self) -> Result<u64, Error> {
        let area = call(|area| unsafe { raw::incoming_size(self.handle, area) });
        match area.u8(0) {
            0 => Ok(area.u64(8)),
            _ => Err(error("incoming-value-size", area.u32(8))),
        }
    }

    /// The whole value.
    pub fn consume_sync(&self) -> Result<Vec<u8>, Error> {
        let area = call(|area| unsafe { raw::incoming_consume_sync(self.handle, area) });
        match area.u8(0) {
            0 => Ok(area.bytes(4)),
            _ => Err(error("incoming-value-consume-sync", area.u32(4))),
        }
    }

    /// The value as a stream, which outlives it.
    pub fn consume_async(&self) -> Result<InputStream, Error> {
        let area = call(|area| unsafe { raw::incoming_consume_async(self.handle, area) });
        match area.u8(0) {
            0 => Ok(InputStream { handle: area.u32(4) }),
            _ => Err(error("incoming-value-consume-async", area.u32(4))),
        }
    }
}

impl Drop for IncomingValue {
    fn drop(&mut self) {
        unsafe { raw::incoming_drop(self.handle) }
    }
}

/// A value to be stored, written once; unwritten, it stores as an empty value.
pub struct OutgoingValue {
    handle: u32,
}

impl OutgoingValue {
    /// A value to be stored by [`start_set`].
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        OutgoingValue { handle: unsafe { raw::outgoing_new() } }
    }

    /// Writes all of the value. If it came from a vacancy, this stores it.
    pub fn write_body_sync(&self, value: &[u8]) -> Result<(), Error> {
        let area = call(|area| unsafe { raw::outgoing_write_sync(self.handle, value.as_ptr(), value.len(), area) });
        match area.u8(0) {
            0 => Ok(()),
            _ => Err(error("outgoing-value-write-body-sync", area.u32(4))),
        }
    }

    /// A stream to write the value to. If the value came from a vacancy, dropping
    /// the stream stores it.
    pub fn write_body_async(&self) -> Result<OutputStream, Error> {
        let area = call(|area| unsafe { raw::outgoing_write_async(self.handle, area) });
        match area.u8(0) {
            0 => Ok(OutputStream { handle: area.u32(4) }),
            _ => Err(error("outgoing-value-write-body-async", area.u32(4))),
        }
    }
}

impl Drop for OutgoingValue {
    fn drop(&mut self) {
        unsafe { raw::outgoing_drop(self.handle) }
    }
}

/// Reads a value piece by piece.
pub struct InputStream {
    handle: u32,
}

impl io::Read for InputStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let area = call(|area| unsafe { raw::input_blocking_read(self.handle, buf.len() as u64, area) });
        if area.u8(0) == 0 {
            let bytes = area.bytes(4);
            buf[..bytes.len()].copy_from_slice(&bytes);
            return Ok(bytes.len());
        }
        match area.u8(4) {
            CLOSED => Ok(0),
            _ => Err(stream_error(area.u32(8))),
        }
    }
}

impl Drop for InputStream {
    fn drop(&mut self) {
        unsafe { raw::input_drop(self.handle) }
    }
}

/// Writes a value piece by piece.
pub struct OutputStream {
    handle: u32,
}

impl OutputStream {
    /// How many bytes the host takes now; waits until it is more than none.
    fn permit(&self) -> io::Result<usize> {
        loop {
            let area = call(|area| unsafe { raw::output_check_write(self.handle, area) });
            if area.u8(0) != 0 {
                return Err(write_error(area.u8(8), area.u32(12)));
            }
            if area.u64(8) > 0 {
                return Ok(usize::try_from(area.u64(8)).unwrap_or(usize::MAX));
            }
            unsafe {
                let ready = raw::output_subscribe(self.handle);
                raw::pollable_block(ready);
                raw::pollable_drop(ready);
            }
        }
    }
}

impl io::Write for OutputStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = buf.len().min(self.permit()?);
        let area = call(|area| unsafe { raw::output_write(self.handle, buf.as_ptr(), n, area) });
        match area.u8(0) {
            0 => Ok(n),
            _ => Err(write_error(area.u8(4), area.u32(8))),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let area = call(|area| unsafe { raw::output_blocking_flush(self.handle, area) });
        match area.u8(0) {
            0 => Ok(()),
            _ => Err(write_error(area.u8(4), area.u32(8))),
        }
    }
}

impl Drop for OutputStream {
    fn drop(&mut self) {
        unsafe { raw::output_drop(self.handle) }
    }
}

/// The case of stream-error that carries nothing.
const CLOSED: u8 = 1;

fn write_error(case: u8, handle: u32) -> io::Error {
    match case {
        CLOSED => io::ErrorKind::BrokenPipe.into(),
        _ => stream_error(handle),
    }
}

fn stream_error(handle: u32) -> io::Error {
    let area = call(|area| unsafe { raw::stream_error_to_debug_string(handle, area) });
    unsafe { raw::stream_error_drop(handle) };
    io::Error::new(io::ErrorKind::Other, area.string(0))
}

fn error(operation: &'static str, handle: u32) -> Error {
    let area = call(|area| unsafe { raw::error_trace(handle, area) });
    unsafe { raw::error_drop(handle) };
    Error { operation, trace: area.string(0) }
}

static GET: Kind<Option<IncomingValue>> = Kind {
    operation: "get",
    take: raw::future_get_take,
    listen: raw::future_get_listen,
    drop: raw::future_get_drop,
    lift: |area| match area.u8(8) {
        0 => None,
        _ => Some(IncomingValue { handle: area.u32(12) }),
    },
};

static EXISTS: Kind<bool> = Kind {
    operation: "exists",
    take: raw::future_exists_take,
    listen: raw::future_exists_listen,
    drop: raw::future_exists_drop,
    lift: |area| area.u8(8) != 0,
};

static SET: Kind<()> = Kind {
    operation: "set",
    take: raw::future_take,
    listen: raw::future_listen,
    drop: raw::future_drop,
    lift: |_| (),
};

static DELETE: Kind<()> = Kind {
    operation: "delete",
    take: raw::future_take,
    listen: raw::future_listen,
    drop: raw::future_drop,
    lift: |_| (),
};

static GET_OR_SET: Kind<Entry> = Kind {
    operation: "get-or-set",
    take: raw::future_get_or_set_take,
    listen: raw::future_get_or_set_listen,
    drop: raw::future_get_or_set_drop,
    lift: |area| match area.u8(8) {
        0 => Entry::Occupied(IncomingValue { handle: area.u32(12) }),
        _ => Entry::Vacant(Vacancy { handle: area.u32(12) }),
    },
};

/// Where an import writes a result that does not fit into one core value.
#[repr(C, align(8))]
pub struct Area([u8; 16]);

fn call(import: impl FnOnce(*mut Area)) -> Area {
    let mut area = Area([0; 16]);
    import(&mut area);
    area
}

impl Area {
    fn u8(&self, at: usize) -> u8 {
        self.0[at]
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) | u64::from(self.u32(at + 4)) << 32
    }

    /// Takes over the list<u8> whose pointer and length are at a byte.
    fn bytes(&self, at: usize) -> Vec<u8> {
        self.list(at)
    }

    fn list_u32(&self, at: usize) -> Vec<u32> {
        self.list(at)
    }

    /// The host placed the list by cabi_realloc, as an allocation of exactly its
    /// length: what a Vec is made of.
    fn list<T>(&self, at: usize) -> Vec<T> {
        match self.u32(at + 4) as usize {
            0 => Vec::new(),
            n => unsafe { Vec::from_raw_parts(self.u32(at) as *mut T, n, n) },
        }
    }

    /// As bytes, for a string: the canonical ABI guarantees UTF-8.
    fn string(&self, at: usize) -> String {
        unsafe { String::from_utf8_unchecked(self.bytes(at)) }
    }
}

/// The host's way to place a list in this module.
#[no_mangle]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return align as *mut u8;
    }
    let layout = Layout::from_size_align_unchecked(size, align);
    let block = if old_size == 0 {
        alloc(layout)
    } else {
        realloc(old, Layout::from_size_align_unchecked(old_size, align), size)
    };
    if block.is_null() {
        handle_alloc_error(layout);
    }
    block
}

/// The imports, in the canonical ABI's flat form.
mod raw {
    use super::Area;

    #[link(wasm_import_module = "wasi:keyvalue/cache@0.1.0")]
    extern "C" {
        pub fn get(key: *const u8, len: usize) -> u32;
        pub fn exists(key: *const u8, len: usize) -> u32;
        pub fn set(key: *const u8, len: usize, value: u32, ttl_case: u32, ttl: u32) -> u32;
        pub fn delete(key: *const u8, len: usize) -> u32;
        #[link_name = "get-or-set"]
        pub fn get_or_set(key: *const u8, len: usize) -> u32;

        #[link_name = "[method]future-get-result.future-get-result-get"]
        pub fn future_get_take(this: u32, result: *mut Area);
        #[link_name = "[method]future-get-result.listen-to-future-get-result"]
        pub fn future_get_listen(this: u32) -> u32;
        #[link_name = "[resource-drop]future-get-result"]
        pub fn future_get_drop(this: u32);

        #[link_name = "[method]future-exists-result.future-exists-result-get"]
        pub fn future_exists_take(this: u32, result: *mut Area);
        #[link_name = "[method]future-exists-result.listen-to-future-exists-result"]
        pub fn future_exists_listen(this: u32) -> u32;
        #[link_name = "[resource-drop]future-exists-result"]
        pub fn future_exists_drop(this: u32);

        #[link_name = "[method]future-result.future-result-get"]
        pub fn future_take(this: u32, result: *mut Area);
        #[link_name = "[method]future-result.listen-to-future-result"]
        pub fn future_listen(this: u32) -> u32;
        #[link_name = "[resource-drop]future-result"]
        pub fn future_drop(this: u32);

        #[link_name = "[method]future-get-or-set-result.future-get-or-set-result-get"]
        pub fn future_get_or_set_take(this: u32, result: *mut Area);
        #[link_name = "[method]future-get-or-set-result.listen-to-future-get-or-set-result"]
        pub fn future_get_or_set_listen(this: u32) -> u32;
        #[link_name = "[resource-drop]future-get-or-set-result"]
        pub fn future_get_or_set_drop(this: u32);

        #[link_name = "[method]vacancy.vacancy-fill"]
        pub fn vacancy_fill(this: u32, ttl_case: u32, ttl: u32) -> u32;
        #[link_name = "[resource-drop]vacancy"]
        pub fn vacancy_drop(this: u32);
    }

    #[link(wasm_import_module = "wasi:keyvalue/types@0.1.0")]
    extern "C" {
        #[link_name = "[static]outgoing-value.new-outgoing-value"]
        pub fn outgoing_new() -> u32;
        #[link_name = "[method]outgoing-value.outgoing-value-write-body-sync"]
        pub fn outgoing_write_sync(this: u32, value: *const u8, len: usize, result: *mut Area);
        #[link_name = "[method]outgoing-value.outgoing-value-write-body-async"]
        pub fn outgoing_write_async(this: u32, result: *mut Area);
        #[link_name = "[resource-drop]outgoing-value"]
        pub fn outgoing_drop(this: u32);

        #[link_name = "[method]incoming-value.incoming-value-consume-sync"]
        pub fn incoming_consume_sync(this: u32, result: *mut Area);
        #[link_name = "[method]incoming-value.incoming-value-consume-async"]
        pub fn incoming_consume_async(this: u32, result: *mut Area);
        #[link_name = "[method]incoming-value.incoming-value-size"]
        pub fn incoming_size(this: u32, result: *mut Area);
        #[link_name = "[resource-drop]incoming-value"]
        pub fn incoming_drop(this: u32);
    }

    #[link(wasm_import_module = "wasi:keyvalue/wasi-keyvalue-error@0.1.0")]
    extern "C" {
        #[link_name = "[method]error.trace"]
        pub fn error_trace(this: u32, result: *mut Area);
        #[link_name = "[resource-drop]error"]
        pub fn error_drop(this: u32);
    }

    #[link(wasm_import_module = "wasi:io/poll@0.2.3")]
    extern "C" {
        pub fn poll(pollables: *const u32, n: usize, result: *mut Area);
        #[link_name = "[method]pollable.block"]
        pub fn pollable_block(this: u32);
        #[link_name = "[resource-drop]pollable"]
        pub fn pollable_drop(this: u32);
    }

    #[link(wasm_import_module = "wasi:io/streams@0.2.3")]
    extern "C" {
        #[link_name = "[method]input-stream.blocking-read"]
        pub fn input_blocking_read(this: u32, n: u64, result: *mut Area);
        #[link_name = "[resource-drop]input-stream"]
        pub fn input_drop(this: u32);
        #[link_name = "[method]output-stream.check-write"]
        pub fn output_check_write(this: u32, result: *mut Area);
        #[link_name = "[method]output-stream.write"]
        pub fn output_write(this: u32, bytes: *const u8, n: usize, result: *mut Area);
        #[link_name = "[method]output-stream.blocking-flush"]
        pub fn output_blocking_flush(this: u32, result: *mut Area);
        #[link_name = "[method]output-stream.subscribe"]
        pub fn output_subscribe(this: u32) -> u32;
        #[link_name = "[resource-drop]output-stream"]
        pub fn output_drop(this: u32);
    }

    #[link(wasm_import_module = "wasi:io/error@0.2.3")]
    extern "C" {
        #[link_name = "[method]error.to-debug-string"]
        pub fn stream_error_to_debug_string(this: u32, result: *mut Area);
        #[link_name = "[resource-drop]error"]
        pub fn stream_error_drop(this: u32);
    }
}
