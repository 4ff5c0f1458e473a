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

if (select && own && [...select.options].some((option) => option.value === own)) {
  select.value = own;
  for (const input of document.querySelectorAll("input[data-moment]")) {
    const moment = new Date(input.dataset.moment);
    if (!Number.isNaN(moment.valueOf())) input.value = localValue(moment);
  }
}
