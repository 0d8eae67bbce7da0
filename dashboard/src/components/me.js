// Who acts: a name that this browser remembers.
const KEY = "statehub-name";

/** The name that was given last, "" for none. */
export function myName() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // a browser may keep nothing
  }
}

export function rememberName(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // it is asked again
  }
}
