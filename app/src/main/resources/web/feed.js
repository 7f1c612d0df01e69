// The feed and the loop around it: an action is recorded, the cards it touches are asked for anew, the rest is looked at again.
//
// Two lists are on the page. `shown` are the cards to act on: served, so reserved for this visitor and carrying a token.
// `coming` is a preview: what the node would serve next, which costs nothing and may change with every action.
import { batch, signal } from "@preact/signals";
import { freshId, getFeed, getItem, getUser, insist } from "./api.js";
import { offerStarters, PICKS, starters } from "./starters.js";
import { lookAround } from "./surroundings.js";
import { record, visitor } from "./visitor.js";

const SHOWN = 3;
const COMING = 8;
const STAMP_MS = 550; // how long a card wears its "Liked" before it leaves

/** Slots of cards to act on; a slot is null until its first card arrives. */
export const shown = signal(Array(SHOWN).fill(null));
/** Cards that would come next, best first; each knows its `rank` of the time before, or null when it is new. */
export const coming = signal([]);
/** What the visitor's actor believes, and what it believed before the last action. */
export const beliefs = signal({ now: null, before: null });
/** The reply that the newest cards came with. */
export const slate = signal(null);
/** Milliseconds of each action: until it was durable, until the changed feed was here. Newest last. */
export const freshness = signal([]);
/** What just happened, for a person; with its freshness if it was an action. */
export const news = signal({ text: "" });

/** A card and the one that will take its slot, if they are there. */
export const ofEveryCard = (card) => [card, card?.successor].filter(Boolean);

/** The id of the card that the visitor points at or works on, or null. */
export const pointed = signal(null);
export const pointAt = (itemId) => ({
  onPointerEnter: () => (pointed.value = itemId),
  onPointerLeave: () => (pointed.value = null),
  onFocusIn: () => (pointed.value = itemId),
  onFocusOut: () => (pointed.value = null),
});

/** What a visitor can do with a card, and how it is said. */
export const DEEDS = {
  LIKE: { stamp: "Liked", said: "Your like" },
  VIEW: { stamp: "Watched", said: "Your viewing" },
  SKIP: { stamp: "Skipped", said: "Your skip" },
  NOT_INTERESTED: { stamp: "Not for you", said: "Hiding it" },
  HIDE_CATEGORY: { stamp: "Hidden", said: "Hiding the category" },
};

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

function changeSlot(slot, { itemId }, change) {
  const card = shown.value[slot];
  if (card?.itemId !== itemId) return; // another card lies there by now
  shown.value = shown.value.with(slot, { ...card, ...change });
}

/** The card in `slot` was truly looked at. */
export function see(slot) {
  const card = shown.value[slot];
  if (!card || card.seen || card.deed) return;
  changeSlot(slot, card, { seen: true });
  record("IMPRESSION", "What you saw", card).catch(() => {});
}

/** The visitor did something with the card in `slot`. Resolves when the feed has changed. */
export async function act(slot, kind, extra = {}) {
  const card = shown.value[slot];
  if (!card || card.deed || card.successor) return;
  const clicked = performance.now();
  const stamped = pause(STAMP_MS);
  const stamp = kind === "HIDE_CATEGORY" ? `${extra.target} hidden` : DEEDS[kind].stamp;
  changeSlot(slot, card, { deed: kind, stamp });
  let result;
  try {
    result = await record(kind, DEEDS[kind].said, card, extra);
  } catch {
    changeSlot(slot, card, { deed: null, stamp: null }); // refused for good: the card stays
    return;
  }
  const durable = performance.now() - clicked;
  changeSlot(slot, card, { vacant: true });
  const { arrived } = await renew(stamped);
  const last = { durable, changed: arrived - clicked, userSeq: Number(result.userSeq ?? 0) };
  freshness.value = [...freshness.value.slice(-59), last];
  news.value = { text: `${stamp}: ${card.title}.`, ...last };
}

/** Puts other cards in every slot. What was looked at counts as seen and will not come back. */
export async function showOthers() {
  shown.value = shown.value.map((card) => card && { ...card, vacant: true });
  await renew();
  news.value = { text: "Three other cards." };
}

/** Begins again, for the present visitor. Of whom nothing is known is asked for three picks first. */
export async function begin() {
  batch(() => {
    shown.value = Array(SHOWN).fill(null);
    coming.value = [];
    beliefs.value = { now: null, before: null };
    freshness.value = [];
    slate.value = null;
    news.value = { text: "" };
    starters.value = null;
  });
  const user = visitor.value;
  const { interactions = 0 } = await insist("What is believed of you", () => getUser(user)).catch(() => ({}));
  if (!interactions) await offerStarters(cardOf);
  if (user === visitor.value) await renew();
}

