// Who is looking, and the way out for everything they do.
import { signal } from "@preact/signals";
import { freshId, insist, postEvents } from "./api.js";

const KEPT = "millrace.visitor";
const session = freshId("session-");

/** The visitor's user id; `?user=ID` looks through somebody else's eyes. */
export const visitor = signal(
  new URLSearchParams(location.search).get("user") || localStorage.getItem(KEPT) || remember(freshId("visitor-")),
);

function remember(id) {
  localStorage.setItem(KEPT, id);
  return id;
}

/** Starts over as somebody of whom nothing is known. */
export function becomeNewVisitor() {
  history.replaceState(null, "", location.pathname);
  visitor.value = remember(freshId("visitor-"));
}

// Events leave one request at a time, in the order they happened; what happens meanwhile shares the next request.
// An event keeps its id from its first attempt to its last, so a retry is never counted twice.
const waiting = [];
let sending = false;

/** Records one thing the visitor did with a card; resolves to its result when it is durable. */
export function record(kind, what, card, extra = {}) {
  const event = {
    eventId: freshId("event-"),
    userId: visitor.value,
    itemId: card.itemId,
    kind,
    timeMillis: Date.now(),
    token: card.token || "",
    sessionId: session,
    surface: "home",
    ...extra,
  };
  return new Promise((resolve, reject) => {
    waiting.push({ event, what, resolve, reject });
    send();
  });
}

async function send() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const batch = waiting.splice(0, 100);
    const what = batch.findLast((entry) => entry.event.kind !== "IMPRESSION")?.what ?? batch[0].what;
    try {
      const results = await insist(what, () => postEvents(batch.map((entry) => entry.event)));
      batch.forEach((entry, i) => entry.resolve(results[i]));
    } catch (refusal) {
      batch.forEach((entry) => entry.reject(refusal));
    }
  }
  sending = false;
}
