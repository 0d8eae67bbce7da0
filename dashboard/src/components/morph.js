// Put new nodes in place of old ones by changing what differs, so that focus, scrolling and a selection of text survive.
import morphdom from "morphdom";

const HANDLERS = ["onclick", "onchange", "oninput", "onkeydown", "onsubmit", "ontoggle", "onfocus"];
// what a person set, and a new rendering must not take back
const KEPT = {DETAILS: "open"};

/**
 * Make `node` (or nothing, for null) what `host` holds. An element that updates itself (a table, a chart, filters) has
 * data-own: it is made once, outside of the rendering, and stays the same element wherever it stands. Rows that may move
 * carry data-key. Handlers are properties, and move over: htl sets ${{onclick: f}} so, and never, even for a moment, as an
 * attribute, which the policy of the pages forbids.
 */
export function morph(host, node) {
  if (node?.dataset?.own !== undefined) {
    if (node !== host.firstChild || host.childNodes.length > 1) host.replaceChildren(node);
    return host;
  }
  const wanted = host.cloneNode(false);
  if (node != null) wanted.append(node);
  morphdom(host, wanted, {
    childrenOnly: true,
    getNodeKey: (found) => found.dataset?.key ?? found.id ?? undefined,
    onBeforeElUpdated(from, to) {
      if (from.dataset?.own !== undefined || to.dataset?.own !== undefined) {
        from.replaceWith(to);
        return false;
      }
      for (const name of HANDLERS) if (from[name] !== to[name]) from[name] = to[name];
      if (from.isAhead) to.value = from.value; // somebody is typing
      const kept = KEPT[from.tagName];
      if (kept && from.hasAttribute(kept)) to.setAttribute(kept, "");
      return true;
    },
  });
  return host;
}
