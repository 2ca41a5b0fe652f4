/** What others write into notes and comments, as a browser takes it in: the app's own renderer, no app around it. */

import { build } from "vite";
import { expect, type Page, test } from "./relay.ts";

declare global {
  var notes: { toHtml(text: string): string };
  /** How often something that somebody wrote was carried out. */
  var ran: number;
}

const TAGS =
  "a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong table tbody td th thead tr ul";
const HERE = "http://notes.test/";
const RUN = "globalThis.ran++";

/** A page without a policy, in which only the renderer stands between a text and its reader. */
const bare = test.extend<{ asked: string[] }>({
  asked: async ({ page }, use) => {
    const made = await build({
      configFile: false,
      logLevel: "silent",
      build: {
        write: false,
        minify: false,
        lib: { entry: "src/lib/markdown.ts", formats: ["iife"], name: "notes", fileName: "notes" },
      },
    });
    const code = [made].flat().flatMap((one) => ("output" in one ? one.output : []))[0];
    if (code?.type !== "chunk") throw new Error("the renderer was not built");
    const asked: string[] = [];
    await page.route("**/*", (route) => {
      const url = route.request().url();
      if (url !== HERE) asked.push(url);
      return route.fulfill({ contentType: "text/html", body: "<!doctype html><main></main>" });
    });
    await page.goto(HERE);
    // A name at the top of a script is the page's own.
    await page.addScriptTag({ content: code.code });
    await page.evaluate(() => {
      globalThis.ran = 0;
    });
    await use(asked);
  },
});

/** Shows a text, and gives every element and attribute that came of it. */
async function shown(page: Page, text: string): Promise<{ tags: string[]; attributes: string[] }> {
  return page.evaluate(async (text) => {
    const main = document.querySelector("main");
    if (!main) throw new Error("the page is gone");
    main.innerHTML = notes.toHtml(text);
    const all = [...main.querySelectorAll("*")];
    for (const element of all) {
      for (const kind of ["click", "mouseover", "focus", "toggle", "animationstart"]) {
        const event = new Event(kind, { bubbles: true, cancelable: true });
        if (kind === "click") element.addEventListener(kind, (clicked) => clicked.preventDefault());
        element.dispatchEvent(event);
      }
    }
    // What loads or runs by itself does so behind this.
    await new Promise((done) => setTimeout(done, 15));
    return {
      tags: all.map((element) => element.localName),
      attributes: all.flatMap((element) =>
        [...element.attributes].map(({ name, value }) => `${name}=${value}`),
      ),
    };
  }, text);
}

const HOSTILE = [
  // Scripts, and what runs like one.
  `<script>${RUN}</script>`,
  `<ScRiPt src="https://evil.test/x.js"></sCrIpT>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `<<script>${RUN}//<</script>`,
  `<img src=x onerror="${RUN}">`,
  `<img src="https://evil.test/seen.png">`,
  `<image src=x onerror="${RUN}">`,
  `<video src=x onerror="${RUN}"></video><audio src=x onerror="${RUN}"></audio>`,
  `<body onload="${RUN}">`,
  `<details open ontoggle="${RUN}"><summary>more</summary></details>`,
  `<input autofocus onfocus="${RUN}">`,
  `<b onmouseover="${RUN}" onclick="${RUN}">bold</b>`,
  `<p/onclick="${RUN}">slash</p>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<iframe srcdoc="<script>parent.ran++</script>"></iframe>`,
  `<object data="data:text/html,<script>parent.ran++</script>"></object><embed src="https://evil.test/x">`,
  `<form action="https://evil.test/"><button formaction="javascript:${RUN}">Save</button></form>`,
  `<meta http-equiv="refresh" content="0;url=https://evil.test/">`,
  `<base href="https://evil.test/">`,
  `<link rel="stylesheet" href="https://evil.test/x.css">`,
  // Addresses that do something.
  `<a href="javascript:${RUN}">go</a>`,
  `<a href=" &#106;avascript:${RUN}">go</a>`,
  `<a href="java&#9;script:${RUN}">go</a>`,
  `<a href="&#1;javascript:${RUN}">go</a>`,
  `[go](javascript:${RUN})`,
  `[go](JaVaScRiPt:${RUN})`,
  `[go](javascript&colon;${RUN})`,
  `[go](<javascript:${RUN}>)`,
  `<javascript:${RUN}>`,
  `[go][1]\n\n[1]: javascript:${RUN}`,
  `[go](vbscript:msgbox)`,
  `[go](data:text/html;base64,PHNjcmlwdD5yYW4rKzwvc2NyaXB0Pg==)`,
  `<a href="data:text/html,<script>ran++</script>">go</a>`,
  `<a href="blob:http://notes.test/1">go</a> <a href="file:///etc/passwd">go</a>`,
  // Addresses of the app itself, and of wherever it is.
  `[settings](#/settings) [up](../) [there](//evil.test/)`,
  `![seen](https://evil.test/seen.png)`,
  `![x](x" onerror="${RUN})`,
  `[x](https://evil.test/" onmouseover="${RUN})`,
  `<a href="https://evil.test/" target="_self" rel="opener" download ping="https://evil.test/ping">go</a>`,
  // Drawings and formulas, which have scripts and links of their own.
  `<svg onload="${RUN}"></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin="${RUN}" attributeName=x dur=1s></svg>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y=20>go</text></a></svg>`,
  `<svg><use href="https://evil.test/x.svg#x"></use><image href="https://evil.test/y.png"></image></svg>`,
  `<math><maction actiontype="statusline" xlink:href="javascript:${RUN}">x</maction></math>`,
  `<math href="javascript:${RUN}">x</math>`,
  // Styles: what loads by them, covers the app, or looks like it.
  `<style>* { background: url(https://evil.test/leak) }</style>`,
  `<b style="background: url(https://evil.test/leak); position: fixed; inset: 0">big</b>`,
  `<div class="toast"><button class="button primary">Sign in</button></div>`,
  `<table background="https://evil.test/leak"><tr><td background="https://evil.test/leak">x</td></tr></table>`,
  // What is one thing to one parser and another to the next.
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${RUN}&gt;">`,
  `<svg></p><style><a id="</style><img src=x onerror=${RUN}>">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript>`,
  `<template><img src=x onerror="${RUN}"></template>`,
  `<select><template><img src=x onerror="${RUN}"></template></select>`,
  `<p title="<!--"><img src=x onerror="${RUN}" alt="-->">`,
  `<a title="\`<img src=x onerror=${RUN}>\`">x</a>`,
  `\`\`\`"><img src=x onerror=${RUN}>\ncode\n\`\`\``,
  `\`<img src=x onerror=${RUN}>\``,
  `<xmp><p title="</xmp><img src=x onerror=${RUN}>"></xmp>`,
  `<textarea><p title="</textarea><img src=x onerror=${RUN}>"></textarea>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=${RUN}>`,
  `<b><!--[if gte IE 4]><script>${RUN}</script><![endif]--></b>`,
  `<?xml-stylesheet href="https://evil.test/x.css"?><![CDATA[<script>${RUN}</script>]]>`,
  // Names that the page's own scripts would find.
  `<a id="add" name="body">x</a><form id="attributes"><input name="parentNode"></form>`,
  `<img name="getElementById"><b id="main" data-row="1" data-sync="good">x</b>`,
  `<b role="button" aria-label="Save" tabindex="0" contenteditable slot="x" is="x-y" hidden>x</b>`,
] as const;

