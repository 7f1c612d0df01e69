// What the visitor's actor believes: tastes as bars that move with each action, and the way each card came.
import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { beliefs, coming, learnTitle, pointed, shown, slate, titles } from "./feed.js";
import { html } from "./html.js";
import { useGlide } from "./motion.js";
import { hueOf } from "./poster.js";
import { familiesOf, familyOf } from "./sources.js";

const BARS = 7;
const REMEMBERED = 4;
const count = (number, one, many = one + "s") => `${Number(number).toLocaleString("en")} ${number == 1 ? one : many}`;

/** Tastes by category: to the right what is liked, to the left what is not. */
export function Tastes() {
  const { now, before } = beliefs.value;
  const list = useGlide();
  const tastes = (now?.tastes ?? []).slice(0, BARS).map(({ category, day = 0, month = 0, ever = 0 }) => {
    const old = before?.tastes?.find((taste) => taste.category === category)?.day ?? 0;
    return { category, day, month, ever, moved: before ? day - old : 0 };
  });
  tastes.sort((a, b) => b.day - a.day);
  const widest = Math.max(0.2, ...tastes.flatMap(({ day, ever }) => [Math.abs(day), Math.abs(ever)]));
  return html`
    <section class="panel tastes" aria-labelledby="tastes">
      <h2 id="tastes">What your actor believes</h2>
      ${
        tastes.length === 0
          ? html`<p class="nothing quiet">Nothing yet. One like is enough to begin.</p>`
          : html`<ul ref=${list}>
            ${tastes.map((taste) => html`<${Bar} key=${taste.category} ...${taste} widest=${widest} />`)}
          </ul>`
      }
      ${now && html`<${Memory} ...${now} />`}
      <${Recent} recent=${now?.recent ?? []} />
    </section>
  `;
}

/** The same in one strip, for a page with no room beside the feed: what is liked, by its share. */
export function TasteStrip() {
  const liked = (beliefs.value.now?.tastes ?? []).filter(({ day }) => day > 0.02).slice(0, 4);
  if (liked.length === 0) return null;
  return html`
    <ul class="strip" aria-label="What you like, by share">
      ${liked.map(
        ({ category, day }) =>
          html`<li key=${category} style="--hue:${hueOf(category)};--share:${day}">${category}</li>`,
      )}
    </ul>
  `;
}

function Bar({ category, day, month, ever, moved, widest }) {
  const style =
    `--hue:${hueOf(category)};--share:${Math.abs(day) / widest};--tick:${ever / widest};` +
    `--side:${day < 0 ? -1 : 1}`;
  const percent = (value) => `${Math.round(value * 100)} %`;
  const detail = `${category}: ${percent(day)} over a day, ${percent(month)} over a month, ${percent(ever)} ever`;
  const notable = Math.abs(moved) >= 0.005;
  return html`
    <li data-flip=${category} style=${style} title=${detail}>
      <span class="name">${category}</span>
      <span class="track" role="img" aria-label=${detail}>
        <span class="bar ${day < 0 ? "against" : ""}"></span><span class="tick"></span>
      </span>
      <span class="moved ${moved < 0 ? "down" : "up"}" key=${day}>
        ${notable && `${moved > 0 ? "+" : "−"}${Math.round(Math.abs(moved) * 100)}`}
      </span>
    </li>
  `;
}

function Memory({ userSeq = 0, interactions = 0, seen = 0, reserved = 0, preferences }) {
  const hidden = preferences?.blockedCategories ?? [];
  return html`
    <p class="memory">
      State <strong>#${userSeq}</strong>: ${count(interactions, "interaction")} · ${seen} seen · ${reserved} reserved
      ${hidden.length > 0 && html`<br />Hidden: ${hidden.join(", ")}`}
    </p>
  `;
}

const WORDS = {
  LIKE: "liked",
  UNLIKE: "took back",
  VIEW: "watched",
  SKIP: "skipped",
  NOT_INTERESTED: "not for you",
  HIDE_CATEGORY: "hid category",
  CLICK: "opened",
  RATING: "rated",
};

