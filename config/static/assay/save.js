// @ts-check
// <answer-saver>: sends every answer while it is being given. The form works without it; with it, a lost
// connection, a closed tab or a second window loses nothing. What is stored is decided by the server alone: each
// answer carries a sequence number, and only a higher one than the stored one is taken. Its words come with the page
// (`data-say-…`), in the page's language.

const TYPING_PAUSE = 1000; // ms
const RETRY_FIRST = 1000; // ms, doubled each time
const RETRY_MOST = 30000;
const PATIENCE = 15000; // ms until an unanswered request counts as lost
const LONGEST_PRESS = 3000; // ms; one that ends outside the frame may never be heard of
const TYPED = "textarea, input:is([type=text], [type=number], [type=search], :not([type]))";
const TICKED = "input:is([type=radio], [type=checkbox])";
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5]; // of a question in sight, at which it is looked at again
const ENOUGH_FOR_KEEPALIVE = 60000; // bytes; browsers allow 64 KiB

/** The reader's own way to write times, where the page speaks their language. */
const page = document.documentElement.lang;
const LOCALE = navigator.languages.find((own) => own.split("-")[0] === page) || page;

class Rejected extends Error {
  constructor(status, body) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** How long each question has been in sight: half of it, or filling half of the window. A hidden page does not count. */
class Sight {
  constructor(fieldsets) {
    this.inSight = new Set();
    this.spent = new Map(); // item -> ms that were not sent yet
    this.measure();
    const watcher = new IntersectionObserver((seen) => this.moved(seen), { threshold: SHARES });
    fieldsets.forEach((fieldset) => watcher.observe(fieldset));
    document.addEventListener("visibilitychange", () => this.measure());
  }

  moved(seen) {
    this.measure();
    const half = Math.min(innerHeight, screen.availHeight) / 2; // a frame may be as high as its page
    for (const { target, intersectionRatio, intersectionRect } of seen) {
      const shown = intersectionRatio >= 0.5 || intersectionRect.height >= half;
      this.inSight[shown ? "add" : "delete"](target.dataset.item);
    }
  }

  measure() {
    const now = performance.now();
    if (this.awake) this.inSight.forEach((item) => this.add(item, now - this.at));
    [this.at, this.awake] = [now, !document.hidden];
  }

  add(item, ms) {
    this.spent.set(item, (this.spent.get(item) || 0) + ms);
  }

  // Whole seconds by item, counted as sent.
  take(items) {
    this.measure();
    const whole = [...items].map((item) => [item, Math.floor((this.spent.get(item) || 0) / 1000)]);
    const seen = whole.filter(([, seconds]) => seconds > 0);
    seen.forEach(([item, seconds]) => this.add(item, -1000 * seconds));
    return Object.fromEntries(seen);
  }

