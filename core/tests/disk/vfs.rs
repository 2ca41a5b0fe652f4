//! SQLite's own way to the disk, with faults where a test wants one.
//!
//! The functions of the files that SQLite opens are replaced by ones that count, fail where they
//! are told to, and otherwise call the real ones. Only the thread that asked for a fault gets it.

#![allow(
    unsafe_code,
    reason = "a file system of SQLite's is a table of C functions"
)]

use std::cell::Cell;
use std::os::raw::{c_int, c_void};
use std::sync::{Mutex, Once};

use rusqlite::ffi::{
    SQLITE_FULL, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMMAP, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

/// What happens at the operation that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, this once, and nothing of it happens.
    Once,
    /// The disk is full: writing fails from then on, the rest goes on.
    Full,
    /// Half of what was to be written is, and nothing works any longer: a power cut.
    Dead,
}

thread_local! {
    /// How many operations are still to succeed, and what comes then.
    static PLAN: Cell<Option<(u64, Fault)>> = const { Cell::new(None) };
    static MET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; the operation after the first `spared` ones fails. Whether there was one.
pub(crate) fn with_fault<T>(spared: u64, fault: Fault, work: impl FnOnce() -> T) -> (T, bool) {
    install();
    MET.set(false);
    PLAN.set(Some((spared, fault)));
    let value = work();
    PLAN.set(None);
    (value, MET.get())
}

/// What an operation is to do: the fault, and whether it is the first one that meets it.
fn meet(writes: bool) -> Option<(Fault, bool)> {
    let (left, fault) = PLAN.get()?;
    if left > 0 {
        PLAN.set(Some((left - 1, fault)));
        return None;
    }
    let is_first = !MET.replace(true);
    match fault {
        Fault::Once => is_first.then_some((fault, true)),
        // A file that does not grow needs no room.
        Fault::Full => writes.then_some((fault, is_first)),
        Fault::Dead => Some((fault, is_first)),
    }
}

/// The functions of an open file: ours, and beside them those that they stand before.
#[repr(C)]
struct Methods {
    ours: sqlite3_io_methods,
    real: *const sqlite3_io_methods,
}

// They are written once and only read from then on.
unsafe impl Send for Methods {}
unsafe impl Sync for Methods {}

type Open = unsafe extern "C" fn(
    *mut sqlite3_vfs,
    *const std::os::raw::c_char,
    *mut sqlite3_file,
    c_int,
    *mut c_int,
) -> c_int;

static REAL_OPEN: Mutex<Option<Open>> = Mutex::new(None);
static KNOWN: Mutex<Vec<&'static Methods>> = Mutex::new(Vec::new());

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| unsafe {
        let vfs = sqlite3_vfs_find(std::ptr::null());
        assert!(!vfs.is_null());
        let mut mine = Box::new(*vfs);
        *REAL_OPEN.lock().unwrap() = mine.xOpen;
        mine.xOpen = Some(open);
        mine.zName = c"faulty".as_ptr();
        assert_eq!(sqlite3_vfs_register(Box::leak(mine), 1), SQLITE_OK);
    });
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const std::os::raw::c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(real) = *REAL_OPEN.lock().unwrap() else {
        return SQLITE_IOERR_WRITE;
    };
    unsafe {
        let code = real(vfs, name, file, flags, out);
        if code == SQLITE_OK && !(*file).pMethods.is_null() {
            (*file).pMethods = &raw const methods((*file).pMethods).ours;
        }
        code
    }
}

fn methods(real: *const sqlite3_io_methods) -> &'static Methods {
    let mut known = KNOWN.lock().unwrap();
    if let Some(found) = known.iter().find(|methods| methods.real == real) {
        return found;
    }
    let mut ours = unsafe { *real };
    ours.xWrite = Some(write);
    ours.xTruncate = Some(truncate);
    ours.xSync = Some(sync);
    ours.xShmMap = ours.xShmMap.map(|_| map as _);
    let made: &'static Methods = Box::leak(Box::new(Methods { ours, real }));
    known.push(made);
    made
}

/// The real functions of a file.
unsafe fn real(file: *mut sqlite3_file) -> &'static sqlite3_io_methods {
    unsafe { &*(*(*file).pMethods.cast::<Methods>()).real }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    unsafe {
        let real = real(file).xWrite.unwrap();
        match meet(true) {
            None => real(file, bytes, count, at),
            Some((Fault::Full, _)) => SQLITE_FULL,
            Some((Fault::Dead, true)) => {
                real(file, bytes, count / 2, at);
                SQLITE_IOERR_WRITE
            }
            Some(_) => SQLITE_IOERR_WRITE,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    match meet(false) {
        None => unsafe { real(file).xTruncate.unwrap()(file, size) },
        Some(_) => SQLITE_IOERR_TRUNCATE,
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    match meet(false) {
        None => unsafe { real(file).xSync.unwrap()(file, flags) },
        Some(_) => SQLITE_IOERR_FSYNC,
    }
}

unsafe extern "C" fn map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    match meet(false) {
        None => unsafe { real(file).xShmMap.unwrap()(file, page, size, extend, out) },
        Some(_) => SQLITE_IOERR_SHMMAP,
    }
}
