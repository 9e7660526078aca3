// Files that wait to be sent, in IndexedDB under a name: localStorage holds texts only.
const NAME = "waiting";
const STORE = "files";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function transact(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

// Each resolves to undefined where the browser keeps no files (a private window).
export const keepFile = (name, file) => transact("readwrite", (store) => store.put(file, name)).catch(() => undefined);
export const keptFile = (name) => transact("readonly", (store) => store.get(name)).catch(() => undefined);
export const dropFile = (name) => transact("readwrite", (store) => store.delete(name)).catch(() => undefined);
