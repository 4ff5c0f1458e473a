// @ts-check
// <time-left>: how much time an attempt has left. The server alone decides: it names the seconds that remain, and the page
// counts down from there. The browser's own clock may be hours off and is never read. Every few seconds, and with every
// saved answer, the server says it again, so that more time given by a teacher is here at once.

const EVERY = 4000; // ms between two questions to the server
const SOON = 3; // seconds before the end, when what is being typed is sent
const SAID_FOR = 20000; // ms
const OFFERED = 60; // seconds before the end, when more time is on offer where the policy lets the learner take it
const WARNINGS = [
  [OFFERED, "sayOne"],
  [300, "sayFive"],
];

class TimeLeft extends HTMLElement {
  connectedCallback() {
    this.news = this.querySelector("[data-news]");
    this.left = this.querySelector("[data-left]");
    this.button = this.querySelector("button");
    this.asked = 0;
    this.button.addEventListener("click", () => this.toggle(this.left.hidden));
    document.addEventListener("assay:clock", (event) => this.take(event.detail.clock, event.detail.asked));
    this.offer = document.querySelector("[data-offer]");
    this.offer?.addEventListener("click", (event) => this.extend(event));
    document.addEventListener("focusin", ({ target }) => target !== this.offer && (this.focused = target));
    const { remaining, deadline } = this.dataset;
    this.begin(remaining ? Number(remaining) : null, deadline || null);
    this.toggle(remembered());
    this.ask();
    setInterval(() => this.tick(), 250);
    setInterval(() => this.ask(), EVERY);
  }

  begin(remaining, deadline) {
    this.deadline = deadline;
    this.ends = remaining === null ? Infinity : performance.now() + 1000 * remaining;
    this.hidden = remaining === null && !this.news.textContent;
    this.button.hidden = remaining === null;
    this.last = this.seconds();
    this.over = false;
    this.flushed = false;
    this.showOffer();
  }

  seconds() {
    return Math.max(0, Math.ceil((this.ends - performance.now()) / 1000));
  }

  // Without a time limit there is nothing to ask; one that a teacher sets comes with the next saved answer.
  async ask() {
    if (this.ends === Infinity || this.asking) return;
    const asked = performance.now();
    this.asking = true;
    try {
      const answer = await fetch(this.dataset.clock, { credentials: "omit", signal: AbortSignal.timeout(10000) });
      if (answer.ok) this.take(await answer.json(), asked);
    } catch {
      /* no connection: the page counts on by itself */
    } finally {
      this.asking = false;
    }
  }

  take({ state, remaining, deadline, offer, taken }, asked) {
    if (asked < this.asked) return; // overtaken by a later answer
    this.asked = asked;
    if (state !== "in_progress") return this.ended();
    const isOwn = this.offer && taken > Number(this.offer.value);
    if (this.offer) [this.offer.dataset.offer, this.offer.value] = [offer, taken];
    if (deadline !== this.deadline) return this.change(remaining, deadline, isOwn);
    this.showOffer();
    // An answer is never early, only late on its way.
    if (remaining !== null) this.ends = Math.min(this.ends, performance.now() + 1000 * remaining);
    if (remaining === 0) this.finish();
  }

  change(remaining, deadline, isOwn) {
    const longer = this.deadline && deadline && new Date(deadline) > new Date(this.deadline);
    const more = isOwn ? this.dataset.sayTaken : this.dataset.sayMore;
    this.say(deadline ? (longer ? more : this.dataset.sayChanged) : this.dataset.sayNone);
    this.begin(remaining, deadline);
    this.show();
    const ends = document.querySelector("[data-ends] time");
    if (!ends || !deadline) return;
    ends.dateTime = deadline;
    document.dispatchEvent(new Event("assay:fresh"));
  }

  tick() {
    const left = this.seconds();
    if (left === this.last || this.ends === Infinity) return;
    const due = WARNINGS.find(([seconds]) => left <= seconds && this.last > seconds);
    this.last = left;
    this.showOffer();
    if (due) this.say(this.dataset[due[0] === OFFERED && this.isOffered() ? "sayOffer" : due[1]]);
    this.show();
    if (left <= SOON && !this.flushed) {
      this.flushed = true;
      document.dispatchEvent(new Event("assay:flush"));
    }
    if (left === 0) this.finish();
  }

  isOffered() {
    return Boolean(this.offer) && this.offer.dataset.offer !== "0" && this.seconds() <= OFFERED;
  }

  // It never takes the focus. Where it had it and goes, the learner is back at the answer.
  showOffer() {
    if (!this.offer) return;
    const hadFocus = document.activeElement === this.offer;
    this.offer.hidden = !this.isOffered();
    if (hadFocus && this.offer.hidden) this.focused?.focus({ preventScroll: true });
  }

  // Without an answer the form is sent, whose own words say what is wrong.
  async extend(event) {
    event.preventDefault();
    const asked = performance.now();
    try {
      const body = new URLSearchParams({ more_time: this.offer.value });
      const answer = await fetch(this.dataset.clock, { method: "POST", body, credentials: "omit", signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(await answer.json(), asked);
    } catch {
      this.offer.form.requestSubmit(this.offer);
    }
  }

  // A teacher may have given more time in the last seconds: the server is asked first.
  async finish() {
    if (this.over) return;
    this.over = true;
    await this.ask();
    if (this.over && this.seconds() === 0) document.dispatchEvent(new Event("assay:time-over"));
    setTimeout(() => (this.over = false), EVERY); // where nothing came of it, once more
  }

  ended() {
    if (this.seconds() > 2) return document.dispatchEvent(new Event("assay:closed"));
    document.dispatchEvent(new Event("assay:leave"));
    location.replace(`${this.dataset.result}?over=1`);
  }

  toggle(shown) {
    this.left.hidden = !shown;
    this.button.textContent = shown ? this.dataset.sayHide : this.dataset.sayShow;
    remember(shown);
    this.show();
  }

  show() {
    if (this.left.hidden || this.ends === Infinity) return;
    const left = this.seconds();
    const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const [first, ...others] = parts[0] ? parts : parts.slice(1);
    this.left.textContent = [first, ...others.map((part) => String(part).padStart(2, "0"))].join(":");
  }

  say(words) {
    this.hidden = false;
    this.news.textContent = words;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.news.replaceChildren(), SAID_FOR);
  }
}

// In a frame the browser may keep nothing for us.
function remembered() {
  try {
    return sessionStorage.getItem("assay:time") === "shown";
  } catch {
    return false;
  }
}

function remember(shown) {
  try {
    sessionStorage.setItem("assay:time", shown ? "shown" : "hidden");
  } catch {
    /* then it is hidden again on the next page */
  }
}

customElements.define("time-left", TimeLeft);
