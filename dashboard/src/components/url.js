// What is filtered and selected stands in the address: it survives a reload, an update, and can be sent to somebody.

/** The state of an address by a description: {name: default}, where a list as the default takes several values. */
export function read(description, search = location.search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    Object.entries(description).map(([name, normal]) => {
      if (Array.isArray(normal)) return [name, query.has(name) ? query.getAll(name).filter(Boolean) : normal];
      return [name, query.get(name) || normal];
    }),
  );
}

/** The query of a state: what is as by default is left out, and parameters that are not described stay. */
export function written(description, state, search = location.search) {
  const query = new URLSearchParams(search);
  for (const [name, normal] of Object.entries(description)) {
    query.delete(name);
    const value = state[name];
    if (Array.isArray(normal)) {
      const same = value.length === normal.length && value.every((one) => normal.includes(one));
      if (!same) for (const one of value.length ? value : [""]) query.append(name, one);
    } else if (value != null && value !== "" && value !== normal) {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The state in the address: {get, set(patch), onChange(f)}. f(state) is called after set() and after the back button. */
export function urlState(description) {
  const watchers = new Set();
  let state = read(description);
  const tell = () => watchers.forEach((f) => f(state));
  addEventListener("popstate", () => {
    state = read(description);
    tell();
  });
  return {
    get: () => state,
    /** `push`: a step that the back button takes back. */
    set(patch, {push = false} = {}) {
      state = {...state, ...patch};
      const there = location.pathname + written(description, state) + location.hash;
      history[push ? "pushState" : "replaceState"](history.state, "", there);
      tell();
    },
    onChange(f) {
      watchers.add(f);
      return () => watchers.delete(f);
    },
  };
}
