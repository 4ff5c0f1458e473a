// @ts-check
// While marking runs, a score is on its way or a class is at work: ask now and then, and put in what is new.
// <result-waiter> for learners, <class-waiter> for teachers.

const FIRST = 700; // ms
const MOST = 10000;
const GIVE_UP = 10 * 60 * 1000;
const EVERY = 2000; // of the class page

async function pageNow() {
  const text = await (await fetch(location.href, { credentials: "omit" })).text();
  return new DOMParser().parseFromString(text, "text/html");
}

class ResultWaiter extends HTMLElement {
  connectedCallback() {
    this.began = Date.now();
    this.delay = FIRST;
    if ("moving" in this.dataset) this.later();
  }

  later() {
    if (Date.now() - this.began < GIVE_UP) setTimeout(() => this.look(), this.delay);
    this.delay = Math.min(this.delay * 1.5, MOST);
  }

  async look() {
    try {
      const answer = await fetch(this.dataset.status, { credentials: "omit" });
      const { version } = answer.ok ? await answer.json() : this.dataset;
      if (version !== this.dataset.version) return await this.renew();
    } catch {
      /* no connection: ask again later */
    }
    this.later();
  }

  // Only what changed is replaced, so that nothing that is being read moves.
  async renew() {
    const page = await pageNow();
    const fresh = page.querySelector("result-waiter");
    if (!fresh) return location.reload();
    const marked = !this.querySelector("#gradebook") || !fresh.querySelector("#gradebook");
    const id = marked ? "#result" : "#gradebook";
    this.querySelector(id).replaceWith(fresh.querySelector(id));
    document.dispatchEvent(new Event("assay:fresh"));
    document.title = page.title;
    const news = this.querySelector(marked ? "[data-score]" : "#gradebook");
    document.querySelector("[data-said]").textContent = news?.textContent || "";
    this.dataset.version = fresh.dataset.version;
    this.delay = FIRST;
    if ("moving" in fresh.dataset) this.later();
  }
}

// The class page asks every two seconds whether anything happened, while somebody can see it, and puts in what is new.
class ClassWaiter extends HTMLElement {
  shown = {};

  connectedCallback() {
    this.renewed = Date.now();
    this.patience = EVERY;
    document.addEventListener("visibilitychange", () => this.next(0));
    this.addEventListener("focusout", () => this.catchUp());
    this.next(EVERY);
  }

  // What was not replaced because somebody worked in it is replaced when they leave it.
  catchUp() {
    if (!this.behind) return;
    this.dataset.version = "";
    this.next(0);
  }

  next(delay) {
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.look(), delay);
  }

  async look() {
    const began = Date.now();
    try {
      const state = await this.ask();
      if (state === "over") return;
      if (state === "new") this.patience = EVERY;
      if (state === "new" || this.isReading()) await this.renew();
    } catch {
      /* no connection: ask again later */
    }
    // A page that takes long to make is asked for more rarely.
    this.next(Math.max(EVERY, 4 * (Date.now() - began)));
  }

  async ask() {
    const headers = { "If-None-Match": `"${this.dataset.version}"` };
    const answer = await fetch(this.dataset.status, { credentials: "omit", headers });
    if (answer.status === 304) return "same";
    return answer.status === 404 || answer.status === 410 ? "over" : "new";
  }

  // Lists of the LMS are being read: that shows on the page only, which is looked at ever more rarely.
  isReading() {
    if (!("moving" in this.dataset) || Date.now() - this.renewed < this.patience) return false;
    this.patience = Math.min(this.patience * 1.5, MOST);
    return true;
  }

  // Only what changed is replaced, and nothing that somebody is working in.
  async renew() {
    const fresh = (await pageNow()).querySelector("class-waiter");
    if (!fresh) return;
    this.renewed = Date.now();
    this.behind = false;
    for (const part of this.querySelectorAll("[data-part]")) this.replace(part, fresh);
    this.dataset.version = fresh.dataset.version;
    this.toggleAttribute("data-moving", "moving" in fresh.dataset);
    document.dispatchEvent(new Event("assay:fresh"));
  }

  replace(part, fresh) {
    const { part: name } = part.dataset;
    const news = fresh.querySelector(`[data-part="${name}"]`);
    if (!news || news.outerHTML === this.shown[name]) return;
    if (part.contains(document.activeElement)) {
      this.behind = true;
      return;
    }
    this.shown[name] = news.outerHTML;
    part.replaceWith(news);
  }
}

customElements.define("result-waiter", ResultWaiter);
customElements.define("class-waiter", ClassWaiter);
