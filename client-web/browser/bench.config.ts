import config from "../playwright.config.ts";

export default {
  ...config,
  testDir: "bench",
  testMatch: "speed.ts",
  outputDir: "../test-results/bench",
  // What is measured has the machine for itself.
  workers: 1,
  fullyParallel: false,
};
