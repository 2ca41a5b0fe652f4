// A stock automerge-repo client in a page: its browser build, as a bundler takes it.

import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"

let handle

/** As JSON has it: texts that JavaScript sees as objects are strings. */
const plain = (doc) => JSON.parse(JSON.stringify(doc))

globalThis.stock = {
  connect(address, peerId) {
    globalThis.repo = new Repo({ network: [new WebSocketClientAdapter(address, 200)], peerId })
  },
  create(value) {
    handle = globalThis.repo.create(value)
    return handle.url
  },
  async find(url) {
    handle = await globalThis.repo.find(url)
    return plain(handle.doc())
  },
  doc: () => plain(handle.doc()),
  /** Sets what a path of keys leads to. */
  put(path, value) {
    handle.change((doc) => {
      const last = path[path.length - 1]
      const at = path.slice(0, -1).reduce((object, key) => object[key], doc)
      at[last] = value
    })
  },
}
