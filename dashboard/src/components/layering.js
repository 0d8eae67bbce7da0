// Layers of a graph without cycles, from left to right: who is needed stands before who needs it. Pure.

const SWEEPS = 8;

/**
 * `ids` in the order that they should keep, `edges` as [from, to] → {at: Map of id → {layer, x, y}, paths: [{from, to, points}],
 * width, height}. x and y are the middle of a node; `points` lead from node to node, one a layer. Cycles are drawn, too.
 */
export function layered(ids, edges, {across = 230, down = 60, thin = 22} = {}) {
  const known = new Set(ids);
  const given = [...new Map(edges.map((edge) => [edge.join(" "), edge])).values()].filter(
    ([from, to]) => from !== to && known.has(from) && known.has(to),
  );
  const layerOf = layersOf(ids, withoutCycles(ids, given));
  const {layers, steps, chains} = withBends(ids, given, layerOf);
  const ordered = order(layers, steps);
  const size = (cell) => (cell.id === undefined ? thin : down);
  const ys = place(ordered, steps, size);
  const at = new Map();
  for (const cell of ordered.flat()) {
    if (cell.id !== undefined) at.set(cell.id, {layer: cell.layer, x: cell.layer * across, y: ys.get(cell)});
  }
  const paths = chains.map(({from, to, cells}) => ({
    from,
    to,
    points: cells.map((cell) => [cell.layer * across, ys.get(cell)]),
  }));
  const all = [...ys.values()];
  return {
    at,
    paths,
    width: ordered.length * across,
    height: all.length ? Math.max(...all) + down / 2 : 0,
  };
}

function neighbours(edges, side) {
  const found = new Map();
  for (const edge of edges) {
    const key = edge[side];
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(edge[1 - side]);
  }
  return (key) => found.get(key) ?? [];
}

/** The edges without those that close a cycle. */
function withoutCycles(ids, edges) {
  const next = neighbours(edges, 0);
  const state = new Map(); // 1 on the way, 2 done
  const kept = [];
  for (const start of ids) {
    if (state.has(start)) continue;
    state.set(start, 1);
    const stack = [[start, next(start).values()]];
    while (stack.length) {
      const [from, rest] = stack.at(-1);
      const {value: to, done} = rest.next();
      if (done) {
        state.set(from, 2);
        stack.pop();
      } else if (state.get(to) !== 1) {
        kept.push([from, to]);
        if (!state.has(to)) {
          state.set(to, 1);
          stack.push([to, next(to).values()]);
        }
      }
    }
  }
  return kept;
}

/** id → layer: as far left as it may be, but what needs nothing stands right before what needs it. */
function layersOf(ids, edges) {
  const before = neighbours(edges, 1);
  const after = neighbours(edges, 0);
  const left = new Map(ids.map((id) => [id, before(id).length]));
  const layer = new Map(ids.map((id) => [id, 0]));
  const queue = ids.filter((id) => left.get(id) === 0);
  for (const id of queue) {
    for (const to of after(id)) {
      layer.set(to, Math.max(layer.get(to), layer.get(id) + 1));
      left.set(to, left.get(to) - 1);
      if (left.get(to) === 0) queue.push(to);
    }
  }
  for (const id of ids) {
    if (before(id).length || !after(id).length) continue;
    layer.set(id, Math.min(...after(id).map((to) => layer.get(to))) - 1);
  }
  return layer;
}

/** Cells by layer: one a node, and one a layer that an edge passes by, so that it does not run through nodes. */
function withBends(ids, edges, layerOf) {
  const count = Math.max(-1, ...layerOf.values()) + 1;
  const layers = Array.from({length: count}, () => []);
  const add = (cell) => (layers[cell.layer].push(cell), cell);
  const cellOf = new Map(ids.map((id) => [id, add({id, layer: layerOf.get(id)})]));
  const steps = [];
  const chains = edges.map(([from, to]) => {
    const [start, end] = [cellOf.get(from), cellOf.get(to)];
    const cells = [start];
    const turn = start.layer <= end.layer ? 1 : -1;
    for (let at = start.layer + turn; turn * at < turn * end.layer; at += turn) cells.push(add({layer: at}));
    cells.push(end);
    for (let i = 1; i < cells.length; i++) {
      const step = [cells[i - 1], cells[i]];
      if (step[0].layer !== step[1].layer) steps.push(turn > 0 ? step : step.reverse());
    }
    return {from, to, cells};
  });
  return {layers, steps, chains};
}

