// Puts it together: the connection, the rooms, the page.

import { Connection } from "./connection.js";
import { Memory, PAGE, Room, mentions, read } from "./conversation.js";
import { Lines, element, linked, message, named } from "./view.js";
import { language, say } from "./words.js";

const DEFAULT_ROOM = "lobby";
const NEAR_PX = 60; // so near to the end counts as at it
const NEAR_TOP_PX = 600; // so near to the top older events are asked for
const ANSWER_MS = 5000; // an answer that has not come by then will not: a server answers nobody who does not read
const JUMP_PAGES = 50; // at most so many pages are loaded to reach what a search found
const $ = (id) => document.getElementById(id);
const memory = new Memory(localStorage);

let me = null; // {id, name}
let wanted = memory.get("name", "");
let canSearch = false;
let current = null;
let lines = null; // builds the elements at the end of the current room's log
let marker = null; // the line above what is unread
let shownFirst = ""; // the room to show once we are in it
let following = true; // the log is at its end, and stays there
const rooms = new Map();

// What is beside the log is drawn once for all events of a frame.
const stale = new Set();
function soon(draw) {
  if (!stale.size) queueMicrotask(() => {
    const all = [...stale];
    stale.clear();
    for (const each of all) each();
  });
  stale.add(draw);
}

// --- words ------------------------------------------------------------------------------------------------

document.documentElement.lang = language;
for (const each of document.querySelectorAll("[data-says]")) each.textContent = say(each.dataset.says);
for (const each of document.querySelectorAll("[data-labels]")) {
  each.setAttribute("aria-label", say(each.dataset.labels));
  each.title = say(each.dataset.labels);
}
$("text").placeholder = say("message");

// --- the connection ---------------------------------------------------------------------------------------

const address = new URL("ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(address, {
  opened: () => {
    if (wanted) login();
    else askName("");
  },
  received: (event) => HANDLERS[event.is]?.(event),
  closed: () => {
    if (!$("chat").hidden) $("state").textContent ||= say("reconnecting");
  },
});

function login() {
  connection.send({ do: "login", name: wanted, room: null });
}

function askName(refusal) {
  $("chat").hidden = true;
  $("login").hidden = false;
  $("refusal").textContent = refusal;
  $("name").value ||= wanted;
  $("name").focus();
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  wanted = $("name").value.trim();
  if (wanted && !connection.send({ do: "login", name: wanted, room: null })) $("refusal").textContent = say("connecting");
});

const HANDLERS = {
  welcome: (event) => {
    canSearch = event.search;
  },
  name_taken: (event) => nameRefused(say("name_taken"), event),
  name_refused: (event) => nameRefused(say("name_refused", { why: event.fault }), event),
  logged_in: ({ who }) => {
    me = who;
    wanted = who.name;
    memory.set("name", wanted);
    $("login").hidden = true;
    $("chat").hidden = false;
    $("state").textContent = "";
    showMe();
    const known = rooms.size ? [...rooms.keys()] : memory.get("rooms", []);
    if (!known.length) known.push(DEFAULT_ROOM);
    if (current === null) shownFirst = known.includes(memory.get("room", "")) ? memory.get("room", "") : known[0];
    for (const name of known) join(name);
    $("text").focus();
  },
  entered: (event) => {
    const room = roomOf(event.room);
    room.entered(event);
    const remembered = memory.get(`read:${room.name}`, null);
    if (remembered?.epoch === room.epoch) room.readTo = Math.max(room.readTo, remembered.number);
    else if (!room.last && !remembered) room.readTo = event.number; // a first visit: nothing is unread
    connection.send({ do: "ask_members", room: room.name });
    if (room.complete) room.loaded = true;
    else if (!room.loaded) askOlder(room);
    if (shownFirst === room.name) {
      shownFirst = "";
      show(room);
    }
    remember();
    soon(listRooms);
  },
  members: ({ room: name, members }) => {
    const room = roomOf(name);
    room.members = new Map(members.map((each) => [each.who.id, { ...each.who, status: each.status, is_away: each.is_away }]));
    if (room === current) soon(listMembers);
  },
  recounted: ({ room: name, epoch, events }) => {
    const room = roomOf(name);
    if (room.epoch && epoch !== room.epoch) return;
    const isFirst = !room.loaded;
    const older = room.prepend(events);
    if (room === current && isFirst) show(room);
    else if (room === current) showOlder(older);
    countUnread(room);
  },
  missed: ({ room: name, count }) => {
    const room = roomOf(name);
    room.missed(count);
    if (room === current) add(room.items.at(-1));
  },
  found: showFound,
  rooms: ({ rooms: list }) => note(say("rooms_are", { rooms: list.map((each) => `${each.name} (${each.count})`).join(", ") })),
  told: (event) => note(event),
  is_away: ({ name, message: text }) => note(say("is_away", { name, message: text })),
  away_set: ({ who, message: text }) => {
    for (const room of rooms.values()) {
      if (room.members.has(who.id)) room.members.get(who.id).is_away = text !== null;
    }
    soon(listMembers);
  },
  you_renamed: ({ name }) => renamed(name),
  refused: ({ fault, subject }) => note(say("refused", { why: fault, subject })),
  not_understood: ({ word }) => note(say("unknown", { word })),
  message_refused: () => note(say("too_long")),
  topic_shown: ({ topic }) => note(topic),
  server_stopped: () => {
    $("state").textContent = say("stopped");
  },
};
for (const kind of ["said", "joined", "left", "gone", "renamed", "topic_set", "kicked", "modes_set", "crowd"]) HANDLERS[kind] = happened;

