// The servers of all four phases in JavaScript: Node, and no package.
//
//     node server.js 1 12345           phase 1 on port 12345; so for 2 and 3
//     node server.js 4 12345 logs      phase 4, which writes its logs to that directory
//
// The lessons give each client a thread, which may wait. Node has one thread and never waits: it
// calls you when something has come, and what cannot be sent yet it keeps. So there is no lock to
// take, and nobody can come in between. But what it keeps for a client that does not read grows
// without end, unless you look at it (`writableLength`).
//
// What Node does not do for you: `data` events are pieces and not lines; a piece is bytes, and to
// turn it into a string may cut a character in two; without `allowHalfOpen` it ends our direction
// when the client has ended its own, and the last answers may be lost; and an `error` event that
// nobody handles ends the program.

"use strict";
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const MAX_LINE_BYTES = 4096; // of a line, with its newline
const RUNAWAY_BYTES = 65536; // so many without a newline are no line that grew too long
const MAX_OUTBOX_BYTES = 1024 * 1024; // so many may wait for a client that does not read
const LINGER_MS = 1000; // so long a client may go on sending after our end of the stream

const [phase, port, logs] = [+process.argv[2], +process.argv[3], process.argv[4] ?? "."];
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const clients = new Set();

// --- a client and its stream ---------------------------------------------------------------------

class Client {
  constructor(socket) {
    this.socket = socket;
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.name = ""; // phase 4: until the server has given one
    this.isHere = false; // phases 3 and 4: the others know of it
    this.isTalking = true; // what it says counts
    this.unfinished = Buffer.alloc(0); // of a line
  }

  serve() {
    this.socket.on("data", (data) => this.receive(data));
    this.socket.on("end", () => this.end()); // what is unfinished will never be a line
    this.socket.on("drain", resumeThose);
    this.socket.on("error", () => {}); // "close" follows
    this.socket.on("close", () => this.gone());
    this.arrive();
    this.socket.resume();
  }

  receive(data) {
    if (!this.isTalking) return; // read on, or else close() would be a reset
    let rest = Buffer.concat([this.unfinished, data]);
    for (let newline; this.isTalking && (newline = rest.indexOf(10)) >= 0; ) {
      this.heard(rest.subarray(0, newline));
      rest = rest.subarray(newline + 1);
    }
    this.unfinished = rest;
    if (this.isTalking && rest.length >= RUNAWAY_BYTES) {
      this.tell("! 64 KiB without a newline. Goodbye.");
      this.end();
    }
    if (!hasRoom(this)) this.socket.pause();
  }

  heard(line) {
    if (line.length >= MAX_LINE_BYTES) return this.tell("! That line is too long.");
    let text;
    try {
      text = utf8.decode(line);
    } catch {
      return this.tell("! That line is not UTF-8.");
    }
    SAY[phase](this, text.endsWith("\r") ? text.slice(0, -1) : text);
  }

  tell(line) {
    if (!this.isTalking) return;
    this.socket.write(line + "\n");
    if (phase === 4 && this.socket.writableLength > MAX_OUTBOX_BYTES) this.cutOff();
  }

  tellOthers(line) {
    for (const each of clients) if (each.isHere && each !== this) each.tell(line);
  }

  arrive() {
    clients.add(this);
    if (phase === 3) {
      this.isHere = true;
      this.tell(`* You are ${this.address}. /exit leaves.`);
      this.tellOthers(`* ${this.address} joined`);
    }
    if (phase === 4) this.tell("* Enter your nickname:");
  }

  leave() {
    if (!this.isHere) return;
    this.isHere = false; // first: the name is free from here on
    this.tellOthers(phase === 3 ? `* ${this.address} left` : `${now()} * ${this.name} left`);
  }

  // Let what is in the outbox leave, then end the stream. To close a socket in which something is
  // unread would be a reset, which can destroy what we sent last: so go on reading for a moment.
  end() {
    this.leave();
    if (!this.isTalking) return;
    this.isTalking = false;
    this.socket.resume();
    this.socket.end(() => setTimeout(() => this.socket.destroy(), LINGER_MS).unref());
  }

  cutOff() {
    this.isTalking = false;
    this.socket.destroy(); // "close" follows, but not before whoever walks through `clients` is done
  }

  gone() {
    this.isTalking = false;
    clients.delete(this);
    this.leave();
    resumeThose();
    if (phase === 1) serveNext();
  }
}

// Nothing is read that has no room. An echo waits for its own client; in phase 3 all wait for the
// slowest, which is the flaw of that phase; phase 4 cuts the slowest off instead.
function hasRoom(client) {
  if (phase === 4 || !client.isTalking) return true;
  const slow = phase === 3 ? [...clients] : [client];
  return slow.every((each) => each.socket.writableLength < RUNAWAY_BYTES);
}

function resumeThose() {
  for (const each of clients) if (each.socket.isPaused() && hasRoom(each)) each.socket.resume();
}

// --- phases 1 to 3: an echo, and a broadcast -------------------------------------------------------

