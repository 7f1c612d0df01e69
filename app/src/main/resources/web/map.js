// The map: where the visitor stands among items, as dots that stay and one that moves.
import { coming, ofEveryCard, pointAt, pointed, shown } from "./feed.js";
import { html } from "./html.js";
import { hueOf } from "./poster.js";
import { STEPS, surroundings } from "./surroundings.js";

const [WIDTH, HEIGHT, EDGE] = [360, 300, 12];

/** From the plane to the picture: the same scale both ways, y upwards; what lies outside is drawn at the edge. */
function frame({ x: [left, right], y: [low, high] }) {
  const scale = Math.min(WIDTH / (right - left), HEIGHT / (high - low));
  const inside = (value, most) => Math.max(EDGE, Math.min(most - EDGE, value));
  return ({ x, y }) => ({
    x: inside(WIDTH / 2 + (x - (left + right) / 2) * scale, WIDTH),
    y: inside(HEIGHT / 2 - (y - (low + high) / 2) * scale, HEIGHT),
  });
}

/** Names of the largest categories, each only where it covers no other. */
function labels(regions, items, onPaper) {
  const dots = new Map();
  for (const { category } of items) dots.set(category, (dots.get(category) ?? 0) + 1);
  const placed = [];
  for (const region of [...regions].sort((a, b) => (dots.get(b.category) ?? 0) - (dots.get(a.category) ?? 0))) {
    if ((dots.get(region.category) ?? 0) < 3) continue;
    const { x, y } = onPaper(region);
    const half = 3.6 * region.category.length + 3;
    const label = { ...region, x: Math.max(half, Math.min(WIDTH - half, x)), y, half };
    const free = (other) => Math.abs(other.x - label.x) > other.half + half || Math.abs(other.y - y) > 15;
    if (placed.every(free)) placed.push(label);
  }
  return placed.slice(0, 9);
}

const HEART = "M0 3.6-3.9-.2A2.3 2.3 0 0 1-.6-3.4L0-2.8.6-3.4A2.3 2.3 0 0 1 3.9-.2Z";
const CROSS = "M-3-3 3 3M3-3-3 3";

/** "Between Action and Thriller": the two regions nearest to a place. */
function nearest(regions, place) {
  const far = (region) => Math.hypot(region.x - place.x, region.y - place.y);
  const [one, two] = regions.filter(({ items }) => items >= 50).sort((a, b) => far(a) - far(b));
  return !one ? "" : two && far(two) < 2 * far(one) ? `between ${one.category} and ${two.category}` : `near ${one.category}`;
}

export function SurroundingsMap() {
  const { generation, learning, items, regions, bounds, trail } = surroundings.value;
  return html`
    <section class="panel map" aria-labelledby="map">
      <h2 id="map">Where you stand</h2>
      ${
        generation
          ? html`<${Picture} dots=${[...items.values()]} regions=${regions} bounds=${bounds} trail=${trail} />`
          : html`<div class="nothing"><p class="quiet">Learning the space of taste.<br />${learning}</p></div>`
      }
      <p class="legend" aria-hidden="true">
        <i class="you"></i>you<i class="step"></i>before <svg viewBox="-5 -5 10 10" class="liked"><path d=${HEART} /></svg>liked
        <svg viewBox="-5 -5 10 10" class="refused"><path d=${CROSS} /></svg>refused<i class="card-dot"></i>your cards
      </p>
    </section>
  `;
}

function Picture({ dots, regions, bounds, trail }) {
  const onPaper = frame(bounds);
  const cards = new Set(shown.value.flatMap((card) => ofEveryCard(card)).map(({ itemId }) => itemId));
  const next = new Set(coming.value.map(({ itemId }) => itemId));
  const kind = ({ itemId, strength }) =>
    strength > 0 ? "liked" : strength < 0 ? "refused" : cards.has(itemId) ? "shown" : next.has(itemId) ? "soon" : "";
  // What matters is drawn last, so that it lies on top: names of categories over the crowd, the visitor over all.
  const order = { "": 0, soon: 1, shown: 2, refused: 3, liked: 4 };
  const sorted = dots.map((dot) => ({ ...dot, kind: kind(dot) })).sort((a, b) => order[a.kind] - order[b.kind]);
  const drawn = (some) => some.map((dot) => html`<${Dot} key=${dot.itemId} dot=${dot} at=${onPaper(dot)} />`);
  const lit = sorted.find(({ itemId }) => itemId === pointed.value);
  const steps = trail.map(onPaper);
  const you = steps.at(-1);
  const where = trail.length ? nearest(regions, trail.at(-1)) : "";
  return html`
    <svg class="plane" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="A map of ${dots.length} films by taste. ${
      where ? `You stand ${where}.` : "You are nowhere yet."
    }">
      ${drawn(sorted.filter(({ kind }) => !kind))}
      ${labels(regions, dots, onPaper).map(
        ({ category, x, y }) =>
          html`<text key=${category} class="region" x=${x} y=${y + 4} style="--hue:${hueOf(category)}">${category}</text>`,
      )}
      ${drawn(sorted.filter(({ kind }) => kind))}
      ${
        you &&
        html`<polyline class="trail" points=${steps.map(({ x, y }) => `${x},${y}`).join(" ")} />
          ${steps.slice(0, -1).map(({ x, y }, i) => html`<circle key=${i} class="step" cx=${x} cy=${y} r="2.6" style="--age:${(steps.length - 1 - i) / STEPS}" />`)}
          <g class="you" style="transform:translate(${you.x}px,${you.y}px)">
            <circle r="13" class="glow" /><circle r="6.5" />
          </g>`
      }
      ${lit && html`<${Name} dot=${lit} at=${onPaper(lit)} />`}
    </svg>
    <p class="where quiet">${where ? `You stand ${where}.` : "You are nowhere yet. One like puts you on the map."}</p>
  `;
}

function Dot({ dot: { itemId, kind, category, title }, at: { x, y } }) {
  const path = { liked: HEART, refused: CROSS }[kind];
  const typed = itemId.startsWith("typed-");
  return html`
    <g class="dot ${kind} ${typed ? "typed" : ""}" style="--hue:${hueOf(category)};transform:translate(${x}px,${y}px)" ...${pointAt(itemId)}>
      ${typed && html`<circle class="ring" r="8" />`}
      ${path ? html`<path d=${path} />` : html`<circle r=${kind === "shown" ? 4.6 : kind === "soon" ? 3.4 : 2.7} />`}
      <title>${title}</title>
    </g>
  `;
}

/** The title of the dot or card that is pointed at. */
function Name({ dot: { title }, at: { x, y } }) {
  const half = Math.min(WIDTH / 2 - 4, 3.3 * title.length + 8);
  const middle = Math.max(half, Math.min(WIDTH - half, x));
  const above = y > 34;
  return html`
    <g class="name">
      <circle cx=${x} cy=${y} r="8" />
      <rect x=${middle - half} y=${above ? y - 31 : y + 12} width=${2 * half} height="19" rx="5" />
      <text x=${middle} y=${above ? y - 17.5 : y + 25.5}>${title}</text>
    </g>
  `;
}
