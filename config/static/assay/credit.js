// @ts-check
// The marking form: who writes points has chosen them, and who chooses a credit takes back written ones.

const written = document.querySelector("#points");
const other = document.querySelector("input[name=level][value=other]");

if (written instanceof HTMLInputElement && other instanceof HTMLInputElement) {
  written.addEventListener("input", () => {
    if (written.value.trim()) other.checked = true;
  });
  document.querySelector("#credit")?.addEventListener("change", (event) => {
    const chosen = event.target;
    if (chosen instanceof HTMLInputElement && chosen.type === "radio" && chosen !== other) written.value = "";
  });
}
