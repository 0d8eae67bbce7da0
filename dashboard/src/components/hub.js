// What a page imports: live data, and the shell around the page.
import {mountBadge} from "./badge.js";

export {ApiError, api, rows, send} from "./api.js";
export {choices, follow, live, values} from "./live.js";
export {liveness, onLiveness} from "./liveness.js";
export {stream} from "./stream.js";

const place = document.getElementById("liveness");
if (place) mountBadge(place);
// Framework's check of links knows no id of its own, so that this one is not in the header's text
const skip = document.querySelector(".skip");
if (skip) skip.href = "#observablehq-main";
