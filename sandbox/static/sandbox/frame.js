// The course page's side of the frame: height on request, and storage for tools whose cookies a browser blocks
// (1EdTech LTI Client Side postMessages 1.0 and Platform Storage 0.1). Only the tool's own origin is heard.
const frame = document.getElementById("tool");
const origin = frame.dataset.origin;
const kept = new Map();
const LIMIT = 50;

const answers = {
  "lti.capabilities": () => ({ supported_messages: Object.keys(answers).map((subject) => ({ subject })) }),
  "lti.put_data": ({ key, value }) => {
    if (typeof key !== "string" || (!kept.has(key) && kept.size >= LIMIT)) {
      return { error: { code: "bad_request", message: "The key is no string, or too many are kept" } };
    }
    if (value === null || value === undefined) kept.delete(key);
    else kept.set(key, String(value).slice(0, 4096));
    return { key, value };
  },
  "lti.get_data": ({ key }) => ({ key, value: kept.get(key) ?? null }),
};

window.addEventListener("message", (event) => {
  const message = event.data;
  if (event.origin !== origin || typeof message !== "object" || message === null) return;
  if (message.subject === "lti.frameResize") {
    const height = Number(message.height);
    if (height > 0) frame.style.height = `${Math.min(Math.ceil(height), 20000)}px`;
    return;
  }
  if (!Object.hasOwn(answers, message.subject)) return;
  const answer = { subject: `${message.subject}.response`, message_id: message.message_id };
  event.source.postMessage({ ...answer, ...answers[message.subject](message) }, event.origin);
});
