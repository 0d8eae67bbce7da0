import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const css = readFileSync(new URL("../src/style/colours.css", import.meta.url), "utf8");
const [light, dark] = css.split("@media (prefers-color-scheme: dark)");

const colours = (text) =>
  Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex]));
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
const mix = (a, b, share) => channels(a).map((one, i) => one * share + channels(b)[i] * (1 - share));
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

for (const [scheme, found, tint] of [
  ["light", colours(light), 0.11],
  ["dark", colours(dark), 0.17],
]) {
  const at = (name) => channels(found[name]);

  test(`words can be read on every ground (${scheme})`, () => {
    for (const ink of ["text", "text-2", "text-3", "accent"]) {
      for (const ground of ["bg", "surface", "surface-2"]) {
        const got = contrast(at(ink), at(ground));
        assert.ok(got >= 4.5, `${ink} on ${ground}: ${got.toFixed(2)}`);
      }
    }
  });

  test(`a chip's word can be read on its tint, and its shape and a bar be seen (${scheme})`, () => {
    for (const name of Object.keys(found).filter((one) => one.startsWith("fill-"))) {
      const meaning = name.slice(5);
      const ground = mix(found[name], found.surface, tint);
      const word = contrast(at(`ink-${meaning}`), ground);
      assert.ok(word >= 4.5, `ink-${meaning}: ${word.toFixed(2)}`);
      for (const surface of ["surface", "bg"]) {
        const fill = contrast(at(name), at(surface));
        assert.ok(fill >= 3 || (surface === "bg" && fill >= 2.7), `${name} on ${surface}: ${fill.toFixed(2)}`);
      }
    }
  });

  // Viénot, Brettel, Mollon 1999: what a deuteranope and a protanope see of a colour, in linear light
  const BLIND = {
    deuteranopia: [
      [0.29275, 0.70725, 0],
      [0.29275, 0.70725, 0],
      [-0.02234, 0.02234, 1],
    ],
    protanopia: [
      [0.11238, 0.88762, 0],
      [0.11238, 0.88762, 0],
      [0.00401, -0.00401, 1],
    ],
  };
  const linear = (hex) => channels(hex).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const lab = ([r, g, b]) => {
    const f = (v) => Math.cbrt(Math.max(v, 0));
    const [l, m, s] = [
      f(0.4122 * r + 0.5363 * g + 0.0514 * b),
      f(0.2119 * r + 0.6807 * g + 0.1074 * b),
      f(0.0883 * r + 0.2817 * g + 0.63 * b),
    ];
    return [
      0.2105 * l + 0.7936 * m - 0.0041 * s,
      1.978 * l - 2.4286 * m + 0.4506 * s,
      0.0259 * l + 0.7828 * m - 0.8087 * s,
    ];
  };

  test(`the statuses of a task are told apart by colour-blind eyes (${scheme})`, () => {
    const meanings = ["wait", "free", "work", "done", "gone"];
    for (const [kind, matrix] of Object.entries(BLIND)) {
      const seen = meanings.map((one) => {
        const rgb = linear(found[`fill-${one}`]);
        return lab(matrix.map((row) => row.reduce((sum, k, i) => sum + k * rgb[i], 0)));
      });
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) {
          const apart = Math.hypot(...seen[i].map((v, k) => v - seen[j][k]));
          assert.ok(apart > 0.08, `${meanings[i]} and ${meanings[j]}, ${kind}: ${apart.toFixed(3)}`);
        }
      }
    }
  });
}
