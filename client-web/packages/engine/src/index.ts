/** The engine of Poo App, for applications: {@link Engine} over any {@link Port}. */
export { Engine, EngineError, type Live } from "./client.ts";
export type * from "./generated/model.ts";
export type { Port, Start, Started, Status } from "./protocol.ts";
