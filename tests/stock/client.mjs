// A stock automerge-repo client that a test drives: one JSON command a line comes in, one JSON
// answer a line goes out. Nothing here knows of the relay but its address.
//
//   node client.mjs ADDRESS PEER_ID [STORAGE_FOLDER]

import { createInterface } from "node:readline"
import { changeAt, getHeads, Counter } from "@automerge/automerge"
import { Presence, Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs"

const [address, peerId, folder] = process.argv.slice(2)
const repo = new Repo({
  network: [new WebSocketClientAdapter(address, 200)],
  storage: folder && new NodeFSStorageAdapter(folder),
  peerId,
})

const say = (value) => console.log(JSON.stringify(value))
let handle
let presence
const heard = []

const follow = (found) => {
  handle = found
  handle.on("ephemeral-message", ({ message, senderId }) => heard.push({ message, senderId }))
  return { url: handle.url, doc: handle.doc() }
}

/** Sets what a path of keys and indices leads to. */
const put = (doc, path, value) => {
  const last = path[path.length - 1]
  const at = path.slice(0, -1).reduce((object, key) => object[key], doc)
  if (value === null) delete at[last]
  else at[last] = value
}

const commands = {
  create: ({ value }) => follow(repo.create({ ...value, count: new Counter(0) })),
  find: async ({ url }) => {
    try {
      return follow(await repo.find(url))
    } catch (error) {
      return { unavailable: String(error.message ?? error) }
    }
  },
  doc: () => ({ doc: handle.doc(), heads: getHeads(handle.doc()) }),
  put: ({ path, value }) => {
    handle.change((doc) => put(doc, path, value))
    return {}
  },
  push: ({ path, value }) => {
    handle.change((doc) => path.reduce((object, key) => object[key], doc).push(value))
    return {}
  },
  count: ({ by }) => {
    handle.change((doc) => doc.count.increment(by))
    return {}
  },
  /** A change on top of how the document was. */
  putAt: ({ heads, path, value }) => {
    handle.update((doc) => changeAt(doc, heads, (old) => put(old, path, value)).newDoc)
    return {}
  },
  broadcast: ({ message }) => {
    handle.broadcast(message)
    return {}
  },
  heard: () => ({ heard }),
  /** Says what its person does, as automerge-repo says it. */
  attend: ({ state }) => {
    presence = new Presence({ handle })
    presence.start({ initialState: state })
    return {}
  },
  show: ({ channel, value }) => {
    presence.broadcast(channel, value)
    return {}
  },
  peers: () => ({ peers: Object.values(presence.getPeerStates().value).map((peer) => peer.value) }),
  flush: async () => {
    await repo.flush()
    return {}
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  say(await commands[command.do](command))
}
process.exit(0)
