// @ts-check
// What every page does where script runs: times in the reader's own words, and a height for the frame we stand in.

const SHAPES = {
  time: { timeStyle: "short" },
  date: { dateStyle: "medium" },
  both: { dateStyle: "medium", timeStyle: "short" },
};

// Their own way to write times, where the page speaks their language.
const page = document.documentElement.lang;
const LOCALE = navigator.languages.find((own) => own.split("-")[0] === page) || page;

function localiseTimes() {
  for (const element of document.querySelectorAll("time[data-shape]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const today = moment.toDateString() === new Date().toDateString();
    const shape = element.dataset.shape || (today ? "time" : "both");
    element.textContent = new Intl.DateTimeFormat(LOCALE, SHAPES[shape] || SHAPES.both).format(moment);
  }
}

/** Canvas and others listen for this and make the frame as high as its page. A height is no secret. */
function tellHeight() {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
}

localiseTimes();
document.addEventListener("assay:fresh", localiseTimes); // another script put something new on the page
if (window.parent !== window) {
  new ResizeObserver(tellHeight).observe(document.body);
  tellHeight();
}