const mean = (numbers) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

/** The layers, each in an order with few crossings: by the middle of a cell's neighbours, from left and from right by turns. */
function order(layers, steps) {
  const before = neighbours(steps, 1);
  const after = neighbours(steps, 0);
  let now = layers.map((layer) => [...layer]);
  let best = now;
  let least = crossings(now, before);
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep++) {
    const near = sweep % 2 ? after : before;
    now = now.map((layer) => [...layer]);
    const rank = ranks(now);
    for (const i of sweep % 2 ? [...now.keys()].reverse() : now.keys()) {
      const wish = (cell) => (near(cell).length ? mean(near(cell).map((other) => rank.get(other))) : rank.get(cell));
      now[i] = now[i]
        .map((cell) => [wish(cell), cell])
        .sort(([a], [b]) => a - b)
        .map(([, cell]) => cell);
      now[i].forEach((cell, place) => rank.set(cell, place));
    }
    const found = crossings(now, before);
    if (found < least) [best, least] = [now, found];
  }
  return best;
}

const ranks = (layers) => new Map(layers.flatMap((layer) => layer.map((cell, place) => [cell, place])));

function crossings(layers, before) {
  const rank = ranks(layers);
  let sum = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((cell) => before(cell).map((other) => [rank.get(other), rank.get(cell)]));
    for (let i = 0; i < ends.length; i++) {
      for (let j = 0; j < i; j++) if ((ends[i][0] - ends[j][0]) * (ends[i][1] - ends[j][1]) < 0) sum++;
    }
  }
  return sum;
}

/** cell → y: near its neighbours, in the order of its layer, and none upon another. */
function place(layers, steps, size) {
  const before = neighbours(steps, 1);
  const after = neighbours(steps, 0);
  const ys = new Map();
  for (const layer of layers) spread(layer, layer.map(() => 0), size).forEach((y, i) => ys.set(layer[i], y)); // prettier-ignore
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const near = sweep % 2 ? after : before;
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      const wishes = layer.map((cell) =>
        near(cell).length ? mean(near(cell).map((other) => ys.get(other))) : ys.get(cell),
      );
      spread(layer, wishes, size).forEach((y, i) => ys.set(layer[i], y));
    }
  }
  const top = Math.min(...layers.flat().map((cell) => ys.get(cell) - size(cell) / 2));
  for (const [cell, y] of ys) ys.set(cell, y - top);
  return ys;
}

/** Places as near to the wishes as can be (least squares) that keep the order and the sizes: blocks that meet move as one. */
function spread(cells, wishes, size) {
  let offset = 0;
  const offsets = cells.map((cell, i) => (offset += i ? (size(cells[i - 1]) + size(cell)) / 2 : 0));
  const blocks = [];
  wishes.forEach((wish, i) => {
    let block = {sum: wish - offsets[i], n: 1};
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).n >= block.sum / block.n) {
      const last = blocks.pop();
      block = {sum: last.sum + block.sum, n: last.n + block.n};
    }
    blocks.push(block);
  });
  const flat = blocks.flatMap(({sum, n}) => Array(n).fill(sum / n));
  return flat.map((y, i) => y + offsets[i]);
}

/** A path through points as a curve for SVG: from the right side of the first node to the left one of the last, straight past
 *  the nodes between. */
export function curve(points, half) {
  const [[first, top], ...rest] = points;
  let [x, y] = [first + half, top];
  let d = `M${x} ${round(y)}`;
  rest.forEach(([middle, ny], i) => {
    const nx = middle - half;
    const bend = Math.max(20, (nx - x) / 2);
    d += `C${x + bend} ${round(y)} ${nx - bend} ${round(ny)} ${nx} ${round(ny)}`;
    if (i < rest.length - 1) d += `H${middle + half}`;
    [x, y] = [middle + half, ny];
  });
  return d;
}

const round = (n) => Math.round(n * 10) / 10;
