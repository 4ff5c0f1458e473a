// The course page's side of the tool's frames: height and place on request, and storage (1EdTech LTI Client Side postMessages
// 1.0). Only the tool's own origin is heard.
import { answerTo } from "./storage.js";

const frames = [...document.querySelectorAll("iframe.tool")];
const { origin, storage } = frames[0].dataset;
const other = document.querySelector("iframe.storage");

/** What this page answers about storage; null where it is silent. */
function answer(message) {
  if (storage === "parent") return answerTo(message);
  if (storage === "error") return answerTo(message, true);
  if (storage === "wrong") other.contentWindow.postMessage({ forge: message }, "*");
  return null;
}

window.addEventListener("message", (event) => {
  const message = event.data;
  if (event.origin !== origin || typeof message !== "object" || message === null) return;
  if (message.subject === "lti.frameResize") {
    const frame = frames.find((one) => one.contentWindow === event.source);
    const height = Number(message.height);
    if (frame && height > 0) frame.style.height = `${Math.min(Math.ceil(height), 20000)}px`;
    return;
  }
  if (message.subject === "lti.scrollToTop") {
    const frame = frames.find((one) => one.contentWindow === event.source);
    if (frame && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    return;
  }
  const said = answer(message);
  if (said) event.source.postMessage(said, event.origin);
});
