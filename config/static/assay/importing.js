// @ts-check
// <import-waiter>: shows how far a file has come, and goes on once it is read. Without script the page reloads itself.

const EVERY = 1000; // ms
const MOST = 10_000;

class ImportWaiter extends HTMLElement {
  connectedCallback() {
    this.delay = EVERY;
    this.later();
  }

  later() {
    setTimeout(() => this.look(), this.delay);
  }

  async look() {
    try {
      const answer = await fetch(this.dataset.status, { headers: { Accept: "application/json" } });
      if (!answer.ok) return location.reload();
      const { progress, next } = await answer.json();
      if (next) return location.replace(next);
      this.show(progress);
    } catch {
      this.delay = Math.min(this.delay * 2, MOST); // no connection: ask again later
    }
    this.later();
  }

  show(progress) {
    const bar = this.querySelector("progress");
    bar.value = progress;
    this.querySelector("[data-percent]").textContent = bar.textContent = `${progress} %`;
  }
}

customElements.define("import-waiter", ImportWaiter);
