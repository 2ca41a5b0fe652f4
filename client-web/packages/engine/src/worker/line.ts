import type { Status } from "../protocol.ts";

/** The engine's end of a connection. */
export interface Speaker {
  connect(): void;
  disconnect(): void;
  receive(frame: Uint8Array): void;
  transmit(): Uint8Array | undefined;
  /** Something was said or heard. */
  settled(): void;
  /** Whether the relay takes part in the session. */
  isOpen(): boolean;
}

const SUBPROTOCOL = "poo.sync.v1";
const PAUSE_FIRST_MS = 500;
const PAUSE_MAX_MS = 30_000;
/** Bytes that wait in the browser's own buffer before more are made. */
const BUFFER_BYTES_MAX = 1 << 20;
/** The relay has so long to shake hands. */
const HANDSHAKE_MS = 15_000;

/** Keeps a websocket to the relay, and connects again after an interruption, more and more patiently. */
export class Line {
  readonly #url: string;
  readonly #speaker: Speaker;
  #socket: WebSocket | null = null;
  #pause = PAUSE_FIRST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  state: Status["connection"] = "connecting";

  constructor(url: string, speaker: Speaker) {
    this.#url = `${url.replace(/\/+$/, "")}/sync`;
    this.#speaker = speaker;
    // Who comes back to the network does not wait for the next attempt.
    self.addEventListener("online", () => this.hurry());
    self.addEventListener("offline", () => this.#drop());
  }

  open(): void {
    if (this.#socket || this.#closed) return;
    clearTimeout(this.#timer);
    this.#say(this.state === "online" ? "connecting" : this.state);
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#url, SUBPROTOCOL);
    } catch {
      this.#later();
      return;
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const deadline = setTimeout(() => {
      if (this.#socket === socket && !this.#speaker.isOpen()) this.#drop();
    }, HANDSHAKE_MS);
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#speaker.connect();
      this.pump();
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      if (this.#socket !== socket) return;
      try {
        this.#speaker.receive(new Uint8Array(event.data));
      } catch (error) {
        this.pump();
        this.#drop();
        throw error;
      }
      if (this.#speaker.isOpen()) {
        this.#pause = PAUSE_FIRST_MS;
        this.#say("online");
      }
      this.pump();
    };
    socket.onclose = () => {
      clearTimeout(deadline);
      if (this.#socket === socket) this.#drop();
    };
  }

  /** Gives the connection up at once: without a network the other side never says goodbye. */
  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.close();
    this.#speaker.disconnect();
    this.#later();
    this.#speaker.settled();
  }

  /** Says everything that there is to say, as fast as the network takes it. */
  pump(): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    while (socket.bufferedAmount < BUFFER_BYTES_MAX) {
      const frame = this.#speaker.transmit();
      if (!frame) {
        this.#speaker.settled();
        return;
      }
      socket.send(frame as Uint8Array<ArrayBuffer>);
    }
    setTimeout(() => this.pump(), 20);
  }

  /** Tries now what would be tried later. */
  hurry(): void {
    if (this.#socket || this.#closed) return;
    this.#pause = PAUSE_FIRST_MS;
    this.open();
  }

  /** Begins a new session: the other side is to learn anew who this is. */
  again(): void {
    this.#pause = PAUSE_FIRST_MS;
    this.#drop();
  }

  /** Ends for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #later(): void {
    this.#say("offline");
    const wait = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX_MS);
    this.#timer = setTimeout(() => this.open(), wait);
  }

  #say(state: Status["connection"]): void {
    if (this.state === state) return;
    this.state = state;
    this.#speaker.settled();
  }
}
