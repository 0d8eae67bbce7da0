// One event stream a tab, shared by all that is on the page. A browser allows six connections a host, so a hidden tab has none.
const ADDRESS = "/api/state/events";
const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const SILENT_MS = 400; // how long a page waits for the stream before it reads without it
const UNHEARD_MS = 5000; // how long a stream may be open without the revision that it begins with

const listeners = new Set();
const watchers = new Set();
const known = new Map(); // section → epoch and revision
let source = null;
let timer = null;
let pause = FIRST_MS;
let state = "closed"; // closed, connecting, open, reconnecting (once more), broken
let first = null; // resolves when the stream has told where things are
let arrived = () => {};
let isLate = false; // somebody has read without knowing where things are

export const stream = {
  /** The token of the newest message, null before the first. */
  token: null,
  get state() {
    return state;
  },
  /** f({section, revision, token}) for every change of a section, also for one that happened while the stream was away. */
  onChange(f) {
    listeners.add(f);
    if (listeners.size === 1) open();
    return () => {
      listeners.delete(f);
      if (listeners.size === 0) close();
    };
  },
  /** f(state) whenever the connection changes. */
  onState(f) {
    watchers.add(f);
    return () => watchers.delete(f);
  },
  /** Resolves once the stream has told the current revision, or soon after in any case: then its first message is news. */
  ready() {
    const late = () => (isLate = known.size === 0);
    return Promise.race([first, new Promise((done) => setTimeout(done, SILENT_MS)).then(late)]);
  },
};

function become(next) {
  if (state === next) return;
  state = next;
  watchers.forEach((f) => f(state));
}

function open() {
  first ??= new Promise((done) => (arrived = done));
  if (source !== null || document.visibilityState === "hidden") return;
  clearTimeout(timer);
  if (state === "closed") become("connecting");
  source = new EventSource(ADDRESS);
  source.addEventListener("change", hear);
  source.addEventListener("error", broke);
  timer = setTimeout(broke, UNHEARD_MS); // a hub that is just ending may take the request, and never answer
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
  become("closed");
}

function hear({data, lastEventId}) {
  const {section, revision} = JSON.parse(data);
  const mark = `${lastEventId.split(".")[0]} ${revision}`;
  const news = known.has(section) ? known.get(section) !== mark : isLate;
  known.set(section, mark);
  clearTimeout(timer);
  stream.token = lastEventId;
  pause = FIRST_MS;
  become("open");
  arrived();
  if (news) listeners.forEach((f) => f({section, revision, token: lastEventId}));
}

// the browser's own way to reconnect gives up on an answer such as 503
function broke() {
  clearTimeout(timer);
  source?.close();
  source = null;
  become(state === "open" ? "reconnecting" : "broken");
  arrived();
  timer = setTimeout(open, state === "reconnecting" ? 0 : pause * (0.75 + Math.random() / 2));
  if (state === "broken") pause = Math.min(pause * 2, LONGEST_MS);
}

function again() {
  if (listeners.size === 0) return;
  pause = FIRST_MS;
  open();
}

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") close();
    else again();
  });
  addEventListener("online", again);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && again());
}
