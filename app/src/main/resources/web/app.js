// The page: who is looking, their feed, what is believed of them, and how the node does.
//
// To read in this order: api.js asks the node; visitor.js says who is looking and sends what they do; feed.js is the loop
// from an action to changed cards, and holds the page's state; card.js, map.js, beliefs.js, starters.js, newcomer.js and
// counters.js draw it. poster.js, sources.js, motion.js and html.js are their colours, words, movement and notation. There is nothing to build.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { trouble } from "./api.js";
import { Origins, Tastes, TasteStrip } from "./beliefs.js";
import { Card, ComingCard } from "./card.js";
import { Counters, watchCounters } from "./counters.js";
import { begin, coming, news, openFeed, pickStarter, showOthers, shown } from "./feed.js";
import { html } from "./html.js";
import { SurroundingsMap } from "./map.js";
import { useGlide } from "./motion.js";
import { Newcomer } from "./newcomer.js";
import { starters, Starters } from "./starters.js";
import { watchLearning } from "./surroundings.js";
import { becomeNewVisitor, visitor } from "./visitor.js";

function Header() {
  const start = () => {
    becomeNewVisitor();
    begin();
  };
  return html`
    <header>
      <a class="brand" href="/" aria-label="Millrace"><img src="/millrace.svg" alt="" width="30" height="30" />Millrace</a>
      <p class="motto">A feed that learns between two swipes</p>
      <p class="who"><span>You are </span><code title=${visitor.value}>${visitor.value.slice(0, 14)}</code></p>
      <button class="plain" onClick=${start}>New visitor</button>
    </header>
  `;
}

/** What went wrong, or what just happened, in one line. */
function News() {
  const { text, durable, changed } = news.value;
  return html`
    <p class="news ${trouble.value ? "trouble" : ""}" role="status" aria-live="polite">
      ${
        trouble.value ??
        (text
          ? html`${text}${
              durable &&
              html` Durable in <b>${Math.round(durable)} ms</b>, a new feed in <b>${Math.round(changed)} ms</b>.`
            }`
          : "Like, watch, skip or hide: each action is in your next card.")
      }
    </p>
  `;
}

function Feed() {
  return html`
    <section class="now" aria-labelledby="now">
      <div class="title">
        <h1 id="now">For you, now</h1>
        <button class="plain" onClick=${showOthers}>Three others</button>
      </div>
      <${News} />
      <${TasteStrip} />
      <div class="shown">${shown.value.map((_, slot) => html`<${Card} key=${slot} slot=${slot} />`)}</div>
    </section>
  `;
}

function Soon() {
  const list = useGlide();
  return html`
    <section class="soon" aria-labelledby="soon">
      <div class="title">
        <h2 id="soon">Next, as things stand</h2>
        <p class="quiet">a preview: watch it move when you act</p>
      </div>
      <ol class="next" ref=${list}>
        ${coming.value.map((card) => html`<${ComingCard} key=${card.itemId} card=${card} />`)}
      </ol>
    </section>
  `;
}

function Page() {
  useEffect(watchCounters, []);
  useEffect(watchLearning, []);
  useEffect(() => void begin(), []);
  return html`
    <${Header} />
    <${Counters} />
    <main>
      ${starters.value ? html`<${Starters} pick=${pickStarter} done=${() => openFeed()} />` : html`<${Feed} />`}
      <${Soon} />
      <${Newcomer} />
    </main>
    <aside><${SurroundingsMap} /><${Tastes} /><${Origins} /></aside>
    <footer>
      Every card and every place is an answer of the node that serves this page; nothing here is computed in the browser.
      ${" "}<a href="/v1/users/${visitor.value}/feed?preview=true">Your feed as JSON</a> ·
      ${" "}<a href="/v1/users/${visitor.value}/map">your map</a> · <a href="/metrics">metrics</a>
    </footer>
  `;
}

render(html`<${Page} />`, document.body);
