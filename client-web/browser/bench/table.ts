/** The numbers, as the page with the benchmarks has them. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const HEADING = "## In a browser";

export function quantile(samples: readonly number[], at: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

function ms(value: number): string {
  return value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

export class Table {
  readonly #rows: string[] = [];

  part(title: string): void {
    process.stderr.write(`${title}\n`);
    this.#rows.push(`| **${title}** | | | |`);
  }

  /** Times in milliseconds. */
  times(what: string, samples: readonly number[], note = ""): void {
    if (samples.length === 0) throw new Error(`${what} was not measured`);
    this.say(what, ms(quantile(samples, 0.5)), samples.length > 4 ? ms(quantile(samples, 0.95)) : "", note);
  }

  say(what: string, median: string, p95 = "", note = ""): void {
    // Whoever waits sees that it goes on.
    process.stderr.write(`  ${what}: ${[median, p95, note].filter(Boolean).join(", ")}\n`);
    this.#rows.push(`| ${what} | ${median} | ${p95} | ${note} |`);
  }

  markdown(chromium: string): string {
    return [
      HEADING,
      "",
      `${availableParallelism()} cores, ${process.platform} ${process.arch}, Chromium ${chromium} without a window, ` +
        `${process.env.POO_BENCH_BUILD ?? "a build of the app for tests"}`,
      "",
      'One run of `make bench ARGS="--only web"`: the real relay over loopback, with the browser on the same ' +
        "cores. A time ends when the frame is painted that shows what came of it; so it is at least what is " +
        "left of a frame of 16.7 ms.",
      "",
      "| | median | p95 | |",
      "|---|---|---|---|",
      ...this.#rows,
      "",
    ].join("\n");
  }
}

/** Puts the numbers into a page, before what was measured beside peers. */
export function write(path: string, section: string): void {
  const page = existsSync(path) ? readFileSync(path, "utf8") : "# Benchmarks\n";
  const parts = page.split(/^(?=## )/m).filter((part) => !part.startsWith(`${HEADING}\n`));
  const [first = "", ...rest] = parts;
  writeFileSync(path, [`${first.trimEnd()}\n\n`, `${section}\n`, ...rest].join(""));
}
