// A film that nobody has seen, typed in by the visitor: put into the catalogue as any item is, it finds its audience by
// its words. What is shown of it are the node's own answers: its nearest, its place on the map, its rank for the visitor.
import { signal } from "@preact/signals";
import { freshId, getFeed, getSimilar, insist, putItem, rank } from "./api.js";
import { coming, renew } from "./feed.js";
import { html } from "./html.js";
import { hueOf } from "./poster.js";
import { lookAround, surroundings } from "./surroundings.js";
import { visitor } from "./visitor.js";

const NEAREST = 4;
const RIVALS = 300;
const LOOKS = 40;
const LOOK_MS = 150;

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** Chosen categories, in the order of choosing: the first is the primary one. */
const chosen = signal([]);
/** What became of the film: `busy`, or what the node says of it. */
const found = signal(null);

const placeIn = (items, itemId) => items.findIndex((item) => item.itemId === itemId) + 1;

/** How well the visitor's vector agrees with what an item's content says, as the ranker saw it. */
const byWords = ({ contributions = [] }) =>
  contributions.find(({ feature }) => feature === "share-near-content")?.value ?? 0;

/** Puts the film, waits until it has a place, and asks who would see it. */
async function send(title, words) {
  const itemId = freshId("typed-");
  const film = { title, categories: chosen.value, tags: words };
  found.value = { busy: true, title };
  try {
    await insist("Your film", () => putItem(itemId, film));
    for (let look = 0; look < LOOKS && !surroundings.value.items.has(itemId); look++) {
      await lookAround([itemId]).catch(() => {});
      if (!surroundings.value.generation) break; // without vectors it has no place, and its nearest are unknown
      await pause(LOOK_MS);
    }
    const rivals = [...surroundings.value.items.keys()].filter((id) => id !== itemId).slice(0, RIVALS);
    const [like, ranked, feed] = await Promise.all([
      getSimilar(itemId, NEAREST).catch(() => ({})),
      rank(visitor.value, [itemId, ...rivals]).catch(() => ({})),
      getFeed(visitor.value, { size: 100, preview: true }).catch(() => ({})),
    ]);
    const order = ranked.items ?? [];
    const inFeed = (feed.items ?? []).find((item) => item.itemId === itemId);
    found.value = {
      title,
      itemId,
      nearest: (like.items ?? []).map(({ item }) => item?.title ?? ""),
      place: placeIn(order, itemId),
      byWords: placeIn([...order].sort((a, b) => byWords(b) - byWords(a)), itemId),
      of: order.length,
      inFeed: inFeed && { place: (inFeed.position ?? 0) + 1, reason: inFeed.reasons?.[0] ?? "" },
    };
    await renew();
  } catch {
    found.value = null; // refused: what was wrong stands in the line of news
  }
}

export function Newcomer() {
  const names = surroundings.value.regions.slice(0, 10).map(({ category }) => category);
  const toggle = (name) =>
    (chosen.value = chosen.value.includes(name) ? chosen.value.filter((n) => n !== name) : [...chosen.value, name]);
  const submit = (event) => {
    event.preventDefault();
    const { title, words } = event.target.elements;
    const tags = words.value.split(",").map((word) => word.trim()).filter(Boolean).slice(0, 20);
    if (title.value.trim()) send(title.value.trim(), tags);
  };
  return html`
    <section class="panel newcomer" aria-labelledby="newcomer">
      <h2 id="newcomer">A film that nobody has seen</h2>
      <p class="quiet">Type one in. It becomes an item like any other, and finds its audience by its words.</p>
      <form onSubmit=${submit}>
        <label>Title<input name="title" required maxlength="120" autocomplete="off" placeholder="Robots of the Deep" /></label>
        <fieldset>
          <legend>Categories</legend>
          ${names.map(
            (name) =>
              html`<button
                type="button"
                key=${name}
                style="--hue:${hueOf(name)}"
                aria-pressed=${chosen.value.includes(name)}
                onClick=${() => toggle(name)}
              >
                ${name}
              </button>`,
          )}
        </fieldset>
        <label>Words for it, with commas<input name="words" maxlength="300" autocomplete="off" placeholder="space, alien, rescue" /></label>
        <button class="plain strong" disabled=${found.value?.busy}>Put it into the catalogue</button>
      </form>
      <div class="found" role="status" aria-live="polite">
        ${found.value ? html`<${Found} ...${found.value} />` : html`<p class="nothing quiet">Its audience, its place on the map, and whether you will meet it.</p>`}
      </div>
    </section>
  `;
}

function Found({ busy, title, itemId, nearest, place, byWords, of, inFeed }) {
  if (busy) return html`<p>${title} is on its way.</p>`;
  const soon = coming.value.findIndex((card) => card.itemId === itemId) + 1;
  return html`
    <h3>${title}</h3>
    <dl>
      <dt>Its audience</dt>
      <dd>${nearest.length ? html`whoever likes <b>${nearest.join(", ")}</b>` : "unknown: nothing is near it yet"}</dd>
      <dt>For you</dt>
      <dd>
        ${
          place
            ? html`by its words place <b>${byWords}</b> among the ${of} films on the map; place ${place} with all that is
                known of them, as nobody has seen it yet`
            : "not ranked"
        }
      </dd>
      <dt>Your feed</dt>
      <dd>
        ${
          inFeed
            ? html`<b>in it</b>, at place ${soon || inFeed.place}: ${inFeed.reason}`
            : "none of your next hundred places went to it yet"
        }
      </dd>
    </dl>
  `;
}
