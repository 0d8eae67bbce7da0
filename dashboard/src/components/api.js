// The API, through this page's own origin.
import {address} from "./links.js";
import {learnClock} from "./time.js";

const ROOT = "/api";

/** What the hub refused, or that it does not answer (status 0). `problem` is its problem document. */
export class ApiError extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || (status ? `the hub answered ${status}` : "the hub does not answer"));
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }

  /** Nobody is there, or not able to answer just now: the same again may succeed. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const heard = new Set();

/** f({ok, read, stale}) for every answer: is the hub there, did it give what was asked, does it reach its database. */
export function onAnswer(f) {
  heard.add(f);
  return () => heard.delete(f);
}

const tell = (news) => heard.forEach((f) => f(news));

/** The answer of GET `path` as a document, null for 204. Raises ApiError; an abort is let through. */
export async function api(path, {params, signal, headers, ...request} = {}) {
  let response;
  let body = null;
  try {
    response = await fetch(ROOT + address(path, params), {
      ...request,
      signal,
      headers: {Accept: "application/json", ...headers},
    });
    if (response.status !== 204) body = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    tell({ok: false}); // nobody, or somebody who is not the hub: that one speaks JSON
    throw new ApiError(0);
  }
  learnClock(response.headers.get("date"));
  const error = response.ok ? null : new ApiError(response.status, body);
  const stale = response.status === 503 || response.headers.get("x-statehub-cache") === "stale-error";
  tell({ok: ![502, 504].includes(response.status), read: response.ok, stale});
  if (error) throw error;
  return body;
}

/**
 * One write; the row that it made. `version` guards it: 412 when the row has moved on. `key`: sent again, it is not done
 * again. `author`: who does it, a person.
 */
export function send(path, document, {method = "POST", version = null, key = null, author = null} = {}) {
  const headers = {"Content-Type": "application/json"};
  if (version !== null) headers["If-Match"] = `"v${version}"`;
  if (key !== null) headers["Idempotency-Key"] = key;
  if (author) {
    headers["X-StateHub-Author"] = encodeURIComponent(author);
    headers["X-StateHub-Author-Kind"] = "human";
  }
  return api(path, {method, headers, body: JSON.stringify(document)});
}

/** All rows of a list, page after page, at most `most`; `total: false` in the answer means that there are more. */
export async function rows(path, {params, signal, most = 2000} = {}) {
  const items = [];
  let cursor = null;
  do {
    const limit = Math.min(500, most - items.length);
    const page = await api(path, {params: {limit, ...params, cursor}, signal});
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && items.length < most);
  return {items, complete: cursor === null};
}
