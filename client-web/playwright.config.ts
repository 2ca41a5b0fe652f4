import { defineConfig } from "@playwright/test";

// The machine's own Chromium: nothing is downloaded for the tests.
const executablePath = process.env.POO_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "browser",
  outputDir: "test-results",
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    actionTimeout: 30_000,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "off",
  },
});
