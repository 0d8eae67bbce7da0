// Live data: what the build baked in, then what the hub says after each change. Good data is never lost to an error.
import {ApiError, api} from "./api.js";
import {noteSnapshot} from "./liveness.js";
import {morph} from "./morph.js";
import {Pace} from "./pace.js";
import {stream} from "./stream.js";

const POLL_MS = 5000; // while the stream is away
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

/** A loader of what was asked for: a function of {signal}, a path, or an object of such. */
function loader(asked) {
  if (typeof asked === "function") return asked;
  if (typeof asked === "string") return ({signal}) => api(asked, {signal});
  return async (given) => {
    const found = await Promise.all(Object.values(asked).map((one) => loader(one)(given)));
    return Object.fromEntries(Object.keys(asked).map((name, i) => [name, found[i]]));
  };
}

/**
 * Follow the hub. `asked` is a path, a function of {signal}, or an object of such by name.
 *
 * `baked`: a loader's document, {at, documents}, with documents as `asked` gives them. `sections`: whose changes matter.
 * `every`: read again after so many ms in any case, for what changes without a message, as leases do. `gap`: ms between two
 * reads, for what costs the hub more than a glance (pace.js).
 */
export function follow(asked, options) {
  return new Live(asked, options);
}

class Live {
  constructor(asked, {baked = null, sections = ["core", "progress"], every = 0, gap} = {}) {
    this.load = loader(asked);
    this.value = undefined;
    this.error = null;
    this.sections = sections;
    this.every = every;
    this.pace = new Pace(gap);
    this.watchers = new Set();
    this.fails = 0;
    this.token = null; // of the change that was read for
    if (baked?.at) {
      this.value = baked.documents;
      noteSnapshot(baked.at);
    }
  }

  /** f(this) at once when there is something to show, and after each read. */
  watch(f) {
    this.watchers.add(f);
    if (this.watchers.size === 1) this.start();
    if (this.value !== undefined || this.error) f(this);
    return () => {
      this.watchers.delete(f);
      if (this.watchers.size === 0) this.stop();
    };
  }

  /** Ask for something else from now on; what was shown stays until the answer is there. */
  ask(asked) {
    this.load = loader(asked);
    this.running?.abort();
    this.running = null;
    this.pace.reset(); // who asks for something else does not wait
    if (this.watchers.size) this.read();
  }

  start() {
    const stopChanges = stream.onChange((change) => this.hear(change));
    const wake = () => document.visibilityState === "visible" && this.isOld() && this.read();
    document.addEventListener("visibilitychange", wake);
    const stopState = stream.onState((state) => state === "broken" && this.read());
    this.stops = [stopChanges, stopState, () => document.removeEventListener("visibilitychange", wake)];
    stream.ready().then(() => this.read());
  }

  stop() {
    this.stops.forEach((stop) => stop());
    this.running?.abort();
    this.running = null;
    clearTimeout(this.timer);
  }

  /** One commit may change both sections, and is told twice: under the same token. */
  hear({section, token}) {
    if (!this.sections.includes(section) || token === this.token) return;
    this.token = token;
    this.read();
  }

  isOld() {
    return this.error !== null || (this.every > 0 && Date.now() - this.readAt >= this.every);
  }

  /** Read now; while a read is under way, once more after it. */
  read() {
    if (this.running) return void (this.again = true);
    clearTimeout(this.timer);
    const wait = this.fails ? 0 : this.pace.wait(Date.now());
    if (wait > 0) return void (this.timer = setTimeout(() => this.read(), wait));
    this.again = false;
    this.startedAt = Date.now();
    this.pace.begin(this.startedAt);
    const running = (this.running = new AbortController());
    this.load({signal: running.signal, api}).then(
      (value) => this.done(running, value, null),
      (error) => this.done(running, undefined, error),
    );
  }

  done(running, value, error) {
    if (this.running !== running || this.watchers.size === 0) return;
    this.running = null;
    this.error = error;
    this.pace.end(Date.now() - this.startedAt);
    if (error === null) {
      this.value = value;
      this.readAt = Date.now();
      this.fails = 0;
    } else if (!(error instanceof ApiError)) {
      console.error(error); // a fault of this page
    }
    this.watchers.forEach((f) => f(this));
    this.plan();
  }

  plan() {
    if (this.again) return this.read();
    if (this.error?.passing) {
      const wait = RETRY_MS[Math.min(this.fails++, RETRY_MS.length - 1)];
      this.timer = setTimeout(() => this.read(), wait);
    } else if (document.visibilityState === "visible") {
      const wait = stream.state === "broken" ? POLL_MS : this.every;
      if (wait) this.timer = setTimeout(() => this.read(), wait);
    }
  }

  /**
   * An element that shows this: render(value, live) gives a node for the value. The element stays, and what is the same in
   * it stays too: focus, scrolling, a selection of text. Before there is a value it shows `waiting`, and an error instead
   * of a first value goes to `failed`.
   */
  show(render, {className = "", waiting = null, failed = null} = {}) {
    const host = document.createElement("div");
    host.className = `live ${className}`.trim();
    host.setAttribute("aria-busy", "true");
    if (waiting) host.append(waiting());
    this.watch(() => {
      host.setAttribute("aria-busy", "false");
      if (this.value !== undefined) morph(host, render(this.value, this));
      else if (failed) morph(host, failed(this.error));
    });
    return host;
  }
}

/** The same as an async generator of values, for a cell that wants to run again. */
export async function* live(asked, options) {
  yield* values(follow(asked, options));
}

/** The values of what is followed, newest only: a slow reader skips some. */
export async function* values(source, f = (value) => value) {
  let wake = () => {};
  let fresh = false;
  const stop = source.watch(() => {
    fresh = source.value !== undefined;
    wake();
  });
  try {
    for (;;) {
      if (fresh) {
        fresh = false;
        yield f(source.value);
      } else {
        await new Promise((done) => (wake = done));
      }
    }
  } finally {
    stop();
  }
}

/** As values(), but only those that differ from the one before: choices of a filter do not reset it. */
export async function* choices(source, f) {
  let before;
  for await (const value of values(source, f)) {
    const text = JSON.stringify(value);
    if (text === before) continue;
    before = text;
    yield value;
  }
}
