import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";

// Others write this: what comes out is text and links, nothing that runs, loads or looks like the app.
const ALLOWED = {
  ALLOWED_TAGS: [
    ..."a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong table tbody td th thead tr ul".split(
      " ",
    ),
  ],
  ALLOWED_ATTR: ["href", "title", "start", "align"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:)/i,
};

const clean = DOMPurify();
clean.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noreferrer noopener");
});

export default function Markdown({ text }: { text: string }) {
  const html = useMemo(
    () => clean.sanitize(marked.parse(text, { async: false, gfm: true, breaks: true }), ALLOWED),
    [text],
  );
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it was sanitised right above
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
