import { Modal } from "../ui/Modal.tsx";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      ["n or /", "Add a task"],
      ["Ctrl K", "Search"],
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
      ["Shift L", "New list"],
      ["g", "Today"],
      ["?", "This list of keys"],
    ],
  ],
  [
    "In a list",
    [
      ["j, k or ↓, ↑", "Next, previous task"],
      ["x or Space", "Check off"],
      ["Enter or e", "Open"],
      ["d", "Delete"],
      ["v", "Select"],
      ["f", "Filter"],
      ["Alt ↑, Alt ↓", "Move up, down"],
      ["Alt →, Alt ←", "Make a subtask, take out"],
      ["Esc", "Close, clear"],
    ],
  ],
  ["In the calendar", [["Alt ←, →, ↑, ↓", "Move by a day, by a week"]]],
  [
    "While adding",
    [
      ["tomorrow 9am", "A due date"],
      ["every monday", "A repeat"],
      ["#home", "A tag"],
      ["!high", "A priority"],
      ["@Ann", "A person"],
      ["/Groceries", "Another list"],
      ["\\tomorrow", "Just the word"],
    ],
  ],
];

export default function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Modal title="Keys" onClose={onClose} size="wide">
      <div className="keys">
        {KEYS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, words]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
