// Loaders' output is cached without expiry, so every build and preview starts without it.
import {rmSync} from "node:fs";

for (const folder of ["dist", "src/.observablehq/cache"]) {
  rmSync(new URL(folder, import.meta.url), {recursive: true, force: true});
}
