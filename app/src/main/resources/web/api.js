// Everything the page asks of the node, as JSON over HTTP. No state but `trouble`, the one line shown when it fails.
import { signal } from "@preact/signals";

/** What is wrong right now, in one line for a person; null while all is well. */
export const trouble = signal(null);

/** An answer that was not the one hoped for; `passing` says whether asking again can help. */
class Refusal extends Error {
  constructor(message, passing) {
    super(message);
    this.passing = passing;
  }
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const PATIENCE_MS = 10_000; // longer than any deadline of the server
const LONGEST_PAUSE_MS = 4_000;

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refusal("the server does not answer", true);
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw new Refusal(body.message || `the server answered ${answer.status}`, PASSING.has(answer.status));
}

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** Repeats `attempt` until it succeeds or can never succeed. `what` says what waits meanwhile: "Your like". */
export async function insist(what, attempt) {
  for (let tries = 1; ; tries++) {
    try {
      const result = await attempt();
      trouble.value = null;
      return result;
    } catch (refusal) {
      if (!refusal.passing) {
        trouble.value = `${what} was refused: ${refusal.message}.`;
        throw refusal;
      }
      trouble.value = `${what} waits: ${refusal.message}. Trying again (${tries}).`;
      await pause(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** tries) * (0.75 + Math.random() / 2));
    }
  }
}

/** An id nobody else makes. (`crypto.randomUUID` is missing on plain http from another machine.) */
export function freshId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One slate. Asked again under the same `requestId` it is the same slate. */
export const getFeed = (user, { size, preview = false, requestId = freshId("page-") }) =>
  ask(
    `/v1/users/${encodeURIComponent(user)}/feed?` +
      new URLSearchParams({ size, preview, requestId, surface: "home", explain: true }),
    { cache: "no-store" },
  );

/** What the visitor's actor believes. */
export const getUser = (user) => ask(`/v1/users/${encodeURIComponent(user)}`, { cache: "no-store" });

/** Where the visitor stands among so many popular items and these. */
export const getMap = (user, { popular, include }) =>
  ask(`/v1/users/${encodeURIComponent(user)}/map?` + new URLSearchParams({ popular, include: include.join() }), {
    cache: "no-store",
  });

/** What to ask a newcomer about. */
export const getStarters = () => ask("/v1/starters", { cache: "no-store" });

/** Items like one item. */
export const getSimilar = (id, size) => ask(`/v1/items/${encodeURIComponent(id)}/similar?size=${size}`);

const sendJson = (path, method, body) =>
  ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Adds an item to the catalogue, or replaces it. */
export const putItem = (id, item) => sendJson(`/v1/items/${encodeURIComponent(id)}`, "PUT", item);

/** These items in the order in which they would suit the visitor, and why; reserves nothing. */
export const rank = (userId, candidates) =>
  sendJson("/millrace.v1.FeedService/Rank", "POST", { userId, candidates, explain: true });

/** What the catalogue says of one item. */
export const getItem = (id) => ask(`/v1/items/${encodeURIComponent(id)}`);

/** The node's own counters. */
export const getStats = () => ask("/v1/stats", { cache: "no-store" });

/** Records a batch: every result, once all are durable. Kept alive when the page is closed under it. */
export async function postEvents(events) {
  const { results = [] } = await ask("/v1/events", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ events }),
    keepalive: true,
  });
  const busy = results.find(({ status }) => status === "BUSY" || status === "STORE_UNAVAILABLE");
  if (busy) throw new Refusal(busy.status === "BUSY" ? "the server is busy" : "the journal is not reachable", true);
  return results;
}
