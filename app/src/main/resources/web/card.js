// One card to act on, and one that would come next.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { act, pointAt, see, shown } from "./feed.js";
import { html } from "./html.js";
import { coloursOf, hueOf, Poster } from "./poster.js";
import { familiesOf, familyOf, sourceName } from "./sources.js";

const SEEN_SHARE = 0.6; // of the card's area ..
const SEEN_MS = 800; // .. for so long: then it was truly seen
const SHOWING_MS = 3000; // a whole film, as the page plays it
const FILM_MS = 100 * 60_000; // a film whose duration the catalogue does not know

const ICONS = {
  LIKE: "M10 17 3.6 10.7a4.1 4.1 0 0 1 5.8-5.8L10 5.5l.6-.6a4.1 4.1 0 0 1 5.8 5.8Z",
  VIEW: "M6 4v12l10-6Z",
  STOP: "M5.5 5.5h9v9h-9Z",
  SKIP: "M5 5l5 5-5 5M11 5l5 5-5 5",
  NOT_INTERESTED: "M10 3.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13ZM5.5 5.5l9 9",
};

const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;

/** Who proposed a card: each family of sources, or the one source of it that did. */
function Sources({ sources }) {
  return html`
    <ul class="sources" aria-label="Proposed by">
      ${familiesOf(sources).map(({ key, short, colour }) => {
        const members = sources.filter((source) => familyOf(source).key === key).map(sourceName);
        return html`<li key=${key} style="--source:${colour}" title=${members.join(", ")}>
          ${members.length === 1 ? members[0] : html`${short} <small>×${members.length}</small>`}
        </li>`;
      })}
    </ul>
  `;
}

/** Only the dots: one a family. */
const Dots = ({ sources }) => html`
  <span class="dots" title=${sources.map(sourceName).join(", ")}>
    ${familiesOf(sources).map(({ key, colour }) => html`<i key=${key} style="--source:${colour}"></i>`)}
  </span>
`;

/** Calls `see` once the element was in sight long enough. */
function useTrulySeen(slot, itemId) {
  const element = useRef(null);
  useEffect(() => {
    let timer;
    const wait = () => (timer = setTimeout(() => (document.hidden ? wait() : see(slot)), SEEN_MS));
    const eye = new IntersectionObserver(
      ([{ intersectionRatio }]) => {
        clearTimeout(timer);
        if (intersectionRatio >= SEEN_SHARE) wait();
      },
      { threshold: [0, SEEN_SHARE] },
    );
    if (itemId) eye.observe(element.current);
    return () => (clearTimeout(timer), eye.disconnect());
  }, [slot, itemId]);
  return element;
}

/** Playing a film in three seconds: `started` is when, or 0; stopping records how much was watched. */
function useShowing(slot, card) {
  const started = useSignal(0);
  const stop = () => {
    const share = Math.min(1, (performance.now() - started.value) / SHOWING_MS);
    const durationMs = card.durationMs || FILM_MS;
    started.value = 0;
    const view = { playedMs: Math.round(share * durationMs), durationMs, end: share === 1 ? "COMPLETED" : "BACK" };
    act(slot, "VIEW", { view });
  };
  useEffect(() => {
    if (!started.value) return;
    const end = setTimeout(stop, SHOWING_MS);
    return () => clearTimeout(end);
  }, [started.value]);
  useEffect(() => void (started.value = 0), [card?.itemId]);
  return { started, toggle: () => (started.value ? stop() : (started.value = performance.now())) };
}

/** A card with everything a visitor can do to it. Keys while it has the focus: L, W, S, X. */
export function Card({ slot }) {
  const card = useComputed(() => shown.value[slot]).value;
  const element = useTrulySeen(slot, card?.itemId);
  const { started, toggle } = useShowing(slot, card);
  if (!card) return html`<article class="card empty" ref=${element} aria-busy="true"></article>`;

  const deeds = {
    l: () => act(slot, "LIKE"),
    w: toggle,
    s: () => act(slot, "SKIP"),
    x: () => act(slot, "NOT_INTERESTED"),
  };
  const onKeyDown = (press) => {
    if (press.ctrlKey || press.metaKey || press.altKey || !deeds[press.key]) return;
    press.preventDefault();
    deeds[press.key]();
  };
  const button = (kind, label, key, name = kind) => html`
    <button class="deed ${kind}" onClick=${deeds[key]} aria-keyshortcuts=${key} title="${label} (${key.toUpperCase()})">
      <${Icon} name=${name} /><span>${label}</span>
    </button>
  `;
  return html`
    <article
      class="card ${card.deed ?? ""}"
      ref=${element}
      aria-label=${card.title}
      onKeyDown=${onKeyDown}
      ...${pointAt(card.itemId)}
    >
      <div class="face" key=${card.itemId}>
        <${Poster} card=${card} />
        <div class="body">
          <ul class="categories">
            ${card.categories.slice(0, 3).map(
              (name) => html`
                <li key=${name} style="--hue:${hueOf(name)}">
                  <button
                    onClick=${() => act(slot, "HIDE_CATEGORY", { target: name })}
                    aria-label="Hide the category ${name}"
                    title="Hide everything in ${name}"
                  >
                    ${name}<span aria-hidden="true">×</span>
                  </button>
                </li>
              `,
            )}
          </ul>
          <p class="reason">${card.reason}</p>
          <${Sources} sources=${card.sources} />
        </div>
        ${started.value > 0 && html`<div class="showing" style="--showing:${SHOWING_MS}ms"></div>`}
        ${card.stamp && html`<div class="stamp" style=${coloursOf(card)}>${card.stamp}</div>`}
      </div>
      <div class="deeds">
        ${button("LIKE", "Like", "l")}
        ${started.value ? button("VIEW", "Stop", "w", "STOP") : button("VIEW", "Watch", "w")}
        ${button("SKIP", "Skip", "s")} ${button("NOT_INTERESTED", "Not for me", "x")}
      </div>
    </article>
  `;
}

/** Where a card came from in the row: up, down, new, or nothing to say. */
function Move({ rank, before }) {
  if (before === null) return html`<span class="move new">new</span>`;
  if (before > rank)
    return html`<span class="move up" role="img" aria-label="up ${before - rank}">↑${before - rank}</span>`;
  if (before < rank)
    return html`<span class="move down" role="img" aria-label="down ${rank - before}">↓${rank - before}</span>`;
  return html`<span class="move"></span>`;
}

/** A card that would come next: only to look at. */
export function ComingCard({ card }) {
  return html`
    <li class="coming" style=${coloursOf(card)} data-flip=${card.itemId} ...${pointAt(card.itemId)}>
      <span class="spine" aria-hidden="true">${card.rank + 1}</span>
      <div>
        <h3>${card.title} <span class="year">${card.year}</span></h3>
        <p class="reason"><${Dots} sources=${card.sources} />${card.reason}</p>
      </div>
      <${Move} ...${card} />
    </li>
  `;
}
