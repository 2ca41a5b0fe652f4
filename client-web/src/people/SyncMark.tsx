import type { Status } from "@poo/engine";
import { Check, CloudOff, HardDrive, LoaderCircle, TriangleAlert } from "lucide-react";
import { useStatus } from "../state/engine.ts";

/** How it stands with saving, in words. */
export function syncInWords(
  status: Status,
  list?: string,
): { words: string; kind: "good" | "busy" | "away" | "bad" } {
  const changes = (count: number) => `${count} ${count === 1 ? "change" : "changes"}`;
  const refused = status.refused.find((one) => !list || one.list === list);
  if (status.phase === "failed") return { words: "Not working", kind: "bad" };
  if (status.phase === "starting") return { words: "Opening…", kind: "busy" };
  if (refused) return { words: "Changes refused", kind: "bad" };
  if (status.storage === "memory") return { words: "Not kept in this browser", kind: "bad" };
  if (status.connection !== "online") {
    const waiting = status.pending > 0 ? `, ${changes(status.pending)} waiting` : "";
    return { words: `Offline${waiting}`, kind: "away" };
  }
  if (status.pending > 0 || !status.inSync) return { words: "Saving…", kind: "busy" };
  return { words: "All changes saved", kind: "good" };
}

export function SyncMark({ list }: { list?: string }) {
  const status = useStatus();
  const { words, kind } = syncInWords(status, list);
  const refused = status.refused.find((one) => !list || one.list === list);
  const Icon =
    kind === "good"
      ? Check
      : kind === "busy"
        ? LoaderCircle
        : kind === "away"
          ? CloudOff
          : status.storage === "memory"
            ? HardDrive
            : TriangleAlert;
  return (
    <span className={`sync-mark ${kind}`} role="status" title={refused?.reason ?? words}>
      <Icon size={15} aria-hidden="true" />
      <span>{words}</span>
    </span>
  );
}
