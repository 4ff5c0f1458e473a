// A score that arrives while the activity is open shows without a reload, which would start the tool again.
const EVERY = 4000; // ms

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, now] = [document.getElementById("grade"), page.getElementById("grade")];
  if (now && shown.textContent !== now.textContent) shown.replaceWith(document.adoptNode(now));
}

setInterval(() => look().catch(() => {}), EVERY);
