import { createHash } from "node:crypto";
import { brotliCompressSync, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The worker that starts the app offline gets the list of what the app is made of. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((file) => !file.endsWith(".map") && file !== "sw.js");
      const worker = Object.values(bundle).find((output) => output.fileName === "sw.js");
      if (worker?.type !== "chunk") throw new Error("there is no service worker");
      const digest = createHash("sha256");
      for (const file of files.sort()) {
        const output = bundle[file];
        digest.update(file).update(output?.type === "chunk" ? output.code : (output?.source ?? ""));
      }
      const shell = [
        "./",
        ...files.filter((file) => file !== "index.html"),
        "icon.svg",
        "manifest.webmanifest",
      ];
      worker.code = worker.code
        .replace("__FILES__", JSON.stringify(shell))
        .replace("__VERSION__", JSON.stringify(digest.digest("hex").slice(0, 16)));
    },
  };
}

/** Beside each text its brotli form: the relay serves it to whoever reads that. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const output of Object.values(bundle)) {
          const source = output.type === "chunk" ? output.code : output.source;
          if (!/\.(js|css|html|svg|wasm|webmanifest)$/.test(output.fileName)) continue;
          const bytes = Buffer.from(source as string | Uint8Array);
          const small = brotliCompressSync(bytes, {
            params: {
              // A build for a test is made once and read once.
              [constants.BROTLI_PARAM_QUALITY]: process.env.POO_WEB_PROFILE ? 4 : 11,
              [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
            },
          });
          if (small.length < bytes.length) {
            this.emitFile({ type: "asset", fileName: `${output.fileName}.br`, source: small });
          }
        }
      },
    },
  };
}

export default defineConfig({
  // Relative, so that the app runs below any path.
  base: "./",
  plugins: [react(), offline(), compressed()],
  worker: {
    format: "es",
    rolldownOptions: { output: { entryFileNames: "assets/worker-[hash].js" } },
  },
  build: {
    target: "es2023",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: { include: ["src/**/*.test.ts", "packages/**/*.test.ts"] },
  server: { proxy: { "/sync": { target: "ws://127.0.0.1:8787", ws: true } } },
});
