// The connections to the server, one after the other.

const COPY = "This tab is a copy of another one, which goes on as it was. Join under another name here.";
const FIRST_PAUSE = 1000, LONGEST_PAUSE = 30_000, ANSWER_MS = 10_000, WAKING_MS = 2500, TAKES = 10;

/** This person at the server, over all connections. */
class Chat {
  constructor() {
    Object.assign(this, {socket: null, me: "", wanted: "", lastWords: "", loginAs: ""});
    Object.assign(this, {isIn: false, wasIn: false, isAway: false, wasHere: false, isOver: true});
    Object.assign(this, {people: new Set(), growing: null, questions: 0, pause: FIRST_PAUSE, retry: 0});
    Object.assign(this, {password: "", isOperator: false, offered: "", registered: ""});
    Object.assign(this, {lost: "", takes: 0, tries: [], hasLeft: false, stepsAside: false});
    Object.assign(this, {mark: 0, answered: 0, pastAsked: 0, heardAt: 0, timer: 0, watch: 0});
    Object.assign(this, {seen: new Seen(), outgoing: new Outgoing(), catchUp: null});
    Object.assign(this, {older: null, oldest: 0, isAnswer: false});
    this.shown = Number(kept.get("sessionStorage", "shown")) || 0;  // private lines, over all connections
  }

  get isOpen() { return Boolean(this.socket) && this.socket.readyState === WebSocket.OPEN; }
  send(line) { if (this.isOpen) this.socket.send(line); }

  /** Somebody else sits here now: nothing of the last person is shown, said or sent. */
  forget() {
    for (const each of conversations.filter(({person}) => person)) closeTab(each);
    for (const part of [everybody.rows, everybody.waiting]) part.replaceChildren();
    Object.assign(everybody, {typed: [], unanswered: [], run: [], day: "", draft: ""});
    Object.assign(this, {me: "", wasIn: false, hasLeft: false, oldest: 0, seen: new Seen(), outgoing: new Outgoing()});
    leftDrafts.clear();
    $("text").value = "";
    $("topic").hidden = true;
  }

  /** `wasHere`: before the page was loaded again. Then it comes back as after a loss. */
  join(name, password = "", wasHere = false) {
    if (this.hasLeft && !isSame(name, this.me)) this.forget();
    this.hasLeft = false;
    Object.assign(this, {wanted: name, isOver: false, pause: FIRST_PAUSE, lost: ""});
    Object.assign(this, {wasHere, isAway: wasHere});
    if (password) this.password = password;
    showState("Connecting …");
    tab.settled.then(() => { if (!this.isOver) this.connect(); });
  }

  connect() {
    clearTimeout(this.retry);
    this.drop();
    const name = this.wanted, scheme = location.protocol === "https:" ? "wss" : "ws";
    this.tries = this.isAway ? [name, `${name.slice(0, 19)}_`, `${name.slice(0, 18)}__`, ""] : [name];
    Object.assign(this, {lastWords: "", registered: "", loginAs: ""});
    this.catchUp = new CatchUp(this.seen, this.wasIn);
    const socket = this.socket = new WebSocket(`${scheme}://${location.host}/chat`);
    socket.onopen = () => { if (socket === this.socket) socket.send(`resume ${tab.secret} ${this.shown}`); };
    socket.onmessage = event => { if (socket === this.socket) this.receive(event.data); };
    socket.onclose = () => { if (socket === this.socket) this.ended(); };
    this.expectWithin(ANSWER_MS);
    showState("Connecting …");
  }

