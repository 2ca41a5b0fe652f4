import type { Attachment, Task } from "@poo/engine";
import { File as FileIcon, Paperclip, X } from "lucide-react";
import { useRef } from "react";
import { engine, inWords, run, useStatus } from "../state/engine.ts";
import { say } from "../state/toasts.ts";
import { useFile } from "./useFile.ts";

const TYPES: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  pdf: "application/pdf",
  txt: "text/plain",
  json: "application/json",
};
const BYTES_MAX = 10 * 1024 * 1024;

/** The files of a task. They are here offline once they came. */
export function Files({ task, readOnly }: { task: Task; readOnly: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const attach = async (file: File) => {
    const mime = TYPES[file.name.split(".").pop()?.toLowerCase() ?? ""];
    if (!mime) {
      say({ text: "Pictures, PDFs, text and JSON can be attached", tone: "bad" });
      return;
    }
    if (file.size > BYTES_MAX) {
      say({ text: `${file.name} is larger than 10 MB`, tone: "bad" });
      return;
    }
    try {
      const hash = await engine.putFile(new Uint8Array(await file.arrayBuffer()));
      await engine.execute({
        type: "attach",
        list: task.list,
        task: task.id,
        hash,
        name: file.name,
        mime,
        size: file.size,
      });
    } catch (error) {
      say({ text: inWords(error), tone: "bad" });
    }
  };
  if (readOnly && !task.attachments?.length) return null;
  return (
    <section className="details-part">
      <h3>
        Files
        {!readOnly && (
          <button
            type="button"
            className="icon-button small"
            aria-label="Attach a file"
            onClick={() => input.current?.click()}
          >
            <Paperclip size={15} />
          </button>
        )}
      </h3>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={Object.keys(TYPES)
          .map((ending) => `.${ending}`)
          .join(",")}
        onChange={(event) => {
          for (const file of event.target.files ?? []) void attach(file);
          event.target.value = "";
        }}
      />
      <ul className="files">
        {(task.attachments ?? []).map((file) => (
          <Attached key={file.id} task={task} file={file} readOnly={readOnly} />
        ))}
      </ul>
    </section>
  );
}

/** Why a file is not here, in words. */
const WAITS = {
  coming: "On its way…",
  unsent: "Comes once whoever attached it has sent it",
  refused: "Cannot be fetched",
} as const;

function Attached({ task, file, readOnly }: { task: Task; file: Attachment; readOnly: boolean }) {
  const isPicture = file.mime.startsWith("image/");
  const { url, waits, ask } = useFile(task.list, file, isPicture);
  const isOnline = useStatus().connection === "online";
  const size =
    file.size < 1_000_000 ? `${Math.ceil(file.size / 1_000)} kB` : `${(file.size / 1_000_000).toFixed(1)} MB`;
  return (
    <li className="file">
      {url && isPicture ? <img src={url} alt={file.name} /> : <FileIcon size={20} aria-hidden="true" />}
      {url ? (
        <a href={url} download={file.name}>
          {file.name}
        </a>
      ) : (
        <button type="button" className="link-button" onClick={ask}>
          {file.name}
        </button>
      )}
      <small>
        {!waits ? size : isOnline || waits === "refused" ? WAITS[waits] : "Comes once you are online"}
      </small>
      {!readOnly && (
        <button
          type="button"
          className="icon-button small"
          aria-label={`Remove ${file.name}`}
          onClick={() => void run({ type: "detach", list: task.list, task: task.id, attachment: file.id })}
        >
          <X size={15} />
        </button>
      )}
    </li>
  );
}
