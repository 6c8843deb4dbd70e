// What a person types: who hears it, what is asked about, what is hidden. The checks run it in node.

// --- what a person types, as in shared/request.py -----------------------------------------------

// What a person may have meant for one is never said to all. So a line is refused where it only
// looks like a command, and the page asks the same questions as the server does.
const COMMANDS = new Map(Object.entries({
  "/pm": "NAME TEXT", "/who": "", "?list": "", "/nick": "NAME", "/history": "[N] [before N]",
  "/search": "WORDS", "/ids": "on", "/topic": "[TEXT]", "/register": "PASSWORD",
  "/login": "[NAME] PASSWORD", "/password": "NEW", "/logout": "", "/unregister": "PASSWORD",
  "/kick": "NAME [WHY]", "/mute": "NAME [MINUTES]", "/unmute": "NAME", "/ban": "NAME [MINUTES]",
  "/unban": "NAME", "/bans": "", "/close": "", "/open": "", "/help": "", "/ping": "TEXT",
  "/quit": "", "/exit": "",
}));
const FOR_OPERATORS = ["/kick", "/mute", "/unmute", "/ban", "/unban", "/bans", "/close", "/open"];
const SAME_AS = new Map([["?list", "/who"], ["/exit", "/quit"], ["exit", "/quit"]]);
const ALONE = ["?list", "exit"];
const ELSEWHERE = ["/msg", "/m", "/w", "/t", "/tell", "/whisper", "/query", "/dm", "/r"];
const LIKE_SLASH = "\u1735\u2041\u2044\u2215\u2571\u27cb\u29f8\u2cc6\u2f03\u3033\uff0f\u{1d23a}";
const LIKE_AT = "\ufe6b\uff20";
const PERHAPS_SLASH = "\u30ce\u31d3\u4e3f\\\u2216\u27cd\u29f5\u29f9\ufe68\uff3c";
const AS_NOTHING = "\\u115f\\u1160\\u2800\\u3164\\uffa0\\u{1d159}";
const ENDS_NAME = ":,;.!?\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\u060c\u061b";
const COMMAND_CHARACTERS = 64;

const unicode = (pattern, flags = "su") => new RegExp(pattern, flags);
const IS_BLANK = unicode(`^[${BLANK}]`), IS_UNSEEN = unicode(`^[\\p{C}\\p{Z}\\p{M}${AS_NOTHING}]`);
const DROPPED = unicode(`[\\p{C}\\p{Z}${AS_NOTHING}\\u034f\\ufe0e\\ufe0f]`, "gu");
const WORD = unicode(`^[${BLANK}]*([^${BLANK}]*)[${BLANK}]*(.*?)[${BLANK}]*$`);
const START = unicode(`^[${BLANK}]+`), END = unicode(`[${BLANK}]+$`);
const ESCAPE = unicode("(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]|\\x1bO[^\\n]|" +
  "(?:\\x1b\\]|\\x9d)[^\\x07\\x1b\\x9c\\x9d]*|\\x1b[ -/]*[0-~]", "gu");
const MOVED = unicode(
  `[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f][${BLANK}]*[/@${LIKE_SLASH}${LIKE_AT}]`);

const characters = text => Array.from(text);
const withoutUnseen = word => word.replace(DROPPED, "");
const splitWord = line => WORD.exec(line).slice(1);
const refused = why => ({kind: "refusal", reason: `${why} Nothing was sent.`});
const say = text => ({kind: "say", text});
/** What is the same for two names that are one to the server. */
const folded = text => text.normalize("NFKC").toUpperCase().toLowerCase();
const trimEnd = text => text.replace(END, "");

/** What a line asks for: say, whisper, command, refusal or nothing. `isHere(name)`: somebody is. */
function parseRequest(line, isHere = () => false) {
  line = trimEnd(line);
  const body = line.replace(START, "");
  if (!body) return {kind: "nothing"};
  const all = characters(body), seen = all.findIndex(each => !IS_UNSEEN.test(each));
  if (seen < 0) return say(line);
  const rest = all.slice(seen).join(""), request = parseSeen(rest, isHere);
  if (request.kind !== "say") {
    return seen ? refused(`Signs that cannot be seen stand before the ${all[seen]}.`) : request;
  }
  if (MOVED.test(asATerminalTakesIt(line))) {
    return refused("Control characters stand in this line, and it may be a command.");
  }
  if (mayHoldPassword(rest, isHere)) {
    return refused("This may hold a password. To say it, put a word before it.");
  }
  return say(line.slice(0, line.length - rest.length) + request.text);
}

