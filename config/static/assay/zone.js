// @ts-check
// Dates in the reader's own time zone: names the zone, and moves the times that the server printed in another.

const select = /** @type {HTMLSelectElement | null} */ (document.querySelector("select#zone[data-guess]"));
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What `datetime-local` wants, in the browser's own zone. */
function localValue(moment) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** Browsers may go by an older name of a zone than the list does. */
function isOwn(option) {
  try {
    return Intl.DateTimeFormat("en", { timeZone: option.value }).resolvedOptions().timeZone === own;
  } catch {
    return false;
  }
}

const options = select ? [...select.options] : [];
const mine = own && (options.find((option) => option.value === own) || options.find(isOwn));
if (select && mine) {
  select.value = mine.value;
  for (const input of document.querySelectorAll("input[data-moment]")) {
    const moment = new Date(input.dataset.moment);
    if (!Number.isNaN(moment.valueOf())) input.value = localValue(moment);
  }
}
