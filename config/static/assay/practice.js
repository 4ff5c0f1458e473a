// @ts-check
// <check-here>: "Check this answer" puts the feedback in place, and "Try again" the question, without a jump.
// Without script the page reloads there.
// Its words come with the page (`data-say-…`), in the page's language.

class CheckHere extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.check(event));
  }

  async check(event) {
    const button = event.submitter;
    const question = button?.closest(".question");
    if (!question) return;
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    button.setAttribute("aria-busy", "true");
    try {
      this.show(question, await this.send(event.target, button));
    } catch {
      this.say(this.dataset.sayOffline);
    } finally {
      this.busy = false;
      button.removeAttribute("aria-busy");
    }
  }

  async send(form, button) {
    const texts = [...new FormData(form, button)].filter(([, value]) => typeof value === "string"); // practice takes no files
    const body = new URLSearchParams(texts);
    const answer = await fetch(form.action, { method: "POST", body, credentials: "omit", signal: AbortSignal.timeout(15000) });
    if (!answer.ok && ![409, 422, 429].includes(answer.status)) throw new Error(`HTTP ${answer.status}`);
    return { address: answer.url, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  }

  show(question, { address, page }) {
    if (page.querySelector("[data-notice]")) return this.replace(page);
    const form = page.querySelector("check-here form");
    const fresh = page.getElementById(question.id);
    if (!form || !fresh) return location.assign(address);
    this.say("");
    this.querySelector("form").action = form.getAttribute("action");
    history.replaceState(null, "", form.getAttribute("action"));
    question.replaceWith(fresh);
    this.number(form);
    document.getElementById("progress").replaceWith(page.getElementById("progress"));
    (fresh.matches("section") ? fresh : fresh.querySelector("input:not([type=hidden]), textarea, select")).focus({ preventScroll: true });
  }

  // Nothing was stored, and the page says why; what was sent stands in it.
  replace(page) {
    this.replaceChildren(...page.querySelector("check-here").childNodes);
    this.querySelector("[data-notice]").focus();
  }

  // What was sent with this check is stored under a new number; the fields left open have to know it.
  number(form) {
    for (const hidden of form.querySelectorAll("input[type=hidden]")) {
      const own = this.querySelector(`input[name="${hidden.name}"]`);
      if (own) own.value = hidden.value;
    }
  }

  say(words) {
    const box = document.createElement("div");
    box.className = "notice warn";
    box.textContent = words;
    this.querySelector("[data-trouble]").replaceChildren(...(words ? [box] : []));
  }
}

customElements.define("check-here", CheckHere);
