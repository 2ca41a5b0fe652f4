import type { Aisle } from "@poo/engine";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { run, useLive } from "../state/engine.ts";
import { first, Modal } from "../ui/Modal.tsx";
import { useDraft } from "../ui/useDraft.ts";

/** The aisles that a list has beside those of every shop. */
export default function OwnAisles({ list, onClose }: { list: string; onClose: () => void }) {
  const own = useLive({ type: "aisles", list })?.items ?? [];
  const [name, setName] = useState("");
  return (
    <Modal title="Aisles of your own" onClose={onClose}>
      <p className="hint">
        They come before the shop's aisles. What has one of the words in its name stands there.
      </p>
      {own.length > 0 && (
        <ul className="own-aisles">
          {own.map((aisle) => (
            <Own key={aisle.name} list={list} aisle={aisle} />
          ))}
        </ul>
      )}
      <form
        className="link-line"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = name.trim();
          // One that is there keeps its words.
          if (!wanted || own.some((aisle) => aisle.name === wanted)) return;
          setName("");
          void run({ type: "set_aisle", list, name: wanted, keywords: [] });
        }}
      >
        <input
          ref={first}
          aria-label="Name of a new aisle"
          placeholder="New aisle"
          maxLength={50}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="button primary" disabled={!name.trim()}>
          <Plus size={16} /> Add
        </button>
      </form>
    </Modal>
  );
}

function Own({ list, aisle }: { list: string; aisle: Aisle }) {
  const words = useDraft(aisle.keywords.join(", "), (value) => {
    const keywords = value
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
    return run({ type: "set_aisle", list, name: aisle.name, keywords });
  });
  return (
    <li>
      <label>
        <span>{aisle.name}</span>
        <input placeholder="honey, goat cheese" aria-label={`Words for ${aisle.name}`} {...words.props} />
      </label>
      <button
        type="button"
        className="icon-button small"
        aria-label={`Remove the aisle ${aisle.name}`}
        onClick={() => void run({ type: "remove_aisle", list, name: aisle.name })}
      >
        <X size={16} />
      </button>
    </li>
  );
}
