// Draws the services as /figures.json tells them, every two seconds.

const words = JSON.parse(document.body.dataset.words);
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
const CHARTS = [
  ["open", number.format.bind(number)],
  ["accepted", (value) => number.format(value) + words.per_second],
  ["received", (value) => size(value) + words.per_second],
  ["sent", (value) => size(value) + words.per_second],
  ["buffered", size],
  ["refused", (value) => number.format(value) + words.per_second],
];
const WIDTH = 150, HEIGHT = 40;

function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1024;
  return number.format(bytes) + " " + units[unit];
}

// The two largest units: "2 days 5 hr".
function duration(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const first = Math.max(0, units.findIndex(([, length]) => seconds >= length));
  return units.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit }).format(count);
  }).join(" ");
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawing(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The newest value is always at the right edge, however many there are.
function points(values, peak) {
  return values
    .map((value, index) => [WIDTH - values.length + 1 + index, value])
    .filter(([, value]) => value !== null)
    .map(([x, value]) => [x, HEIGHT - 1 - (peak ? (value / peak) * (HEIGHT - 4) : 0)]);
}

function draw(chart, values, format) {
  const known = values.filter((value) => value !== null);
  const peak = Math.max(0, ...known);
  const now = format(known.at(-1) ?? 0);
  const line = points(values, peak).map(([x, y]) => `${x},${y.toFixed(1)}`);
  chart.value.textContent = now;
  chart.peak.textContent = `${words.peak} ${format(peak)}`;
  chart.svg.setAttribute("aria-label", `${chart.name}: ${now}; ${words.peak} ${format(peak)}, ${words.minutes}`);
  chart.line.setAttribute("points", line.join(" "));
  const start = line.length ? line[0].split(",")[0] : WIDTH;
  chart.area.setAttribute("points", line.length ? `${start},${HEIGHT} ${line.join(" ")} ${WIDTH},${HEIGHT}` : "");
}

function makeChart(name) {
  const chart = {
    name,
    value: element("b"),
    peak: element("small"),
    svg: drawing("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }),
    line: drawing("polyline", { class: "line" }),
    area: drawing("polygon", { class: "area" }),
  };
  chart.svg.append(chart.area, chart.line);
  chart.figure = element("figure", {}, element("figcaption", {}, name), chart.value, chart.svg, chart.peak);
  return chart;
}

const cards = new Map();

function makeCard(service) {
  const charts = Object.fromEntries(CHARTS.map(([key]) => [key, makeChart(words[key])]));
  const counts = element("dl");
  const section = element(
    "section",
    { "data-service": service, "aria-label": service },
    element("h2", {}, service),
    element("div", { class: "charts" }, ...CHARTS.map(([key]) => charts[key].figure)),
    counts,
  );
  return { charts, counts, section };
}

function count(name, counts, isWarning) {
  const parts = Object.entries(counts).sort().map(([kind, value]) => `${kind} ${number.format(value)}`);
  const value = element("dd", isWarning && parts.length ? { class: "warn" } : {}, parts.join(", ") || words.none);
  return element("div", {}, element("dt", {}, name), value);
}

function show(figures) {
  const main = document.getElementById("services");
  document.getElementById("waiting")?.remove();
  const present = new Set(figures.services.map(({ service }) => service));
  for (const [service, card] of cards) {
    if (!present.has(service)) {
      card.section.remove();
      cards.delete(service);
    }
  }
  for (const service of figures.services) {
    if (!cards.has(service.service)) {
      cards.set(service.service, makeCard(service.service));
      main.append(cards.get(service.service).section);
    }
    const card = cards.get(service.service);
    for (const [key, format] of CHARTS) draw(card.charts[key], service.series[key], format);
    // Levels are known from the first moment on, rates only from the second.
    card.charts.open.value.textContent = number.format(service.open);
    card.charts.buffered.value.textContent = size(service.buffered);
    card.counts.replaceChildren(count(words.ended, service.ended), count(words.refused, service.refused, true));
  }
}

function tell(state, isWarning, figures) {
  const label = document.getElementById("state");
  label.textContent = state;
  label.className = isWarning ? "warn" : "";
  const rest = figures
    ? ` · ${words.uptime} ${duration(figures.uptime_s)} · ${words.process} ${figures.process}` +
      ` · ${words.lateness} ${number.format(figures.lateness_ms)} ms`
    : "";
  document.getElementById("program").replaceChildren(label, rest);
}

async function refresh() {
  try {
    const answer = await fetch("figures.json", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.statusText);
    const figures = await answer.json();
    show(figures);
    tell(figures.draining ? words.draining : words.serving, figures.draining, figures);
    return figures.interval_s * 1000;
  } catch {
    tell(words.lost, true);
    return 2000;
  }
}

for (;;) {
  const wait = await refresh();
  await new Promise((resolve) => setTimeout(resolve, wait));
}
