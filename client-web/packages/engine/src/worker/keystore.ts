/**
 * Where a browser keeps who it is. The secret keys rest wrapped by a key of WebCrypto that no script
 * can read out: whoever copies the database has nothing.
 */

/** Who this browser is. */
export interface Kept {
  keys: Uint8Array;
  /** The folder of the browser's own files that the lists are in. */
  folder: string;
}

interface Row {
  wrapping: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  wrapped: ArrayBuffer;
  folder: string;
}

const DATABASE = "poo-keys";
const STORE = "keys";
const ROW = "me";

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("the browser's database failed"));
  });
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answered(request);
}

async function inStore<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const ended = new Promise<void>((done, failed) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error ?? new Error("the browser's database failed"));
    });
    const value = await answered(work(transaction.objectStore(STORE)));
    await ended;
    return value;
  } finally {
    database.close();
  }
}

export async function load(): Promise<Kept | null> {
  const row = await inStore<Row | undefined>("readonly", (store) => store.get(ROW));
  if (!row) return null;
  const keys = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, row.wrapping, row.wrapped);
  return { keys: new Uint8Array(keys), folder: row.folder };
}

export async function keep(kept: Kept): Promise<void> {
  const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, new Uint8Array(kept.keys));
  const row: Row = { wrapping, iv, wrapped, folder: kept.folder };
  await inStore("readwrite", (store) => store.put(row, ROW));
}

export async function forget(): Promise<void> {
  await inStore("readwrite", (store) => store.delete(ROW));
}
