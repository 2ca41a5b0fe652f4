/**
 * The stopwatch inside a page. It is put there before the page's own scripts, and looks once a
 * frame: what is there when a frame begins is painted with it.
 */

import type { Page } from "@playwright/test";

/** What is to be seen: one of the first elements like this, with this text if it has one. */
export interface Sight {
  selector: string;
  text?: string;
}

export interface Watch {
  /** When each of what a page is watched for was painted first, in milliseconds since it was asked for. */
  firsts: Record<string, number>;
  /** When something is painted, in milliseconds since the page was asked for. */
  painted(there: () => boolean): Promise<number>;
  /** Whether something is in the page. */
  has(what: Sight): boolean;
  /** From now on, from each key until what is said to come of it is painted. */
  afterKeys(what: Sight): void;
  waits: number[];
  /** Scrolls a list down and up again for some time, and gives how long each frame took. */
  scroll(ms: number, step: number): Promise<{ frames: number[]; empty: number }>;
}

declare global {
  var watch: Watch;
}

/** What is waited for when a page begins: a line to type in, rows, and all of it saved. */
const FIRSTS = {
  typing: "#add:not([disabled])",
  rows: "#main [data-row]",
  saved: "html[data-sync='good']",
};

export async function watched(page: Page): Promise<void> {
  await page.addInitScript((firsts) => {
    /** Behind the frame that is about to be painted. */
    const behind = (done: () => void) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(null);
    };
    const painted = (there: () => boolean): Promise<number> =>
      new Promise((done) => {
        const look = () => (there() ? behind(() => done(performance.now())) : requestAnimationFrame(look));
        requestAnimationFrame(look);
      });
    const has = ({ selector, text }: Sight): boolean => {
      if (text === undefined) return document.querySelector(selector) !== null;
      const first = [...document.querySelectorAll<HTMLElement>(selector)].slice(0, 30);
      return first.some((element) => element.textContent === text);
    };
    let wanted: Sight | null = null;
    document.addEventListener(
      "keydown",
      (event) => {
        const what = wanted;
        if (!what) return;
        void painted(() => has(what)).then((at) => globalThis.watch.waits.push(at - event.timeStamp));
      },
      { capture: true },
    );
    globalThis.watch = {
      firsts: {},
      waits: [],
      painted,
      has,
      afterKeys(what) {
        wanted = what;
        globalThis.watch.waits = [];
      },
      scroll(ms, step) {
        const scroller = document.getElementById("main");
        if (!scroller) throw new Error("there is nothing to scroll");
        return new Promise((done) => {
          const frames: number[] = [];
          let empty = 0;
          let began = 0;
          let last = 0;
          let by = step;
          const frame = (now: number) => {
            if (last) frames.push(now - last);
            began ||= now;
            last = now;
            const middle = scroller.getBoundingClientRect();
            const seen = document.elementFromPoint(
              middle.left + middle.width / 2,
              middle.top + middle.height / 2,
            );
            if (!seen?.closest(".row")) empty += 1;
            if (now - began >= ms) {
              done({ frames, empty });
              return;
            }
            const end = scroller.scrollHeight - scroller.clientHeight;
            if (scroller.scrollTop + by > end || scroller.scrollTop + by < 0) by = -by;
            scroller.scrollTop += by;
            requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        });
      },
    };
    for (const [name, selector] of Object.entries(firsts)) {
      void painted(() => document.querySelector(selector) !== null).then((at) => {
        globalThis.watch.firsts[name] = at;
      });
    }
  }, FIRSTS);
}