function nameRefused(text, event) {
  if (me && event.name !== me.name && !$("chat").hidden && rooms.size && $("state").textContent === "") note(text);
  else askName(text);
}

function join(name) {
  const room = roomOf(name);
  connection.send({ do: "join", room: name, ...(room.since ? { since: room.since } : {}) });
}

function roomOf(name) {
  if (!rooms.has(name)) rooms.set(name, new Room(name));
  return rooms.get(name);
}

function remember() {
  memory.set("rooms", [...rooms.keys()]);
}

// --- what happens in a room -------------------------------------------------------------------------------

function isMention(event) {
  return event.is === "said" && me !== null && event.who.name !== me.name && mentions(event.text, me.name);
}

function happened(event) {
  const room = roomOf(event.room);
  if (!room.append(event)) return;
  room.follow(event);
  const mine = me !== null && event.who.id === me.id;
  if (mine && event.is === "renamed") renamed(event.name);
  if (event.is === "left" && mine) return forget(room);
  if (event.is === "kicked" && me !== null && event.name === me.name) return forget(room);
  if (room === current) {
    add(event);
    following ||= mine;
    if (following) soon(toEnd);
    if (event.is !== "said") soon(listMembers);
    if (event.is === "topic_set") showTopic();
  }
  if ((mine && event.is === "said") || (room === current && following && document.hasFocus())) markRead(room);
  countUnread(room);
}

function renamed(name) {
  me.name = wanted = name;
  memory.set("name", name);
  showMe();
}

function forget(room) {
  rooms.delete(room.name);
  remember();
  if (room === current) {
    current = null;
    const next = rooms.values().next().value;
    if (next) {
      show(next);
    } else {
      shownFirst = DEFAULT_ROOM;
      join(DEFAULT_ROOM);
    }
  }
  listRooms();
}

// Everything up to here has been seen.
function markRead(room) {
  if (room.last <= room.readTo || !room.loaded) return;
  room.readTo = room.last;
  memory.set(`read:${room.name}`, { epoch: room.epoch, number: room.readTo });
}

function countUnread(room) {
  room.countUnread(me?.id, isMention);
  soon(listRooms);
  soon(showUnread);
}

function showUnread() {
  const all = [...rooms.values()].reduce((sum, each) => sum + each.unread, 0);
  document.title = (all ? `(${all}) ` : "") + (current ? `${current.name} – ` : "") + say("title");
  $("below").hidden = following;
  $("below").textContent = current?.unread ? say("below", { count: current.unread }) : say("bottom");
}

// --- the log ----------------------------------------------------------------------------------------------

