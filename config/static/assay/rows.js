// @ts-check
// Rows of an editor: "Add" makes another at once, and rows that have an order move up and down. Without script both are
// the business of the form. Words come with the page (`data-say-…`).

const ROWS = "[data-rows]";
const FIELDS = "input, textarea, select";

function rowsOf(list) {
  return [...list.querySelectorAll("[data-row]")].filter((row) => row.closest(ROWS) === list);
}

function add(list) {
  const rows = rowsOf(list);
  const last = rows[rows.length - 1];
  if (!last) return false;
  const fresh = last.cloneNode(true);
  const id = last.querySelector("input[type=hidden]")?.value;
  fresh.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
  fresh.querySelectorAll(FIELDS).forEach((field) => empty(field, id));
  fresh.querySelectorAll("[data-mover]").forEach((button) => button.remove());
  renumber(fresh, rows.length);
  last.after(fresh);
  equip(list);
  number(list);
  fresh.querySelector("textarea, select, input:not([type=hidden], [data-position])")?.focus();
  return true;
}

// What is ticked by the id of its row waits until the row has one.
function empty(field, id) {
  if (field.matches("[type=checkbox], [type=radio]")) {
    field.checked = false;
    field.defaultChecked = false;
    field.disabled = field.value === id;
  } else if (field.matches("select")) field.selectedIndex = 0;
  else if (!("kept" in field.dataset)) field.value = field.defaultValue = "";
}

// "Option 4" was the last one: the next is "Option 5".
function renumber(row, number) {
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentElement.closest("textarea, select, button")) {
      text.data = text.data.replace(new RegExp(`\\b${number}\\b`), String(number + 1));
    }
  }
}

function number(list) {
  rowsOf(list).forEach((row, at) => {
    const position = row.querySelector("[data-position]");
    if (position) position.value = String(at + 1);
  });
}

function move(button) {
  const row = button.closest("[data-row]");
  const list = row.closest(ROWS);
  const rows = rowsOf(list);
  const other = rows[rows.indexOf(row) + Number(button.dataset.mover)];
  if (!other) return;
  if (button.dataset.mover === "1") other.after(row);
  else other.before(row);
  number(list);
  button.focus();
  row.querySelector(FIELDS).dispatchEvent(new Event("input", { bubbles: true }));
}

function equip(list) {
  if (list.dataset.rows !== "ordered") return;
  for (const row of rowsOf(list)) {
    if (row.querySelector("[data-mover]")) continue;
    row.append(mover("▲", list.dataset.sayUp, "-1"), mover("▼", list.dataset.sayDown, "1"));
  }
}

function mover(sign, words, step) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.dataset.mover = step;
  button.title = words;
  button.setAttribute("aria-label", words);
  button.textContent = sign;
  return button;
}

function equipAll() {
  document.querySelectorAll(ROWS).forEach(equip);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-more], [data-mover]");
  const list = button?.closest(ROWS);
  if (!list) return;
  if (button.matches("[data-mover]")) move(button);
  else if (add(list)) event.preventDefault();
});
document.addEventListener("assay:fresh", equipAll); // another script put something new on the page
equipAll();
