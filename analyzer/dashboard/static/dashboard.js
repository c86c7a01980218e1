"use strict";
// The page arrives with its figures. This puts later texts into the same elements, as text, never as
// markup, and says so when no more arrive.
const SILENT_MS = 2000;
const RETRY_MS = 5000;
const body = document.body;
const link = document.getElementById("link");
const keyed = new Map();
const board = { charts: {}, listeners: [] };
window.dashboard = board;

for (const element of document.querySelectorAll("[data-key]")) {
  keyed.set(element.dataset.key, element);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A row brings the cells that changed; what it does not name stays as it is.
function fillRow(element, row) {
  const each = (name, put) => {
    for (const found of element.querySelectorAll(`[data-${name}]`)) {
      const text = row[found.dataset[name]];
      if (text !== undefined) put(found, text);
    }
  };
  if (row.tone) element.dataset.tone = row.tone;
  each("cell", setText);
  each("href", (anchor, address) => {
    anchor.setAttribute("href", address);
    if (row.current) anchor.setAttribute("aria-current", "page");
  });
  each("width", (shape, width) => shape.setAttribute("width", width));
  each("path", (path, line) => path.setAttribute("d", line));
}

function fillList(list, count, rows) {
  const template = list.querySelector("template");
  const present = [...list.children].filter((child) => child !== template);
  for (const surplus of present.splice(count)) surplus.remove();
  while (present.length < count) {
    const element = template.content.firstElementChild.cloneNode(true);
    list.insertBefore(element, template);
    present.push(element);
  }
  for (const [place, row] of rows) fillRow(present[place], row);
  hideEmpty(list, count);
}

function hideEmpty(list, count) {
  const panel = list.closest("[data-hides]");
  if (panel) panel.toggleAttribute("data-empty", count === 0);
}

function takeList(name, count, rows) {
  const list = document.querySelector(`[data-list="${CSS.escape(name)}"]`);
  if (list) fillList(list, count, rows);
}

function take(message) {
  for (const [key, text] of Object.entries(message.texts ?? {})) {
    const element = keyed.get(key);
    if (element) setText(element, text);
    for (const shape of document.querySelectorAll(`[data-key-width="${CSS.escape(key)}"]`)) {
      shape.setAttribute("width", text);
    }
  }
  for (const [key, tone] of Object.entries(message.tones ?? {})) {
    const element = keyed.get(key);
    if (element) element.dataset.tone = tone;
    const name = CSS.escape(key);
    for (const other of document.querySelectorAll(`[data-key-tone="${name}"], [data-key-width="${name}"]`)) {
      other.dataset.tone = tone;
    }
  }
  for (const [name, rows] of Object.entries(message.lists ?? {})) {
    takeList(name, rows.length, [...rows.entries()]);
  }
  for (const [name, [count, rows]] of Object.entries(message.rows ?? {})) takeList(name, count, rows);
  if (message.charts) {
    Object.assign(board.charts, message.charts);
    for (const listener of board.listeners) listener(message.charts);
  }
}

// The stream, and the truth about it.
let lastHeard = 0;
let source = null;

function say(state, words) {
  if (body.dataset.link !== state) body.dataset.link = state;
  setText(link, words);
  const headline = keyed.get("headline").textContent;
  document.title = state === "stale" ? `STALE · ${headline}` : headline;
}

function connect() {
  const context = body.dataset.context;
  const query = context ? `?context=${encodeURIComponent(context)}` : "";
  source = new EventSource(`${body.dataset.root}events${query}`);
  source.onmessage = (event) => {
    lastHeard = performance.now();
    take(JSON.parse(event.data));
    // Connected is not the same as well informed: the source behind the page may be silent.
    if (keyed.get("age").dataset.tone === "none") say("silent", "no new data");
    else say("live", "live");
  };
  source.onerror = () => watch(true);
}

function watch(broken) {
  if (body.dataset.link === "waiting" && !broken) return;
  const silent = performance.now() - lastHeard;
  if (broken || silent > SILENT_MS) {
    const since = lastHeard ? `STALE for ${Math.max(1, Math.round(silent / 1000))} s` : "STALE: no connection";
    say("stale", since);
  }
  if (source.readyState === EventSource.CLOSED && !board.retry) {
    // The server refused: a new token may be needed, or it is restarting.
    board.retry = setTimeout(() => { board.retry = null; connect(); }, RETRY_MS);
  }
}

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(script);
  });
}

async function loadCharts() {
  if (!document.querySelector("[data-chart]")) return;
  for (const address of body.dataset.scripts.split(" ")) await load(address);
}

for (const list of document.querySelectorAll("[data-hides] [data-list]")) {
  hideEmpty(list, list.children.length - 1);
}
connect();
setInterval(() => watch(source.readyState !== EventSource.OPEN && lastHeard > 0), 500);
window.addEventListener("load", () => requestAnimationFrame(() => setTimeout(loadCharts)));
