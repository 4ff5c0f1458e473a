// @ts-check
// A button that prints: within the frame of an LMS the browser's own menu prints the LMS's page. Without script the
// sentence beside it says how.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.nextElementSibling.hidden = true;
  button.addEventListener("click", () => print());
}