// What moves the cursor, ends a line, or turns the direction of text must reach no screen.
function clean(text) {
  return text.replace(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

function echo(client, text) {
  if (phase === 2) console.log(`${client.address}: ${clean(text)}`);
  client.tell(text === "Hello Server!" ? "Hello Client!" : text);
}

function broadcast(client, text) {
  console.log(`${client.address}: ${clean(text)}`);
  if (text.trim() === "/exit") client.end();
  else client.tellOthers(clean(text));
}

// --- phase 4: names ----------------------------------------------------------------------------------

const NAME = /^\p{L}[\p{L}\p{Nd}_-]{0,19}$/u; // characters, whatever they take in UTF-16
const keyOf = (name) => name.toUpperCase().toLowerCase();

function holderOf(name) {
  return [...clients].find((each) => each.isHere && keyOf(each.name) === keyOf(name));
}

// Gives a name, or the reason why not. Nobody can come in between: there is one thread.
function claim(client, name) {
  if (!NAME.test(name)) return "! A name has 1 to 20 letters, digits, _ or -; a letter first.";
  const holder = holderOf(name);
  if (holder && holder !== client) return "! That name is taken.";
  client.name = name;
}

function anyName() {
  let number = 1;
  while (holderOf(`guest${number}`)) number++;
  return `guest${number}`;
}

function comeIn(client, wanted) {
  const refusal = claim(client, wanted.trim() || anyName());
  if (refusal) {
    client.tell(refusal);
    client.tell("* Enter your nickname:");
    return;
  }
  client.isHere = true;
  const online = [...clients].filter((each) => each.isHere).length;
  client.tell(`${now()} * Welcome, ${client.name}! ${online} online. /help lists the commands.`);
  client.tellOthers(`${now()} * ${client.name} joined`);
}

function rename(client, wanted) {
  const old = client.name;
  const refusal = claim(client, wanted.trim());
  if (refusal) return client.tell(refusal);
  client.tell(`${now()} * ${old} is now ${client.name}`);
  client.tellOthers(`${now()} * ${old} is now ${client.name}`);
}

// --- phase 4: what is said ------------------------------------------------------------------------

function date(form) {
  const two = (number) => String(number).padStart(2, "0");
  const d = new Date();
  const time = [d.getHours(), d.getMinutes(), d.getSeconds()].map(two).join(":");
  const day = [d.getFullYear(), two(d.getMonth() + 1), two(d.getDate())].join("-");
  return form.replace("TIME", time).replace("DAY", day);
}

const now = () => date("[TIME]");

// When this returns, the entry is in the file: nobody is told before.
function log(name, mode, entry) {
  fs.appendFileSync(path.join(logs, name), `${date("DAYTTIME")} ${entry}\n`, { mode });
}

function say(client, text) {
  const said = `${client.name}: ${clean(text)}`;
  log("messages.txt", 0o644, said);
  client.tellOthers(`${now()} ${said}`);
}

function whisper(client, name, text) {
  const other = holderOf(name);
  if (!other || !text.trim()) {
    return client.tell("! Nobody has that name, or there is no text. Nothing was sent.");
  }
  const said = `${client.name} -> ${other.name}: ${clean(text)}`;
  log("private_messages.txt", 0o600, said);
  for (const each of new Set([other, client])) each.tell(`${now()} ${said}`);
}

// The first word, and what follows the blank behind it.
function firstWord(text) {
  const blank = text.indexOf(" ");
  return blank < 0 ? [text, ""] : [text.slice(0, blank), text.slice(blank + 1)];
}

const COMMANDS = {
  "/pm": (client, rest) => whisper(client, ...firstWord(rest)),
  "/who": (client) => {
    const names = [...clients].filter((each) => each.isHere).map((each) => each.name);
    client.tell(`${now()} * ${names.length} online: ${names.join(", ")}`);
  },
  "/nick": rename,
  "/help": (client) => {
    client.tell(`${now()} * /who, /pm NAME text, @NAME text, /nick NAME, /ping TEXT, /quit`);
  },
  "/ping": (client, rest) => client.tell(`${now()} * Pong ${clean(rest)}`),
  "/quit": (client) => client.end(),
  "/exit": (client) => client.end(),
};

function chat(client, text) {
  const [word, rest] = firstWord(text);
  if (!client.isHere) comeIn(client, text);
  else if (!text.trim()) return;
  else if (text.trim() === "exit") client.end();
  else if (text.trim() === "?list") COMMANDS["/who"](client);
  else if (text.startsWith("//") || text.startsWith("@@")) say(client, text.slice(1));
  else if (text.startsWith("@")) whisper(client, word.slice(1).replace(/:$/, ""), rest);
  else if (!text.startsWith("/")) say(client, text);
  else if (Object.hasOwn(COMMANDS, word)) COMMANDS[word](client, rest);
  else client.tell("! There is no such command. Nothing was sent.");
}

// --- who connects ------------------------------------------------------------------------------------

const SAY = { 1: echo, 2: echo, 3: broadcast, 4: chat };
const waiting = []; // phase 1 has one client at a time

function serveNext() {
  const next = clients.size ? undefined : waiting.shift();
  if (next) next.serve();
}

// Nothing is read from a socket before resume() is called.
const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
  socket.setNoDelay(true);
  const client = new Client(socket);
  if (phase > 1) return client.serve();
  socket.on("error", () => {}); // it may vanish while it waits
  waiting.push(client);
  serveNext();
});
server.listen(port, "127.0.0.1");
