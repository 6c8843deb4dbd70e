// Joining, leaving, the menu.

function showState(text, isBad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", isBad);
  $("retry").hidden = !isBad;
}

function showTalk() {
  for (const id of ["talk", "form", "people"]) $(id).hidden = false;
  const isNew = !$("join").hidden;
  $("join").hidden = true;
  $("namePassword").value = "";
  arrange();
  typing.changed();
  everybody.toEnd();
  if (isNew && !root.classList.contains("board")) $("text").focus();
}

/** Ask for a name, or another one; with `registered`, for its password. */
function askName(why = "", registered = "") {
  showState("");
  $("joinError").textContent = why;
  $("join").hidden = false;
  for (const id of ["talk", "form", "tabs"]) $(id).hidden = true;
  $("people").hidden = true;
  $("namePassword").hidden = $("namePasswordLabel").hidden = !registered;
  $("name").value = registered || $("name").value || chat.wanted;
  $(registered ? "namePassword" : "name").focus();
}

function leave() {
  chat.isOver = chat.hasLeft = true;
  $("text").value = "";
  if (chat.isIn) { chat.pump(); chat.send("/quit"); } else chat.ended();
}

/** Send a line with a password; whether it left. It never waits for the return. */
function sendSecret(line, password = splitWord(line)[1]) {
  const why = !isConfidential ? READABLE : chat.isIn ? "" : "There is no connection now. Log in after the return.";
  if (why) { tell(why, "error"); return false; }
  chat.offered = password;
  chat.send(line);
  return true;
}

/** A password is typed into a field that shows nothing, and is kept in no history. */
function askSecret(name) {
  if (!isConfidential) { tell(READABLE, "error"); return; }
  const isLogin = name === "/login", label = {"/login": "Log in", "/register": "Register this name",
    "/password": "A new password", "/unregister": "Give up this name"}[name];
  $("secretTitle").textContent = label;
  $("secretName").hidden = $("secretNameLabel").hidden = !isLogin;
  $("secretName").value = isLogin ? chat.lost || chat.me : "";
  $("secretText").value = "";
  $("secretText").autocomplete = isLogin || name === "/unregister" ? "current-password" : "new-password";
  $("secretForm").onsubmit = event => {
    event.preventDefault();
    const password = $("secretText").value, whose = splitText($("secretName").value);
    if (password) sendSecret(`${name} ${isLogin && whose ? `${whose} ` : ""}${password}`, password);
    closeSecret();
  };
  $("secret").showModal();
  $("secretText").focus();
}

function closeSecret() {
  $("secretText").value = "";
  $("secret").close();
  $("text").focus();
}

function look() {
  const theme = kept.get("localStorage", "theme"), isBoard = location.hash === "#board";
  const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const isLarge = kept.get("localStorage", "large") === "on";
  const looks = {dark: isDark, large: isLarge, board: isBoard};
  for (const [name, is] of Object.entries(looks)) root.classList.toggle(name, is);
  const buttons = {dark: isDark, large: isLarge, notify: notes.isOn, boardButton: isBoard};
  for (const [id, is] of Object.entries(buttons)) $(id).setAttribute("aria-pressed", String(is));
  everybody.toEnd();
  typing.fit();
  if (isBoard && current.person) select(everybody);  // what is for one is for no projector
  if (isBoard) showAddress();
}

/** The address to open, large, and its QR code, where the server can draw one. */
async function showAddress() {
  if ($("qr").src) return;
  $("qr").src = "/qr.svg";
  $("qr").onload = () => { $("qr").hidden = false; };
  const answer = await fetch("/qr.svg"), drawing = answer.ok ? await answer.text() : "";
  const [, told] = /<title>(https?:\/\/[^<]+)<\/title>/.exec(drawing) || ["", location.origin];
  $("address").textContent = told;
  $("qr").alt = `QR code that leads to ${told}`;
}

const remember = (key, value) => { kept.set("localStorage", key, value); look(); };

async function askToNotify() {
  if (notes.isOn) { remember("notify", "off"); return notes.turn(); }
  const can = "Notification" in window && window.isSecureContext;
  const answer = can ? await Notification.requestPermission() : "";
  if (answer === "granted") { remember("notify", "on"); notes.turn(); }
  $("menuSays").textContent = answer === "granted" ? "You are notified when this page is hidden."
    : can ? "The browser does not allow it." : "The browser allows notifications over https alone.";
  return undefined;
}

function closeMenu() { $("menu").close(); $("text").focus(); }

const chat = new Chat();

