//! The browser's own files (OPFS), by access handles that read and write at once.

use wasm_bindgen::JsValue;

/// Files that are held open: a database, its journal and its log, and some to spare.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
const FILES: usize = 6;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) async fn prepare(folder: &str) -> Result<(), JsValue> {
    use sqlite_wasm_rs::WasmOsCallback;
    use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};

    use crate::problem::Problem;

    let config = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(folder)
        .directory(folder)
        .initial_capacity(FILES)
        .build();
    install::<WasmOsCallback>(&config, true)
        .await
        .map(drop)
        .map_err(|error| Problem::new("storage", error).into())
}

/// There are no such files elsewhere.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[allow(clippy::unused_async, reason = "it is one where it does something")]
pub(crate) async fn prepare(_folder: &str) -> Result<(), JsValue> {
    Err(crate::problem::Problem::new("storage", "only browsers have such files").into())
}
