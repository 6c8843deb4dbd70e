// What one says: until the server has it, and while it is typed.

// --- one's own lines, until the server has them -------------------------------------------------

const ownRow = ({to, text}) =>
  makeRow({kind: `${to ? "private" : "public"} own`, time: clock.time(), from: chat.me, text});

/** Send a line that was typed in a conversation. Whether it was taken. */
function sendFrom(conversation, line) {
  if (!chat.outgoing.hasSpace(line)) {
    tell("Too much waits to be sent already; this was not sent.", "error");
    return false;
  }
  const request = parseRequest(line, isHere), item = {line, conversation};
  if (request.kind === "say") Object.assign(item, {said: clean(request.text), text: clean(request.text)});
  if (request.kind === "whisper") Object.assign(item, {whom: request.to, alone: clean(request.text)});
  if (request.kind === "whisper" && find(request.to) === conversation) {
    Object.assign(item, {to: request.to, text: clean(request.text)});
    keep(conversation.unanswered, item, MOST_TYPED);
  }
  if (item.text !== undefined) {
    item.row = ownRow(item);
    if (conversation.news) conversation.news.remove();
    conversation.add(item.row);
    conversation.follows = true;
  }
  chat.put(item);
  return true;
}

/** It is not known whether this arrives: it stands below all others, and says so. */
function markWaiting({row, conversation}) {
  if (!row || row.classList.contains("waiting")) return;
  row.classList.add("waiting");
  row.append(make("span", {className: "mark"}, "waiting"));
  const stays = conversation.isAtEnd;
  conversation.waiting.append(row);
  if (stays) conversation.toEnd();
}

function settled({row, conversation, to}) {
  if (!row || !row.classList.contains("waiting") || to) return;  // a private one makes way for its echo
  row.classList.remove("waiting");
  row.querySelector(".mark").remove();
  conversation.add(row);
}

function giveUp(item) {
  chat.outgoing.drop(item);
  if (item.text === undefined) return;
  keep(item.conversation.typed, item.text, MOST_TYPED);
  if (item.row) item.row.querySelector(".mark").textContent = "may not have arrived";
}

/** The server sent a private line back: it was delivered, and is not sent again after a loss. */
function answered(conversation, text) {
  const {person} = conversation;
  const item = chat.outgoing.items.find(each => each.isSent && each.alone === text && isSame(each.whom, person));
  if (item) chat.outgoing.drop(item);
  const at = conversation.unanswered.findIndex(each => each.text === text);
  if (at >= 0) conversation.unanswered.splice(0, at + 1).forEach(each => each.row.remove());
}

/** An error that names somebody just written to belongs there, with what was written. */
function refusedBy(text) {
  const tab = conversations.find(each => each.unanswered.length && mentions(text, each.unanswered[0].to));
  tell(text, "error", [tab || current]);
  if (!tab) return;
  const item = tab.unanswered.shift();
  item.row.remove();
  if (tab === current ? $("text").value : tab.draft) keep(tab.typed, item.text, MOST_TYPED);
  else { tab.draft = item.text; if (tab === current) { $("text").value = item.text; typing.changed(); } }
  tell(`Not delivered: ${item.text}`, "error", [tab]);
}

// --- the entry ----------------------------------------------------------------------------------

const isHere = name => [...chat.people].some(each => isSame(each, name));

/** What goes out for a text that is typed here: in a person's tab, what is said is for them. */
function outgoingLines(text, person) {
  if (!trimEnd(text).includes("\n")) {
    const line = asSaid(trimEnd(text)), request = parseRequest(line, isHere);
    if (request.kind === "nothing") return {lines: [], to: "", public: 0};
    const isForPerson = person && request.kind === "say";
    const sent = isForPerson ? `/pm ${person} ${request.text}` : line;
    return {lines: [sent], to: isForPerson ? person : request.to || "", public: 0};
  }
  const count = linesOf(splitText(text)).length;  // not looked at one by one: it may be a whole book
  if (count > MOST_PASTED) return {lines: [], to: person, public: 0, tooMany: count};
  return blockLines(text, splitLines(linesOf(text)[0]).to ? "" : person);
}

/** Whoever spoke last is offered first. */
const speakers = {
  names: [],
  heard(name) { this.names = [name, ...this.names.filter(each => each !== name)].slice(0, 200); },
  order(people) {
    const spoke = this.names.filter(each => people.has(each));
    return [...spoke, ...[...people].filter(each => !spoke.includes(each)).sort()];
  },
};

function closeQuestion() {
  $("question").hidden = true;
  $("text").focus();
}

