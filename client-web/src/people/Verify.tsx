import type { VerifyReport } from "@poo/engine";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useEffect, useState } from "react";
import { engine, inWords } from "../state/engine.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Modal } from "../ui/Modal.tsx";

/** Who wrote a list, checked anew from its beginning. */
export default function Verify({ list, onClose }: { list: string; onClose: () => void }) {
  const [report, setReport] = useState<VerifyReport | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    engine.query({ type: "verify", list }).then(setReport, (error: unknown) => setFailed(inWords(error)));
  }, [list]);
  return (
    <Modal title="Who wrote this list" onClose={onClose}>
      {failed && <p className="notice bad">{failed}</p>}
      {!report && !failed && <p className="hint">Checking every signature…</p>}
      {report && (
        <>
          <p className={report.ok ? "verdict good" : "verdict bad"}>
            {report.ok ? (
              <ShieldCheck size={22} aria-hidden="true" />
            ) : (
              <ShieldAlert size={22} aria-hidden="true" />
            )}
            {report.ok
              ? `Verified: all ${report.changes} changes are signed by who made them.`
              : "Something in this list's history does not hold."}
          </p>
          {report.problems.map((problem) => (
            <p key={problem} className="notice bad">
              {problem}
            </p>
          ))}
          <ul className="people">
            {report.authors.map((author) => (
              <li key={author.did + author.via} className="person">
                <Avatar did={author.did} name={author.name} size={32} />
                <span className="person-name">
                  {author.name}
                  <small>
                    {" "}
                    {author.changes} {author.changes === 1 ? "change" : "changes"}
                  </small>
                </span>
                <small>{author.via === "signed" ? "Signed" : "Vouched for by the server"}</small>
              </li>
            ))}
          </ul>
        </>
      )}
    </Modal>
  );
}
