import { useLive } from "../state/engine.ts";
import { Modal } from "../ui/Modal.tsx";
import { Feed } from "./Feed.tsx";

/** What happened in a list, the latest first. */
export default function ActivityPanel({ list, onClose }: { list: string; onClose: () => void }) {
  const rows = useLive({ type: "activity", list, limit: 200 });
  return (
    <Modal title="Activity" onClose={onClose}>
      {rows && <Feed rows={rows.items} />}
    </Modal>
  );
}
