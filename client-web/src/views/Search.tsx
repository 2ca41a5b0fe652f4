import type { Found } from "@poo/engine";
import { CornerDownLeft, Search as Glass, ListTodo } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { engine, useLive } from "../state/engine.ts";
import { go, type Place } from "../state/route.ts";
import { first } from "../ui/Modal.tsx";

interface Hit {
  key: string;
  title: string;
  excerpt?: string | undefined;
  place: Place;
  isList: boolean;
}

/** Finds lists and tasks by what is in them, from anywhere. */
export default function Search({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found[]>([]);
  const [at, setAt] = useState(0);
  const lists = useLive({ type: "lists" });
  const label = useId();

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  useEffect(() => {
    setAt(0);
    if (!text.trim()) {
      setFound([]);
      return;
    }
    let current = true;
    engine.query({ type: "search", text, limit: 30 }).then(
      (page) => current && setFound(page.items),
      () => current && setFound([]),
    );
    return () => {
      current = false;
    };
  }, [text]);

  const hits = useMemo(() => {
    const wanted = text.trim().toLocaleLowerCase();
    const titles = new Map((lists?.items ?? []).map((list) => [list.id, list.title]));
    const all: Hit[] = (lists?.items ?? [])
      .filter((list) => !wanted || list.title.toLocaleLowerCase().includes(wanted))
      .slice(0, wanted ? 5 : 8)
      .map((list) => ({
        key: list.id,
        title: list.title,
        place: { at: "list", list: list.id },
        isList: true,
      }));
    for (const { task, excerpt } of found) {
      const where = titles.get(task.list);
      const plain = excerpt.replaceAll(/[[\]]/g, "");
      all.push({
        key: task.list + task.id,
        title: task.title,
        excerpt: plain === task.title ? where : `${where ? `${where} · ` : ""}${plain}`,
        place: { at: "list", list: task.list, task: task.id },
        isList: false,
      });
    }
    return all;
  }, [text, lists, found]);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    go(hit.place);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className="modal search"
      aria-label="Search"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="search-line">
        <Glass size={20} aria-hidden="true" />
        <input
          ref={first}
          role="combobox"
          aria-expanded="true"
          aria-controls={label}
          aria-activedescendant={hits[at] ? `${label}-${at}` : undefined}
          aria-label="Search lists and tasks"
          placeholder="Search lists and tasks"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setAt((now) => Math.min(now + 1, hits.length - 1));
            else if (event.key === "ArrowUp") setAt((now) => Math.max(now - 1, 0));
            else if (event.key === "Enter") open(hits[at]);
            else return;
            event.preventDefault();
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="search-hits" id={label} role="listbox" aria-label="Found">
        {hits.map((hit, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field that names the active one
          <div
            key={hit.key}
            id={`${label}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={index === at ? "hit active" : "hit"}
            onPointerMove={() => setAt(index)}
            onClick={() => open(hit)}
          >
            {hit.isList ? (
              <ListTodo size={16} aria-hidden="true" />
            ) : (
              <span className="check small" aria-hidden="true" />
            )}
            <span className="hit-text">
              <span>{hit.title}</span>
              {hit.excerpt && <small>{hit.excerpt}</small>}
            </span>
            {index === at && <CornerDownLeft size={15} aria-hidden="true" />}
          </div>
        ))}
        {text.trim() && hits.length === 0 && <div className="hit none">Nothing found</div>}
      </div>
    </dialog>
  );
}
