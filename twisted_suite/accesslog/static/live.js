// Fills the live page from the server's events. Everything is set as text: nothing in a log becomes markup.
"use strict";

const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat(document.documentElement.lang);

function element(name, text, parent, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function showPulse(pulse) {
  for (const [name, value] of Object.entries(pulse)) {
    const place = byId(name);
    if (place && typeof value === "number") place.textContent = number.format(value);
  }
  byId("recent").textContent = pulse.recent.join("\n");
}

function showPanel(name, panel, parent) {
  const section = element("section", "", parent);
  section.id = `panel-${name}`;
  element("h2", panel.title, section);
  const scroll = element("div", "", section, "scroll");
  const table = element("table", "", scroll);
  const head = element("tr", "", table);
  for (const title of [panel.title, parent.dataset.requests, parent.dataset.bytes, ""]) element("th", title, head);
  const most = Math.max(...panel.rows.map((row) => row[1]));
  for (const [value, hits, bytes] of panel.rows) {
    const row = element("tr", "", table);
    element("td", value, row);
    element("td", number.format(hits), row);
    element("td", number.format(bytes), row);
    const bar = element("i", "", element("td", "", row, "bars"), "bar");
    bar.style.width = `${(100 * hits) / most}%`;
  }
}

function showPanels(panels) {
  const parent = byId("panels");
  parent.replaceChildren();
  for (const [name, panel] of Object.entries(panels)) showPanel(name, panel, parent);
}

const events = new EventSource("events");
const live = byId("live");
events.addEventListener("open", () => live.classList.add("on"));
events.addEventListener("error", () => live.classList.remove("on"));
events.addEventListener("pulse", (event) => showPulse(JSON.parse(event.data)));
events.addEventListener("panels", (event) => showPanels(JSON.parse(event.data)));
