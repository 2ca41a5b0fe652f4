import type { InviteView, List, Member, Role } from "@poo/engine";
import { Check, Copy, Globe, Link as LinkIcon, X } from "lucide-react";
import { useState } from "react";
import { ago } from "../lib/dates.ts";
import { engine, inWords, run, useLive } from "../state/engine.ts";
import { say } from "../state/toasts.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Modal } from "../ui/Modal.tsx";
import { QrCode } from "../ui/QrCode.tsx";
import { isNamed, NameField } from "./NameField.tsx";

const ROLES: readonly (readonly [Role, string])[] = [
  ["editor", "Can edit"],
  ["viewer", "Can look"],
];

/** Who is in a list, and who else shall be. */
export default function Share({
  list,
  members,
  onClose,
}: {
  list: List;
  members: readonly Member[];
  onClose: () => void;
}) {
  const owner = list.role === "owner";
  const invites = useLive({ type: "invites", list: list.id });
  const waiting = owner ? (invites?.items ?? []).filter((invite) => invite.singleUse) : [];
  return (
    <Modal title={`Share “${list.title}”`} onClose={onClose}>
      {owner ? <Invite list={list} /> : <p className="hint">Ask whoever made the list to invite others.</p>}
      <h3 className="form-head">In this list</h3>
      <ul className="people">
        {members.map((member) => (
          <Person key={member.did} list={list} member={member} manages={owner} />
        ))}
      </ul>
      {waiting.length > 0 && (
        <>
          <h3 className="form-head">Waiting for an answer</h3>
          <ul className="people">
            {waiting.map((invite) => (
              <Waiting key={invite.id} list={list} invite={invite} />
            ))}
          </ul>
        </>
      )}
      {owner && invites && <PublicLink list={list} link={invites.items.find((one) => !one.singleUse)} />}
    </Modal>
  );
}

function Invite({ list }: { list: List }) {
  const me = useLive({ type: "whoami" });
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [link, setLink] = useState<{ link: string; expiresAt: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const named = me && isNamed(me.name);

  const make = async () => {
    setBusy(true);
    try {
      if (!named && name.trim()) await engine.execute({ type: "set_profile", name: name.trim() });
      setLink(await engine.execute({ type: "share", list: list.id, role }));
    } catch (error) {
      say({ text: inWords(error), tone: "bad" });
    }
    setBusy(false);
  };
  if (link) return <Made link={link.link} expiresAt={link.expiresAt} onAgain={() => setLink(null)} />;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      {me && !named && <NameField value={name} onChange={setName} hint="The people you share with see it." />}
      <div className="segments" role="radiogroup" aria-label="What they may do">
        {ROLES.map(([value, text]) => (
          <label key={value} className="segment">
            <input type="radio" name="role" checked={role === value} onChange={() => setRole(value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <p className="hint">
        The link lets one person in. They see everything in the list, also what happened before.
      </p>
      <div className="form-end">
        <button type="submit" className="button primary" disabled={busy || !me || !(named || name.trim())}>
          <LinkIcon size={16} /> Make a link
        </button>
      </div>
    </form>
  );
}

/** A link to give to somebody, in the ways that people give links. */
export function Made({
  link,
  expiresAt,
  onAgain,
}: {
  link: string;
  expiresAt: string;
  onAgain?: () => void;
}) {
  return (
    <div className="made-link">
      <QrCode text={link} />
      <LinkLine link={link} label="Link" />
      <p className="hint">Good until {moment(expiresAt)}.</p>
      {onAgain && (
        <button type="button" className="link-button" onClick={onAgain}>
          Make another link
        </button>
      )}
    </div>
  );
}

function moment(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

function LinkLine({ link, label }: { link: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      say({ text: "Select the link and copy it", tone: "bad" });
    }
  };
  return (
    <div className="link-line">
      <input readOnly value={link} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" className="button primary" onClick={() => void copy()}>
        {copied ? <Check size={16} /> : <Copy size={16} />} {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** One link for everybody, to look and not to change. */
function PublicLink({ list, link }: { list: List; link: InviteView | undefined }) {
  const [sure, setSure] = useState(false);
  return (
    <section className="public-link">
      <h3 className="form-head">Public link</h3>
      {!link && (
        <>
          <p className="hint">
            Whoever has it can look at the list, also what happened before, but change nothing.
          </p>
          <button
            type="button"
            className="button"
            onClick={() => void run({ type: "publish", list: list.id })}
          >
            <Globe size={16} /> Make a public link
          </button>
        </>
      )}
      {link && (
        <>
          {link.link ? (
            <LinkLine link={link.link} label="Public link" />
          ) : (
            <p className="hint">The link itself is on the device that made it.</p>
          )}
          <p className="hint">
            {link.joined === 0
              ? "Nobody came by it so far."
              : link.joined === 1
                ? "One person came by it."
                : `${link.joined} people came by it.`}{" "}
            It is good until you take it back.
          </p>
          <button
            type="button"
            className={sure ? "button danger" : "button"}
            onBlur={() => setSure(false)}
            onClick={() =>
              sure ? void run({ type: "unpublish", list: list.id }).then(() => setSure(false)) : setSure(true)
            }
          >
            {sure
              ? link.joined > 0
                ? "Yes, and who came by it is out"
                : "Yes, take it back"
              : "Take the link back"}
          </button>
        </>
      )}
    </section>
  );
}

function Person({ list, member, manages }: { list: List; member: Member; manages: boolean }) {
  const [sure, setSure] = useState(false);
  return (
    <li className="person">
      <Avatar did={member.did} name={member.name} color={member.color} size={32} />
      <span className="person-name">
        {member.name}
        {member.me && <small> you</small>}
      </span>
      {manages && !member.me ? (
        <select
          aria-label={`What ${member.name} may do`}
          className="quiet-select"
          value={member.role}
          onChange={(event) => {
            const role = event.target.value as Role | "transfer";
            if (role === "transfer") {
              void run({ type: "transfer_ownership", list: list.id, to: member.did });
            } else {
              void run({ type: "change_role", list: list.id, member: member.did, role });
            }
          }}
        >
          {ROLES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
          {member.role === "owner" && <option value="owner">Owns it</option>}
          <option value="transfer">Make them the owner</option>
        </select>
      ) : (
        <small>
          {member.role === "owner" ? "Owns it" : ROLES.find(([role]) => role === member.role)?.[1]}
        </small>
      )}
      {manages && !member.me && (
        <button
          type="button"
          className={sure ? "button danger small" : "icon-button small"}
          aria-label={`Remove ${member.name}`}
          onBlur={() => setSure(false)}
          onClick={() =>
            sure ? void run({ type: "revoke_member", list: list.id, member: member.did }) : setSure(true)
          }
        >
          {sure ? "Remove" : <X size={16} />}
        </button>
      )}
    </li>
  );
}

function Waiting({ list, invite }: { list: List; invite: InviteView }) {
  return (
    <li className="person">
      <span className="person-name">
        Link, {ROLES.find(([role]) => role === invite.role)?.[1]?.toLowerCase()}
        {invite.madeAt && <small> made {ago(invite.madeAt)}</small>}
      </span>
      <button
        type="button"
        className="button small"
        onClick={() => void run({ type: "revoke_invite", list: list.id, invite: invite.id })}
      >
        Take back
      </button>
    </li>
  );
}