function parseSeen(line, isHere) {
  const [word, rest] = splitWord(line), sign = characters(word)[0];
  const name = withoutUnseen(characters(word).slice(0, COMMAND_CHARACTERS).join("")).toLowerCase();
  if ((COMMANDS.has(name) || SAME_AS.has(name)) && !(rest && ALONE.includes(name))) {
    return command(SAME_AS.get(name) || name, rest);
  }
  if (sign === "/") return parseSlash(line, word);
  if (sign === "@") return parseAt(line, isHere);
  if ((LIKE_SLASH + LIKE_AT).includes(sign)) {
    const right = LIKE_SLASH.includes(sign) ? "/" : "@";
    return refused(`This begins with ${sign}, which only looks like ${right}.`);
  }
  if (PERHAPS_SLASH.includes(sign) && namesCommand(line.slice(sign.length))) {
    return refused(`A command begins with /, and this begins with ${sign}.`);
  }
  return say(line);
}

/** Whether a command would begin here, if a slash stood before it; as people see it. */
function namesCommand(line) {
  const all = characters(line);
  const isPassedOver = each => each === "/" || (IS_UNSEEN.test(each) && !" \t".includes(each));
  const start = all.findIndex(each => !isPassedOver(each));
  const rest = start < 0 ? [] : all.slice(start);
  const end = rest.findIndex(each => IS_BLANK.test(each) || ENDS_NAME.includes(each));
  const word = end < 0 ? rest : rest.slice(0, end);
  const name = `/${word.filter(each => !IS_UNSEEN.test(each)).join("").toLowerCase()}`;
  return COMMANDS.has(name) || ELSEWHERE.includes(name);
}

function command(name, rest) {
  if (name !== "/pm") return {kind: "command", name, rest};
  const [to, text] = splitRecipient(rest);
  return to && text ? {kind: "whisper", to, text} : refused("Write /pm NAME TEXT.");
}

function parseSlash(line, word) {
  if (!word.startsWith("//")) {
    return refused(`There is no command ${withoutUnseen(word)}; see /help. To say it, begin with //.`);
  }
  if (namesCommand(line)) return refused("That would tell everybody. Write a command with one slash.");
  return say(line.slice(1));
}

function parseAt(line, isHere) {
  if (line.startsWith("@@")) {
    const [to, text] = splitRecipient(line.slice(2));
    return to && text && isHere(to)
      ? refused(`That would tell everybody. For ${to} alone, write one @.`) : say(line.slice(1));
  }
  const [to, text] = IS_BLANK.test(line.slice(1)) ? ["", ""] : splitRecipient(line.slice(1));
  return to && text ? {kind: "whisper", to, text}
    : refused("Write @NAME TEXT. To say a line that begins with @, write @@.");
}

const NAME_END = unicode(`[${ENDS_NAME}]+$`), GLUED = unicode(`^([^${ENDS_NAME}]*)[${ENDS_NAME}]+(.*)$`);

/** The name and the text of `NAME TEXT`, as people write it. Both may be empty. */
function splitRecipient(rest) {
  const [word, text] = splitWord(rest), name = withoutUnseen(word).replace(/^@/, "");
  const bare = name.replace(NAME_END, "");
  for (const each of [name, bare]) if (isAddress(each)) return [each, text];
  const glued = GLUED.exec(name);
  return [glued ? glued[1] : name, splitText(glued ? `${glued[2]} ${text}` : text)];
}

const splitText = text => trimEnd(text.replace(START, ""));

/** Whether it is an IP address, in brackets or not. */
function isAddress(text) {
  const [address, ...zone] = text.replace(/^\[/, "").replace(/\]$/, "").split("%");
  if (zone.length > 1 || (zone.length && !/^[^[\]:,]+$/.test(zone[0]))) return false;
  if (!address.includes(":")) {
    const parts = address.split(".");
    const isPart = each => /^(0|[1-9][0-9]{0,2})$/.test(each) && Number(each) < 256;
    return !zone.length && parts.length === 4 && parts.every(isPart);
  }
  if (!/^[0-9a-f:.]+$/i.test(address)) return false;
  try { return Boolean(new URL(`http://[${address}]/`)); } catch { return false; }
}

