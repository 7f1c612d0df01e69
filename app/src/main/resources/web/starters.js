// Three picks before the first feed: well-known films that lie far apart, and what the visitor likes of them.
import { signal } from "@preact/signals";
import { getStarters } from "./api.js";
import { html } from "./html.js";
import { coloursOf } from "./poster.js";

export const PICKS = 3;

/** What a newcomer is asked about, or null; `picked` are the ids of those they like. */
export const starters = signal(null);

/** Asks for them; nothing to ask about is no trouble: the feed begins without. */
export async function offerStarters(cardOf) {
  const { items = [] } = await getStarters().catch(() => ({}));
  starters.value = items.length >= PICKS ? { cards: items.map(cardOf), picked: [] } : null;
}

/** Twelve posters; `pick` is called with each choice, `done` when the visitor will not choose. */
export function Starters({ pick, done }) {
  const { cards, picked } = starters.value;
  const left = PICKS - picked.length;
  return html`
    <section class="starters" aria-labelledby="starters">
      <div class="title">
        <h1 id="starters">Pick three that you like</h1>
        <button class="plain" onClick=${done}>Skip</button>
      </div>
      <p class="news" role="status" aria-live="polite">
        ${left === PICKS ? "Your first feed begins with them." : left > 0 ? `${left} more.` : "Your feed is being made."}
      </p>
      <ul>
        ${cards.map(
          (card) => html`<li key=${card.itemId}>
            <button
              style=${coloursOf(card)}
              aria-pressed=${picked.includes(card.itemId)}
              disabled=${picked.includes(card.itemId) || left === 0}
              onClick=${() => pick(card)}
            >
              <span class="year">${card.year}</span><b>${card.title}</b><small>${card.categories.slice(0, 2).join(", ")}</small>
            </button>
          </li>`,
        )}
      </ul>
    </section>
  `;
}
