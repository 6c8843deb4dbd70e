// What is shown: conversations, tabs, people.

// --- where the page is --------------------------------------------------------------------------

const THIS_MACHINE = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** Whether nobody on the way can read what is sent: only then a password is. */
const isConfidential = location.protocol === "https:" || THIS_MACHINE.test(location.hostname);
const READABLE = "Others on the way could read a password: open this page by https to send one. " +
  "Nothing was sent.";

// --- the page: what is shown --------------------------------------------------------------------

// Names and texts of people become text nodes alone, never HTML.
const $ = id => document.getElementById(id), root = document.documentElement;
const MOST_LINES = 1000, MOST_LINES_ABOVE = 3000, MOST_TABS = 20, MOST_PEOPLE = 5000, MOST_TYPED = 100;
const MOST_COLOURS = 1000, MOST_NAMES_SHOWN = 500;
const RIGHT_TO_LEFT = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;
const NO_CODE = /^(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;  // from left to right it is a riddle

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What the browser keeps for this page, as far as it lets us. */
const kept = {
  get(store, key) { try { return window[store].getItem(key) || ""; } catch { return ""; } },
  set(store, key, value) { try { window[store].setItem(key, value); } catch { /* it need not */ } },
};

const clock = new ServerClock();
const isSame = (one, other) => folded(one) === folded(other);

/** A colour for each person; those who came up last have different ones, as far as twelve go. */
const colours = new Map();
function colourOf(name) {
  const key = folded(name);
  if (!colours.has(key)) {
    const uses = new Array(12).fill(0);
    for (const each of [...colours.values()].slice(-12)) uses[each]++;
    const first = characters(key).reduce((sum, each) => (sum * 31 + each.codePointAt(0)) % 9973, 7) % 12;
    const order = uses.map((_, step) => (first + step) % 12);
    if (colours.size >= MOST_COLOURS) colours.clear();
    colours.set(key, order.reduce((best, each) => (uses[each] < uses[best] ? each : best)));
  }
  return `name n${colours.get(key)}`;
}
for (let n = 0; n < 12; n++) document.styleSheets[0].insertRule(`.n${n} { color: var(--n${n}); }`);

function withLinks(text) {
  return splitLinks(text).map(([piece, isLink]) => isLink
    ? make("a", {href: piece, rel: "noopener noreferrer", target: "_blank", dir: "ltr"}, piece) : piece);
}

const named = name => make("bdi", {className: colourOf(name)}, name);

/** A line: {kind, time or at, from, to, text}. */
function makeRow({kind, time = "", at = "", from = "", to = "", text}) {
  const action = from && /^\/me \s*\S/.test(text), said = action ? text.slice(4) : withoutMark(text);
  // What nobody has said is English, also where it begins with a name from right to left.
  const dir = from ? "auto" : "ltr", isRtl = from && RIGHT_TO_LEFT.test(said);
  const row = make("p", {className: `row ${kind}${isRtl ? " rtl" : ""}`});
  if (time || at) row.append(make("time", {title: at || time}, (at.slice(11) || time).slice(0, 5)));
  if (from) {
    const who = make("span", {className: "who"}, action ? "* " : "", named(from));
    if (to) who.append(" → ", named(to));
    who.append(action ? " " : ": ");
    row.append(who);
  }
  row.append(make("span", {className: "text", dir}, ...withLinks(said)));
  const day = at ? at.slice(0, 10) : clock.dayOf(time);
  return Object.assign(row, {day, speaker: `${from}\n${to}`, stamp: at || time, said});
}

/** Everybody's conversation, or one with a person: its tab, its lines, what is typed in it. */
class Conversation {
  constructor(person = "") {
    Object.assign(this, {person, unread: 0, calls: 0, draft: "", typed: [], unanswered: []});
    Object.assign(this, {isDoubtful: false, wasPasted: false, run: [], day: "", news: null, follows: null, wasAtEnd: true, top: 0});
    const number = Conversation.count = (Conversation.count || 0) + 1;
    this.rows = make("div");
    this.waiting = make("div");
    this.older = make("button", {className: "older", hidden: true}, "Earlier lines");
    this.lines = make("div", {className: "lines", tabIndex: 0}, this.older, this.rows, this.waiting);
    this.down = make("button", {className: "down", hidden: true}, "Newest ↓");
    this.panel = make("div", {className: "panel", id: `panel${number}`}, this.lines, this.down);
    this.tab = make("button", {id: `tab${number}`});
    this.panel.setAttribute("aria-labelledby", this.tab.id);
    this.tab.setAttribute("aria-controls", this.panel.id);
    const roles = {rows: "log", lines: "group", panel: "tabpanel", tab: "tab"};
    for (const [part, role] of Object.entries(roles)) this[part].setAttribute("role", role);
    this.down.onclick = () => { this.toEnd(); $("text").focus(); };
    this.lines.onscroll = () => this.scrolled();
    // The keyboard of a phone opens, the entry grows: the last line stays in sight.
    new ResizeObserver(() => { if (this.wasAtEnd) this.toEnd(); }).observe(this.lines);
    this.label();
  }

  get title() { return this.person || "Everybody"; }
  /** Whether the end is in sight, or was until the page changed around it: nobody has scrolled away. */
  get isAtEnd() {
    const {scrollHeight, scrollTop, clientHeight} = this.lines;
    return scrollHeight - scrollTop - clientHeight < 60 || (this.wasAtEnd && scrollTop >= this.top);
  }

  toEnd() {
    this.lines.scrollTop = this.lines.scrollHeight;
    Object.assign(this, {top: this.lines.scrollTop, wasAtEnd: true});
    this.down.hidden = true;
  }

  label() {
    const count = this.calls ? ` @${this.calls}` : this.unread ? ` (${this.unread})` : "";
    this.tab.replaceChildren(make("bdi", {}, this.title), count);
    this.tab.classList.toggle("calls", this.calls > 0);
    this.lines.setAttribute("aria-label", `Lines: ${this.title}`);
    this.rows.setAttribute("aria-label", `Conversation: ${this.title}`);
  }

  /** Add a row at the end; the view follows if it was there. */
  add(row) {
    if (this.follows === null) {  // asked once for all that one frame brings: it costs a layout
      this.follows = this.isAtEnd;
      queueMicrotask(() => this.follow());
    }
    if (row.day !== this.day) this.begin(row.day);
    this.rows.append(row);
    this.join(row);
  }

  /** A line with the date, above the rule over what is new. */
  begin(day) {
    const line = make("p", {className: "day"}, dayLine(day)), last = this.rows.lastElementChild;
    if (last && last === this.news) last.before(line);
    else this.rows.append(line);
    this.day = day;
  }

  follow() {
    const most = this.follows ? MOST_LINES : MOST_LINES_ABOVE;
    while (this.rows.childElementCount > most) this.rows.firstElementChild.remove();
    if (this.follows) this.toEnd();
    else this.down.hidden = false;
    this.follows = null;
  }

  /** Lines that one person says within a second are a block of code, if one begins with blanks. */
  join(row) {
    const before = this.run[this.run.length - 1], isSpoken = row.speaker !== "\n";
    const ms = before ? (msOf(row.stamp.slice(-8)) - msOf(before.stamp.slice(-8)) + DAY) % DAY : DAY;
    const isNext = isSpoken && before && before.speaker === row.speaker && ms <= 1000;
    if (!isNext || this.run.length >= MOST_PASTED) this.run = [];
    if (isSpoken) this.run.push(row);
    if (this.run.length > 1 && this.run.some(each => !each.said || IS_BLANK.test(each.said))) {
      for (const each of this.run) each.classList.toggle("code", !NO_CODE.test(each.said));
      for (const each of this.run.slice(1)) each.classList.add("more");
    }
  }

  /** Put older rows above all others, without moving what is seen. */
  prepend(rows) {
    const {lines} = this, height = lines.scrollHeight;
    let day = "";
    const above = rows.flatMap(row => {
      const isNew = row.day !== day;
      day = row.day;
      return isNew ? [make("p", {className: "day"}, dayLine(day)), row] : [row];
    });
    const first = this.rows.firstElementChild, isDay = first && first.className === "day";
    if (isDay && first.textContent === dayLine(day || this.day)) first.remove();
    this.rows.prepend(...above);
    lines.scrollTop += lines.scrollHeight - height;
  }

  /** A rule above the first line that nobody has looked at. */
  ruleNews() {
    if (this.news && this.news.isConnected && this.unread) return;
    if (this.news) this.news.remove();
    this.news = make("p", {className: "news"}, "new since you looked");
    this.rows.append(this.news);
  }

  scrolled() {
    Object.assign(this, {wasAtEnd: this.isAtEnd, top: this.lines.scrollTop});
    if (this.wasAtEnd) this.down.hidden = true;
    const isLong = this.lines.scrollHeight > this.lines.clientHeight + 80;
    if (isLong && this.lines.scrollTop < 40 && this === everybody) chat.askOlder();
  }
}

const everybody = new Conversation();
let conversations = [everybody], current = everybody;

function select(conversation, {focus = false} = {}) {
  current.draft = $("text").value;
  current = conversation;
  Object.assign(conversation, {unread: 0, calls: 0});
  conversation.label();
  arrange();
  $("text").value = conversation.draft;
  $("question").hidden = true;
  typing.at = 0;
  typing.changed();
  conversation.toEnd();
  if (focus) conversation.tab.focus();
}

function arrange() {
  for (const each of conversations) {
    if (!each.panel.isConnected) { $("tabs").append(each.tab); $("talk").append(each.panel); }
    each.panel.hidden = each !== current;
    each.tab.setAttribute("aria-selected", String(each === current));
    each.tab.tabIndex = each === current ? 0 : -1;
    each.tab.onclick = () => { select(each); $("text").focus(); };
  }
  $("tabs").hidden = conversations.length < 2;
  $("closeTab").hidden = !current.person;
  $("closeTab").setAttribute("aria-label", `Close the conversation with ${current.person}`);
  current.tab.scrollIntoView({block: "nearest", inline: "nearest"});
  showTitle();
}

function closeTab(conversation) {
  conversations = conversations.filter(each => each !== conversation);
  conversation.panel.remove();
  conversation.tab.remove();
  select(everybody);
  if (conversation.draft) leftDrafts.set(folded(conversation.person), conversation.draft);
  if (leftDrafts.size > MOST_TABS) leftDrafts.delete(leftDrafts.keys().next().value);
  $("text").focus();
}

/** What was typed in tabs that were closed: it stands there again. */
const leftDrafts = new Map();

const find = person => conversations.find(each => each.person && isSame(each.person, person));

/** The conversation with this person; everybody's where there are too many. */
function open(person) {
  const found = find(person);
  if (found || conversations.length > MOST_TABS) return found || everybody;
  const made = new Conversation(person);
  made.draft = leftDrafts.get(folded(person)) || "";
  made.isDoubtful = leftDrafts.delete(folded(person));
  conversations.push(made);
  arrange();
  return made;
}

const isLookedAt = conversation => conversation === current && !document.hidden;

/** Show rows of this line in these conversations, each once; `counts`: it is news to the person. */
function show(line, where, {counts = false, calls = false} = {}) {
  for (const each of new Set(where)) {
    if (counts && !isLookedAt(each)) {
      each.ruleNews();
      each.unread++;
      each.calls += calls;
      each.label();
    }
    const row = makeRow({...line, to: each.person ? "" : line.to});
    if (calls) row.classList.add("call");
    each.add(row);
  }
  if (counts) showTitle();
}

const tell = (text, kind = "notice", where = [current]) => show({kind, time: clock.time(), text}, where);

function showTitle() {
  const sum = what => conversations.reduce((total, each) => total + each[what], 0);
  const count = sum("calls") ? `@${sum("calls")} ` : sum("unread") ? `(${sum("unread")}) ` : "";
  document.title = `${count}${chat && chat.me ? `${chat.me} · ` : ""}Chat`;
}

/** What tells of a message while the page is hidden. */
const notes = {
  registration: null,
  get isOn() { return kept.get("localStorage", "notify") === "on"; },
  get worker() {
    const {active} = this.registration || {};
    return active && active.state === "activated" ? active : null;
  },

  /** Have the worker that shows them, or let it go; over http, or without, the page goes on. */
  async turn() {
    try {
      const workers = navigator.serviceWorker, how = {scope: "/notes/", updateViaCache: "none"};
      if (this.isOn) this.registration = await workers.register("/notes.js", how);
      else if (this.registration) await this.registration.unregister();
    } catch { /* new Notification() may work all the same */ }
  },

  show(title, body) {
    if (!document.hidden || !this.isOn) return;
    if (this.worker) { this.worker.postMessage({title, body}); return; }
    try {
      const note = new Notification(title, {body, tag: tab.self});
      note.onclick = () => { window.focus(); note.close(); };
    } catch { /* the browser wants a worker, and has none */ }
  },

  /** Somebody looks at the page: what it notified of is seen. */
  take() { if (this.worker) this.worker.postMessage({}); },
};

function showPeople() {
  const keys = [...chat.people].map(name => [folded(name), name]);
  keys.sort(([one], [other]) => (one < other ? -1 : 1));
  const names = keys.slice(0, MOST_NAMES_SHOWN).map(([, name]) => name), count = `${chat.isIn ? keys.length : "–"} online`;
  $("peopleTitle").textContent = $("peopleButton").textContent = count;
  const choose = name => {
    openPeople(false);
    const tab = open(name);
    if (!tab.person) { tell(`Close a tab before you write to ${name}: there are ${MOST_TABS}.`, "error"); return; }
    select(tab);
    $("text").focus();
  };
  const focused = document.activeElement.closest("#peopleList") && document.activeElement.name;
  $("peopleList").replaceChildren(...names.map(name => {
    const button = make("button", {name, onclick: () => choose(name)},
      make("bdi", {className: colourOf(name)}, name), isSame(name, chat.me) ? " (you)" : "");
    button.disabled = isSame(name, chat.me);
    return make("li", {}, button);
  }), ...(keys.length > names.length ? [make("li", {}, `and ${keys.length - names.length} more`)] : []));
  if (focused) for (const each of $("peopleList").querySelectorAll("button")) if (each.name === focused) each.focus();
}

/** Where there is no space for the list of people, a button opens it. */
function openPeople(is) {
  $("people").classList.toggle("open", is);
  $("peopleButton").setAttribute("aria-expanded", String(is));
}
