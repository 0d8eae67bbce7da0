// Where the rows of the hub are shown: one place that knows the pages' addresses.

/** A path with those parameters that have a value; a list stands several times. */
export function address(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) if (one != null && one !== "" && one !== false) query.append(name, one);
  }
  const text = query.toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

export const to = {
  workplans: (params) => address("/workstreams", params),
  workplan: (code) => address("/workplan", {code}),
  task: (code, workplan) => address("/workplan", {code: workplan, task: code}),
  repo: (slug) => address("/workstreams", {repo: slug}),
  topic: (slug) => address("/workstreams", {topic: slug}),
  decisions: (params) => address("/decisions", params),
  decision: (code) => address("/decisions", {code}),
  progress: (params) => address("/progress", params),
  // rows of a kind, by status: what the search page shows without a word to look for
  rows: (kind, params) => address("/search", {kind, ...params}),
};
