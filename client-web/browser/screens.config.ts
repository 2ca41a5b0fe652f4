import config from "../playwright.config.ts";

export default { ...config, testDir: ".", testMatch: "screens.ts", outputDir: "../test-results" };
