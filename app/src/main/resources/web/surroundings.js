// Where the visitor stands among items: the server's places on a plane through the space of taste. map.js draws them.
import { effect, signal } from "@preact/signals";
import { getMap } from "./api.js";
import { visitor } from "./visitor.js";

const POPULAR = 300;
export const STEPS = 12; // positions of the visitor that are kept as a trail
const LEARNING_MS = 1500; // how often it is asked again while there is no generation yet

const NOWHERE = { user: "", generation: 0, learning: "", items: new Map(), regions: [], bounds: null, trail: [] };

/**
 * What is known of the visitor's surroundings: `bounds` of the picture, the same for a whole generation, and `trail`, the
 * visitor's places with the present one last.
 */
export const surroundings = signal(NOWHERE);

/** Asks where the visitor stands now, and where these items lie; all dots again in another generation. */
export async function lookAround(include) {
  const user = visitor.value;
  const known = surroundings.value.user === user ? surroundings.value : { ...NOWHERE, user };
  const ask = (popular) => getMap(user, { popular, include });
  let now = await ask(known.generation ? 0 : POPULAR);
  const same = Number(now.generation ?? 0) === known.generation;
  if (known.generation && !same) now = await ask(POPULAR);
  if (user !== visitor.value) return;
  const items = new Map(same ? known.items : []);
  for (const [id, item] of items) if (item.strength !== undefined) items.set(id, { ...item, strength: undefined });
  for (const { itemId, place, ...item } of now.items ?? []) items.set(itemId, { itemId, ...item, ...spot(place) });
  const trail = same ? known.trail : [];
  const at = now.user ? spot(now.user) : null;
  const last = trail.at(-1);
  const moved = at && !(last && last.x === at.x && last.y === at.y);
  surroundings.value = {
    user,
    generation: Number(now.generation ?? 0),
    learning: now.learning ?? "",
    items,
    regions: (now.regions ?? []).map(({ place, ...region }) => ({ ...region, ...spot(place) })),
    bounds: same ? known.bounds : boundsOf([...items.values()]),
    trail: moved ? [...trail, at].slice(-STEPS) : trail,
  };
}

/** Where most of these lie, with room around them for users, who stand farther out than items. */
function boundsOf(items) {
  const range = (values) => {
    const sorted = values.sort((a, b) => a - b);
    const [low, high] = [0.01, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    const room = 0.16 * (high - low || 1);
    return [low - room, high + room];
  };
  return { x: range(items.map(({ x }) => x)), y: range(items.map(({ y }) => y)) };
}

/** A coordinate that is 0 may be left out of an answer. */
const spot = ({ x = 0, y = 0 } = {}) => ({ x: Number(x), y: Number(y) });

/** Looks again and again until there is a generation; returns what ends it. */
export function watchLearning() {
  let timer;
  const stop = effect(() => {
    clearTimeout(timer);
    const { generation, user } = surroundings.value;
    const again = () => lookAround([]).catch(() => (timer = setTimeout(again, LEARNING_MS)));
    if (user && !generation) timer = setTimeout(again, LEARNING_MS);
  });
  return () => (stop(), clearTimeout(timer));
}
