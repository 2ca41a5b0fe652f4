import { Laptop, QrCode as QrIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { ago } from "../lib/dates.ts";
import { isNamed, UNNAMED } from "../people/NameField.tsx";
import { Made } from "../people/Share.tsx";
import { SyncMark } from "../people/SyncMark.tsx";
import { engine, inWords, relayUrl, run, useLive, useStatus } from "../state/engine.ts";
import { useLocal } from "../state/local.ts";
import { setTheme, type Theme } from "../state/theme.ts";
import { say } from "../state/toasts.ts";
import { COLORS, colorOf } from "../ui/Avatar.tsx";
import { first, Modal } from "../ui/Modal.tsx";
import { Problem } from "../ui/Problem.tsx";
import { useDraft } from "../ui/useDraft.ts";
import { ViewHead } from "./ViewHead.tsx";

const THEMES: readonly (readonly [Theme, string])[] = [
  ["auto", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

export default function Settings() {
  const me = useLive({ type: "whoami" });
  const [theme] = useLocal<Theme>("theme", "auto");
  const name = useDraft(me && isNamed(me.name) ? me.name : "", (value) => {
    return run({ type: "set_profile", name: value.trim() || UNNAMED });
  });
  return (
    <div className="view">
      <ViewHead title="Settings">
        <SyncMark />
      </ViewHead>
      <main className="scroll settings" id="main">
        <Part title="You">
          <label className="setting">
            <span>Your name</span>
            <input maxLength={100} placeholder="As others see you" {...name.props} />
          </label>
          <fieldset className="setting">
            <legend>Your colour</legend>
            <div className="swatches">
              {COLORS.map((color) => (
                <label key={color} className="swatch" style={{ background: color }}>
                  <input
                    type="radio"
                    name="color"
                    aria-label={`Colour ${color}`}
                    checked={me !== undefined && colorOf(me.did, me.color) === color}
                    onChange={() => me && void run({ type: "set_profile", name: me.name, color })}
                  />
                </label>
              ))}
            </div>
          </fieldset>
        </Part>
        <Part title="Look">
          <div className="setting">
            <span>Colours</span>
            <div className="segments" role="radiogroup" aria-label="Colours">
              {THEMES.map(([value, text]) => (
                <label key={value} className="segment">
                  <input
                    type="radio"
                    name="theme"
                    checked={theme === value}
                    onChange={() => setTheme(value)}
                  />
                  <span>{text}</span>
                </label>
              ))}
            </div>
          </div>
          <NotificationSetting />
        </Part>
        <Devices />
        <Phrase />
      </main>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="settings-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function NotificationSetting() {
  const [state, setState] = useState("Notification" in globalThis ? Notification.permission : "denied");
  if (!("Notification" in globalThis)) return null;
  return (
    <div className="setting">
      <span>
        Reminders
        <small className="hint">
          They appear while Poo App is open in this browser, also in another window.
        </small>
      </span>
      {state === "default" ? (
        <button
          type="button"
          className="button"
          onClick={async () => setState(await Notification.requestPermission())}
        >
          Allow notifications
        </button>
      ) : (
        <small>{state === "granted" ? "Notifications are on" : "Shown inside the app only"}</small>
      )}
    </div>
  );
}

function Devices() {
  const devices = useLive({ type: "devices" });
  const [link, setLink] = useState<{ link: string; expiresAt: string } | null>(null);
  const make = async () => {
    const made = await run({ type: "link_device" });
    if (!made) return;
    try {
      await engine.awaitDevice(made.link);
      setLink(made);
    } catch (error) {
      say({ text: inWords(error), tone: "bad" });
    }
  };
  return (
    <Part title="Your devices">
      <ul className="people">
        {(devices?.items ?? [])
          .filter((device) => !device.revoked)
          .map((device) => (
            <li key={device.id} className="person">
              <Laptop size={20} aria-hidden="true" />
              <span className="person-name">
                {device.name === UNNAMED ? "First device" : device.name}
                <small>
                  {[device.this && "this one", device.linkedAt && `added ${ago(device.linkedAt)}`]
                    .filter(Boolean)
                    .map((words) => ` · ${words}`)}
                </small>
              </span>
              {!device.this && (
                <button
                  type="button"
                  className="button small"
                  onClick={() => void run({ type: "revoke_device", device: device.id })}
                >
                  Remove
                </button>
              )}
            </li>
          ))}
      </ul>
      <button type="button" className="button primary" onClick={() => void make()}>
        <QrIcon size={16} /> Use on another device
      </button>
      {link && (
        <Modal title="Use on another device" onClose={() => setLink(null)}>
          <p>
            Scan this with the other device, or open the link there. Keep this page open until it has your
            lists.
          </p>
          <Made link={link.link} expiresAt={link.expiresAt} />
        </Modal>
      )}
    </Part>
  );
}

function Phrase() {
  const [words, setWords] = useState<string | null>(null);
  const [, setSeen] = useLocal("phrase-seen", false);
  const [restoring, setRestoring] = useState(false);
  const me = useLive({ type: "whoami" });
  const show = async () => {
    const phrase = await engine.phrase();
    setWords(phrase);
    if (phrase) setSeen(true);
  };
  return (
    <Part title="If you lose your devices">
      <p>
        With these 24 words you get your lists back on a new device. Write them on paper: whoever has them can
        be you.
      </p>
      {words ? (
        <ol className="phrase">
          {words.split(" ").map((word, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word can stand there twice
            <li key={`${index}-${word}`}>{word}</li>
          ))}
        </ol>
      ) : me && !me.holdsIdentity ? (
        <p className="hint">They are on the device that you started on.</p>
      ) : (
        <button type="button" className="button" onClick={() => void show()}>
          Show the words
        </button>
      )}
      <button type="button" className="link-button" onClick={() => setRestoring(true)}>
        I have words from before
      </button>
      {restoring && <Restore onClose={() => setRestoring(false)} />}
    </Part>
  );
}

function Restore({ onClose }: { onClose: () => void }) {
  const [phrase, setPhrase] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const lists = useLive({ type: "lists" });
  const { connection } = useStatus();
  const own = lists?.items ?? [];
  const restore = async () => {
    try {
      await engine.start({ relay: relayUrl(), name: UNNAMED, welcome: false, replace: true, as: { phrase } });
      onClose();
      location.hash = "#/";
      location.reload();
    } catch (error) {
      setProblem(inWords(error));
    }
  };
  return (
    <Modal title="Get your lists back" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void restore();
        }}
      >
        <label>
          Your 24 words
          <textarea
            ref={first}
            rows={4}
            value={phrase}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setPhrase(event.target.value)}
          />
        </label>
        {own.length > 0 && (
          <p className="notice">
            The lists in this browser now give way to those: {own.map((list) => `“${list.title}”`).join(", ")}
            .
          </p>
        )}
        {connection !== "online" && <p className="hint">Your lists come as soon as you are online.</p>}
        <Problem text={problem} />
        <div className="form-end">
          <button
            type="submit"
            className="button primary"
            disabled={phrase.trim().split(/\s+/).length !== 24}
          >
            Get them back
          </button>
        </div>
      </form>
    </Modal>
  );
}