function isAtEnd() {
  const log = $("log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
}

function toEnd() {
  following = true;
  $("log").scrollTop = $("log").scrollHeight;
}

function show(room) {
  current = room;
  memory.set("room", room.name);
  $("room-name").textContent = room.name;
  $("text").setAttribute("aria-label", say("says", { room: room.name }));
  showTopic();
  redraw();
  toEnd();
  if (marker) {
    marker.scrollIntoView({ block: "center" });
    following = isAtEnd();
  }
  if (document.hasFocus() && following) markRead(room);
  listMembers();
  countUnread(room);
  askOlderNearTop();
  close("rooms");
}

function showTopic() {
  $("topic").replaceChildren(...linked(current.topic ?? ""));
}

// All of the current room's log anew. The marker stays above what is unread now.
function redraw() {
  lines = new Lines(isMention);
  marker = null;
  const made = [];
  for (const item of current.items) made.push(...withMarker(item, lines.of(item)));
  $("events").replaceChildren(...made);
  showBeginning();
}

function withMarker(item, made) {
  if (marker || item.number === undefined || item.number <= current.readTo || item.is === "gap") return made;
  if (item.is !== "said" || item.who.id === me?.id) return made;
  marker = element("li", { class: "marker", role: "separator" }, say("unread"));
  return [marker, ...made];
}

function add(item) {
  const attentive = document.hasFocus() && following;
  const made = lines.of(item);
  $("events").append(...(attentive ? made : withMarker(item, made)));
}

function showOlder(older) {
  if (!older.length) return showBeginning();
  const log = $("log");
  const fromEnd = log.scrollHeight - log.scrollTop;
  redraw();
  log.scrollTop = log.scrollHeight - fromEnd;
  askOlderNearTop();
}

function showBeginning() {
  $("top").textContent = current.complete ? say("beginning") : "";
}

function askOlder(room) {
  if (Date.now() < room.asking || room.complete) return;
  const before = room.first === Infinity ? null : room.first;
  const asked = connection.send({ do: "recount", room: room.name, count: PAGE, before });
  room.asking = asked ? Date.now() + ANSWER_MS : 0;
}

// Whoever comes near to the top sees older events before reaching it.
function askOlderNearTop() {
  if (current?.items.length && $("log").scrollTop < NEAR_TOP_PX) askOlder(current);
}

$("log").addEventListener("scroll", () => {
  if (current === null) return;
  following = isAtEnd();
  if (following && document.hasFocus()) markRead(current);
  countUnread(current);
  askOlderNearTop();
});
addEventListener("resize", () => following && toEnd());
addEventListener("focus", () => {
  if (current !== null && following) markRead(current);
  if (current !== null) countUnread(current);
});
addEventListener("blur", () => {
  if (current === null) return;
  marker?.remove(); // what comes from now on is what is new
  marker = null;
});
$("below").addEventListener("click", toEnd);

// Words of the server for this page alone: they are not in the room's log, and are gone when it is drawn anew.
function note(what) {
  if (current === null) return;
  const made = typeof what === "string" ? element("li", { class: "note", role: "status" }, what) : message(what, true);
  $("events").append(made);
  lines.presence = null;
  if (following) toEnd();
}

// --- beside the log ---------------------------------------------------------------------------------------

function showMe() {
  $("me").replaceChildren(named(me.name));
}

function listRooms() {
  const items = [...rooms.values()].map((room) => {
    const label = room.unread ? say("unread_of", { room: room.name, count: room.unread }) : room.name;
    const classes = [room.unread ? "unread" : "", room.mentions ? "mentioned" : ""].join(" ").trim();
    const open = element("button", { class: classes, "aria-label": label, onclick: () => show(room) }, room.name);
    if (room === current) open.setAttribute("aria-current", "true");
    if (room.unread) open.append(element("span", { class: "count" }, String(room.unread)));
    const leave = () => connection.send({ do: "part", room: room.name });
    const labelled = say("leave", { room: room.name });
    return element("li", {}, open, element("button", { class: "leave", "aria-label": labelled, title: labelled, onclick: leave }, "✕"));
  });
  $("room-list").replaceChildren(...items);
}

function listMembers() {
  if (current === null) return;
  const rank = (member) => (member.status.includes("operator") ? 0 : member.status.includes("voice") ? 1 : 2);
  const members = [...current.members.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, language));
  $("count").textContent = String(members.length);
  const items = members.map((member) => {
    const status = rank(member) < 2 ? element("small", {}, ` ${say(member.status.includes("operator") ? "operator" : "voice")}`) : null;
    const away = member.is_away ? element("small", {}, ` ${say("away")}`) : null;
    const mention = () => insert(`${member.name} `);
    const button = element("button", { onclick: mention }, named(member.name), status, away);
    return element("li", member.is_away ? { class: "away" } : {}, button);
  });
  $("member-list").replaceChildren(...items);
}

