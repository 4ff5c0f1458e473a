// @ts-check
// The end of a registration: the LMS that shows us in a frame, or in a window, is asked to close it.

const lms = window.parent !== window ? window.parent : window.opener;
if (lms) {
  const close = document.querySelector("[data-close]");
  close.hidden = false;
  document.querySelector("[data-plain]").hidden = true;
  // Nothing secret, and the specification gives no origin to send it to.
  close.addEventListener("click", () => lms.postMessage({ subject: "org.imsglobal.lti.close" }, "*"));
}