/** The visitor likes a starter: recorded as any like is. The last one opens the feed. */
export async function pickStarter(card) {
  const { cards, picked } = starters.value;
  starters.value = { cards, picked: [...picked, card.itemId] };
  try {
    await record("LIKE", "Your pick", card);
  } catch {
    starters.value = { cards, picked: picked.filter((id) => id !== card.itemId) };
    return;
  }
  if (starters.value?.picked.length >= PICKS) await openFeed("Your first feed, from three picks.");
  else await renew();
}

/** The feed begins, with or without picks. */
export async function openFeed(text = "") {
  starters.value = null;
  await renew();
  news.value = { text };
}

// One renewal at a time: two at once would fill the same slot twice.
let renewing = Promise.resolve();
export function renew(ready = Promise.resolve()) {
  const mine = renewing.then(() => renewNow(ready));
  renewing = mine.catch(() => {});
  return mine;
}

async function renewNow(ready) {
  const user = visitor.value;
  const free = starters.value ? [] : [...shown.value.keys()].filter((slot) => isFree(shown.value[slot]));
  const served = free.length ? await serve(user, free.length) : null;
  const arrived = performance.now();
  const [preview, belief] = await Promise.all([
    insist("The preview", () => getFeed(user, { size: COMING, preview: true })).catch(() => null),
    insist("What is believed of you", () => getUser(user)).catch(() => null),
  ]);
  if (user !== visitor.value) return { arrived };
  batch(() => {
    if (served) free.forEach((slot, i) => succeed(slot, served.items?.[i], ready));
    if (preview) coming.value = ranked(preview.items ?? []);
    if (belief) beliefs.value = { now: belief, before: beliefs.value.now };
    slate.value = served ?? preview ?? slate.value;
  });
  const cards = [...shown.value.flatMap(ofEveryCard), ...coming.value].map(({ itemId }) => itemId);
  await lookAround(cards).catch(() => {}); // the map stays as it was
  return { arrived };
}

/** To be filled: nothing is there, it was acted on, or nobody has looked at it yet. */
const isFree = (card) => !card || card.vacant || !(card.seen || card.deed || card.successor);

/** Another card takes the slot, once the one that lies there has worn its stamp. */
async function succeed(slot, item, ready) {
  const card = shown.value[slot];
  const successor = item ? cardOf(item) : null;
  const put = (there) => (shown.value = shown.value.with(slot, there));
  if (!card || !successor) return put(successor);
  put({ ...card, vacant: false, successor });
  await ready;
  if (shown.value[slot]?.successor === successor) put(successor);
}

const serve = (user, size) => {
  const requestId = freshId("page-"); // the same for every attempt: a retry is the same slate
  return insist("Your feed", () => getFeed(user, { size, requestId })).catch(() => null);
};

/** What comes next, each with its place and its place of the time before. */
function ranked(items) {
  const placed = new Set(shown.value.flatMap((card) => [card?.itemId, card?.successor?.itemId]));
  const before = new Map(coming.value.map((card, rank) => [card.itemId, rank]));
  return items
    .filter((item) => !placed.has(item.itemId))
    .map((item, rank) => ({
      ...cardOf(item),
      rank,
      before: before.size ? (before.get(item.itemId) ?? null) : rank,
    }));
}

/** "Brazil (1985)" is a title and a year. */
function titleAndYear({ title = "", attributes = {} }) {
  const [, name = title, year = ""] = /^(.*?)\s*\((\d{4})\)\s*$/.exec(title) ?? [];
  return { title: name, year: attributes.release_year ?? year };
}

/** Titles by item id, of everything the page has met. */
export const titles = signal(new Map());
const remember = (itemId, title) => (titles.value = new Map(titles.value).set(itemId, title));

/** Asks for the title of an item that was met before this page was opened. */
export async function learnTitle(itemId) {
  if (!itemId || titles.value.has(itemId)) return;
  remember(itemId, itemId); // asked once
  const { item = {} } = await getItem(itemId).catch(() => ({}));
  remember(itemId, titleAndYear(item).title || itemId);
}

/** A slot of a reply as the page shows it. */
function cardOf({ itemId, token = "", reasons: [reason = ""] = [], sources = [], contributions = [], item = {} }) {
  const { title, year } = titleAndYear(item);
  if (title) remember(itemId, title);
  return {
    itemId,
    token,
    reason: reason.charAt(0).toUpperCase() + reason.slice(1),
    sources,
    parts: contributions.map(({ feature, value, weight }) => ({ feature, part: value * weight })),
    title: title || itemId,
    year,
    categories: item.categories ?? [],
    durationMs: Number(item.durationMs ?? 0),
  };
}
