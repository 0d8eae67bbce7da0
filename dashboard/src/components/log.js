// The feed of the Progress page: only ever added to. New events come at the top, unless the reader has scrolled down: then they wait.
import {html} from "htl";
import {api} from "./api.js";
import {entry} from "./feed.js";
import {follow} from "./live.js";
import {dayOf, dayTitle, newOnes, PAGE, params} from "./progress.js";
import {empty, failed, waiting} from "./states.js";

const MOST_PAGES = 10; // of what happened since the last look; beyond, the feed begins anew

/** An element with the events of a urlState(), and live. */
export function log(state) {
  return new Log(state).host;
}

class Log {
  constructor(state) {
    this.state = state;
    this.list = html`<div class="log-days"></div>`;
    this.fresh = html`<button type="button" class="button is-main log-fresh" ${{onclick: () => this.showHeld()}} hidden=${true}></button>`;
    this.older = html`<button type="button" class="button" ${{onclick: () => this.loadOlder()}} hidden=${true}>Show older</button>`;
    this.note = html`<div class="log-note">${waiting(8)}</div>`;
    this.host = html`<div class="log" data-own="log">
      <p class="log-top" role="status">${this.fresh}</p>
      ${this.list}${this.note}
      <p class="more">${this.older}</p>
    </div>`;
    this.clear();
    this.asked = JSON.stringify(params(state.get()));
    this.source = follow(this.loader(), {sections: ["progress"]});
    this.source.watch(() => this.hear());
    state.onChange(() => this.turn());
    addEventListener("scroll", () => this.isAtTop() && this.showHeld(), {passive: true});
  }

  clear() {
    this.known = new Set();
    this.held = [];
    this.cursor = undefined; // of the oldest page; null at the end
    this.fresh.hidden = true;
    this.older.hidden = true;
  }

  loader() {
    const asked = params(this.state.get());
    return async ({signal}) => {
      let cursor = null;
      const items = [];
      for (let page = 0; page < MOST_PAGES; page++) {
        const found = await api("/progress", {params: {...asked, limit: PAGE, cursor}, signal});
        items.push(...found.items);
        cursor = found.next_cursor ?? null;
        const meets = this.known.size === 0 || found.items.some(({id}) => this.known.has(id));
        if (meets || cursor === null) return {items, cursor, meets: true};
      }
      return {items, cursor, meets: false};
    };
  }

  turn() {
    const asked = JSON.stringify(params(this.state.get()));
    if (asked === this.asked) return;
    this.asked = asked;
    this.clear();
    this.anew = true;
    this.source.ask(this.loader());
  }

  hear() {
    const {value, error} = this.source;
    if (error && (value === undefined || this.anew)) return void this.say(failed(error));
    if (value === undefined || value === this.heard) return;
    this.heard = value;
    if (!value.meets) this.clear();
    if (this.anew || !value.meets || this.cursor === undefined) {
      this.list.replaceChildren();
      this.cursor = value.cursor;
    }
    this.anew = false;
    const news = newOnes(value.items, this.known);
    news.forEach(({id}) => this.known.add(id));
    this.held = [...news, ...this.held].sort((a, b) => b.id - a.id);
    if (this.isAtTop() || this.list.childElementCount === 0) this.showHeld(false);
    else this.tellHeld();
    this.older.hidden = this.cursor === null;
    this.say(this.list.childElementCount === 0 ? this.nothing() : null);
  }

  isAtTop() {
    return this.host.getBoundingClientRect().top > 0;
  }

  tellHeld() {
    this.fresh.hidden = this.held.length === 0;
    this.fresh.textContent = `${this.held.length} new`;
  }

  showHeld(asked = true) {
    if (this.held.length === 0) return;
    const wasFocused = document.activeElement === this.fresh;
    for (const event of this.held.reverse()) this.put(event, true);
    this.held = [];
    this.tellHeld();
    if (asked && wasFocused) this.list.querySelector("a")?.focus({preventScroll: true});
    if (asked && !this.isAtTop()) scrollTo({top: 0});
  }

  /** Put an event where it belongs by when it happened, looked for from the top or from the end. */
  put(event, fromTop) {
    const day = dayOf(event.occurred_at);
    const at = `${new Date(event.occurred_at).toISOString()} ${String(event.id).padStart(16, "0")}`;
    const section = place(this.list, fromTop, (node) => compare(day, node.dataset.day)) ?? this.newDay(day, fromTop);
    const item = entry(event);
    item.dataset.at = at;
    section.lastElementChild.insertBefore(
      item,
      before(section.lastElementChild, fromTop, (node) => compare(at, node.dataset.at)),
    );
  }

  newDay(day, fromTop) {
    const section = html`<section class="log-day" data-day=${day} aria-label=${dayTitle(day)}>
      <h3>${dayTitle(day)}</h3>
      <ol class="feed"></ol>
    </section>`;
    this.list.insertBefore(
      section,
      before(this.list, fromTop, (node) => compare(day, node.dataset.day)),
    );
    return section;
  }

  async loadOlder() {
    this.older.disabled = true;
    const asked = this.asked;
    try {
      const found = await api("/progress", {params: {...JSON.parse(asked), limit: PAGE, cursor: this.cursor}});
      if (asked === this.asked) {
        for (const event of newOnes(found.items, this.known)) {
          this.known.add(event.id);
          this.put(event, false);
        }
        this.cursor = found.next_cursor ?? null;
        this.older.hidden = this.cursor === null;
        this.say(null);
      }
    } catch (error) {
      this.say(failed(error));
    }
    this.older.disabled = false;
  }

  say(node) {
    this.note.replaceChildren(...(node ? [node] : []));
  }

  nothing() {
    const {by, ...filters} = this.state.get();
    const isFiltered = Object.values(filters).some((value) => (Array.isArray(value) ? value.length : value));
    return isFiltered
      ? empty("No event is like that", "Take a filter away to see more.")
      : empty("Nothing has happened yet", "What agents and people do shows here.", {
          command: 'custodian progress note "hello"',
        });
  }
}

const compare = (a, b) => (a === b ? 0 : a > b ? -1 : 1); // the newest first

/** The child for which `order` is 0. */
function place(list, fromTop, order) {
  const next = before(list, fromTop, order);
  const found = next === null ? list.lastElementChild : order(next) === 0 ? next : next.previousElementSibling;
  return found && order(found) === 0 ? found : null;
}

/** The first child that comes after, null for none; `order` is negative for such. */
function before(list, fromTop, order) {
  if (fromTop) {
    let node = list.firstElementChild;
    while (node && order(node) > 0) node = node.nextElementSibling;
    return node;
  }
  let node = list.lastElementChild;
  if (node === null || order(node) > 0) return null;
  while (node.previousElementSibling && order(node.previousElementSibling) <= 0) node = node.previousElementSibling;
  return node;
}
