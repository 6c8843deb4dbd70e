// What outlives a connection: the clock, what is not confirmed, what was missed. The checks run it in node.

// --- the server's clock, as in phase4/client/clock.py -------------------------------------------

const MINUTE = 60_000, DAY = 24 * 60 * MINUTE;

/** Lines have the time of the server's clock, and no date; so have those of the page itself. */
class ServerClock {
  constructor(now = () => Date.now()) {
    this.now = now;
    this.ahead = null;  // from UTC, in ms; null: nothing was heard yet
  }

  heard(message) {
    const stamp = msOf(message.time);
    if (stamp === null) return;
    const ahead = ((stamp - this.now()) % DAY + DAY) % DAY, own = this.ownAhead();
    const choices = [ahead, ahead - DAY];
    const near = choices.find(each => Math.abs(each - own) <= 30 * MINUTE);
    this.ahead = near ?? choices.find(each => each <= 13.5 * 60 * MINUTE);
  }

  ownAhead() { return -new Date(this.now()).getTimezoneOffset() * MINUTE; }
  local() { return this.now() + (this.ahead ?? this.ownAhead()); }
  time() { return this.at().slice(11); }
  /** Date and time of the server, such as 2026-11-22 10:00:00, of some ms ago. */
  at(ago = 0) { return new Date(this.local() - ago).toISOString().slice(0, 19).replace("T", " "); }

  /** The day, such as 2026-11-22, of a line that was said at `stamp`, not long ago. */
  dayOf(stamp) {
    const now = this.local(), ms = msOf(stamp);
    let said = ms === null ? now : now - now % DAY + ms;
    if (said - now > DAY / 2) said -= DAY;
    else if (now - said > DAY / 2) said += DAY;
    return new Date(said).toISOString().slice(0, 10);
  }
}

const msOf = stamp => /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(stamp || "")
  ? Date.parse(`1970-01-01T${stamp}Z`) : null;
