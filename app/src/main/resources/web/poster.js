// A poster without a picture: colours from the categories, a quiet figure drawn from the item's id. Same item, same poster.
import { html } from "./html.js";

function hash(text) {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A stream of numbers from 0 to 1, always the same for the same text. */
function chance(text) {
  let state = hash(text) || 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

// Chosen among some thousands so that the eight most frequent genres of films are at least 30 degrees apart.
const SALT = "cyr:";

/** The hue of a category, 0 to 359: twenty-four steps, so that two are either the same or clearly apart. */
export const hueOf = (category) => (hash(SALT + (category ?? "")) % 24) * 15;

const FIGURES = [
  // ripples
  (next) => {
    const [x, y] = [60 + next() * 240, 20 + next() * 60];
    return Array.from({ length: 7 }, (_, i) => html`<circle cx=${x} cy=${y} r=${16 + i * 22} class="line" />`);
  },
  // hills
  (next) =>
    Array.from({ length: 3 }, (_, i) => {
      const y = 110 + i * 30;
      const [a, b] = [y - 30 - next() * 60, y - 20 + next() * 50];
      return html`<path d="M0 ${y} C 90 ${a} 150 ${b} 210 ${y - 20} S 310 ${a + 20} 360 ${y} V 240 H 0 Z" class="fill" />`;
    }),
  // sun and horizon
  (next) => {
    const x = 70 + next() * 220;
    const lines = Array.from({ length: 6 }, (_, i) => html`<path d="M0 ${126 + i * i * 4} H360" class="line" />`);
    return [html`<circle cx=${x} cy="112" r=${44 + next() * 20} class="fill" />`, ...lines];
  },
  // a crowd of dots
  (next) =>
    Array.from({ length: 60 }, (_, i) => {
      const [column, row] = [i % 12, Math.floor(i / 12)];
      return html`<circle cx=${18 + column * 30} cy=${24 + row * 40} r=${1.5 + next() ** 3 * 13} class="fill" />`;
    }),
  // beams
  (next) => {
    const [x, spread] = [next() * 360, 26 + next() * 20];
    return Array.from({ length: 6 }, (_, i) => {
      const foot = x + (i - 2.5) * spread * 3;
      return html`<path d="M${x} -10 L${foot} 250 L${foot + spread} 250 Z" class="fill" />`;
    });
  },
  // woven waves
  (next) =>
    Array.from({ length: 9 }, (_, i) => {
      const [y, swing] = [20 + i * 22, 8 + next() * 22];
      return html`<path d="M-10 ${y} q 47 ${-swing} 95 0 t 95 0 t 95 0 t 95 0" class="line" />`;
    }),
];

/** Two colours for a card: of its first category, and of another of its categories (or a neighbour of the first). */
export function coloursOf({ itemId, categories: [first, ...others] }) {
  const tint = (hash(itemId) % 31) - 15;
  const second = others.length ? hueOf(others[hash(itemId) % others.length]) : hueOf(first) + 50;
  return `--hue:${hueOf(first) + tint};--hue2:${second}`;
}

export function Poster({ card }) {
  const next = chance(card.itemId);
  const figure = FIGURES[(hash(card.itemId) >>> 7) % FIGURES.length];
  const length = card.title.length > 44 ? "long" : card.title.length > 22 ? "middling" : "short";
  return html`
    <div class="poster" style=${coloursOf(card)}>
      <svg viewBox="0 0 360 200" preserveAspectRatio="xMidYMid slice" aria-hidden="true">${figure(next)}</svg>
      <span class="year">${card.year}</span>
      <h3 class=${length}>${card.title}</h3>
    </div>
  `;
}
