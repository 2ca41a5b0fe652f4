import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { type RefObject, useLayoutEffect } from "react";

/** What a grip does with the pointer, the finger and the keys. */
export type DragKeys = ReturnType<typeof useSortable>["listeners"];

/**
 * Makes a row one that can be moved and given way to. It is told to dnd-kit only while something is
 * about to be moved: each row that is told makes all others be drawn again, and scrolling brings rows
 * with every frame.
 */
export function Sortable({
  id,
  place,
  grip,
  drag,
}: {
  id: string;
  place: RefObject<HTMLElement | null>;
  grip: RefObject<HTMLElement | null>;
  drag: RefObject<DragKeys>;
}) {
  const { setNodeRef, setActivatorNodeRef, listeners, transform, transition, isDragging } = useSortable({
    id,
  });
  useLayoutEffect(() => {
    setNodeRef(place.current);
    setActivatorNodeRef(grip.current);
    return () => {
      setNodeRef(null);
      setActivatorNodeRef(null);
      drag.current = undefined;
    };
  }, [setNodeRef, setActivatorNodeRef, place, grip, drag]);
  useLayoutEffect(() => {
    drag.current = listeners;
  }, [drag, listeners]);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    element.style.transform = CSS.Translate.toString(transform) ?? "";
    element.style.transition = transition ?? "";
    element.classList.toggle("dragging", isDragging);
    return () => {
      element.style.transform = "";
      element.style.transition = "";
      element.classList.remove("dragging");
    };
  }, [place, transform, transition, isDragging]);
  return null;
}
