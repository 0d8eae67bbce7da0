// Loaders' output is cached without expiry, so every build and preview starts without it; a build without the former one.
import {rmSync} from "node:fs";

for (const folder of ["src/.observablehq/cache", ...process.argv.slice(2)]) {
  rmSync(new URL(folder, import.meta.url), {recursive: true, force: true});
}
