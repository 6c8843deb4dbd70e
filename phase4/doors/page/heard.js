// What becomes of what the server says: each kind of line has its place.

/** What becomes of each kind of line; `this` is the Chat. Others are notices. */
const SHOWN = {
  public({time, sender, text, number}) {
    this.saw(number);
    const isOwn = isSame(sender, this.me), calls = !isOwn && mentions(text, this.me);
    show({kind: isOwn ? "public own" : "public", time, from: sender, text}, [everybody], {counts: !isOwn, calls});
    speakers.heard(sender);
    if (calls) notes.show(`${sender} mentions you`, text);
  },
  earlier(message) {
    const {at, sender, text, number} = message, isOwn = this.seen.names.has(sender);
    const line = {kind: isOwn ? "public own" : "public", at, from: sender, text};
    if (this.older && this.older.isOpen) {
      this.older.push(makeRow(line));
      this.oldest = Math.min(this.oldest, Number(number));
    } else if (this.isAnswer) show(line, [everybody, current]);
    else {
      this.saw(number);
      const missed = this.catchUp.state === "done" && !isOwn;
      show(line, [everybody], {counts: missed, calls: missed && mentions(text, this.me)});
    }
  },
  private({time, sender, recipient, text}) {
    const isOwn = isSame(sender, this.me), tab = open(isOwn ? recipient : sender);
    this.shown++;
    this.noteShown();
    if (isOwn) answered(tab, text);
    show({kind: isOwn ? "private own" : "private", time, from: sender, to: recipient, text},
      isOwn && current !== tab ? [tab, current] : [tab], {counts: !isOwn, calls: !isOwn});
    if (!isOwn) notes.show(`${sender} wrote to you`, "A private message.");
  },
  kept({at, sender, recipient, text}) {
    show({kind: "private", at, from: sender, to: recipient, text}, [open(sender)], {counts: true, calls: true});
  },
  joined(message) { come(message, message.name); },
  left(message) { come(message, message.name); },
  renamed(message) { come(message, message.fresh); },
  error({text}) {
    if (this.older && !this.older.isOpen) { this.older = null; everybody.older.hidden = true; }
    refusedBy(text);
  },
  registered({name}) { tell(`${name} is registered. Log in to have it (Menu), or take another name.`, "error"); },
  loggedIn(message) {
    const named = `${folded(message.name)} `, {offered} = this;
    const isNamed = folded(offered).startsWith(named);  // /login NAME PASSWORD, typed in one
    this.password = (isNamed ? splitWord(offered)[1] : offered) || this.password;
    Object.assign(this, {offered: "", isOperator: Boolean(message.operator)});
    tell(wordsOf(message));
  },
  loggedOut() { Object.assign(this, {password: "", isOperator: false}); tell("You are logged out."); },
  topic({time, text, by}) {
    $("topic").replaceChildren(...withLinks(text));
    $("topic").hidden = !text;
    const news = text ? `${by} set the topic: ${text}` : `${by} removed the topic.`;
    if (by) show({kind: "notice", time, text: news}, [everybody]);
  },
  history(message) {
    const isBefore = message.way === "before" && Number(message.number) === this.oldest;
    if (this.older && isBefore) this.older.isOpen = true;
    else if (this.catchUp.state === "done") { this.isAnswer = true; SHOWN.notice.call(this, message); }
  },
  historyEnd(message) {
    if (this.older && this.older.isOpen) {
      everybody.prepend(this.older);
      everybody.older.hidden = message.way !== "before";
      this.older = null;
      return;
    }
    this.isAnswer = false;
    SHOWN.notice.call(this, message);
  },
  notice(message) {
    const {time = clock.time()} = message;
    show({kind: "notice", time, text: wordsOf(message)}, [everybody, current]);
  },
  remark({text}) { tell(text, "notice", [everybody]); },
};

/** Somebody came, went, or has this name now: whoever is written to may be somebody else. */
function come(message, name) {
  const tab = find(name);
  if (tab && (tab === current ? $("text").value : tab.draft)) tab.isDoubtful = true;
  const line = {kind: "notice", time: message.time, text: wordsOf(message)};
  show(line, tab ? [everybody, tab] : [everybody]);
}
