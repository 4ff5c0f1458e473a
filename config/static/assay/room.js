// @ts-check
// The writing room. <draft-saver> keeps what is typed and shows it as learners will get it; questions are dragged into
// another order; a picture goes where the cursor was. Without script the buttons of the forms do the same.
// Its words come with the page (`data-say-…`), in the page's language.

const PAUSE = 900; // ms without typing
const PATIENCE = 20_000; // ms for an answer
const AGAIN = 5_000; // ms until a failed save is tried again
const LOCALE = document.documentElement.lang;

class DraftSaver extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.state = this.form.querySelector(".saved");
    this.dirty = false;
    this.form.addEventListener("input", (event) => event.target.type !== "file" && this.changed());
    this.form.addEventListener("focusin", (event) => {
      if (event.target.matches("textarea, input[name$=image]")) this.last = event.target;
    });
    this.form.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("beforeunload", (event) => this.dirty && !this.leaving && event.preventDefault());
  }

  changed() {
    this.dirty = true;
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  // One request at a time, since each names the revision that the last one made.
  save() {
    clearTimeout(this.timer);
    if (this.saving || !this.dirty || this.stopped) return this.saving;
    this.dirty = false;
    this.say(this.dataset.saySaving);
    this.saving = this.post(this.form.action, this.fields())
      .then((answer) => this.saved(answer))
      .catch(() => this.failed())
      .finally(() => {
        this.saving = null;
        if (this.dirty && !this.timer2) this.changed();
      });
    return this.saving;
  }

  fields() {
    const data = new FormData(this.form);
    for (const name of ["picture", "alt"]) data.delete(name);
    return data;
  }

  async post(address, body, options = {}) {
    const headers = { Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE), ...options });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return { status: answer.status, body: isJson ? await answer.json() : null };
  }

  saved({ status, body }) {
    if (status === 200 && body) return this.done(body);
    if (status === 409 && body) return this.stale(body);
    if (status === 422 && body) return this.say(body.error, true);
    if (status >= 500) throw new Error(String(status));
    this.stopped = true;
    this.dirty = true;
    this.say(this.dataset.sayOver, true);
  }

  done({ revision, at, preview, editor }) {
    this.form.elements.namedItem("revision").value = revision;
    const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short" }).format(new Date(at));
    this.say(this.dataset.saySaved.replace("{time}", time));
    const place = this.querySelector("[data-preview]");
    if (!place || preview === undefined) return;
    place.innerHTML = preview;
    if (editor) this.grow(editor);
    document.dispatchEvent(new Event("assay:fresh"));
  }

  // Fields that follow from what was typed, such as those of a gap that the text names by now. What is there stays as it
  // is; new ones come in, and those that no longer belong go, unless somebody is in them.
  grow(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const lists = fresh.querySelectorAll("[data-living]");
    this.form.querySelectorAll("[data-living]").forEach((list, at) => this.merge(list, lists[at]));
  }

  merge(list, fresh) {
    const here = new Map([...list.children].map((part) => [part.dataset.live, part]));
    let last = null;
    for (const part of [...fresh.children]) {
      const old = here.get(part.dataset.live);
      const stays = old && (old.dataset.as === part.dataset.as || old.contains(document.activeElement));
      if (old && !stays) old.replaceWith(part);
      else if (!old) last ? last.after(part) : list.prepend(part);
      last = stays ? old : part;
      here.delete(part.dataset.live);
    }
    for (const gone of here.values()) if (!gone.contains(document.activeElement)) gone.remove();
  }

  failed() {
    this.dirty = true;
    this.say(this.dataset.sayUnsaved, true);
    this.timer2 = setTimeout(() => {
      this.timer2 = 0;
      this.save();
    }, AGAIN);
  }

  // Somebody else saved: what is typed stays, and its author decides.
  stale({ by, revision }) {
    this.stopped = true;
    this.dirty = true;
    this.say("");
    const box = document.createElement("div");
    box.className = "errors";
    box.tabIndex = -1;
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = this.dataset.sayStale.replace("{by}", by);
    const theirs = document.createElement("a");
    theirs.className = "button quiet";
    theirs.href = location.href;
    theirs.textContent = this.dataset.sayTheirs;
    theirs.addEventListener("click", (event) => {
      event.preventDefault();
      this.leaving = true;
      location.reload();
    });
    const mine = document.createElement("button");
    Object.assign(mine, { className: "button quiet", name: "replace", value: String(revision) });
    mine.textContent = this.dataset.sayReplace;
    const actions = document.createElement("div");
    actions.className = "actions";
    actions.append(theirs, mine);
    box.append(words, actions);
    this.form.querySelector("[data-conflict]").replaceChildren(box);
  }

  // The form goes only after what is on its way: it names the revision that is stored by then.
  async submit(event) {
    const button = event.submitter;
    if (button?.value === "picture") {
      event.preventDefault();
      return this.picture();
    }
    if (this.leaving) return;
    if (this.saving) {
      event.preventDefault();
      await this.saving;
      if (this.stopped && button?.name !== "replace") return;
      this.leaving = true;
      this.form.requestSubmit(button);
      return;
    }
    clearTimeout(this.timer);
    this.leaving = true;
  }

  async picture() {
    const place = this.form.querySelector("[data-picture-error]");
    place.textContent = "";
    const { body } = await this.post(this.dataset.picture, new FormData(this.form)).catch(() => ({ body: null }));
    if (!body?.markdown) {
      place.textContent = body?.error || this.dataset.sayUnsaved;
      return;
    }
    await this.putIn(body.markdown);
    for (const name of ["picture", "alt"]) this.form.elements.namedItem(name).value = "";
    this.form.querySelector("details.adding").open = false;
    this.changed();
  }

  async putIn(markdown) {
    const own = this.form.querySelector("[name$=body-image]");
    if (own && !own.value) return this.fillIn(own, markdown);
    const field = this.last?.isConnected && this.last !== own ? this.last : this.form.elements.namedItem("stem");
    const at = field.selectionStart ?? field.value.length;
    field.setRangeText(`${at ? "\n\n" : ""}${markdown}`, at, at, "end");
    field.focus();
  }

  // A kind with a picture of its own wants to know its size.
  async fillIn(field, markdown) {
    field.value = markdown.slice(markdown.lastIndexOf("(") + 1, -1);
    const alt = this.form.querySelector("[name$=body-alt]");
    const file = this.form.elements.namedItem("picture").files[0];
    if (alt && !alt.value) alt.value = this.form.elements.namedItem("alt").value;
    const size = file && (await createImageBitmap(file).catch(() => null));
    for (const name of ["width", "height"]) {
      const side = this.form.querySelector(`[name$=body-${name}]`);
      if (size && side) side.value = String(size[name]);
    }
  }

  leave() {
    if (!this.dirty || this.saving || this.leaving) return;
    this.save();
  }

  say(words, bad = false) {
    this.state.classList.toggle("bad", bad);
    this.state.textContent = words;
  }
}

customElements.define("draft-saver", DraftSaver);

// Dragging by the head of a question; the server puts it there.
for (const list of document.querySelectorAll("[data-sortable]")) {
  let held = null;
  for (const head of list.querySelectorAll(":scope > [data-item] > .head")) head.draggable = true;
  list.addEventListener("dragstart", (event) => {
    held = event.target.closest("[data-item]");
    held?.classList.add("held");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held?.dataset.item || "");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-item]");
    if (!held) return;
    event.preventDefault();
    if (!over || over === held) return;
    const box = over.getBoundingClientRect();
    if (event.clientY > box.top + box.height / 2) over.after(held);
    else over.before(held);
  });
  list.addEventListener("dragend", () => {
    held?.classList.remove("held");
    held = null;
  });
  list.addEventListener("drop", (event) => {
    event.preventDefault();
    const form = document.querySelector("[data-mover-form]");
    if (!held || !form) return;
    const at = Number(list.dataset.start) + [...list.children].indexOf(held);
    const button = held.querySelector("form[action$='/move']");
    form.action = button.action;
    form.elements.namedItem("to").value = String(at);
    form.requestSubmit();
  });
}
