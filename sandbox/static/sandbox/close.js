// Dynamic registration ends with org.imsglobal.lti.close, posted by the tool's page in the frame.
const frame = document.getElementById("tool");

window.addEventListener("message", (event) => {
  if (event.source === frame.contentWindow && event.data?.subject === "org.imsglobal.lti.close") {
    location.assign(frame.dataset.done);
  }
});
