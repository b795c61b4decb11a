// The line to the demo's server: one WebSocket for events and commands, HTTP for files.

const WAITS_MS = [500, 1000, 2000, 4000];

export class Link {
  // `onEvent(event)` for everything the server tells, `onState(isOpen)` when the line comes or goes.
  constructor(onEvent, onState) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.failures = 0;
    this.open();
  }

  open() {
    this.socket = new WebSocket(`ws://${location.host}/events`);
    this.socket.addEventListener("open", () => {
      this.failures = 0;
      this.onState(true);
    });
    this.socket.addEventListener("message", (event) => this.onEvent(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.onState(false);
      setTimeout(() => this.open(), WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)]);
      this.failures += 1;
    });
  }

  // Asks the server to do something; false when there is no line.
  tell(command) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  // Sends a file; false when it was refused.
  async upload(path, body) {
    try {
      return (await fetch(path, { method: "POST", body })).ok;
    } catch {
      return false;
    }
  }
}
