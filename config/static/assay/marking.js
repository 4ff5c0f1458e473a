// @ts-check
// The marking room: one key a credit, and the next answer without a page load. Without script the same forms are pages.

const KEYS = { j: "a[rel=next]", k: "a[rel=prev]", u: "[data-undo] button", s: "[data-suggested]" };
const WRITING = "textarea, select, input:not([type=checkbox])";

class MarkingRoom extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.send(event));
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("change", (event) => this.choose(event.target));
    this.addEventListener("input", (event) => this.write(event.target));
    document.addEventListener("keydown", (event) => this.press(event));
    this.sum();
  }

  get credits() {
    return [...this.querySelectorAll("input[name=level]")];
  }

  press(event) {
    const writing = event.target.matches?.(WRITING);
    if (event.isComposing || event.altKey || this.busy) return;
    if (event.key === "Enter" && writing && (event.ctrlKey || event.metaKey)) return this.save(event);
    if (event.key === "Escape" && writing) return this.querySelector("[data-start]").focus();
    if (event.ctrlKey || event.metaKey || writing || "noKeys" in this.dataset) return;
    if (event.key === "Enter") return event.target.closest?.("button, a, summary") ? undefined : this.save(event);
    const key = event.key.toLowerCase();
    const target = this.querySelector(KEYS[key] || `[data-key="${CSS.escape(key)}"]`);
    if (key === "n") this.querySelector("#note")?.focus();
    else if (!target) return;
    else target.click();
    event.preventDefault();
  }

  save(event) {
    event.preventDefault();
    this.querySelector("[data-mark]").requestSubmit(this.querySelector("[data-save]"));
  }

  // A whole credit stands alone; ideas add up; points that are written replace both.
  choose(input) {
    if (input.name !== "level") return;
    if (input.checked) {
      this.querySelector("#points").value = "";
      for (const other of this.credits) {
        if (other !== input && ("whole" in input.dataset || "whole" in other.dataset)) other.checked = false;
      }
    }
    this.sum();
  }

  write(input) {
    if (input.id !== "points" || !input.value.trim()) return;
    for (const credit of this.credits) credit.checked = false;
    this.sum();
  }

  sum() {
    const place = this.querySelector("[data-sum]");
    if (!place) return;
    const earned = this.credits.filter((one) => one.checked).reduce((all, one) => all + Number(one.dataset.points), 0);
    const most = Number(this.querySelector("#credit").dataset.most);
    place.hidden = !this.credits.some((one) => one.checked);
    const lang = document.documentElement.lang;
    place.querySelector("output").textContent = Math.min(earned, most).toLocaleString(lang, { maximumFractionDigits: 3 });
  }

  click(event) {
    const comment = event.target.closest("button[name=insert]");
    const link = event.target.closest("a[data-part=room]");
    if (comment) {
      event.preventDefault();
      const note = this.querySelector("#note");
      note.value = [note.value.trim(), comment.dataset.text].filter(Boolean).join("\n");
      note.focus();
    } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.load(link.href, {});
    }
  }

  send(event) {
    const form = event.target;
    if (form.dataset.part !== "room") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter?.name) body.append(event.submitter.name, event.submitter.value);
    this.load(form.action, { method: "POST", body });
  }

  async load(url, options) {
    if (this.busy) return;
    this.busy = true;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { ...options, credentials: "omit", headers: { "X-Part": "room" } });
      if (answer.headers.get("X-Part") === "room") this.show(answer, await answer.text());
      else if (answer.redirected || !options.method) location.assign(answer.url);
      else this.trouble();
    } catch {
      this.trouble();
    }
    this.busy = false;
    this.removeAttribute("aria-busy");
  }

  show(answer, html) {
    const room = this.querySelector("[data-room]");
    room.innerHTML = html;
    this.querySelector("[data-trouble]").hidden = true;
    if (answer.ok) history.replaceState(null, "", answer.url);
    const start = room.querySelector(".errors") || room.querySelector("[data-start]");
    start.focus({ preventScroll: true });
    (answer.ok ? room : start).scrollIntoView({ block: "nearest" });
    const said = [room.querySelector("[data-progress]"), start].map((one) => one?.textContent.trim());
    this.querySelector("[data-said]").textContent = said.filter(Boolean).join(". ");
    this.sum();
    document.dispatchEvent(new Event("assay:fresh"));
  }

  // What was chosen and written stays in the form.
  trouble() {
    const place = this.querySelector("[data-trouble]");
    place.textContent = this.dataset.offline;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("marking-room", MarkingRoom);
