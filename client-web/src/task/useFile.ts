import type { Attachment, DocumentId } from "@poo/engine";
import { useEffect, useRef, useState } from "react";
import { engine, useStatus } from "../state/engine.ts";

/** Who attached a file may not have sent it yet: it is asked for again, more and more patiently. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

/** How it is with a file that somebody wants to see. */
export interface Fetched {
  /** Where it is, once it is here. */
  url: string | null;
  /** Why it is not: it comes, whoever attached it has not sent it, or it cannot be had. */
  waits: "coming" | "unsent" | "refused" | null;
  /** Asks for it, where nobody did. */
  ask(): void;
}

/** A file of a task. With `now` it is asked for at once. */
export function useFile(list: DocumentId, { id, mime }: Attachment, now: boolean): Fetched {
  const [asked, setAsked] = useState(now ? 1 : 0);
  const [url, setUrl] = useState<string | null>(null);
  const [waits, setWaits] = useState<Fetched["waits"]>(null);
  const { connection } = useStatus();
  const isHere = url !== null;
  // Whatever was asked of a connection is forgotten with it: each new one is asked again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection, a new question
  useEffect(() => {
    if (asked === 0 || isHere) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = PAUSE_FIRST_MS;
    const look = async () => {
      const bytes = await engine.file(list, id);
      if (gone) return;
      if (bytes) setUrl(URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mime })));
      else setWaits((before) => before ?? "coming");
    };
    const refused = () => setWaits("refused");
    const end = engine.onNews((news) => {
      if (!("file" in news) || news.file !== id) return;
      if (news.news === "file_arrived") {
        look().catch(refused);
      } else if (news.code === "unavailable") {
        setWaits("unsent");
        clearTimeout(timer);
        timer = setTimeout(() => look().catch(refused), pause);
        pause = Math.min(pause * 2, PAUSE_MAX_MS);
      } else {
        refused();
      }
    });
    look().catch(refused);
    return () => {
      gone = true;
      clearTimeout(timer);
      end();
    };
  }, [asked, connection, id, isHere, list, mime]);
  const made = useRef<string | null>(null);
  made.current = url;
  useEffect(
    () => () => {
      if (made.current) URL.revokeObjectURL(made.current);
    },
    [],
  );
  return {
    url,
    waits: isHere ? null : waits,
    ask: () => {
      setWaits(null);
      setAsked((times) => times + 1);
    },
  };
}