  putBack(seen) {
    Object.entries(seen).forEach(([item, seconds]) => this.add(item, 1000 * seconds));
  }
}

class AnswerSaver extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    // In a frame as high as its page the first is far from who presses Submit.
    this.troubles = [...this.querySelectorAll("[data-trouble], [data-trouble-below]")];
    this.outbox = new Map(); // item -> {item, fields, seq}
    this.sending = null;
    this.delay = RETRY_FIRST;
    this.stopped = ""; // or why nothing is saved any more
    this.items = new Map([...this.form.querySelectorAll("fieldset[data-item]")].map((f) => [f.dataset.item, f]));
    this.sight = new Sight(this.items);
    this.restore();
    this.catchUp();
    this.form.addEventListener("input", (event) => this.changed(event));
    this.form.addEventListener("focusout", () => this.outbox.size && this.flush());
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.waiting ??= new Map();
      clearTimeout(this.press); // an earlier press must not cut this one short
      this.press = setTimeout(() => this.settle(), LONGEST_PRESS);
    });
    for (const kind of ["pointerup", "pointercancel", "contextmenu", "keydown", "blur"]) {
      addEventListener(kind, () => setTimeout(() => this.settle()));
    }
    addEventListener("online", () => this.flush());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    document.addEventListener("assay:flush", () => this.flush());
    document.addEventListener("assay:time-over", () => this.handIn());
    document.addEventListener("assay:leave", () => (this.leaving = true));
    document.addEventListener("assay:closed", () => this.close(this.querySelector("time-left").dataset.result));
    addEventListener("beforeunload", (event) => {
      if (this.outbox.size && !this.leaving && !this.stopped) event.preventDefault();
    });
  }

  // A change: number it, keep it, send it (text when typing pauses, anything else at once).
  changed(event) {
    const fieldset = event.target.closest("fieldset[data-item]");
    if (!fieldset || event.target.matches("[type=file]")) return; // files come with the form
    this.latest = fieldset;
    if (this.closed) return this.lost(fieldset);
    const seq = Number(fieldset.dataset.seq) + 1;
    this.keep(fieldset, { item: fieldset.dataset.item, fields: this.read(fieldset), seq });
    if (this.stopped) return this.lost(fieldset); // kept for the next visit, where the browser lets us
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), event.target.matches(TYPED) ? TYPING_PAUSE : 0);
  }

  keep(fieldset, entry) {
    fieldset.dataset.seq = String(entry.seq);
    fieldset.querySelector("[name^=seq-]").value = entry.seq;
    this.outbox.set(entry.item, entry);
    this.backUp();
    this.count();
  }

  // What the controls of a question say, as a form would send it: pairs of part and value. What they mean is the
  // business of the server alone.
  read(fieldset) {
    const prefix = `answer-${fieldset.dataset.item}`;
    return [...new FormData(this.form)]
      .filter(([name, value]) => typeof value === "string" && (name === prefix || name.startsWith(`${prefix}-`)))
      .map(([name, value]) => [name.slice(prefix.length + 1), value]);
  }

  // One request at a time; what changes meanwhile goes with the next.
  flush() {
    clearTimeout(this.timer);
    if (this.sending || this.stopped || !this.outbox.size) return this.sending || Promise.resolve();
    this.sending = this.send()
      .catch((error) => this.failed(error))
      .finally(() => {
        this.sending = null;
        if (this.outbox.size && !this.retrying) this.flush();
      });
    return this.sending;
  }

  async send() {
    const posted = new Map(this.outbox);
    const { results } = await this.post([...posted.values()], this.sight.take(posted.keys()));
    results.forEach((result) => this.settled(result, posted.get(result.item)));
    this.backUp();
    this.delay = RETRY_FIRST;
    this.retrying = clearTimeout(this.retrying);
    this.say("");
  }

  async post(responses, seen, options = {}) {
    try {
      return await this.request(JSON.stringify({ responses, seen }), options);
    } catch (error) {
      if (error.name !== "TimeoutError") this.sight.putBack(seen); // that one may have arrived all the same
      throw error;
    }
  }

  async request(body, options) {
    const asked = performance.now();
    const answer = await fetch(this.dataset.save, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
      ...options,
    });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    const said = isJson ? await answer.json() : {};
    if (!answer.ok) throw new Rejected(answer.status, said);
    document.dispatchEvent(new CustomEvent("assay:clock", { detail: { clock: said.clock, asked } }));
    return said;
  }

  // The server's word on one answer. A newer change made meanwhile stays in the outbox.
  settled(result, posted) {
    const fieldset = this.items.get(result.item);
    const entry = this.outbox.get(result.item);
    if (!fieldset) return;
    if (result.state === "saved") fieldset.dataset.saved = result.seq;
    if (entry && entry !== posted && !(entry.seq <= result.seq)) return;
    if (result.state === "stale" && !entry && result.seq <= Number(fieldset.dataset.saved)) return; // overtaken by ours
    this.outbox.delete(result.item);
    if (result.state === "stale") {
      fieldset.dataset.seq = String(Math.max(result.seq, Number(fieldset.dataset.seq)));
      fieldset.querySelector("[name^=seq-]").value = result.seq;
      return this.note(fieldset, `${this.dataset.sayStale} `, this.dataset.sayNewest);
    }
    if (result.state === "saved") {
      const at = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short" }).format(new Date(result.saved_at));
      return this.note(fieldset, this.dataset.saySaved.replace("{time}", at));
    }
    this.note(fieldset, `${this.dataset.sayUnsaved}: ${result.detail || this.dataset.sayUnknown}`, "", true);
  }

  // No answer, or one that says "later": keep all, try again. A final "no" stops the saver and says so.
  failed(error) {
    const status = error instanceof Rejected ? error.status : 0;
    if (status === 409) return this.close(error.body.result);
    if (status === 404 || status === 410) return this.stop(this.dataset.sayOver);
    this.say(status ? this.dataset.sayBusy : this.dataset.sayOffline);
    this.outbox.forEach((entry) => this.note(this.items.get(entry.item), this.dataset.sayUnsaved, "", true));
    const wait = this.delay * (0.75 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, RETRY_MOST);
    clearTimeout(this.retrying);
    this.retrying = setTimeout(() => {
      this.retrying = 0;
      this.flush();
    }, wait);
  }

  // Another window handed the attempt in, or the server did since the time was over.
  close(address) {
    if (this.leaving || this.closed) return;
    this.closed = true;
    if (!this.isOver) return this.stop(this.dataset.sayClosed, address, this.dataset.sayResult);
    this.leaving = true;
    location.replace(`${address}?over=1`);
  }

  // The time is over: what is there is sent and handed in. Where nobody answers, the server does it by itself.
  handIn() {
    if (this.leaving || this.stopped || this.handingIn) return;
    this.isOver = true;
    const over = Object.assign(document.createElement("input"), { type: "hidden", name: "over", value: "1" });
    if (!this.form.querySelector("[name=over]")) this.form.append(over);
    this.say(this.dataset.sayTimeOver);
    this.form.requestSubmit();
  }

  stop(words, address, label) {
    this.stopped = words;
    this.say(words, address, label);
    this.outbox.forEach((entry) => this.lost(this.items.get(entry.item)));
  }

  // In full where it is being answered; a reader of the screen hears all of it once more only there.
  lost(fieldset) {
    const full = fieldset === this.latest;
    this.note(fieldset, full ? `${this.dataset.sayLost}. ${this.stopped}` : this.dataset.sayLost, "", true);
  }

  // The form itself carries every answer. It leaves only once the server is known to be there, since a browser
  // that finds nobody would throw the page away.
  async submit(event) {
    if (this.leaving || this.stopped) return;
    event.preventDefault();
    const button = event.submitter;
    if (button?.name === "stay") return this.flush();
    button?.setAttribute("aria-busy", "true");
    this.handingIn = true;
    try {
      clearTimeout(this.timer);
      await this.sending;
      await this.post([...this.outbox.values()], this.sight.take(this.items.keys()));
      this.leaving = true;
      this.forget();
      this.form.requestSubmit(button);
    } catch (error) {
      this.failed(error);
      if (!this.stopped && !this.leaving && button?.matches("[data-submit]")) this.say(this.dataset.sayNotSubmitted);
    } finally {
      this.handingIn = false;
      button?.removeAttribute("aria-busy");
    }
  }

  // The page goes away: a last try that outlives it.
  leave() {
    if (this.leaving || this.stopped) return;
    const posted = new Map(this.outbox);
    const responses = [...posted.values()];
    const seen = this.sight.take(this.items.keys());
    if (!responses.length && !Object.keys(seen).length) return;
    if (JSON.stringify({ responses, seen }).length > ENOUGH_FOR_KEEPALIVE) return this.sight.putBack(seen);
    this.post(responses, seen, { keepalive: true })
      .then(({ results }) => results.forEach((result) => this.settled(result, posted.get(result.item))))
      .then(() => this.backUp())
      .catch(() => {});
  }

  // What a reload would forget is kept beside the page where the browser allows it; in a frame it often does not.
  // One place for each answer, so that another window's stay where they are.
  backUp() {
    for (const [item, fieldset] of this.items) {
      const entry = this.outbox.get(item);
      const over = (this.kept(item)?.seq || 0) <= Number(fieldset.dataset.seq);
      try {
        if (entry) localStorage.setItem(this.place(item), JSON.stringify(entry));
        else if (over) localStorage.removeItem(this.place(item));
      } catch {
        /* the outbox in memory is enough */
      }
    }
  }

  place(item) {
    return `assay:${this.dataset.attempt}:${item}`;
  }

  kept(item) {
    try {
      return JSON.parse(localStorage.getItem(this.place(item)) || "null");
    } catch {
      return null;
    }
  }

  forget() {
    this.outbox.clear();
    this.backUp();
  }

  restore() {
    for (const [item, fieldset] of this.items) {
      const entry = this.kept(item);
      if (!entry?.fields || entry.seq <= Number(fieldset.dataset.seq)) continue;
      this.write(fieldset, entry.fields);
      this.keep(fieldset, entry);
    }
    this.backUp();
    if (this.outbox.size) this.flush();
  }

  // What was answered before this script had come is a change like any other.
  catchUp() {
    for (const [item, fieldset] of this.items) {
      const touched = this.controls(fieldset).some(isTouched);
      if (touched && !this.outbox.has(item)) {
        this.keep(fieldset, { item, fields: this.read(fieldset), seq: Number(fieldset.dataset.seq) + 1 });
      }
    }
    if (this.outbox.size) this.flush();
  }

  controls(fieldset) {
    return [...fieldset.querySelectorAll("[name^=answer-]:not([type=file])")];
  }

  write(fieldset, fields) {
    const start = `answer-${fieldset.dataset.item}`.length + 1;
    const left = fields.map((pair) => [...pair]);
    for (const control of this.controls(fieldset)) {
      const same = ([part, value]) => part === control.name.slice(start) && (!control.matches(TICKED) || value === control.value);
      const at = left.findIndex(same);
      const [, value] = at < 0 ? [] : left.splice(at, 1)[0];
      if (control.matches(TICKED)) control.checked = value !== undefined;
      else control.value = value ?? "";
    }
  }

  count() {
    const here = [...this.items.values()].filter((f) => this.read(f).some(([, value]) => value.trim())).length;
    const answered = Number(this.dataset.elsewhere) + here;
    this.querySelector("[data-answered]").textContent = String(answered);
    this.querySelector("progress").value = answered;
  }

  // What is shown moves what stands below it: not from under a finger that is about to press.
  still(place, show) {
    if (this.waiting) this.waiting.set(place, show);
    else show();
  }

  settle() {
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.forEach((show) => show());
  }

  note(fieldset, words, reload = "", bad = false) {
    this.still(fieldset, () => this.writeNote(fieldset, words, reload, bad));
  }

  writeNote(fieldset, words, reload, bad) {
    const place = fieldset.querySelector(".saved");
    place.classList.toggle("bad", bad || Boolean(reload));
    if (place.textContent !== words + reload) place.replaceChildren(words, ...link(location.pathname, reload));
  }

  say(words, address = "", label = "") {
    this.still(this, () => this.tell(words, address, label));
  }

  tell(words, address, label) {
    for (const place of this.troubles) {
      const box = document.createElement("div");
      box.className = "notice warn";
      box.append(words, " ", ...link(address, label));
      if (place.textContent !== (words && box.textContent)) place.replaceChildren(...(words ? [box] : []));
    }
  }
}

function isTouched(control) {
  if (control.matches(TICKED)) return control.checked !== control.defaultChecked;
  if (!control.matches("select")) return control.value !== control.defaultValue;
  return control.selectedIndex !== Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
}

function link(address, label) {
  if (!address || !label) return [];
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = label;
  return [anchor];
}

customElements.define("answer-saver", AnswerSaver);
