// What the page of a folder does beyond its HTML: filters while one types, moves by keys, previews, uploads.
// It makes text and elements, never markup, of what it is told.

const words = JSON.parse(document.body.dataset.words);
const search = document.querySelector("input[type=search]");
const rows = [...document.querySelectorAll("tbody tr")];
const links = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("td.name a"));

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// --- filter -----------------------------------------------------------------------------------------------

const nothing = element("p", { class: "empty", role: "status" }, words.nothing_found);
nothing.hidden = true;
document.querySelector("main").append(nothing);

function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const name = row.querySelector("td.name a").textContent.toLowerCase();
    row.hidden = !wanted.every((word) => name.includes(word));
  }
  nothing.hidden = !rows.length || rows.some((row) => !row.hidden);
}
search.addEventListener("input", filter);

// --- sort, without asking the server again ----------------------------------------------------------------

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
const keys = {
  name: (a, b) => collator.compare(a.querySelector("a").textContent, b.querySelector("a").textContent),
  size: (a, b) => a.dataset.size - b.dataset.size,
  mtime: (a, b) => a.dataset.mtime - b.dataset.mtime,
};

function sort(heading) {
  const order = heading.dataset.order;
  const before = heading.getAttribute("aria-sort");
  const falling = before === "none" ? order !== "name" : before === "ascending";
  for (const each of document.querySelectorAll("th")) each.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const isFolder = (row) => row.querySelector("td.name").classList.contains("folder");
  const entries = rows.filter((row) => row.dataset.size !== undefined);
  entries.sort((a, b) => isFolder(b) - isFolder(a) || (falling ? -1 : 1) * keys[order](a, b) || keys.name(a, b));
  document.querySelector("tbody").append(...entries);
  rows.splice(0, rows.length, ...document.querySelectorAll("tbody tr"));
}

for (const heading of document.querySelectorAll("th[data-order]")) {
  heading.querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    sort(heading);
  });
}

// --- previews ---------------------------------------------------------------------------------------------

const KINDS = {
  image: /\.(apng|avif|bmp|gif|ico|jpe?g|png|webp)$/i,
  video: /\.(m4v|mov|mp4|ogv|webm)$/i,
  audio: /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav)$/i,
  text: /\.(bash|c|cfg|conf|cpp|css|csv|diff|go|h|html?|ini|java|js|json|ko|log|md|patch|py|rb|rs|rst|sh|sql|svg|tex|toml|ts|tsv|txt|xml|ya?ml)$/i,
};
const SHOWN_BYTES = 65536; // of a text: enough to know it, and no phone is held up

function kindOf(name) {
  return Object.keys(KINDS).find((kind) => KINDS[kind].test(name));
}

async function textOf(href) {
  const response = await fetch(href, { headers: { Range: `bytes=0-${SHOWN_BYTES - 1}` } });
  if (!response.ok && response.status !== 416) throw new Error(response.statusText);
  const part = response.status === 206 && Number(response.headers.get("Content-Range").split("/")[1]) > SHOWN_BYTES;
  return (part ? words.too_large + "\n\n" : "") + (response.status === 416 ? "" : await response.text());
}

function showing(link) {
  const kind = kindOf(link.textContent);
  if (kind === "image") return element("img", { src: link.href, alt: link.textContent });
  if (kind === "video" || kind === "audio") return element(kind, { src: link.href, controls: "", preload: "metadata" });
  if (kind !== "text") return element("p", {}, words.no_preview);
  const text = element("pre", { tabindex: "0" });
  textOf(link.href).then(
    (content) => text.append(content),
    (error) => text.append(String(error)),
  );
  return text;
}

const title = element("h2");
const shown = element("div", { class: "shown" });
const save = element("a", { class: "button", download: "" }, words.download);
const dialog = element(
  "dialog",
  { "aria-label": words.preview },
  element(
    "header",
    {},
    title,
    element("button", { onclick: () => step(-1), "aria-label": words.previous }, "‹"),
    element("button", { onclick: () => step(1), "aria-label": words.next }, "›"),
    save,
    element("button", { onclick: () => dialog.close(), "aria-label": words.close }, "✕"),
  ),
  shown,
);
let current = null;
document.body.append(dialog);
dialog.addEventListener("close", () => {
  shown.replaceChildren(); // ends what is playing
  current?.focus();
});
dialog.addEventListener("keydown", (event) => {
  if (event.target.closest("video, audio")) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});

function preview(link) {
  current = link;
  title.textContent = link.textContent;
  save.href = link.href;
  shown.replaceChildren(showing(link));
  if (!dialog.open) dialog.showModal();
}