const typing = {
  at: 0,  // the line of `typed` that is shown; 0: what is being typed
  unsent: "",
  offered: null,
  isLeaving: false,  // after Escape, Tab leads on

  /** Whoever brings several lines may not know how many they are: they are asked about. */
  pasted(event, data) {
    const {length} = linesOf(data.getData("text"));
    if (length > 1) current.wasPasted = true;
    if (length <= MOST_LINES) return;
    event.preventDefault();  // the entry of a browser takes minutes for a book
    tell(`These are ${length} lines; ${MOST_PASTED} may be sent at a time. Nothing was pasted.`, "error");
  },

  /** The entry is as high as what stands in it. */
  fit() {
    const {style} = $("text");
    style.height = "auto";
    style.height = `${Math.min($("text").scrollHeight + 2, innerHeight * 0.3)}px`;
  },

  changed() {
    const entry = $("text");
    this.fit();
    if (!entry.value) {
      current.wasPasted = current.isDoubtful = false;
      $("question").hidden = true;
    }
    this.hint();
    const secret = /^\/(login|register|password|unregister)\s/i.exec(entry.value);
    if (secret && isConfidential && !splitText(entry.value.slice(secret[0].length))) {
      entry.value = "";
      askSecret(`/${secret[1].toLowerCase()}`);
    }
  },

  hint() {
    const {person} = current, {lines, to} = outgoingLines($("text").value, person);
    const left = MOST_BYTES - Math.max(0, ...lines.map(bytesOf));
    const space = left < 0 ? ` ${-left} bytes too long.` : left < 300 ? ` ${left} bytes left.` : "";
    const alone = to || person, text = `${alone ? `To ${alone} alone.` : ""}${space}`;
    if ($("hint").textContent !== text) $("hint").textContent = text;
    $("hint").className = alone ? "private" : "";
    const label = person ? `Message to ${person} alone` : "Message to everybody";
    $("textLabel").textContent = $("text").placeholder = label;
  },

  submit() {
    const text = $("text").value, conversation = current, out = outgoingLines(text, conversation.person);
    if (out.tooMany) this.ask(`!These are ${out.tooMany} lines; ${MOST_PASTED} may be sent at a time.`, out, text);
    if (!out.lines.length) return;
    const isReadable = !isConfidential && out.lines.some(hasSecret);
    const problem = isReadable ? READABLE : out.lines.length === 1 ? this.problemOf(out.lines[0]) : "";
    if (problem) { tell(problem, "error"); return; }
    const question = this.questionOf(out, conversation);
    if (question) { this.ask(question, out, text); return; }
    this.send(out, text, conversation);
  },

  problemOf(line) {
    const request = parseRequest(line, isHere);
    if (request.kind === "refusal") return request.reason;
    return bytesOf(line) > MOST_BYTES ? `This is longer than ${MOST_BYTES} bytes; it was not sent.` : "";
  },

  questionOf(out, conversation) {
    if (conversation.isDoubtful && out.to) {
      return `${out.to} may be somebody else now. Send this all the same?`;
    }
    const isMixed = out.public > 0 && out.public < out.lines.length;
    const question = out.lines.length > 1 ? questionAbout(out) : "";
    return conversation.wasPasted || isMixed || question.startsWith("!") ? question : "";
  },

  ask(question, out, text) {
    const conversation = current, isNo = question.startsWith("!");
    const back = make("button", {type: "button", onclick: closeQuestion}, "Edit");
    const yes = make("button", {type: "button", className: "main", onclick: () => {
      $("question").hidden = true;
      if ($("text").value === text && conversation === current) this.send(out, text, conversation);
      $("text").focus();
    }}, "Send");
    $("questionText").textContent = isNo ? question.slice(1) : question;
    $("answers").replaceChildren(...(isNo ? [back] : [back, yes]));
    $("question").hidden = false;
    (isNo || out.public ? back : yes).focus();
  },

  send(out, text, conversation) {
    const [first] = out.lines, request = parseRequest(first, isHere), isOne = out.lines.length === 1;
    if (isOne && isGoodbye(first)) { leave(); return; }
    if (isOne && hasSecret(first)) {
      if (!sendSecret(first)) return;
    } else {
      if (!out.lines.every(line => sendFrom(conversation, line))) return;
      if (!out.lines.some(hasSecret)) keep(conversation.typed, text, MOST_TYPED);
    }
    if (isOne && request.kind === "whisper" && !find(request.to)) open(request.to);
    Object.assign(this, {at: 0, unsent: "", offered: null});
    $("text").value = "";
    conversation.draft = "";
    this.changed();
  },

  /** Up and Down: what was sent in this conversation. */
  walk(step) {
    const {typed} = current, at = this.at + step;
    if (at < 0 || at > typed.length) return false;
    if (!this.at) this.unsent = $("text").value;
    this.at = at;
    $("text").value = at ? typed[typed.length - at] : this.unsent;
    this.changed();
    return true;
  },

  /** Tab: the next of what could stand there; whether there is something. */
  complete() {
    const entry = $("text"), end = entry.selectionEnd, before = entry.value.slice(0, end);
    if (!this.offered || this.offered.now !== before || this.offered.at < 0) {
      const commands = chat.isOperator ? [...OFFERED, ...OFFERED_TO_OPERATORS] : OFFERED;
      const found = before ? offers(before, speakers.order(chat.people), commands) : [];
      this.offered = {at: -1, found, start: before.slice(0, before.lastIndexOf(" ") + 1), now: before};
    }
    const {found, start} = this.offered;
    if (!found.length) return false;
    this.offered.at = (this.offered.at + 1) % found.length;
    this.offered.now = start + found[this.offered.at];
    entry.setRangeText(this.offered.now, 0, end, "end");
    const {now} = this.offered;
    this.changed();
    if (found.length > 1) $("hint").textContent = found.slice(0, 12).join("  ");
    return Boolean(now);
  },

  key(event) {
    const {key} = event, {value, selectionStart, selectionEnd} = $("text");
    const isComposing = event.isComposing || event.keyCode === 229;  // Safari ends a word with Enter
    if (isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    const isFirst = !value.slice(0, selectionStart).includes("\n");
    const isLast = !value.slice(selectionEnd).includes("\n");
    if (key === "Enter" && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      this.submit();
    } else if (key === "ArrowUp" && isFirst && this.walk(1)) event.preventDefault();
    else if (key === "ArrowDown" && isLast && this.at && this.walk(-1)) event.preventDefault();
    else if (key === "Tab" && !this.isLeaving && this.complete()) event.preventDefault();
    this.isLeaving = key === "Escape";
  },
};
