// @ts-check
// <order-entries>: moves the entries of a list by button, by drag, or by the position that is chosen. The selects hold
// the answer, as they do without script. Its words come with the page (`data-say-…`), in the page's language.

class OrderEntries extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.list = this.querySelector(".entries");
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.append(this.status);
    if (!this.closest("fieldset:disabled")) this.entries().forEach((entry) => this.equip(entry));
    this.sort();
    this.addEventListener("input", (event) => this.chosen(event));
    this.list.addEventListener("dragover", (event) => this.dragOver(event));
    this.list.addEventListener("drop", (event) => this.dragged && event.preventDefault());
  }

  entries() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }

  equip(entry) {
    const buttons = document.createElement("span");
    buttons.className = "movers";
    buttons.append(this.mover(entry, "▲", this.dataset.sayUp, -1), this.mover(entry, "▼", this.dataset.sayDown, 1));
    entry.append(buttons);
    entry.draggable = true;
    entry.addEventListener("dragstart", (event) => {
      this.dragged = entry;
      event.dataTransfer.effectAllowed = "move";
      entry.classList.add("dragged");
    });
    entry.addEventListener("dragend", () => {
      entry.classList.remove("dragged");
      this.dragged = null;
      this.number(entry);
    });
  }

  mover(entry, sign, words, step) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = sign;
    button.setAttribute("aria-label", `${words}: ${entry.querySelector("[data-text]").textContent.trim()}`);
    button.addEventListener("click", () => {
      this.place(entry, this.entries().indexOf(entry) + step);
      this.number(entry);
      button.focus();
    });
    return button;
  }

  // What is stored, and what another script has put back, shows in its order.
  sort() {
    const position = (entry) => Number(entry.querySelector("select").value) || Infinity;
    const sorted = this.entries().sort((one, other) => position(one) - position(other) || 0);
    if (sorted.some((entry, at) => entry !== this.list.children[at])) this.list.append(...sorted);
  }

  place(entry, at) {
    const others = this.entries().filter((other) => other !== entry);
    const to = Math.max(0, Math.min(at, others.length));
    this.list.insertBefore(entry, others[to] || null);
  }

  // A position that is chosen moves its entry, and the others make room; none chosen clears them all.
  chosen(event) {
    if (this.numbering || !event.target.matches("select")) return;
    const entry = event.target.closest(".entry");
    if (!event.target.value) return this.entries().forEach((other) => (other.querySelector("select").value = ""));
    this.place(entry, Number(event.target.value) - 1);
    this.write();
    event.target.focus();
  }

  write() {
    this.entries().forEach((entry, at) => (entry.querySelector("select").value = String(at + 1)));
  }

  number(entry) {
    this.write();
    this.status.textContent = this.dataset.sayMoved.replace("{position}", entry.querySelector("select").value);
    this.numbering = true;
    entry.querySelector("select").dispatchEvent(new Event("input", { bubbles: true }));
    this.numbering = false;
  }

  dragOver(event) {
    if (!this.dragged) return;
    event.preventDefault();
    const over = event.target.closest(".entry");
    if (!over || over === this.dragged || over.parentNode !== this.list) return;
    const box = over.getBoundingClientRect();
    const before = event.clientY < box.top + box.height / 2;
    this.list.insertBefore(this.dragged, before ? over : over.nextSibling);
  }
}

customElements.define("order-entries", OrderEntries);
