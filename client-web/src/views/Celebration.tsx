import { Flame, Sun } from "lucide-react";
import { useJoy } from "../state/celebrate.ts";

const SPARKS = Array.from({ length: 12 }, (_, at) => at);

/** A small joy that goes by itself and is in nobody's way. */
export default function Celebration() {
  const joy = useJoy();
  return (
    <div className="joy-place" role="status">
      {joy && (
        <div key={joy.id} className={`joy ${joy.kind}`}>
          {SPARKS.map((at) => (
            <i key={at} className="spark" style={{ "--turn": `${at * 30}deg` } as React.CSSProperties} />
          ))}
          {joy.kind === "streak" ? (
            <Flame size={20} aria-hidden="true" />
          ) : (
            <Sun size={20} aria-hidden="true" />
          )}
          <span>{joy.text}</span>
        </div>
      )}
    </div>
  );
}