$("add").addEventListener("click", () => {
  const name = prompt(say("which_room"));
  if (!name?.trim()) return;
  shownFirst = name.trim().replace(/^#/, "");
  connection.send({ do: "join", room: shownFirst });
});

for (const panel of ["rooms", "members"]) {
  $(`show-${panel}`).addEventListener("click", () => {
    const open = document.body.classList.toggle(`with-${panel}`);
    $(`show-${panel}`).setAttribute("aria-expanded", String(open));
  });
}

function close(panel) {
  document.body.classList.remove(`with-${panel}`);
  $(`show-${panel}`).setAttribute("aria-expanded", "false");
}

// --- writing ----------------------------------------------------------------------------------------------

function insert(text) {
  const box = $("text");
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.focus();
}

function grow() {
  const box = $("text");
  box.rows = Math.min(8, box.value.split("\n").length);
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const box = $("text");
  const typed = box.value.split("\n").filter((line) => line.trim());
  for (const line of typed) {
    const command = read(line, current?.name ?? null);
    if (command === null) note(say("unknown", { word: line.split(" ")[0] }));
    else if (command.do === "help") note(say("help"));
    else if (!connection.send(command)) return note(say("offline")); // what was typed stays
    if (command?.do === "join") shownFirst = command.room.replace(/^#/, "");
  }
  box.value = "";
  grow();
});

$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  // While a Hangul syllable is being composed, Enter ends the syllable and not the message.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  } else if (event.key === "Tab" && !event.shiftKey && complete()) {
    event.preventDefault();
  }
});

// Completes the name before the cursor; Tab otherwise goes on to the next field.
function complete() {
  const box = $("text");
  const begun = /(\S+)$/u.exec(box.value.slice(0, box.selectionStart))?.[1];
  if (!begun || !current) return false;
  const folded = begun.replace(/^@/, "").toLowerCase();
  const name = [...current.members.values()].map((each) => each.name).find((each) => each.toLowerCase().startsWith(folded));
  if (!folded || !name || name === begun) return false;
  box.setSelectionRange(box.selectionStart - begun.length, box.selectionStart);
  insert(`${name} `);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const all = [...rooms.values()];
    const at = all.indexOf(current) + (event.key === "ArrowDown" ? 1 : -1);
    if (all.length) show(all[(at + all.length) % all.length]);
    event.preventDefault();
  } else if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    openSearch();
    event.preventDefault();
  } else if (event.key === "Escape" && !$("search").open) {
    close("rooms");
    close("members");
    if (current) toEnd();
    $("text").focus();
  }
});

// --- search -----------------------------------------------------------------------------------------------

let asked = null;

function openSearch() {
  $("search").showModal();
  $("query").select();
}

$("search-open").addEventListener("click", openSearch);
$("search-close").addEventListener("click", () => $("search").close());
$("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const query = $("query").value.trim();
  if (!query || !current) return;
  clearTimeout(asked);
  if (canSearch && connection.send({ do: "search", room: current.name, query })) return;
  const folded = query.toLowerCase().split(/\s+/);
  const events = current.items.filter((item) => item.is === "said" && folded.every((word) => item.text.toLowerCase().includes(word)));
  showFound({ events: events.slice(-PAGE).reverse() });
  $("search-state").textContent += ` ${say("only_loaded")}`;
});

function showFound({ events }) {
  $("search-state").textContent = events.length ? say("found", { count: events.length }) : say("not_found");
  const items = events.map((event) => {
    const date = element("small", {}, new Date(event.at * 1000).toLocaleString(language));
    const button = element("button", { onclick: () => jump(event.number) }, date, " ", named(event.who.name), ` ${event.text}`);
    return element("li", {}, button);
  });
  $("results").replaceChildren(...items);
}

// Scroll to an event, loading what is between.
async function jump(number) {
  $("search").close();
  const room = current;
  for (let pages = 0; room.first > number && !room.complete && pages < JUMP_PAGES; pages += 1) {
    askOlder(room);
    while (Date.now() < room.asking) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const line = document.querySelector(`#events [data-number="${number}"]`);
  line?.scrollIntoView({ block: "center" });
  line?.classList.add("jumped");
  setTimeout(() => line?.classList.remove("jumped"), 3000);
}

connection.open();