function asATerminalTakesIt(line) {
  const isKept = each => IS_BLANK.test(each) || /^\p{Cc}/u.test(each) || !IS_UNSEEN.test(each);
  return characters(line.replace(ESCAPE, "\0")).filter(isKept).join("");
}

// --- a command with a password that has lost its slash, as in shared/slip.py --------------------

/** The word, and what becomes of it where one letter is left out, or two change places. */
function nearly(word) {
  const found = [word];
  for (let at = 1; at < word.length; at++) {
    const before = word.slice(0, at), two = characters(word.slice(at, at + 2));
    found.push(before + word.slice(at + 1), before + two.reverse().join("") + word.slice(at + 2));
  }
  return found;
}

const PASSWORD_WORDS = ["login", "logon", "signin", "register", "unregister", "identify", "password",
  "passwd"];
const SLIPS = new Set(PASSWORD_WORDS.flatMap(nearly));
const FIRST_WORD = /^[^\p{L}\p{N}]*([\p{L}\p{N}]+)/u;
const ODD = unicode(`[\\p{L}\\p{Nl}\\p{No}]\\p{Nd}|\\p{Nd}[\\p{L}\\p{Nl}\\p{No}]|[a-z][A-Z]|` +
  `[\\p{L}\\p{N}_][^\\p{L}\\p{N}_${BLANK}'’.\\-][\\p{L}\\p{N}_]`);

/** Whether a line without a slash may hold a password: a long word, a name, or an odd word follows. */
function mayHoldPassword(line, isHere) {
  const begun = FIRST_WORD.exec(line);
  if (!begun || !SLIPS.has(begun[1].toLowerCase()) || characters(line).length > 200) return false;
  const [first, rest] = splitWord(line), [, glued] = /^[^:,;=]*[:,;=]+(.*)$/su.exec(first) || [];
  const others = rest.split(unicode(`[${BLANK}]+`)).map(each => each.replace(/^[:,;=]+|[:,;=]+$/g, ""));
  const [start] = first.split(/[:,;=]+/), words = [start, glued, ...others].filter(Boolean).slice(1);
  const isLong = word => characters(word).length >= 8 && !word.toLowerCase().startsWith("http");
  if (words.length < 2) return words.some(isLong);
  return isHere(words[0]) || words.slice(0, 5).some(word => isLong(word) && ODD.test(word));
}

const isPublic = line => parseRequest(line).kind === "say";
const isGoodbye = line => parseRequest(line).name === "/quit";
/** The line that says `/me waves` to everybody, also through a server that has no such command. */
const asSaid = line => line.slice(0, 4).toLowerCase() === "/me " && splitText(line.slice(4))
  ? `//me ${line.slice(4).replace(START, "")}` : line;

// --- several lines at once, as in shared/request.py and phase4/client/pasting.py ----------------

const ZERO_WIDTH = "\u200b";  // stands for nothing: in an empty line, or before blanks that are to stay
const MOST_PASTED = 50, MOST_BYTES = 4095;
const linesOf = text => text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
const bytesOf = text => new TextEncoder().encode(text).length;

/** {lines, to, public}: the lines of `text` that say something, each as it goes to the server. */
function splitLines(text, to = "") {
  let lines = linesOf(text).map(trimEnd).filter(Boolean);
  if (lines.length && !to) {
    let begun;
    [to, begun] = begunTo(lines[0]);
    if (lines.length === 1) {
      lines = lines.map(asSaid);
      return {lines, to, public: Number(isPublic(lines[0]))};
    }
    lines = [...begun, ...lines.slice(1)];
  }
  if (to) return {lines: lines.map(line => `/pm ${to} ${line}`), to, public: 0};
  lines = lines.map(asSaid);
  return {lines, to, public: lines.filter(isPublic).length};
}

