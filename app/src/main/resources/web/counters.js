// Live counters: the node's own, once a second, and what the visitor's clicks measured in this page.
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { getStats } from "./api.js";
import { freshness } from "./feed.js";
import { html } from "./html.js";

const EVERY_MS = 1000;
const KEPT = 90; // seconds in a chart

/** The last seconds of the node's counters, newest last. */
const samples = signal([]);

async function sample() {
  if (document.hidden) return;
  try {
    samples.value = [...samples.value.slice(1 - KEPT), await getStats()];
  } catch {
    // A missing second is a gap of one second; what the visitor does reports its own trouble.
  }
}
/** Begins to read the node's counters; returns what ends it. */
export function watchCounters() {
  sample();
  const timer = setInterval(sample, EVERY_MS);
  return () => clearInterval(timer);
}

const number = (value, digits = 0) =>
  value == null || Number.isNaN(Number(value))
    ? "–"
    : Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const millis = (value) => number(value, Number(value) < 10 ? 1 : 0);

/** A line without axes: `lines` are functions from a sample to a number, the first is the strong one. */
function Sparkline({ of, lines }) {
  const place = useRef(null);
  useEffect(() => {
    const colour = (name) => () => getComputedStyle(place.current).getPropertyValue(name);
    const size = () => ({ width: place.current.clientWidth, height: place.current.clientHeight });
    const plot = new uPlot(
      {
        ...size(),
        padding: [3, 1, 3, 1],
        cursor: { show: false },
        legend: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.1] } },
        series: [
          {},
          ...lines.map((_, i) => ({
            stroke: colour(i ? "--line-quiet" : "--line"),
            fill: i ? undefined : colour("--line-fill"),
            width: 1.5,
            points: { show: false },
          })),
        ],
      },
      [[], ...lines.map(() => [])],
      place.current,
    );
    const stretch = new ResizeObserver(() => plot.setSize(size()));
    stretch.observe(place.current);
    const stop = effect(() => {
      const values = of.value;
      plot.setData([values.map((_, i) => i), ...lines.map((line) => values.map((value) => Number(line(value) ?? 0)))]);
    });
    return () => (stop(), stretch.disconnect(), plot.destroy());
  }, []);
  return html`<div class="sparkline" ref=${place} aria-hidden="true"></div>`;
}

function Counter({ name, value, unit, note, of = samples, lines }) {
  return html`
    <div class="counter">
      <dt>${name}</dt>
      <dd>
        <span class="value">${value}<small>${unit}</small></span>
        ${note && html`<span class="note">${note}</span>`}
        <${Sparkline} of=${of} lines=${lines} />
      </dd>
    </div>
  `;
}

const EVENTS = [(s) => s.eventsPerSecond];
const FEEDS = [(s) => s.feedsPerSecond];
const FEED_TIME = [(s) => s.feedP50Millis, (s) => s.feedP99Millis];
const RECORD_TIME = [(s) => s.recordP50Millis, (s) => s.recordP99Millis];
const INDEX = [(s) => s.indexSize];
const FRESHNESS = [(f) => f.changed, (f) => f.durable];

export function Counters() {
  const now = samples.value.at(-1) ?? {};
  const mine = freshness.value.at(-1);
  return html`
    <dl class="counters" aria-label="Live counters">
      <${Counter}
        name="Your click to a new feed"
        value=${millis(mine?.changed)}
        unit="ms"
        note=${mine ? `durable in ${millis(mine.durable)} ms` : "act on a card"}
        of=${freshness}
        lines=${FRESHNESS}
      />
      <${Counter} name="Events" value=${number(now.eventsPerSecond, now.eventsPerSecond < 10 ? 1 : 0)} unit="/s" lines=${EVENTS} />
      <${Counter} name="Feeds" value=${number(now.feedsPerSecond, now.feedsPerSecond < 10 ? 1 : 0)} unit="/s" lines=${FEEDS} />
      <${Counter}
        name="Feed takes"
        value=${millis(now.feedP50Millis)}
        unit="ms"
        note=${`p99 ${millis(now.feedP99Millis)} ms`}
        lines=${FEED_TIME}
      />
      <${Counter}
        name="Recording takes"
        value=${millis(now.recordP50Millis)}
        unit="ms"
        note=${`p99 ${millis(now.recordP99Millis)} ms`}
        lines=${RECORD_TIME}
      />
      <${Counter}
        name="Items in the index"
        value=${number(now.indexSize)}
        note=${now.itemLagMillis == null ? "" : `lag ${millis(now.itemLagMillis)} ms`}
        lines=${INDEX}
      />
    </dl>
  `;
}
