/** What went wrong, where something did: read out as soon as it is there. */
export function Problem({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p className="notice bad" role="alert">
      {text}
    </p>
  );
}
