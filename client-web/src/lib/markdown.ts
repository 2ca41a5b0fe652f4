/** Notes and comments as HTML. */

import DOMPurify from "dompurify";
import { Marked } from "marked";

// Others write this: what comes out is text and links, nothing that runs, loads or looks like the app.
const ALLOWED = {
  ALLOWED_TAGS: [
    ..."a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong table tbody td th thead tr ul".split(
      " ",
    ),
  ],
  ALLOWED_ATTR: ["href", "title", "start", "align"],
  // Their values are no addresses.
  ADD_URI_SAFE_ATTR: ["start", "align"],
  // Else attributes with these beginnings would come through without being named.
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:)/i,
};

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // A box that could be checked would promise more than it does.
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const clean = DOMPurify();
clean.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noreferrer noopener");
});

/** Quotes and lists that stand in one another deeper than anybody means them: the parser goes down each. */
const DEEP = /^[ \t]*(?:>[ \t]*|(?:[-+*]|\d{1,9}[.)])[ \t]+){50}/m;
/** More marks for emphasis between two empty lines than people make: the parser looks for the end of each. */
const MARKS_MOST = 2_000;

function isTrap(text: string): boolean {
  if (DEEP.test(text)) return true;
  return text.split(/\n[ \t]*\n/).some((part) => (part.match(/[*_]/g)?.length ?? 0) > MARKS_MOST);
}

function asItStands(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<p>${escaped.replaceAll("\n", "<br>")}</p>`;
}

function parsed(text: string): string {
  try {
    return isTrap(text) ? asItStands(text) : marked.parse(text, { async: false });
  } catch {
    // Whatever others write, the page around it stands.
    return asItStands(text);
  }
}

/** What a text in Markdown looks like. It can be put into the page. */
export function toHtml(text: string): string {
  return clean.sanitize(parsed(text), ALLOWED);
}
