// The sources of candidates in words and colours. One colour a family, one name a source.

const FAMILIES = [
  ["co-visited", "Goes with yours", "with yours", "var(--source-together)"],
  ["near", "Your taste", "your taste", "var(--source-taste)"],
  ["popular", "Popular", "popular", "var(--source-popular)"],
  ["trending", "Trending", "trending", "var(--source-trending)"],
  ["arrivals", "New arrivals", "arrivals", "var(--source-arrivals)"],
  ["returning", "While away", "while away", "var(--source-returning)"],
  ["followed", "Followed", "followed", "var(--source-followed)"],
];

const NAMES = {
  "co-visited": "with your history",
  "co-visited-last": "after your last",
  "co-visited-session": "with your visit so far",
  "co-visited-cosine": "much alike",
  nearest: "your taste",
  "nearest-recent": "your taste now",
  "near-arrivals": "new, your taste",
  "near-content": "of the same words",
  returning: "while you were away",
  "popular-ever": "popular ever",
  trending: "trending",
  arrivals: "new arrival",
  followed: "followed",
};

/** "popular-3d" -> "popular 3 days". */
export function sourceName(source) {
  const days = /^popular-(\d+)d$/.exec(source);
  if (days) return `popular ${days[1]} day${days[1] === "1" ? "" : "s"}`;
  return NAMES[source] ?? source.replaceAll("-", " ");
}

/** The family of a source: its key, its name, the short one for a card, and its colour. */
export function familyOf(source) {
  const words = source.replaceAll("-", " ");
  const unknown = [source, words, words, "var(--source-other)"];
  const [key, name, short, colour] = FAMILIES.find(([prefix]) => source.startsWith(prefix)) ?? unknown;
  return { key, name, short, colour };
}

/** The distinct families of some sources, in the fixed order of the legend. */
export function familiesOf(sources) {
  const families = new Map(sources.map((source) => [familyOf(source).key, familyOf(source)]));
  const rank = (family) => (FAMILIES.findIndex(([key]) => key === family.key) + FAMILIES.length) % FAMILIES.length;
  return [...families.values()].sort((a, b) => rank(a) - rank(b));
}
