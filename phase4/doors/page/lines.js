// What the server's lines mean, as in shared/message.py and shared/rights.py. No page, no socket, no
// clock of its own: the checks run it in node.

// What Python takes for a blank. To JavaScript U+FEFF is one as well, and U+0085 is not.
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const NAME = `[^${BLANK}:,*!()\\[\\]]+`, DAY_TIME = "[0-9]{4}-[0-9-]{5} [0-9:]{8}";
const COUNT = "(?:0|[1-9][0-9]{0,8})", NUMBER = "(?:0|[1-9][0-9]{0,17})", PLACE = "#([1-9][0-9]{0,17})";
const TIMED = "\\[(\\p{Nd}{2}:\\p{Nd}{2}:\\p{Nd}{2})\\]", HOLDER = `(${NAME}|The operator)`;

const notice = (kind, pattern, ...fields) => [kind, `${TIMED} \\* ${pattern}`, "time", ...fields];

// Kind, pattern, and what its groups are called. The first that fits a whole line counts.
const FORMS = [
  ["prompt", "\\* Enter your nickname:"],
  ["registered", `! (${NAME}) is registered: /login \\1 PASSWORD, or another name\\.`, "name"],
  ["error", "! (.*)", "text"],
  ["private", `${TIMED} (${NAME}) -> (${NAME}): (.*)`, "time", "sender", "recipient", "text"],
  ["public", `${TIMED} (${NAME}): (.*)`, "time", "sender", "text"],
  ["public", `\\[(\\p{Nd}{2}:\\p{Nd}{2}:\\p{Nd}{2}) ${PLACE}\\] (${NAME}): (.*)`,
    "time", "number", "sender", "text"],
  ["earlier", `\\((${DAY_TIME}) ${PLACE}\\) (${NAME}): (.*)`, "at", "number", "sender", "text"],
  ["kept", `\\((${DAY_TIME})\\) (${NAME}) -> (${NAME}): (.*)`, "at", "sender", "recipient", "text"],
  notice("joined", `(${NAME}) joined`, "name"),
  notice("left", `(${NAME}) left(?: \\((.+)\\))?`, "name", "reason"),
  notice("renamed", `(${NAME}) is now (${NAME})`, "old", "fresh"),
  notice("welcome", `Welcome, (${NAME})! (\\p{Nd}{1,9}) online\\. (.*)`, "name", "count", "text"),
  notice("online", "(\\p{Nd}{1,9}) online: (.*?)(,?)", "count", "people", "more"),
  notice("history", `(?:1 earlier line|(?!1 )${COUNT} earlier lines):`),
  notice("history", `(?:1 line|(?!1 )${COUNT} lines) (since|before) #(${NUMBER}):`, "way", "number"),
  notice("historyEnd", `More: /history (since|before) (${NUMBER})`, "way", "number"),
  notice("historyEnd", "That (?:is all|(was) before you came)\\.", "greeting"),
  notice("numbers", "Messages have numbers (now)\\.", "on"),
  notice("numbers", "Messages have no numbers any more\\."),
  notice("loggedIn", `You are logged in as (${NAME}?)(, an operator)?\\.`, "name", "operator"),
  notice("loggedOut", "You are logged out\\."),
  notice("topic", "There is no topic\\."),
  notice("topic", "The topic is: (.+)", "text"),
  notice("topic", `${HOLDER} (?:set the topic: (.+)|removed the topic\\.)`, "by", "text"),
  notice("writing", "The room is (open )?(?:closed )?to writing\\.", "open"),
  notice("writing", `${HOLDER} (?:(opened)|closed) the room to writing\\.`, "by", "open"),
  notice("notice", "(.*)", "text"),
].map(([kind, pattern, ...fields]) => ({kind, fields, whole: new RegExp(`^${pattern}$`, "su")}));

/** The message of a line: its kind, its fields as text, and `line` itself. Every line has one. */
function parse(line) {
  for (const {kind, fields, whole} of FORMS) {
    const found = whole.exec(line);
    if (!found) continue;
    const message = {kind, line};
    fields.forEach((field, at) => { message[field] = found[at + 1] || ""; });
    return message.at === undefined || isTime(message.at) ? message : {kind: "other", line};
  }
  return {kind: "other", line};
}

function isTime(at) {
  const time = new Date(`${at.replace(" ", "T")}Z`);
  return !at.startsWith("0000") && !isNaN(time) && time.toISOString().startsWith(at.replace(" ", "T"));
}

/** What a notice says, without its time. */
const wordsOf = message => message.line.replace(/^\[.{8}\] \* /, "");
const namesIn = people => people.split(", ").filter(Boolean).map(each => each.split(" ")[0]);

const LOGGED_IN_ELSEWHERE = "You logged in from elsewhere.";
/** Whether a page that reads this error last does not connect again by itself. */
const endsForGood = text => ["Disconnected by ", "You are banned", "This address is banned",
  LOGGED_IN_ELSEWHERE].some(each => text.startsWith(each));

const UNSAFE = new RegExp("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u206f" +
  "\\ud800-\\udfff]", "gu");

/** `text` with every control character replaced, so that it can forge no line. */
const clean = text => text.replace(/\t/g, " ").replace(UNSAFE, "\ufffd");