/** To whom a first line is private, if it is; and its text, which may still be missing. */
function begunTo(line) {
  const whole = parseRequest(line), longer = parseRequest(`${line} x`);
  if (whole.kind === "whisper") return [whole.to, [whole.text]];
  return longer.kind === "whisper" && longer.text === "x" ? [longer.to, []] : ["", [line]];
}

/** The same, so that empty lines and the blanks of code arrive. */
function blockLines(text, to = "") {
  const all = linesOf(text).map(line => (trimEnd(line) ? line : ZERO_WIDTH));
  while (all.length && all[all.length - 1] === ZERO_WIDTH) all.pop();
  while (all[0] === ZERO_WIDTH) all.shift();
  const found = splitLines(all.join("\n"), to);
  if (!found.to || found.lines.length < 2) return found;
  const start = `/pm ${found.to} `, said = found.lines.map(line => line.slice(start.length));
  return {...found, lines: said.map(each => start + (IS_BLANK.test(each) ? ZERO_WIDTH : "") + each)};
}

/** What a line of a block says. */
const withoutMark = text => text[0] === ZERO_WIDTH && (text.length === 1 || IS_BLANK.test(text.slice(1)))
  ? text.slice(1) : text;

/** What to ask before several lines are sent; why they cannot be sent begins with "!". */
function questionAbout({lines, to, public: heard}) {
  const count = `${lines.length} lines`, long = lines.findIndex(each => bytesOf(each) > MOST_BYTES);
  if (lines.length > MOST_PASTED) return `!These are ${count}; ${MOST_PASTED} may be sent at a time.`;
  if (long >= 0) return `!Line ${long + 1} is longer than ${MOST_BYTES} bytes.`;
  const wrong = lines.map(each => parseRequest(each)).find(each => each.kind === "refusal");
  if (wrong) return `!${wrong.reason}`;
  if (to) return `Send ${count} to ${to} alone?`;
  const go = heard === 1 ? "goes" : "go";
  if (heard && heard < lines.length) return `Send ${count}? ${heard} of them ${go} to everybody.`;
  return heard ? `Send ${count} to everybody?` : `Send ${count}? All are commands.`;
}

// --- which lines hold a password, as in shared/secret.py ----------------------------------------

const WITH_PASSWORD = ["/register", "/login", "/password", "/unregister"];
const BEFORE_SECRET = unicode(`${FIRST_WORD.source}[${BLANK}:,;=]*`);
const SLASHES = `/${LIKE_SLASH}${PERHAPS_SLASH.replace("\\", "\\\\")}`;
const SECRET = unicode(`^[^\\p{L}\\p{N}_${SLASHES}]*[${SLASHES}]+[${BLANK}]*([^${BLANK}:,;=]+)` +
  `[${BLANK}:,;=]+(?=[^${BLANK}])`);

/** `line` with its password hidden, also where the command is nearly spelled so, or lacks its slash. */
function withoutSecret(line) {
  const found = SECRET.exec(line);
  if (found && isOfPassword(found[1])) return `${found[0]}***`;
  return mayHoldPassword(line, () => false) ? `${BEFORE_SECRET.exec(line)[0]}***` : line;
}

const hasSecret = line => withoutSecret(line) !== line;

function isOfPassword(word) {
  const start = characters(word).slice(0, COMMAND_CHARACTERS).join("");
  const name = `/${withoutUnseen(start).toLowerCase()}`;
  const isLike = each => likeness(characters(each), characters(name)) >= 0.82;
  return PASSWORD_WORDS.includes(name.slice(1)) || (!COMMANDS.has(name) && WITH_PASSWORD.some(isLike));
}

/** How alike two words of characters are, from 0 to 1, as Ratcliff and Obershelp measure it. */
const likeness = (one, other) => 2 * shared(one, other) / (one.length + other.length);

function shared(one, other) {
  let best = 0, at = 0, place = 0;
  for (let i = 0; i < one.length; i++) {
    for (let j = 0; j < other.length; j++) {
      let size = 0;
      while (i + size < one.length && one[i + size] === other[j + size]) size++;
      if (size > best) [best, at, place] = [size, i, j];
    }
  }
  if (!best) return 0;
  return best + shared(one.slice(0, at), other.slice(0, place))
    + shared(one.slice(at + best), other.slice(place + best));
}

