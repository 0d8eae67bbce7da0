// A chart that is drawn anew when its width or its data changes.

/** `draw(data, width)` gives a node; `update(data)` shows other data. */
export function sized(draw, {className = "", height = null} = {}) {
  const host = document.createElement("div");
  host.className = `sized ${className}`.trim();
  host.dataset.own = "sized";
  if (height) host.style.minHeight = `${height}px`;
  let data;
  let width = 0;
  const redraw = () => {
    if (data !== undefined && width > 0) host.replaceChildren(draw(data, width));
  };
  new ResizeObserver(([{contentRect}]) => {
    const next = Math.floor(contentRect.width);
    if (next === width) return;
    width = next;
    redraw();
  }).observe(host);
  host.update = (next) => {
    const same = JSON.stringify(next) === JSON.stringify(data);
    data = next;
    if (!same) redraw();
    return host;
  };
  return host;
}

/** A plot as one picture with one description: what is inside has none of its own. */
export function picture(plot, label) {
  for (const node of plot.querySelectorAll("[aria-label], [aria-description]")) {
    node.removeAttribute("aria-label");
    node.removeAttribute("aria-description");
  }
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", label);
  return plot;
}
