// @ts-check
// <result-waiter>: while marking runs or a score is on its way, asks now and then and puts in what is new.

const FIRST = 700; // ms
const MOST = 10000;
const GIVE_UP = 10 * 60 * 1000;

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
    const text = await (await fetch(location.href, { credentials: "omit" })).text();
    const page = new DOMParser().parseFromString(text, "text/html");
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

customElements.define("result-waiter", ResultWaiter);
