/**
 * Reads a list and adds a task to it, with automerge-repo alone.
 *
 * A ticket (`poo ticket create --list LIST`) is all that it takes: the relay signs what this
 * program writes, as a witness, for whoever made the ticket. What lists look like inside is in
 * docs/PROTOCOL.md, section 15.
 *
 *     npm install && npm run build && node out/list.js TICKET_ADDRESS LIST_ID TITLE
 */

import { ImmutableString } from "@automerge/automerge"
import { type AnyDocumentId, type DocHandle, Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"
import { v7 as uuid } from "uuid"

/** A string is a scalar here, and a text where an Automerge client wrote it so: readers take both. */
type Text = string | ImmutableString

/** A task, as far as this program cares. */
interface Item {
    title: Text
    order: Text
    notes: string
    createdAt?: Date
    deletedAt?: Date
    status?: Text
    parent?: Text
}

/** A list, as far as this program cares. */
interface List {
    kind: Text
    meta: { title?: Text }
    items: Record<string, Item>
}

/** The tasks that are not in the trash, in their order. */
function tasks(list: List): [string, Item][] {
    const order = ([id, item]: [string, Item]) => `${String(item.order)} ${id}`
    return Object.entries(list.items)
        .filter(([, item]) => item.deletedAt === undefined)
        .sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** Puts a task behind all others. */
function add(handle: DocHandle<List>, title: string): void {
    handle.change((list) => {
        list.items[uuid()] = {
            title: new ImmutableString(title),
            // Equal keys sort by id, and a later id is larger.
            order: new ImmutableString("ff"),
            notes: "",
            createdAt: new Date(),
        }
    })
}

/** Done when the relay has said that it has all that is here. What it says it has is on its disk. */
function arrived(handle: DocHandle<List>): Promise<void> {
    return new Promise((resolve) => {
        handle.on("remote-heads", ({ heads }) => {
            if (String(heads) === String(handle.heads())) resolve()
        })
    })
}

const [address, id, title] = process.argv.slice(2)
if (address === undefined || id === undefined || title === undefined) {
    console.error("list TICKET_ADDRESS LIST_ID TITLE")
    process.exit(2)
}
const repo = new Repo({ network: [new WebSocketClientAdapter(address)] })
const list = await repo.find<List>(`automerge:${id}` as AnyDocumentId)
if (String(list.doc().kind) !== "list") throw new Error("this document is no list")
const acknowledged = arrived(list)
add(list, title)
await acknowledged
for (const [, item] of tasks(list.doc())) console.log(String(item.title))
await repo.shutdown()
