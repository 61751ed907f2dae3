// The rooms as this page knows them: their events in order and once each, who is there, what is unread.
// No element of the page is touched here.

// Beyond this the oldest are forgotten; they can be had again by scrolling up.
const KEPT_EVENTS = 20000;
export const PAGE = 100; // events asked for at once when scrolling up

export class Room {
  constructor(name) {
    this.name = name;
    this.epoch = "";
    this.items = []; // events by number, and {is: "gap"} between those that do not follow each other
    this.first = Infinity; // number of the oldest here
    this.last = 0; // number of the newest
    this.complete = false; // there is nothing older
    this.members = new Map(); // by session's id
    this.topic = "";
    this.readTo = 0;
    this.unread = 0;
    this.mentions = 0;
    this.asking = 0; // for older events, until then
    this.loaded = false; // what was said before we came has been asked for, and is here
  }

  get since() {
    return this.epoch && this.last ? { epoch: this.epoch, number: this.last } : null;
  }

  entered({ epoch, number, topic }) {
    this.topic = topic;
    if (this.epoch && this.epoch !== epoch) {
      // Another epoch: the numbers that we have mean nothing any more.
      this.items.push({ is: "gap", count: null, number: this.last });
      this.last = 0;
      this.first = Infinity;
      this.complete = true; // what is above belongs to the epoch before
      this.readTo = 0;
    }
    this.epoch = epoch;
    if (number === 0) this.complete = true;
  }

  // Whether `event` is new here. What comes twice after a reconnect is dropped: exactly once on the page.
  append(event) {
    if (event.number <= this.last) return false;
    if (this.first === Infinity) this.first = event.number;
    this.items.push(event);
    this.last = event.number;
    if (this.first === 1) this.complete = true;
    while (this.items.length > KEPT_EVENTS) {
      this.items.shift();
      this.first = this.items[0].number;
      this.complete = false;
    }
    return true;
  }

  missed(count) {
    this.items.push({ is: "gap", count, number: this.last });
  }

  // Older events, as asked for. Returns those that are new, oldest first.
  prepend(events) {
    this.asking = 0;
    this.loaded = true;
    const older = events.filter((event) => event.number < this.first);
    if (older.length) {
      this.items.unshift(...older);
      this.first = older[0].number;
      if (!this.last) this.last = older.at(-1).number;
    }
    if (!older.length || this.first <= 1) this.complete = true;
    return older;
  }

  // Counts what others said since it was last read; the newest is last, so it stops early.
  countUnread(myId, isMention) {
    this.unread = this.mentions = 0;
    for (let at = this.items.length - 1; at >= 0 && this.items[at].number > this.readTo; at -= 1) {
      const item = this.items[at];
      if (item.is !== "said" || item.who.id === myId) continue;
      this.unread += 1;
      if (isMention(item)) this.mentions += 1;
    }
  }

  // Who is here after `event`.
  follow(event) {
    const { who } = event;
    switch (event.is) {
      case "joined":
        this.members.set(who.id, { ...who, status: [], is_away: false });
        break;
      case "left":
      case "gone":
        this.members.delete(who.id);
        break;
      case "renamed":
        if (this.members.has(who.id)) this.members.get(who.id).name = event.name;
        break;
      case "kicked":
        for (const [id, member] of this.members) if (member.name === event.name) this.members.delete(id);
        break;
      case "topic_set":
        this.topic = event.topic;
        break;
      case "modes_set":
        for (const { is_set, mode, argument } of event.changes) this.setStatus(argument, STATUS[mode], is_set);
        break;
    }
  }

  setStatus(name, status, isSet) {
    if (!status) return;
    for (const member of this.members.values()) {
      if (member.name !== name) continue;
      member.status = member.status.filter((each) => each !== status);
      if (isSet) member.status.push(status);
    }
  }
}

const STATUS = { o: "operator", v: "voice" };

// What is remembered between visits, in this browser only.
export class Memory {
  constructor(storage) {
    this.storage = storage;
  }

  get(key, otherwise) {
    try {
      return JSON.parse(this.storage.getItem(`chat:${key}`)) ?? otherwise;
    } catch {
      return otherwise; // not ours, or storage is off
    }
  }

  set(key, value) {
    try {
      this.storage.setItem(`chat:${key}`, JSON.stringify(value));
    } catch {
      // Full or off: the page works without.
    }
  }
}

export function mentions(text, name) {
  if (!name) return false;
  const at = text.toLowerCase().indexOf(name.toLowerCase());
  if (at < 0) return false;
  const around = text.slice(Math.max(0, at - 1), at) + text.slice(at + name.length, at + name.length + 1);
  // A particle may follow a Korean name without a space, so only letters of the same script part words.
  return !/[a-z0-9_]/i.test(around) || /[^\x00-\x7f]/.test(name);
}

// A line that was typed, as a command for the server; null where there is none of that name.
export function read(line, room) {
  if (!line.startsWith("/") || line.startsWith("//")) {
    return { do: "say", room, text: line.startsWith("//") ? line.slice(1) : line };
  }
  const [, word, rest] = /^\/(\S*)\s*(.*)$/su.exec(line);
  const [name, ...more] = rest.split(/\s+/);
  const text = rest.slice(name.length).trim();
  const commands = {
    join: () => name && { do: "join", room: name },
    part: () => ({ do: "part", room }),
    nick: () => name && { do: "rename", name },
    msg: () => more.length && { do: "tell", name, text },
    me: () => rest && { do: "say", room, text: rest, kind: "emote" },
    topic: () => ({ do: "set_topic", room, topic: rest }),
    away: () => ({ do: "set_away", message: rest || null }),
    who: () => ({ do: "ask_members", room }),
    rooms: () => ({ do: "ask_rooms" }),
    kick: () => name && { do: "kick", room, name, reason: text },
    help: () => ({ do: "help" }),
  };
  return commands[word.toLowerCase()]?.() || null;
}
