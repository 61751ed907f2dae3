// A WebSocket that comes back by itself. It knows frames, and nothing of what they say.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;

export class Connection {
  // `on` has: opened(), received(event), closed(). All frames are JSON; one from the server is a list of events.
  constructor(url, on) {
    this.url = url;
    this.on = on;
    this.tries = 0;
    this.ended = false;
    this.socket = null;
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.socket?.close());
  }

  open() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.tries = 0;
      this.on.opened();
    });
    socket.addEventListener("message", (message) => {
      for (const event of JSON.parse(message.data)) this.on.received(event);
    });
    socket.addEventListener("close", () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (this.ended) return;
      this.on.closed();
      this.later();
    });
  }

  // Everybody whose server came back would knock at once: each waits a different time, longer from try to try.
  later() {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.tries, LONGEST_WAIT_MS);
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }

  now() {
    if (this.socket === null && !this.ended) this.open();
  }

  send(command) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  end() {
    this.ended = true;
    this.socket?.close();
  }
}