const dayLine = day => new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB",
  {timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric"});

// --- what was said and is not confirmed, as in phase4/client/send_queue.py ----------------------

const MOST_WAITING = 256 * 1024, MOST_UNCONFIRMED = 5;

/** Items {line, ...}: those that wait, and those that were sent; with the marks between them. */
class Outgoing {
  constructor() { this.waiting = []; this.sent = []; }

  get items() { return [...this.sent.filter(each => each.line), ...this.waiting]; }
  get hasUnconfirmed() { return this.sent.length > 0 && Boolean(this.sent[this.sent.length - 1].line); }
  hasSpace(line) {
    const bytes = this.items.reduce((sum, each) => sum + 3 * each.line.length, bytesOf(line));
    return bytes <= MOST_WAITING;
  }

  /** The next item to send now, which from here on counts as sent; undefined: none, or not yet. */
  next() {
    if (this.sent.filter(each => each.line).length >= MOST_UNCONFIRMED) return undefined;
    const item = this.waiting.shift();
    if (item) this.sent.push(item);
    return item;
  }

  /** The server has read all that was sent before this mark; those items. */
  confirm(mark) {
    const at = this.sent.findIndex(each => each.mark === mark);
    return at < 0 ? [] : this.sent.splice(0, at + 1).filter(each => each.line);
  }

  /** The connection is lost: what was not confirmed waits again. */
  rewind() {
    this.waiting = this.items;
    this.sent = [];
  }

  drop(item) {
    this.waiting = this.waiting.filter(each => each !== item);
    this.sent = this.sent.filter(each => each !== item);
  }
}

// --- what was missed, as in phase4/client/missed.py ---------------------------------------------

const MOST_PAGES = 4, MOST_HELD = 1000, PAGE = 500, REMEMBERED = 500;
const CLOCKS_DIFFER = 5000;  // ms, at most, between what the clock of lines says and that of the history
const keep = (list, item, most) => { list.push(item); if (list.length > most) list.shift(); };

/** What this person has seen of the public conversation. It outlives connections. */
class Seen {
  constructor() {
    this.number = null;  // all up to this one was seen; null: there are no numbers yet
    this.began = "";  // what was said earlier is no news, and not by this person; as in `at`
    this.last = [];  // the last lines of others, where numbers do not tell
    this.own = [];  // what was said: {said, after, below, isSent, isConfirmed}
    this.names = new Set();
  }

  /** The person has come in. */
  begin(clock) { this.began = this.began || clock.at(CLOCKS_DIFFER); }

  say(item) { item.after = this.number; keep(this.own, item, REMEMBERED); }

  heard(message) {
    keep(this.last, keyOf(message), REMEMBERED);
    this.number = Number(message.number) || null;
    // What was confirmed before it has a lower number.
    for (const each of this.own) if (each.isConfirmed && !each.below) each.below = this.number;
  }

  read(message) {
    keep(this.last, keyOf(message), REMEMBERED);
    this.number = Math.max(Number(message.number), this.number || 0);
  }

  /** After which number there may be something new, also of one's own; null: nothing tells. */
  get since() {
    const doubtful = this.own.filter(each => each.isSent && !each.isConfirmed).map(each => each.after);
    const tells = this.number !== null && !doubtful.includes(null);
    return tells ? Math.min(this.number, ...doubtful) : this.number;
  }
}

const keyOf = message => [message.time || message.at.slice(11), message.sender, message.text].join("\n");

/** What one connection does about it. Its owner sends `questions`, and hands in every message. */
class CatchUp {
  constructor(seen, isReturn) {
    Object.assign(this, {seen, isReturn, questions: [], arrived: [], state: "new"});
    Object.assign(this, {newest: 0, pages: 0, since: null, asked: null, missed: [], held: [], run: []});
    Object.assign(this, {ownNumbers: 0, isAllNew: false, isWhole: false});
  }

  /** Whether it is settled what of one's own arrived, so that the rest may be sent. */
  get isDone() { return this.state === "done" || (this.state === "new" && !this.isReturn); }

  /** What of it is to be shown now, and what else has waited for it. */
  take(message) {
    switch (message.kind) {
      case "numbers":
        if (message.on && this.ownNumbers) { this.ownNumbers--; return []; }
        if (!message.on) this.askForNumbers();  // whatever the person wants to read, we need them
        return [message];
      case "history": case "historyEnd": return this.takeBracket(message);
      case "earlier": return this.takeEarlier(message);
      case "public":
        if (this.isDone) return [this.heard(message)];
        this.held.push(message);
        return this.held.length > MOST_HELD ? this.finish(this.since, "did not come") : [];
      default: return [message];
    }
  }

  /** The server has answered our first question, so a greeting would have come by now. */
  greeted() {
    if (this.state !== "new") return;
    if (this.isReturn) this.begin();
    else this.see();
  }

  /** All of the past was shown: from here on the person's own questions are answered. */
  see() { this.state = "done"; this.askForNumbers(); }

  /** The server has answered a later question, so it has answered all. */
  giveUp() {
    const isOpen = this.state === "asked" || this.state === "reading";
    return isOpen ? this.finish(this.since, "did not come") : [];
  }

  takeBracket(message) {
    const {seen} = this, more = message.way === "since" ? Number(message.number) : null;
    if (message.kind === "history") {
      if (this.state === "new" && this.isReturn) this.state = "skipping";
      else if (this.state === "asked" && (more === this.asked)) this.state = "reading";
      else return [message];
    } else if (this.state === "skipping") {
      if (seen.number !== null && this.newest < seen.number) seen.number = null;  // it has begun anew
      this.begin();
    } else if (this.state === "reading") {
      if (more === null || this.pages === MOST_PAGES) return this.finish(more, "more");
      this.ask(more);
    } else {
      if (this.state === "new") this.see();
      return [message];
    }
    return [];
  }

  takeEarlier(message) {
    const {seen} = this;
    if (this.state === "skipping") this.newest = Number(message.number);
    else if (this.state === "asked") return [message];  // an answer to the person
    else if (this.state !== "reading") { seen.read(message); return [message]; }
    else if (this.since === null && message.at < seen.began) this.isWhole = true;
    else if (this.isOwn(message)) { this.run.push(message); this.missed.push(message); }
    else {
      if (this.isAllNew && seen.last.includes(keyOf(message))) {
        this.isAllNew = false;
        this.missed = [];
      }
      if (!this.wasSeen(message) && !this.waits(message)) this.missed.push(message);
    }
    return [];
  }

  isOwn(message) {
    return this.seen.names.has(message.sender) && this.seen.own.some(each => each.said === message.text);
  }

  wasSeen(message) {
    const {number, last} = this.seen;
    return (number !== null && Number(message.number) <= number) || last.includes(keyOf(message));
  }

  /** Whether it was said after our return and before we asked; then that has its number. */
  waits(message) {
    const same = this.held.find(each => keyOf(each) === keyOf(message)
      && (!each.number || each.number === message.number));
    if (same) same.number = message.number;
    return Boolean(same);
  }

  heard(message) { this.seen.heard(message); return message; }
  askForNumbers() { this.ownNumbers++; this.questions.push("/ids on"); }

  begin() {
    this.isAllNew = this.seen.number === null;
    this.since = this.seen.since;
    this.askForNumbers();
    this.ask(this.since);
  }

  ask(since) {
    Object.assign(this, {state: "asked", asked: since});
    this.pages++;
    this.questions.push(since === null ? `/history ${PAGE}` : `/history since ${since}`);
  }

  /** All that waited, in its order; and a word on what is lacking, after the number `rest`. */
  finish(rest, why) {
    this.state = "done";
    this.settle();
    const remark = text => ({kind: "remark", text});
    const shown = this.missed.filter(each => !each.isShown);
    for (const each of shown) this.seen.read(each);
    if (shown.length) {
      const [first, last] = [shown[0], shown[shown.length - 1]].map(each => each.at.slice(11, 16));
      shown.unshift(remark(`Missed from ${first} to ${last}:`));
      if (this.isAllNew && !this.isWhole) shown.splice(1, 0, remark("There may be more before this."));
      shown.push(remark("That was while you were away."));
    }
    const how = rest === null ? "/history 500" : `/history since ${rest}`;
    if (why === "more" && rest !== null) shown.push(remark(`You missed more: ${how} shows it.`));
    if (why !== "more") shown.push(remark(`What you missed did not come: ${how} shows it.`));
    shown.push(...this.held.map(each => this.heard(each)));
    this.missed = this.held = [];
    return shown;
  }

  /** Which of the own lines arrived: those of the past are a run of what was sent, in its order. */
  settle() {
    const own = this.seen.own.filter(each => each.isSent && !(each.below && each.below <= this.since));
    const {run} = this, confirmed = own.map(each => Boolean(each.isConfirmed)).lastIndexOf(true);
    let end = Math.max(confirmed, run.length - 1);
    const itemOf = at => own[end - run.length + 1 + at];
    while (end < own.length && !run.every(({text}, at) => text === itemOf(at).said)) end++;
    if (end < own.length) {
      run.forEach((each, at) => { each.isShown = Boolean(itemOf(at).isConfirmed); });
      this.arrived = own.slice(0, end + 1).filter(each => !each.isConfirmed);
    } else {  // somebody else said the same under our name: then each text tells
      this.arrived = own.filter(each => !each.isConfirmed && run.some(({text}) => text === each.said));
      for (const each of run) each.isShown = !this.arrived.some(({said}) => said === each.text);
    }
  }
}
