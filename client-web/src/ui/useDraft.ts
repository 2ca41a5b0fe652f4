import { useEffect, useRef, useState } from "react";
import { rebase } from "../lib/merge.ts";
import { useLatest } from "../state/engine.ts";

const PAUSE_MS = 350;

/**
 * A text that is saved while one types. What others change meanwhile is taken in around what one
 * typed; nothing that was typed is lost when the field goes away.
 */
export function useDraft(saved: string, save: (value: string) => void) {
  const [value, setValue] = useState(saved);
  const base = useRef(saved);
  const dirty = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useLatest({ value, save });

  useEffect(() => {
    if (saved === base.current) return;
    const before = base.current;
    base.current = saved;
    setValue((mine) => {
      const merged = dirty.current ? rebase(before, mine, saved) : saved;
      if (merged === saved) dirty.current = false;
      return merged;
    });
  }, [saved]);

  const flush = () => {
    clearTimeout(timer.current);
    if (!dirty.current) return;
    dirty.current = false;
    if (latest.current.value !== base.current) latest.current.save(latest.current.value);
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