function step(by) {
  const files = links().filter((link) => kindOf(link.textContent));
  const next = files[files.indexOf(current) + by];
  if (next) preview(next);
}

for (const link of links()) {
  if (!kindOf(link.textContent)) continue;
  const label = `${words.preview}: ${link.textContent}`;
  link.after(element("button", { class: "preview", "aria-label": label, onclick: () => preview(link) }, "👁"));
}

// --- keys -------------------------------------------------------------------------------------------------

function move(by) {
  const all = links();
  const at = all.indexOf(document.activeElement);
  (at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by])?.focus();
}

const ACTIONS = {
  "/": () => search.focus(),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Backspace: () => document.querySelector("td.up a")?.click(),
  " ": () => {
    const link = document.activeElement;
    if (!links().includes(link) || !kindOf(link.textContent)) return false;
    preview(link);
    return true;
  },
};

document.addEventListener("keydown", (event) => {
  const busy = event.target.closest("input, textarea, dialog, button") || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
    search.blur();
  } else if (!busy && event.key in ACTIONS && ACTIONS[event.key]() !== false) {
    event.preventDefault();
  }
});

// --- uploads ----------------------------------------------------------------------------------------------
// A file goes as one PUT. One that breaks off is asked about (HEAD …?upload) and goes on from what arrived.

const MOST_TRIES = 8;
const pause = (tries) => new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** tries, 30000)));

function put(file, url, start, { replace, progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", replace ? `${url}?replace` : url);
    if (start) request.setRequestHeader("Content-Range", `bytes ${start}-${file.size - 1}/${file.size}`);
    request.upload.addEventListener("progress", (event) => progress(start + event.loaded));
    request.addEventListener("load", () => resolve(request.status));
    request.addEventListener("error", () => reject(new Error("network")));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(start ? file.slice(start) : file);
  });
}

async function arrived(url, size) {
  const response = await fetch(`${url}?upload`, { method: "HEAD", headers: { "Upload-Length": String(size) } });
  return Number(response.headers.get("Upload-Offset") ?? 0);
}

async function send(file, url, options) {
  for (let tries = 0, start = 0; ; tries += 1) {
    try {
      return await put(file, url, start, options);
    } catch (error) {
      if (error.name === "AbortError" || tries >= MOST_TRIES) throw error;
      options.says(words.retrying);
      await pause(tries);
      start = await arrived(url, file.size).catch(() => start);
    }
  }
}

function uploads(files) {
  let list = document.querySelector("#uploads");
  if (!list) {
    list = element("ul", { id: "uploads", "aria-live": "polite" });
    document.querySelector("main").prepend(list);
  }
  for (const file of files) list.append(upload(file));
}

// Whether the page lists a file of that name: then it asks before it sends anything.
function listed(name) {
  return rows.some((row) => row.querySelector("td.name a").getAttribute("href") === `./${encodeURIComponent(name)}`);
}

function upload(file) {
  const bar = element("progress", { max: Math.max(file.size, 1), value: 0, "aria-label": file.name });
  const state = element("span", { class: "state" }, words.uploading);
  const abort = new AbortController();
  const cancel = element("button", { onclick: () => abort.abort() }, words.cancel);
  const item = element("li", {}, element("span", {}, file.name), bar, state, cancel);
  const url = new URL(encodeURIComponent(file.name), new URL(location.pathname, location.origin)).href;
  const options = {
    progress: (sent) => (bar.value = sent),
    says: (text) => (state.textContent = text),
    signal: abort.signal,
  };

  async function go(replace) {
    options.says(words.uploading);
    try {
      const known = !replace && listed(file.name);
      const status = known ? 409 : await send(file, url, { ...options, replace });
      if (status === 409 && !replace) {
        options.says(words.exists);
        cancel.before(element("button", { onclick: (event) => (event.target.remove(), go(true)) }, words.replace));
        return;
      }
      const done = status >= 200 && status < 300;
      options.says(done ? words.uploaded : `${words.failed} (${status})`);
      item.dataset.done = done ? "yes" : "no";
      if (done) bar.value = bar.max;
    } catch (error) {
      options.says(error.name === "AbortError" ? words.cancel : words.failed);
    }
    cancel.remove();
  }
  go(false);
  return item;
}

if (document.body.dataset.upload) {
  const field = document.querySelector("#upload");
  field.addEventListener("change", () => uploads(field.files));
  field.parentElement.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") field.click();
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    document.body.dataset.drop = document.querySelector("#upload").closest("p").lastChild.textContent.trim();
    document.body.classList.add("dropping");
  });
  for (const ends of ["dragleave", "drop"]) {
    document.addEventListener(ends, () => document.body.classList.remove("dropping"));
  }
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    uploads(event.dataTransfer.files);
  });
}