  /** Let go of the socket, whatever becomes of it. */
  drop() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.timer = 0;
    if (socket) socket.close();
  }

  /** A socket that says nothing for so long is dead, whatever the browser believes. */
  expectWithin(ms) {
    clearTimeout(this.watch);
    const asked = Date.now();
    this.watch = setTimeout(() => {
      if (this.heardAt >= asked && this.isIn) return this.expectWithin(ms);
      this.drop();
      this.ended();
    }, ms);
  }

  ended() {
    const wasIn = this.isIn, words = this.lastWords;
    this.drop();
    this.isIn = false;
    this.older = null;
    this.outgoing.rewind();
    for (const item of this.outgoing.items) markWaiting(item);
    this.people.clear();
    showPeople();
    if (this.stepsAside) return this.endForGood(COPY);
    if (words.startsWith(LOGGED_IN_ELSEWHERE) && !this.isOver) return this.takeBack(words);
    if (this.isOver || endsForGood(words)) return this.endForGood(words || "You left the conversation.");
    if (!this.wasIn && !this.wasHere) {
      this.isOver = true;
      return askName(words || "There is no answer from the server.");
    }
    if (wasIn) {
      this.wanted = this.lost || this.me;
      const why = words ? ` (${words})` : "";
      const text = `The connection is lost${why}. What you write waits, and is sent after the return.`;
      tell(text, "error", [everybody, current]);
    }
    this.isAway = true;
    this.retry = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    showState("Not connected; trying again.", true);
  }

  endForGood(words) {
    Object.assign(this, {isOver: true, stepsAside: false, password: "", offered: ""});
    clearTimeout(this.retry);
    kept.set("sessionStorage", "name", "");
    tell(words, "error");
    for (const item of this.outgoing.items) giveUp(item);
    askName(words);
  }

  /** The place went to another connection: if it is that of a copy of this tab, take it back. */
  async takeBack(words) {
    this.isOver = true;
    if (!await tab.reclaim()) return this.endForGood(words);
    Object.assign(this, {isOver: false, isAway: true, wanted: this.lost || this.me});
    return this.connect();
  }

  /** This tab is a copy of one that is this person: here somebody else may come in. */
  stepAside() {
    if (this.wasIn && !this.isOver) {
      this.stepsAside = true;
      this.seen.names.clear();
      this.wanted = $("name").value = "";
      // The server ends this connection when the other one has its place, and nobody sees a change.
      this.retry = setTimeout(() => this.ended(), this.isIn ? ANSWER_MS : 0);
      return undefined;
    }
    const wasComing = this.wasHere && !this.isOver;
    this.isOver = true;
    if (!wasComing) return undefined;
    this.drop();
    this.forget();
    kept.set("sessionStorage", "name", "");
    this.wanted = $("name").value = "";
    return askName(COPY);
  }

  /** The phone woke up, the network is back: is the connection? */
  wake() {
    this.noteShown();
    if (this.isOver || !tab.isSettled) return;
    if (!this.socket) { this.pause = FIRST_PAUSE; this.connect(); }
    else if (this.isIn) this.ask(WAKING_MS);
  }

  /** What came while nobody looked comes again if the browser throws the page away. */
  noteShown() { if (!document.hidden) kept.set("sessionStorage", "shown", this.shown); }

  // --- what goes out

  put(item) {
    this.outgoing.waiting.push(item);
    if (!this.isIn || !this.catchUp.isDone) markWaiting(item);
    this.pump();
  }

  pump() {
    if (!this.isIn || this.stepsAside || !this.catchUp.isDone) return;
    for (let item = this.outgoing.next(); item; item = this.outgoing.next()) {
      if (item.said !== undefined && !item.isSent) this.seen.say(item);
      item.isSent = true;
      item.sentAt = Date.now();
      this.send(item.line);
    }
    if (this.outgoing.hasUnconfirmed) this.askIn(this.outgoing.waiting.length ? 100 : 1000);
  }

  askIn(ms) {
    const at = Date.now() + ms;
    if (this.timer && this.askAt <= at) return;
    clearTimeout(this.timer);
    this.askAt = at;
    this.timer = setTimeout(() => this.ask(ANSWER_MS), ms);
  }

  /** Ask something that the server answers: then it has read all that was sent before. */
  ask(ms) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.mark++;
    this.outgoing.sent.push({mark: this.mark});
    this.send(`/ping page-${this.mark}`);
    this.expectWithin(ms);
  }

  pong(mark) {
    this.answered = mark;
    if (mark === this.mark) clearTimeout(this.watch);
    for (const item of this.outgoing.confirm(mark)) { item.isConfirmed = true; settled(item); }
    if (mark > this.pastAsked) this.takeAll(this.catchUp.giveUp());
    this.pump();
    if (mark === this.mark) this.askIn(30_000);
  }

  /** Earlier lines, for somebody who has scrolled up. */
  askOlder() {
    if (!this.isIn || this.older || this.oldest < 2 || everybody.older.hidden) return;
    this.older = [];
    this.send(`/history 50 before ${this.oldest}`);
  }

  /** The oldest number that is shown is that from which the person can go back. */
  saw(number) {
    if (!Number(number) || (this.oldest && this.oldest <= Number(number))) return;
    this.oldest = Number(number);
    everybody.older.hidden = this.oldest < 2;
  }

  // --- what comes in

  receive(data) {
    this.heardAt = Date.now();
    for (const line of data.split("\n")) if (line) this.take(parse(clean(line)));
    this.pump();
  }

  take(message) {
    clock.heard(message);
    const pong = message.kind === "notice" && /^Pong page-(\d{1,9})$/.exec(message.text);
    if (pong) return this.pong(Number(pong[1]));
    if (message.kind === "prompt") return this.prompt();
    this.lastWords = message.kind === "error" ? message.text : "";
    if (this.lastWords.startsWith(LOGGED_IN_ELSEWHERE)) return undefined;  // said when it is for good
    if (message.kind === "welcome") return this.welcome(message);
    if (!this.isIn) return this.beforeWelcome(message);
    if (message.kind === "joined") this.add(message.name);
    if (message.kind === "left") this.left(message.name);
    if (message.kind === "renamed") this.renamed(message);
    if (message.kind === "online" && this.online(message)) return undefined;
    return this.takeAll(this.catchUp.take(message));
  }

  takeAll(messages) {
    for (const each of messages) this.show(each);
    for (const item of this.catchUp.arrived.splice(0)) {  // it stands among what was missed
      item.isConfirmed = true;
      this.outgoing.drop(item);
      if (item.row) item.row.remove();
    }
    const questions = this.catchUp.questions.splice(0);
    for (const question of questions) this.send(question);
    if (!questions.length || this.catchUp.isDone) return;
    this.pastAsked = this.mark;
    this.ask(ANSWER_MS);
  }

  prompt() {
    if (this.registered && this.password && isConfidential) {
      this.send(`/login ${this.registered} ${this.password}`);
      Object.assign(this, {offered: this.password, loginAs: this.registered});
      Object.assign(this, {registered: "", password: "", tries: []});
    } else if (this.tries.length && !this.registered) this.send(this.tries.shift());
    else this.askAgain();
  }

  /** The server waits a few seconds for a name, and a person needs longer: come back with it. */
  askAgain() {
    const name = this.registered || this.loginAs;
    this.drop();
    this.isOver = true;
    const isNew = `${name} is registered: log in, or take another name.`;
    const how = isConfidential ? isNew : `${name} is registered. ${READABLE}`;
    const why = this.registered ? how : this.lastWords;
    askName(why || "The server asks for another name.", isConfidential ? name : "");
  }

  beforeWelcome(message) {
    if (message.kind === "registered") this.registered = message.name;
    if (message.kind === "loggedIn") this.show(message);
    if (message.kind !== "other") return;
    this.drop();
    this.isOver = true;
    askName("No chat server answers here.");
  }

  welcome({name, time}) {
    const isReturn = this.wasIn;
    Object.assign(this, {isIn: true, wasIn: true, isOver: false});
    Object.assign(this, {takes: TAKES, questions: 1, growing: null});
    clearTimeout(this.watch);
    this.pause = FIRST_PAUSE;
    this.lost = this.isAway && this.wanted && !isSame(name, this.wanted) ? this.wanted : "";
    this.isAway = false;
    this.called(name);
    this.seen.begin(clock);
    this.add(name);
    this.send("/who");
    showTalk();
    const text = isReturn ? `Connected again, as ${name}.` : `Welcome, ${name}!`;
    show({kind: "notice", time, text}, [everybody]);
    this.askIn(isReturn ? 1000 : 30_000);
  }

  called(name) {
    this.me = name;
    this.seen.names.add(name);
    if (this.seen.names.size > 20) this.seen.names.delete(this.seen.names.values().next().value);
    kept.set("sessionStorage", "name", this.lost || name);
    showState(`You are ${name}.`);
    showTitle();
  }

  add(name) {
    if (this.people.size >= MOST_PEOPLE) return;
    this.people.add(name);
    if (this.growing) this.growing.add(name);
    later(showPeople);
  }

  left(name) {
    this.people.delete(name);
    if (this.growing) this.growing.delete(name);
    later(showPeople);
    if (this.lost && isSame(name, this.lost) && this.takes-- > 0) this.send(`/nick ${this.lost}`);
  }

  renamed({old, fresh}) {
    this.people.delete(old);
    this.add(fresh);
    if (isSame(old, this.me)) { this.lost = ""; this.called(fresh); } else this.left(old);
    const tab = find(old), other = find(fresh);
    if (other && other !== tab && other.draft) other.isDoubtful = true;
    if (tab && !(other && other !== tab)) { tab.person = fresh; tab.label(); typing.changed(); }
  }

  /** A list of people, which may come in parts; whether the page itself has asked for it. */
  online({people, more}) {
    this.growing = this.growing || new Set([this.me]);
    for (const name of namesIn(people)) if (this.growing.size < MOST_PEOPLE) this.growing.add(name);
    const isOwn = this.questions > 0;
    if (more) return isOwn;
    this.people = this.growing;
    this.growing = null;
    later(showPeople);
    if (isOwn) {
      this.questions--;
      this.catchUp.greeted();
      this.takeAll([]);
      if (this.lost && ![...this.people].some(each => isSame(each, this.lost))) this.left(this.lost);
    }
    return isOwn;
  }

  /** Show what the server said where it belongs. */
  show(message) {
    (SHOWN[message.kind] || SHOWN.notice).call(this, message);
  }
}

/** Soon, and once for all that comes until then. */
const later = task => {
  if (later.due) return;
  later.due = true;
  setTimeout(() => { later.due = false; task(); }, 50);
};
