// @ts-check
// <pick-areas>: an area of the picture can be chosen on it, too. The list below holds the answer, as it does without
// script.

class PickAreas extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.addEventListener("click", (event) => this.pick(event.target.closest("[data-area]")));
    this.addEventListener("input", () => this.show());
    this.show();
  }

  input(area) {
    return [...this.querySelectorAll("input")].find((input) => input.value === area.dataset.area);
  }

  pick(area) {
    const input = area && this.input(area);
    if (!input || input.matches(":disabled")) return;
    if (input.type === "radio" && input.checked) return;
    input.checked = !input.checked;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  show() {
    for (const area of this.querySelectorAll("[data-area]")) {
      area.classList.toggle("chosen", Boolean(this.input(area)?.checked));
    }
  }
}

customElements.define("pick-areas", PickAreas);
