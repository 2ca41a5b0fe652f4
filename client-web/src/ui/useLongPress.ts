import { type PointerEvent, useRef } from "react";

const HELD_MS = 450;
const STILL_PX = 8;

/** There is one finger that does this. What it rests on may be drawn anew under it. */
let was = false;

/** A finger that rests on something does what `held` does, and no click follows. */
export function useLongPress(held: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  return {
    /** Whether the click that comes now ends a long press. */
    wasHeld: () => was,
    props: {
      onPointerDown: (event: PointerEvent) => {
        was = false;
        if (event.pointerType !== "touch") return;
        from.current = { x: event.clientX, y: event.clientY };
        timer.current = setTimeout(() => {
          was = true;
          navigator.vibrate?.(12);
          held();
        }, HELD_MS);
      },
      onPointerMove: (event: PointerEvent) => {
        const { x, y } = from.current;
        if (Math.hypot(event.clientX - x, event.clientY - y) > STILL_PX) stop();
      },
      onPointerUp: stop,
      onPointerCancel: stop,
    },
  };
}
