import { useEffect, useRef, useState } from "react";
import { closeLink, home, listsCome, type Opened, outcome } from "../state/begin.ts";
import { engine, inWords, relayUrl, run, useLive, useStatus } from "../state/engine.ts";
import { go } from "../state/route.ts";
import { say } from "../state/toasts.ts";
import { Modal } from "../ui/Modal.tsx";
import { Problem } from "../ui/Problem.tsx";
import { isNamed, NameField, UNNAMED } from "./NameField.tsx";

const PATIENCE_MS = 20_000;

/** A link brought somebody here: to a list, to their own lists, or to set up a server. */
export default function ByLink({ opened }: { opened: Opened }) {
  switch (opened.kind) {
    case "join":
      return <Join link={opened.link} />;
    case "link":
      return <LinkDevice link={opened.link} />;
    case "setup":
      return <SetUp link={opened.link} />;
  }
}

/** Follows a link, and says how it went. */
function useFollow() {
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({
    busy: false,
    problem: null,
  });
  const cancel = useRef<() => void>(() => {});
  useEffect(() => () => cancel.current(), []);
  const follow = async (work: () => Promise<unknown>, patience = PATIENCE_MS) => {
    setState({ busy: true, problem: null });
    const { promise, cancel: end } = outcome();
    cancel.current = end;
    const late = setTimeout(
      () => setState({ busy: true, problem: "This takes longer than it should. Are you online?" }),
      patience,
    );
    try {
      await work();
      const news = await promise;
      if (news.news === "link_failed") {
        setState({ busy: false, problem: failedInWords(news.code, news.message) });
        return null;
      }
      return news;
    } catch (error) {
      setState({ busy: false, problem: inWords(error) });
      return null;
    } finally {
      clearTimeout(late);
      end();
    }
  };
  return { ...state, follow };
}

function failedInWords(code: string, message: string): string {
  if (/used|redeemed/.test(code)) return "This link was used already. Ask for a new one.";
  if (/expired/.test(code)) return "This link is too old. Ask for a new one.";
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function Join({ link }: { link: string }) {
  const me = useLive({ type: "whoami" });
  const [name, setName] = useState("");
  const { busy, problem, follow } = useFollow();
  const named = me && isNamed(me.name);
  const join = async () => {
    if (!named && name.trim()) await run({ type: "set_profile", name: name.trim() });
    const news = await follow(() => engine.followLink(link, ""));
    if (news?.news !== "joined") return;
    closeLink();
    go({ at: "list", list: news.list }, "replace");
    say({ text: "You are in", tone: "good" });
  };
  return (
    <Modal title="You are invited to a list" onClose={closeLink}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void join();
        }}
      >
        {me && !named && <NameField value={name} onChange={setName} hint="The others in the list see it." />}
        <Problem text={problem} />
        <div className="form-end">
          <button type="button" className="button" onClick={closeLink}>
            Not now
          </button>
          <button type="submit" className="button primary" disabled={busy || !me || !(named || name.trim())}>
            {busy ? "Joining…" : "Join"}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** What this device may be called. */
function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent)
    ? "Firefox"
    : /Edg\//.test(agent)
      ? "Edge"
      : /Chrome/.test(agent)
        ? "Chrome"
        : "Safari";
  const system = /iPhone/.test(agent)
    ? "iPhone"
    : /iPad/.test(agent)
      ? "iPad"
      : /Android/.test(agent)
        ? "Android"
        : /Mac/.test(agent)
          ? "Mac"
          : /Windows/.test(agent)
            ? "Windows"
            : "Linux";
  return `${browser} on ${system}`;
}

function LinkDevice({ link }: { link: string }) {
  const lists = useLive({ type: "lists" });
  const { phase } = useStatus();
  const [name, setName] = useState(deviceName());
  const { busy, problem, follow } = useFollow();
  const own = lists?.items ?? [];
  const join = async () => {
    const news = await follow(() =>
      engine.start({
        relay: relayUrl(),
        name: UNNAMED,
        welcome: false,
        replace: true,
        as: { link, device: name.trim() },
      }),
    );
    if (news?.news !== "linked") return;
    closeLink();
    say({ text: "Your lists are coming", tone: "good" });
    await listsCome();
    await home();
  };
  return (
    <Modal title="Use your lists on this device" onClose={closeLink}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void join();
        }}
      >
        <label>
          Call this device
          <input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
        </label>
        {own.length > 0 && (
          <p className="notice">
            This browser has {own.length === 1 ? "a list" : `${own.length} lists`} of its own:{" "}
            {own.map((list) => `“${list.title}”`).join(", ")}. Your other device's lists take their place
            here.
          </p>
        )}
        <p className="hint">Keep the page with the code open on your other device.</p>
        <Problem text={problem} />
        <div className="form-end">
          <button type="button" className="button" onClick={closeLink}>
            Not now
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={busy || phase === "starting" || !name.trim()}
          >
            {busy ? "Waiting for the other device…" : "Use here"}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function SetUp({ link }: { link: string }) {
  const { busy, problem, follow } = useFollow();
  const setUp = async () => {
    const news = await follow(() => engine.followLink(link, ""));
    if (news?.news !== "admitted") return;
    closeLink();
    say({ text: "This server keeps your lists now", tone: "good" });
    await home();
  };
  return (
    <Modal title="Set up this server" onClose={closeLink}>
      <p>From now on it keeps your lists and those of the people you invite.</p>
      <Problem text={problem} />
      <div className="form-end">
        <button type="button" className="button primary" disabled={busy} onClick={() => void setUp()}>
          {busy ? "One moment…" : "Set up"}
        </button>
      </div>
    </Modal>
  );
}
