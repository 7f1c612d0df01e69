// Movement that shows what went where. Still when the visitor prefers it so.
import { useLayoutEffect, useRef } from "preact/hooks";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const EASE = "cubic-bezier(.2,.7,.2,1)";

/** A list whose `data-flip` children glide from their old place to the new one, and fade in when they are new. */
export function useGlide() {
  const list = useRef(null);
  const places = useRef(new Map());
  useLayoutEffect(() => {
    const before = places.current;
    places.current = new Map();
    for (const element of list.current?.querySelectorAll("[data-flip]") ?? []) {
      const { offsetLeft: x, offsetTop: y } = element;
      const id = element.dataset.flip;
      const old = before.get(id);
      places.current.set(id, { x, y });
      if (still.matches || before.size === 0) continue;
      if (!old) element.animate([{ opacity: 0, transform: "translateY(10px)" }, {}], { duration: 500, easing: EASE });
      else if (old.x !== x || old.y !== y)
        element.animate([{ transform: `translate(${old.x - x}px, ${old.y - y}px)` }, {}], {
          duration: 600,
          easing: EASE,
        });
    }
  });
  return list;
}
