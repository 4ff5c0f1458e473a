// @ts-check
// In a frame as high as its page it is the LMS's page that scrolls, so nothing sticks to the top of ours. There the bar
// follows what is in sight, so that saving, trouble, time and progress are said at the question that is being read.

const ABOUT = 40; // pixels: a frame has borders, and little scrolls where no more than that is hidden
const STEPS = Array.from({ length: 41 }, (_, at) => at / 40);
const bar = document.querySelector(".bar");
const inSight = new Map(); // block -> where its visible part begins, in our own pixels
let shift = 0;

function isFullHeight() {
  return window.parent !== window && document.documentElement.scrollHeight <= innerHeight + ABOUT;
}

function place() {
  const [first] = [...inSight].sort(([, one], [, other]) => one.top - other.top);
  const room = bar.parentElement.getBoundingClientRect();
  const home = bar.getBoundingClientRect().top - shift;
  const isCut = first && (first[1].cut || first[0].previousElementSibling !== bar);
  const wanted = isFullHeight() && isCut ? first[1].top - home : 0;
  shift = Math.max(0, Math.min(Math.round(wanted), room.bottom - home - bar.offsetHeight));
  bar.style.translate = shift ? `0 ${shift}px` : "";
}

function look(entries) {
  for (const { target, isIntersecting, intersectionRect, boundingClientRect } of entries) {
    const cut = intersectionRect.top > boundingClientRect.top + 1;
    if (isIntersecting) inSight.set(target, { top: intersectionRect.top, cut });
    else inSight.delete(target);
  }
  place();
}

if (bar && window.parent !== window) {
  // What lies around the frame is reckoned with too: the browser clips by everything up to the window itself.
  const observer = new IntersectionObserver(look, { threshold: STEPS });
  for (const block of bar.parentElement.querySelectorAll(":scope > :is(.question, .between, .finish)")) observer.observe(block);
}
