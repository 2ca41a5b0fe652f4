import { useMemo } from "react";
import { Feed } from "../people/Feed.tsx";
import { useLive } from "../state/engine.ts";
import { ViewHead } from "./ViewHead.tsx";

/** What happened in all lists. */
export default function ActivityView() {
  const rows = useLive({ type: "activity", limit: 200 });
  const lists = useLive({ type: "lists" });
  const titles = useMemo(() => new Map((lists?.items ?? []).map((list) => [list.id, list.title])), [lists]);
  return (
    <div className="view">
      <ViewHead title="Activity" />
      <main className="scroll" id="main">
        {rows && <Feed rows={rows.items} lists={titles} />}
      </main>
    </div>
  );
}