function listen() {
  $("joinForm").onsubmit = event => {
    event.preventDefault();
    const name = $("name").value, isReadable = !isConfidential && hasSecret(name);
    $("joinError").textContent = isReadable ? READABLE : "";
    if (isReadable) return;
    chat.join(splitText($("name").value), $("namePassword").hidden ? "" : $("namePassword").value);
  };
  $("name").oninput = () => { $("namePassword").hidden = $("namePasswordLabel").hidden = true; };
  $("form").onsubmit = event => { event.preventDefault(); typing.submit(); $("text").focus(); };
  $("text").oninput = () => typing.changed();
  $("text").onkeydown = event => typing.key(event);
  $("text").onpaste = event => typing.pasted(event, event.clipboardData);
  $("text").ondrop = event => typing.pasted(event, event.dataTransfer);
  $("retry").onclick = () => chat.wake();
  $("peopleButton").onclick = () => openPeople(!$("people").classList.contains("open"));
  $("people").onkeydown = event => {
    if (event.key !== "Escape") return;
    openPeople(false);
    $("peopleButton").focus();
  };
  $("talk").addEventListener("click", () => openPeople(false));
  $("tabs").onkeydown = event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key], {length} = conversations;
    const at = conversations.indexOf(current) + (step || 0);
    if (step) select(conversations[(at + length) % length], {focus: true});
  };
  everybody.older.onclick = () => chat.askOlder();
  $("menuButton").onclick = () => { $("menuSays").textContent = ""; $("menu").showModal(); };
  $("closeMenu").onclick = closeMenu;
  $("closeTab").onclick = () => closeTab(current);
  $("searchForm").onsubmit = event => {
    event.preventDefault();
    if (splitText($("words").value)) sendFrom(everybody, `/search ${splitText($("words").value)}`);
    select(everybody);
    closeMenu();
  };
  $("dark").onclick = () => remember("theme", root.classList.contains("dark") ? "light" : "dark");
  $("large").onclick = () => remember("large", root.classList.contains("large") ? "off" : "on");
  $("notify").onclick = askToNotify;
  $("boardButton").onclick = () => {
    location.hash = root.classList.contains("board") ? "" : "#board";
    closeMenu();
  };
  for (const id of ["login", "register"]) $(id).onclick = () => { closeMenu(); askSecret(`/${id}`); };
  $("leave").onclick = () => { closeMenu(); leave(); };
  $("secretCancel").onclick = closeSecret;
  $("question").onkeydown = event => { if (event.key === "Escape") closeQuestion(); };
  document.addEventListener("keydown", typeAnywhere);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keepDrafts(); else lookedAt(); });
  for (const name of ["online", "pageshow"]) addEventListener(name, () => chat.wake());
  addEventListener("hashchange", look);
  addEventListener("resize", () => typing.fit());
  addEventListener("storage", ({key}) => { look(); if (key === "notify") notes.turn(); });  // another tab's
  addEventListener("load", () => {  // an address with #board takes the focus away again
    if (document.activeElement === document.body && !$("join").hidden) $("name").focus();
  });
  addEventListener("pagehide", () => { keepDrafts(); if (tab.isSettled) tab.leave(true); });
  addEventListener("pageshow", event => {
    if (!event.persisted) return;  // it was kept as it is, and comes back
    tab.leave(false);
    tab.claim();
  });
  addEventListener("beforeunload", event => {
    if (!chat.isIn && chat.outgoing.items.length) event.preventDefault();  // lines would be lost
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
}

const holdsSecret = text => linesOf(text).some(line => hasSecret(line) || mayHoldPassword(line, isHere));

/** What is typed and what waits, in each tab, outlives a reload; a password does not. */
function keepDrafts() {
  if (!chat.hasLeft) current.draft = $("text").value;
  const {outgoing, isIn} = chat, waiting = isIn ? outgoing.waiting : outgoing.items;
  const drafts = chat.hasLeft ? [] : conversations.map(each => {
    const lines = waiting.filter(item => item.conversation === each).map(item => (item.to ? item.text : item.line));
    return [each.person, [...lines, each.draft].filter(Boolean).join("\n")];
  });
  const harmless = drafts.filter(([, text]) => text && !holdsSecret(text));
  kept.set("sessionStorage", "drafts", JSON.stringify(harmless));
}

function bringBackDrafts() {
  let drafts = [];
  try { drafts = JSON.parse(kept.get("sessionStorage", "drafts")); } catch { /* there are none */ }
  for (const [person, draft] of drafts) {
    const tab = person ? open(person) : everybody;
    if (tab.person === person) Object.assign(tab, {draft, isDoubtful: Boolean(person), wasPasted: draft.includes("\n")});
  }
  $("tabs").hidden = true;
  $("text").value = everybody.draft;
}

/** What is typed over a part that takes no text goes into the entry. */
function typeAnywhere(event) {
  const takesNone = !event.target.closest("input, textarea, dialog, button, a");
  const isText = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (takesNone && isText && !$("form").hidden) $("text").focus();
}

function lookedAt() {
  Object.assign(current, {unread: 0, calls: 0});
  current.label();
  showTitle();
  notes.take();
  chat.wake();
}

tab.onStepAside = () => chat.stepAside();
listen();
bringBackDrafts();
if (location.hash === "#board") $("name").value = "Board";
look();
if (notes.isOn) notes.turn();
$("insecure").hidden = isConfidential;
$("name").value = kept.get("sessionStorage", "name") || $("name").value;
if (kept.get("sessionStorage", "name")) chat.join($("name").value, "", true);
else askName();
