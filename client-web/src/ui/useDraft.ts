import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { rebase } from "../lib/merge.ts";
import { useLatest } from "../state/engine.ts";

const PAUSE_MS = 350;

/**
 * A text that is saved while one types. What others change meanwhile is taken in around what one
 * typed; nothing that was typed is lost when the field goes away.
 */
export function useDraft(saved: string, save: (value: string) => Promise<unknown> | null) {
  const [value, setValue] = useState(saved);
  const base = useRef(saved);
  const dirty = useRef(false);
  /** What is being saved and has not come back yet: when it does, it is nobody else's change. */
  const sent = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useLatest({ value, save });

  useLayoutEffect(() => {
    if (saved === base.current) return;
    const before = base.current;
    base.current = saved;
    const own = sent.current.lastIndexOf(saved);
    sent.current.splice(0, own + 1);
    const ahead = dirty.current || sent.current.length > 0;
    if (own >= 0 && ahead) return;
    setValue((mine) => {
      const merged = ahead ? rebase(before, mine, saved) : saved;
      if (merged === saved) dirty.current = false;
      return merged;
    });
  }, [saved]);

  const flush = () => {
    clearTimeout(timer.current);
    if (!dirty.current) return;
    dirty.current = false;
    const { value, save } = latest.current;
    if (value === (sent.current.at(-1) ?? base.current)) return;
    const saving = save(value);
    if (!saving) return;
    sent.current.push(value);
    // By then it is back, as it is or tidied, or it could not be saved.
    void saving.finally(() => {
      const at = sent.current.indexOf(value);
      if (at >= 0) sent.current.splice(at, 1);
    });
  };
  const flushLatest = useLatest(flush);
  useEffect(() => {
    const gone = () => flushLatest.current();
    addEventListener("pagehide", gone);
    return () => {
      removeEventListener("pagehide", gone);
      gone();
    };
  }, [flushLatest]);

  return {
    value,
    props: {
      value,
      onChange: (event: { currentTarget: { value: string } }) => {
        setValue(event.currentTarget.value);
        dirty.current = true;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => flushLatest.current(), PAUSE_MS);
      },
      onBlur: flush,
    },
  };
}
