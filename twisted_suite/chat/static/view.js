// One room's log as elements. What people wrote becomes text, never markup.

import { language, say } from "./words.js";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,:;!?)\]}]/gu;
const PRESENCE = new Set(["joined", "left", "gone"]);
const HUES = 12;
const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "full" });

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function hue(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) >>> 0;
  return sum % HUES;
}

export function named(name) {
  return element("b", { class: `name hue-${hue(name)}` }, name);
}

// `text` with its addresses as links; only http and https, and they learn nothing of this page.
export function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index));
    const href = match[0];
    parts.push(element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, href));
    end = match.index + href.length;
  }
  return [...parts, text.slice(end)];
}

function sentence(event) {
  const name = event.who.name;
  switch (event.is) {
    case "joined":
      return say("joined", { name });
    case "left":
    case "gone":
      return say("left", { name }) + (event.reason ? ` (${event.reason})` : "");
    case "renamed":
      return say("renamed", { name, to: event.name });
    case "topic_set":
      return say("topic_set", { name, topic: event.topic });
    case "kicked":
      return say("kicked", { by: name, name: event.name }) + (event.reason ? ` (${event.reason})` : "");
    case "crowd": {
      const key = !event.left ? "presence_joined" : !event.came ? "presence_left" : "presence";
      return say(key, { joined: event.came, left: event.left });
    }
    case "modes_set": {
      const modes = event.changes.map((each) => (each.is_set ? "+" : "-") + each.mode + " " + each.argument);
      return say("modes_set", { name, modes: modes.join(" ").trim() });
    }
  }
  return "";
}

export function stamp(at) {
  const date = new Date(at * 1000);
  return element("time", { datetime: date.toISOString(), title: date.toLocaleString(language) }, time.format(date));
}

export function message(event, isMention) {
  const emote = event.kind === "emote";
  const classes = ["said", event.kind, ...(isMention ? ["mention"] : [])].join(" ");
  const text = element("span", { class: "text" }, ...linked(event.text));
  const to = event.to ? element("span", { class: "to" }, ` ${say("private")}, ${say("to", { name: event.to })}`) : null;
  return element("li", { class: classes }, stamp(event.at), emote ? "* " : null, named(event.who.name), to, " ", text);
}

function gap(item) {
  const text = item.count === null ? say("gap_unknown") : say("gap", { count: item.count });
  return element("li", { class: "gap" }, text);
}

// Builds the elements of items that follow each other: a date where the day changes, one line for who came and went.
export class Lines {
  constructor(isMention) {
    this.isMention = isMention;
    this.day = "";
    this.presence = null; // the line that further comings and goings go into
  }

  // The elements to add for `item`; none where it went into a line that is there.
  of(item) {
    const made = [];
    if (item.at !== undefined) {
      const today = day.format(new Date(item.at * 1000));
      if (today !== this.day) {
        this.day = today;
        this.presence = null;
        made.push(element("li", { class: "day" }, today));
      }
    }
    if (PRESENCE.has(item.is)) {
      if (this.presence === null) {
        this.presence = new Presence();
        made.push(this.presence.line);
      }
      this.presence.add(item);
      return made;
    }
    this.presence = null;
    made.push(this.line(item));
    made.at(-1).dataset.number = item.number;
    return made;
  }

  line(item) {
    if (item.is === "said" || item.is === "told") return message(item, this.isMention(item));
    if (item.is === "gap") return gap(item);
    if (item.is === "note") return element("li", { class: "note" }, item.text);
    return element("li", { class: "change" }, stamp(item.at), " ", sentence(item));
  }
}

class Presence {
  constructor() {
    this.summary = element("summary");
    this.list = element("ul");
    this.line = element("li", { class: "presence" }, element("details", {}, this.summary, this.list));
    this.joined = 0;
    this.left = 0;
  }

  add(event) {
    if (event.is === "joined") this.joined += 1;
    else this.left += 1;
    this.list.append(element("li", {}, stamp(event.at), " ", sentence(event)));
    this.line.dataset.number = event.number;
    if (this.joined + this.left === 1) this.summary.textContent = sentence(event);
    else {
      const key = !this.left ? "presence_joined" : !this.joined ? "presence_left" : "presence";
      this.summary.textContent = say(key, { joined: this.joined, left: this.left });
    }
  }
}
