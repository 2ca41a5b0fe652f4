import type { ListLook } from "@poo/engine";
import { LayoutTemplate, ListTodo, Trash2, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { engine, inWords, run, useLive, zone } from "../state/engine.ts";
import { go } from "../state/route.ts";
import { say } from "../state/toasts.ts";
import { first, Modal } from "../ui/Modal.tsx";

interface Import {
  title?: string;
  look?: ListLook;
  tasks: [];
  warnings: { line: number; reason: string }[];
}

/** A new list: empty, from a template, or from a file. */
export default function NewList({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState("");
  const templates = useLive({ type: "templates" });
  const file = useRef<HTMLInputElement>(null);

  const making = useRef(false);

  /** Makes one list, however often one is asked for until it is there. */
  const make = async (work: () => Promise<{ list: string } | null>) => {
    if (making.current) return;
    making.current = true;
    const outcome = await work();
    making.current = false;
    if (!outcome) return;
    onClose();
    go({ at: "list", list: outcome.list });
  };
  const imported = async (chosen: File) => {
    try {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      const read = (await engine.readImport(bytes, chosen.name, zone)) as Import;
      const name = read.title ?? chosen.name.replace(/\.[^.]*$/, "");
      const outcome = await engine.execute({
        type: "create_list",
        title: (title.trim() || name).slice(0, 200),
      });
      const { tasks, look = {} } = read;
      await engine.execute({ type: "import_tasks", list: outcome.list, tasks, look, zone });
      const warned = read.warnings.length;
      say({
        text: warned > 0 ? `Imported. ${warned} lines need a look: ${read.warnings[0]?.reason}` : "Imported",
        tone: "good",
      });
      return outcome;
    } catch (error) {
      say({ text: inWords(error), tone: "bad" });
      return null;
    }
  };
  return (
    <Modal title="New list" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim()) void make(() => run({ type: "create_list", title: title.trim() }));
        }}
      >
        <label>
          Name
          <input
            ref={first}
            value={title}
            maxLength={200}
            placeholder="Groceries"
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <div className="form-end">
          <button type="submit" className="button primary" disabled={!title.trim()}>
            <ListTodo size={16} /> Create
          </button>
        </div>
      </form>
      <h3 className="form-head">Or begin with</h3>
      <ul className="choices">
        {(templates?.items ?? []).map((template) => (
          <li key={template.id}>
            <button
              type="button"
              className="choice"
              onClick={() =>
                void make(() =>
                  run({
                    type: "create_from_template",
                    template: template.id,
                    ...(title.trim() ? { title: title.trim() } : {}),
                  }),
                )
              }
            >
              <LayoutTemplate size={16} />
              <span>{template.title}</span>
              <small>{template.tasks} tasks</small>
            </button>
            {!template.builtIn && (
              <button
                type="button"
                className="icon-button"
                aria-label={`Delete the template ${template.title}`}
                onClick={() => void run({ type: "delete_template", template: template.id })}
              >
                <Trash2 size={16} />
              </button>
            )}
          </li>
        ))}
        <li>
          <button type="button" className="choice" onClick={() => file.current?.click()}>
            <Upload size={16} />
            <span>A file</span>
            <small>Markdown, todo.txt, Todoist, calendar, JSON</small>
          </button>
          <input
            ref={file}
            type="file"
            hidden
            accept=".md,.markdown,.txt,.csv,.ics,.json"
            onChange={(event) => {
              const chosen = event.target.files?.[0];
              if (chosen) void make(() => imported(chosen));
            }}
          />
        </li>
      </ul>
    </Modal>
  );
}
