// Which tab this is. A browser can make a second one of it, with all that the first has kept, also the
// secret by which the server knows it. Then the older of both stays this person.

const TAB_ANSWERS_MS = 1000;  // one in the background takes some ms; one that is frozen does not answer

const randomHex = bytes => Array.from(crypto.getRandomValues(new Uint8Array(bytes)),
  each => each.toString(16).padStart(2, "0")).join("");

/**
 * This tab, and its copies: they have the same `id`, and hear each other. The server gives whoever
 * has the same `secret` the place of its own lost connection; no other tab is told it.
 */
class Tab {
  constructor() {
    Object.assign(this, {self: randomHex(8), channel: null, decide: () => {}, hadWayAt: 0});
    this.onStepAside = () => {};
    const [secret, id, since] = ["secret", "tab", "since"].map(key => kept.get("sessionStorage", key));
    const isKnown = /^[0-9a-f]{32}$/.test(secret) && Boolean(id), wasLeft = this.leave(false);
    if (isKnown) this.be({secret, id, since: wasLeft ? Number(since) : Date.now()});
    else this.beNew();
    try {
      this.channel = new BroadcastChannel("tabs");
      this.channel.onmessage = ({data}) => this.hear(data);
    } catch { /* an old browser: then a copy takes the place */ }
    if (isKnown) this.claim();
    // Whether it is known whose place this is. A page that was left and comes back is itself.
    this.isSettled = !isKnown || wasLeft || !this.channel;
    this.settled = this.isSettled ? Promise.resolve() : this.answered();
  }

  beNew() { this.be({secret: randomHex(16), id: randomHex(8), since: Date.now()}); }

  be({secret, id, since}) {
    Object.assign(this, {secret, id, since});
    for (const [key, value] of Object.entries({secret, tab: id, since})) kept.set("sessionStorage", key, value);
  }

  /** Note that the page is being left, or not: a copy that is made meanwhile does not have the note. */
  leave(is) {
    const before = kept.get("sessionStorage", "left");
    kept.set("sessionStorage", "left", is ? "yes" : "");
    return Boolean(before);
  }

  answered() {
    return new Promise(done => {
      this.decide = () => { this.isSettled = true; done(); };
      setTimeout(this.decide, TAB_ANSWERS_MS);
    });
  }

  tell(more = {}) { if (this.channel) this.channel.postMessage({...more, id: this.id, self: this.self}); }

  /** Tell the other tabs that this one has its place, since when. */
  claim() { this.tell({since: this.since}); }

  hear({id, self, since, givesWay}) {
    if (id !== this.id || self === this.self) return;
    if (givesWay) {
      this.hadWayAt = Date.now();
      this.decide();
    } else if (since < this.since || (since === this.since && self < this.self)) this.stepAside();
    else this.claim();
  }

  /** From here on this is somebody else's tab. */
  stepAside() {
    this.tell({givesWay: true});
    this.beNew();
    this.onStepAside();
    this.decide();
  }

  /** Our place was given to another connection. Whether that was a copy of ours, which gives way. */
  async reclaim() {
    const hasWay = () => Date.now() - this.hadWayAt < 10 * TAB_ANSWERS_MS;
    if (hasWay()) return true;  // we were frozen, and hear all of it at once
    const answered = this.answered();
    this.claim();
    await answered;
    return hasWay();
  }
}

const tab = new Tab();