/** The newest things the actor remembers, impressions aside. */
function Recent({ recent }) {
  const newest = recent.filter(({ kind }) => WORDS[kind]).slice(0, REMEMBERED);
  useEffect(() => newest.forEach(({ itemId }) => learnTitle(itemId)), [recent]);
  if (newest.length === 0) return null;
  return html`
    <ol class="recent" aria-label="Remembered, newest first">
      ${newest.map(
        ({
          itemId,
          kind,
          strength,
          timeMillis,
        }) => html`<li key=${itemId + kind + timeMillis} class=${strength < 0 ? "against" : ""}>
          <span>${WORDS[kind]}</span> ${titles.value.get(itemId) ?? itemId}
        </li>`,
      )}
    </ol>
  `;
}

const ROW = 18;
const WIDTH = 340;
const LEFT = 118;
const RIGHT = 212;

/** Where each card on the page came from: sources on the left, cards on the right. */
export function Origins() {
  const cards = useComputed(() => [
    ...shown.value.map((card) => card?.successor ?? card).filter(Boolean),
    ...coming.value,
  ]).value;
  const lit = cards.find((card) => card.itemId === pointed.value);
  const families = familiesOf(cards.flatMap((card) => card.sources));
  const height = Math.max(cards.length, families.length, 4) * ROW;
  const middle = (index, of) => (height / of) * (index + 0.5);
  const spread = new Map(families.map((family, i) => [family.key, middle(i, families.length)]));
  const share = (family) =>
    cards.filter((card) => card.sources.some((name) => familyOf(name).key === family.key)).length;
  return html`
    <section class="panel origins" aria-labelledby="origins">
      <h2 id="origins">Where each card came from</h2>
      <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label=${families.map((f) => `${f.name}: ${share(f)} cards`).join("; ")}>
        ${cards.map((card, row) => {
          const y = (row + 0.5) * ROW;
          return html`<g key=${card.itemId} class="origin ${lit && lit !== card ? "dim" : ""}">
            ${familiesOf(card.sources).map((family) => {
              const from = spread.get(family.key);
              const bend = (LEFT + RIGHT) / 2;
              const way = `M${LEFT} ${from} C${bend} ${from} ${bend} ${y} ${RIGHT} ${y}`;
              return html`<path key=${family.key} d=${way} style="--source:${family.colour};d:path('${way}')" />`;
            })}
            <g style="transform:translate(${RIGHT}px,${y}px)">
              <circle cx="5" r="3" />
              <text x="14" y="4">${clip(card.title, 20)}</text>
            </g>
          </g>`;
        })}
        ${families.map(
          (family) => html`<g key=${family.key} class="family" style="--source:${family.colour}">
            <rect x=${LEFT - 4} y=${spread.get(family.key) - 4 - share(family)} width="4" height=${8 + 2 * share(family)} rx="2" />
            <text x=${LEFT - 12} y=${spread.get(family.key) - 1} text-anchor="end">${family.name}</text>
            <text class="share" x=${LEFT - 12} y=${spread.get(family.key) + 12} text-anchor="end">${count(share(family), "card")}</text>
          </g>`,
        )}
      </svg>
      <div class="detail">${lit?.parts.length ? html`<${Score} ...${lit} />` : html`<${Stages} />`}</div>
    </section>
  `;
}

const clip = (text, most) => (text.length > most ? text.slice(0, most - 1).trimEnd() + "…" : text);

const PARTS = 3;

/** What weighed most in the score of one card. */
function Score({ title, parts }) {
  const strongest = parts.slice(0, PARTS);
  const widest = Math.abs(strongest[0].part) || 1;
  return html`
    <p class="quiet">What speaks for ${title}</p>
    <ul class="score">
      ${strongest.map(
        ({ feature, part }) => html`<li key=${feature} style="--share:${Math.abs(part) / widest}">
          <span>${feature.replaceAll("-", " ")}</span><i></i>${part < 0 ? "−" : "+"}${Math.abs(part).toFixed(2)}
        </li>`,
      )}
    </ul>
  `;
}

/** How the node spent its time on the newest slate. */
function Stages() {
  const { stages = [], degraded = [] } = slate.value ?? {};
  const total = stages.reduce((sum, { micros }) => sum + Number(micros), 0);
  return html`
    ${
      total > 0 &&
      html`<p class="quiet">Your newest card took the node ${(total / 1000).toFixed(1)} ms</p>
      <ol class="stages">
        ${stages.map(
          ({ stage, micros }, i) =>
            html`<li key=${stage} style="--share:${micros / total};--step:${i / stages.length}" title="${micros} µs">${stage}</li>`,
        )}
      </ol>`
    }
    ${degraded.length > 0 && html`<p class="degraded">Served without: ${degraded.join(", ")}</p>`}
  `;
}
