// `make dashboard`: Observable's preview behind the dashboard's own door; Ctrl-C ends both.
// Who may come in, and what `/api/…` is, `custodian dashboard` says, as it does for the pages that are built.
import {execFileSync, spawn} from "node:child_process";
import {readFileSync, writeFileSync} from "node:fs";
import http from "node:http";
import net from "node:net";

const host = "127.0.0.1";
const port = Number(process.env.STATEHUB_DASHBOARD_PORT || 3000);
const folder = new URL(".", import.meta.url).pathname;
const mark = new URL("dev.pid", import.meta.url);
const children = [];
let code = null; // ours, once we are ending

const pause = () => new Promise((go) => setTimeout(go, 50));

// one that runs already is ended first
async function replace() {
  let pid = 0;
  const runs = () => execFileSync("ps", ["-o", "args=", "-p", pid], {encoding: "utf8"}).includes("dashboard/dev.js");
  try {
    pid = Number(readFileSync(mark, "utf8"));
    if (pid && runs()) process.kill(pid, "SIGTERM");
    while (runs()) await pause();
  } catch {
    // there is none, or no longer
  }
  writeFileSync(mark, String(process.pid));
}
await replace();

const free = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, host, () => {
      const {port} = probe.address();
      probe.close(() => resolve(port));
    });
  });
const [door, preview] = [await free(), await free()];

function start(command, args, more) {
  // a group of its own: it is ended with all that it started
  const child = spawn(command, args, {
    cwd: folder,
    detached: true,
    stdio: ["pipe", "inherit", "inherit"],
    env: {...process.env, ...more},
  });
  child.on("exit", (status) => end(`${command} ended with ${status}`));
  children.push(child);
}

function end(why) {
  if (code === null && why) console.error(`make dashboard: ${why}`);
  code ??= why ? 1 : 0;
  for (const {pid, exitCode, signalCode} of children) {
    if (exitCode === null && signalCode === null) process.kill(-pid, "SIGTERM");
  }
  if (children.every(({exitCode, signalCode}) => exitCode !== null || signalCode !== null)) process.exit(code);
}

// sends a request on; its answer goes to `use`
function ask(to, request, headers, body, use, lost) {
  const far = http.request({host, port: to, method: request.method, path: request.url, headers}, use);
  far.on("error", lost);
  body ? body.pipe(far) : far.end();
  return far;
}

function relay(answer, response) {
  response.writeHead(answer.statusCode, answer.headers);
  answer.pipe(response);
  answer.on("error", () => response.destroy());
}

function pass(to, request, response, body) {
  const lost = () =>
    response.headersSent ? response.destroy() : response.writeHead(503).end("not there yet; reload\n");
  const far = ask(to, request, request.headers, body, (answer) => relay(answer, response), lost);
  response.on("close", () => far.destroy());
}

// the door answers 204 where the page may be shown, else what is to be shown in its place
function admit(request, welcome, refuse) {
  const {connection, upgrade, "content-length": _, "transfer-encoding": __, ...headers} = request.headers;
  const use = (answer) => (answer.statusCode === 204 ? (answer.resume(), welcome()) : refuse(answer));
  ask(door, request, headers, null, use, () => refuse(null));
}

const server = http.createServer((request, response) => {
  if (request.url.startsWith("/api/")) return pass(door, request, response, request);
  const refuse = (answer) =>
    answer ? relay(answer, response) : response.writeHead(503).end("not there yet; reload\n");
  admit(request, () => pass(preview, request, response, request), refuse);
});
server.on("upgrade", (request, socket, head) => {
  const welcome = () => {
    const far = net.connect(preview, host, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(request.rawHeaders.slice(i, i + 2).join(": "));
      far.write(`${lines.join("\r\n")}\r\n\r\n`);
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    for (const [one, other] of [
      [far, socket],
      [socket, far],
    ])
      one.on("error", () => other.destroy());
  };
  admit(request, welcome, () => socket.destroy());
});
server.on("error", ({code}) => {
  const taken = `port ${port} is taken; choose another: make dashboard STATEHUB_DASHBOARD_PORT=${port + 10}`;
  end(code === "EADDRINUSE" ? taken : code);
});
server.listen(port, host, async () => {
  start("custodian", ["dashboard", "--no-pages", "--with-parent"], {STATEHUB_DASHBOARD_PORT: String(door)});
  // the loaders ask by way of it
  while (!(await fetch(`http://${host}:${door}/health`).catch(() => null))) await pause();
  const where = ["--port", String(preview), "--host", host, "--no-open"];
  start("npm", ["run", "dev", "--", ...where], {
    STATEHUB_API_URL: process.env.STATEHUB_API_URL || `http://${host}:${door}/api`,
  });
  const {search} = new URL(execFileSync("custodian", ["dashboard", "--link"], {encoding: "utf8"}).trim());
  console.log(`make dashboard: http://${host}:${port}/${search}; Ctrl-C ends it`);
});
for (const kind of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(kind, () => end());
