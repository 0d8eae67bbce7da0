// What stands around every page: the head, and the header with the navigation, the search field and the badge.
const PAGES = [
  ["/", "Overview"],
  ["/workstreams", "Workstreams"],
  ["/decisions", "Decisions"],
  ["/progress", "Progress"],
];
// pages that belong to another one of the navigation
const UNDER = {"/workplan": "/workstreams"};

// Framework's own head names no language and forbids to zoom
const MEND = `document.documentElement.lang = "en";
document.querySelector("meta[name=viewport]").content = "width=device-width, initial-scale=1";
document.documentElement.dataset.code = new URLSearchParams(location.search).has("code");`;

export const head = `<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<meta name="color-scheme" content="light dark">
<meta name="description" content="What is going on, what waits for whom, what was decided, what comes next.">
<script>${MEND}</script>`;

const MARK = `<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="3"/>
<path d="M10 1v6M10 13v6M1 10h6M13 10h6" /><circle cx="10" cy="10" r="8.4" class="ring"/></svg>`;

export function header({path}) {
  const page = path === "/index" ? "/" : path;
  const current = UNDER[page] ?? page;
  const links = PAGES.map(
    ([href, name]) => `<li><a href="${href}"${href === current ? ' aria-current="page"' : ""}>${name}</a></li>`,
  ).join("");
  return `<a class="skip" href="">Skip to the content</a>
<a class="brand" href="/">${MARK}<span>State Hub</span></a>
<nav aria-label="Pages"><ul>${links}</ul></nav>
<div id="liveness" role="status" aria-live="polite" aria-atomic="true"></div>
<form class="find" role="search" action="/search" method="get">
<input type="search" name="q" placeholder="Search" aria-label="Search the hub" autocomplete="off">
</form>`;
}
