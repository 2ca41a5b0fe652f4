import { useMemo } from "react";
import { toHtml } from "../lib/markdown.ts";

export default function Markdown({ text }: { text: string }) {
  const html = useMemo(() => toHtml(text), [text]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it was sanitised right above
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