bare("nothing that others write runs, loads, or names itself", async ({ page, asked }) => {
  const tags = new Set(TAGS.split(" "));
  for (const text of HOSTILE) {
    const all = await shown(page, text);
    expect(
      all.tags.filter((tag) => !tags.has(tag)),
      text,
    ).toEqual([]);
    // "is" cannot be taken off an element; without a value it says nothing.
    const known =
      /^(is=$|href=(https?:|mailto:|tel:)|title=|start=|align=|target=_blank$|rel=noreferrer noopener$)/;
    expect(
      all.attributes.filter((attribute) => !known.test(attribute)),
      text,
    ).toEqual([]);
    expect(await page.evaluate(() => globalThis.ran), text).toBe(0);
    expect(asked, text).toEqual([]);
    expect(page.url()).toBe(HERE);
  }
  // The stopwatch runs: without the renderer it would have been seen.
  await page.evaluate((run) => {
    document.body.innerHTML = `<img src="https://evil.test/seen.png" onload="${run}" onerror="${run}">`;
  }, RUN);
  await expect.poll(() => page.evaluate(() => globalThis.ran)).toBe(1);
  expect(asked).toEqual(["https://evil.test/seen.png"]);
});

bare("what people write looks as they mean it, and links open elsewhere", async ({ page, asked }) => {
  const html = (text: string) => page.evaluate((text) => notes.toHtml(text).trim(), text);
  expect(await html("**bold**, *soft*, ~~gone~~, `code`\nnext")).toBe(
    "<p><strong>bold</strong>, <em>soft</em>, <del>gone</del>, <code>code</code><br>next</p>",
  );
  expect(await html("[there](https://example.org 'A place')")).toBe(
    '<p><a href="https://example.org" title="A place" target="_blank" rel="noreferrer noopener">there</a></p>',
  );
  expect(await html("3. three")).toContain('<ol start="3">');
  expect(await html("| a |\n| -: |\n| 1 |")).toContain('<td align="right">1</td>');
  expect(await html("- [x] bought\n- [ ] cooked")).toMatch(/☑ bought[\s\S]*☐ cooked/);
  expect(await html("1 < 2 & 3 > 2")).toBe("<p>1 &lt; 2 &amp; 3 &gt; 2</p>");
  expect(asked).toEqual([]);
});

bare(
  "a text that is made to take for ever, or to overturn, is shown as it stands",
  async ({ page, asked }) => {
    // Each of these took the parser half a minute, or broke it off.
    for (const part of [">", "   >", "1. ", "a_"]) {
      const text = part.repeat(Math.floor(50_000 / part.length));
      expect(await shown(page, text), part).toEqual({ tags: ["p"], attributes: [] });
      expect(await page.locator("main").textContent(), part).toBe(text);
    }
    for (const part of ["- ", "[", "![", "<b>", "`", "|a|\n|-|\n", "[a](", "&#", "_*", "a**b"]) {
      const text = part.repeat(Math.floor(20_000 / part.length));
      expect(await page.evaluate((text) => notes.toHtml(text).length, text), part).toBeGreaterThan(0);
    }
    expect(asked).toEqual([]);
  },
);
