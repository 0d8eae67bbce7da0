import "./offline.js";
import {head, header} from "./shell.js";

export default {
  root: "src",
  output: "dist",
  title: "State Hub",
  // the navigation is in the header: one line that a phone shows too
  sidebar: false,
  toc: false,
  pager: false,
  search: false,
  footer: "",
  head,
  header,
  style: "style.css",
  globalStylesheets: ["observablehq:stdlib/inputs.css"],
  interpreters: {".py": ["python3"]},
};
