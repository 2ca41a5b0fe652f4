import { KeyRound } from "lucide-react";
import { isDue, LATER_MS } from "../lib/phrase.ts";
import { useLive } from "../state/engine.ts";
import { useLocal } from "../state/local.ts";

/** Reminds of the words with which one gets one's lists back, until they were looked at. */
export function PhraseReminder() {
  const me = useLive({ type: "whoami" });
  const lists = useLive({ type: "lists" });
  const [seen] = useLocal("phrase-seen", false);
  const [later, setLater] = useLocal("phrase-later", 0);
  if (!me?.holdsIdentity || seen || !lists || !isDue(lists.items, later, Date.now())) return null;
  return (
    <aside className="reminder" aria-label="Keep your lists safe">
      <KeyRound size={18} aria-hidden="true" />
      <p>If you lose this device, 24 words get your lists back. Write them down when you have a minute.</p>
      <a className="button small" href="#/settings">
        Show me
      </a>
      <button type="button" className="button small quiet" onClick={() => setLater(Date.now() + LATER_MS)}>
        Later
      </button>
    </aside>
  );
}
