
"use strict";
// Sorts the tables, and asks for the page again while it fills. What a person has chosen stands
// behind the # of its address, so that it is the same after that.

const learners = document.getElementById("learners");
const headers = [...learners.tHead.rows[0].cells];
const bodies = [learners, ...document.querySelectorAll(".checks")].map((table) => table.tBodies[0]);
const rows = bodies.map((body) => [...body.rows]);  // as they came: in the order of the names
const box = learners.parentElement;
const wall = document.getElementById("wall");
const follow = document.getElementById("follow");  // only where it fills
const details = [...document.querySelectorAll("details")];
const cameOpen = new Set(details.filter((each) => each.open));
const chosen = new URLSearchParams(location.hash.slice(1));

function remember(name, value) {
  if (value === "") chosen.delete(name); else chosen.set(name, value);
  history.replaceState(null, "", `#${chosen}`);
}

function rememberIds(name, elements) {
  remember(name, elements.map((each) => each.id).join(" "));
}

function isRemembered(name, element) {
  return (chosen.get(name) ?? "").split(" ").includes(element.id);
}

function sort(column, direction) {
  const values = rows[0].map((row) => Number(row.cells[column].dataset.value));
  const sign = direction === "descending" ? -1 : 1;
  const order = [...values.keys()].sort((a, b) => sign * (values[a] - values[b]));
  bodies.forEach((body, table) => body.append(...order.map((row) => rows[table][row])));
  headers.forEach((header) => header.removeAttribute("aria-sort"));
  headers[column].setAttribute("aria-sort", direction);
  remember("sort", `${column} ${direction}`);
}

headers.forEach((header, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.id = `sort-${column}`;
  button.append(...header.childNodes);
  header.append(button);
  button.addEventListener("click", () => {
    const isUp = header.getAttribute("aria-sort") === "ascending";
    sort(column, isUp ? "descending" : "ascending");
  });
});

wall.addEventListener("change", () => {
  document.body.classList.toggle("wall", wall.checked);
  remember("wall", wall.checked ? "yes" : "");
});

function recall() {
  const [column, direction] = (chosen.get("sort") ?? "").split(" ");
  if (headers[column] && ["ascending", "descending"].includes(direction)) {
    sort(Number(column), direction);
  }
  wall.checked = chosen.get("wall") === "yes";
  document.body.classList.toggle("wall", wall.checked);
  for (const each of details) {
    each.open = isRemembered("open", each) || (each.open && !isRemembered("folded", each));
  }
  [box.scrollLeft, box.scrollTop] = (chosen.get("place") ?? "0 0").split(" ").map(Number);
  document.getElementById(chosen.get("focus") ?? "")?.focus({ preventScroll: true });
  ["open", "folded", "place", "focus"].forEach((each) => remember(each, ""));
}

function again() {
  if (!follow.checked) return;
  rememberIds("open", details.filter((each) => each.open));
  rememberIds("folded", details.filter((each) => !each.open && cameOpen.has(each)));
  remember("place", `${box.scrollLeft} ${box.scrollTop}`);
  remember("focus", document.activeElement?.id ?? "");
  location.reload();
}

document.querySelector(".controls").hidden = false;
recall();
if (follow) {
  setInterval(again, 1000 * Number(document.body.dataset.again));
}