// --- names and links in a text ------------------------------------------------------------------

const SCRIPTS = names => `[${names.split(" ").map(each => `\\p{Script=${each}}`).join("")}]`;
const WITHOUT_BLANKS = unicode(`^${SCRIPTS("Han Hiragana Katakana Thai Lao Khmer Myanmar Hangul")}`);
const GOES_ON = /^[\p{L}\p{M}\p{N}_-]/u;
const PREFIX = /(?:^|[^\p{L}\p{M}])(?:[أوفبلك]{1,3}|[והבכלמש]{1,3})$/u;  // and, in, for, the

/** Whether `text` says `name` as a word of its own. A letter of another script ends a word. */
function mentions(text, name) {
  const said = folded(text), wanted = folded(name), edge = characters(wanted);
  const goesOn = (here, beside) => GOES_ON.test(beside) && !WITHOUT_BLANKS.test(beside)
    && !(WITHOUT_BLANKS.test(here) && edge.length > 1 && /^\p{L}/u.test(beside));
  for (let at = said.indexOf(wanted); wanted && at >= 0; at = said.indexOf(wanted, at + 1)) {
    const before = said.slice(0, at), after = said.slice(at + wanted.length);
    const begins = !goesOn(edge[0], characters(before.slice(-2)).pop() || "")
      || (edge.length > 2 && PREFIX.test(before));
    if (begins && !goesOn(edge[edge.length - 1], after)) return true;
  }
  return false;
}

const LINK = /\b(?:https?:\/\/[^\s<>"`{}|\\^]+|mailto:[\w.+-]+@[\w.-]+\w)/giu;

/** `text` in pieces: [piece, whether it is a link]. A link leads to the host that people read. */
function splitLinks(text) {
  const pieces = [];
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    const link = withoutTail(found[0]);
    if (!leadsWhereItSays(link)) continue;
    pieces.push([text.slice(done, found.index), false], [link, true]);
    done = found.index + link.length;
  }
  return [...pieces, [text.slice(done), false]].filter(([piece]) => piece);
}

function withoutTail(link) {
  const isTail = () => /[.,;:!?'"\u3001\u3002\uff0c\uff01\uff1f]$/.test(link)
    || (link.endsWith(")") && !link.includes("("));
  while (isTail()) link = link.slice(0, -1);
  return link;
}

/** No name before an @, no number that is an address, no letter that looks like another. */
function leadsWhereItSays(link) {
  const host = /^https?:\/\/([^/?#]+)/i.exec(link);
  if (!host) return /^mailto:/i.test(link);
  try {
    return new URL(link).host === host[1].toLowerCase().replace(/^(.*):(80|443)$/, (all, name, port) =>
      (port === "80") === /^http:/i.test(link) ? name : all);
  } catch { return false; }
}

// --- what Tab offers, as in phase4/client/completion.py -----------------------------------------

const spelled = ([name, rest]) => (rest ? `${name} ` : name);
const isForOperators = ([name]) => FOR_OPERATORS.includes(name);
const isRare = ([name]) => ["/ping", "/password"].includes(name);
const OFFERED = [...COMMANDS].filter(each => !isForOperators(each) && !isRare(each)).map(spelled);
OFFERED.push("/me ");
const OFFERED_TO_OPERATORS = [...COMMANDS].filter(isForOperators).map(spelled);
const BEFORE_A_NAME = ["/pm ", "/query ", "/kick ", "/mute ", "/unmute ", "/ban ", "/unban "];

/** What could stand in the place of the last word of `before`; `names` in the order of the offer. */
function offers(before, names, commands = OFFERED) {
  const at = before.lastIndexOf(" ") + 1;
  const start = before.slice(0, at).toLowerCase(), word = before.slice(at);
  const found = names.filter(name => folded(name).startsWith(folded(word.replace(/^@+/, ""))));
  if (BEFORE_A_NAME.includes(start)) return found.map(name => `${name} `);
  if (start) return word ? found : [];
  if (word.startsWith("@")) return found.map(name => `@${name} `);
  if (["", "/", "?"].includes(word.slice(0, 1))) {
    return commands.filter(each => each.startsWith(word.toLowerCase()));
  }
  return found.map(name => `${name}: `);
}
