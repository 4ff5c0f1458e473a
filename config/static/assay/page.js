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

/**
 * In a frame as high as its page it is the LMS's page that scrolls, and it stays where the last page was left. Canvas and
 * others go to the top on request; what a link or an error names is brought into view through frames, once the frame has
 * its height, unless the reader has begun to move.
 */
function showPlace() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const place = document.querySelector(".errors[role=alert]") || named;
  if (!place) {
    if ("onward" in document.body.dataset) window.parent.postMessage({ subject: "lti.scrollToTop" }, "*");
    return;
  }
  const begun = new AbortController();
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, () => begun.abort(), { signal: begun.signal, passive: true });
  }
  setTimeout(() => {
    if (begun.signal.aborted) return;
    begun.abort();
    place.focus({ preventScroll: true });
    place.scrollIntoView();
  }, 150); // ms
}

localiseTimes();
document.addEventListener("assay:fresh", localiseTimes); // another script put something new on the page
if (window.parent !== window) {
  new ResizeObserver(tellHeight).observe(document.body);
  tellHeight();
  showPlace();
}
