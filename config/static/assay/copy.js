// @ts-check
// A copy button beside every value that belongs somewhere else. Without script the value is selected by one click.

for (const value of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(value);
      button.textContent = "Selected";
    }
  });
  value.after(button);
}
