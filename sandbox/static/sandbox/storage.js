// What the platform answers about its storage (1EdTech Platform Storage 0.1), in the course page or in a frame beside
// the tool's. One store a page and tool.
const kept = new Map();
const LIMIT = 500;
const LONGEST = 4096;

const answers = {
  "lti.capabilities": () => ({ supported_messages: Object.keys(answers).map((subject) => ({ subject })) }),
  "lti.put_data": ({ key, value }) => {
    if (typeof key !== "string" || (!kept.has(key) && kept.size >= LIMIT)) {
      return { error: { code: "bad_request", message: "The key is no string, or too many are kept" } };
    }
    if (value === null || value === undefined) kept.delete(key);
    else kept.set(key, String(value).slice(0, LONGEST));
    return { key, value };
  },
  "lti.get_data": ({ key }) => ({ key, value: kept.get(key) ?? null }),
};

/** The answer to a message, or null where it is not about storage. `fails` answers every one with an error. */
export function answerTo(message, fails = false) {
  if (typeof message !== "object" || message === null || !Object.hasOwn(answers, message.subject)) return null;
  const answer = { subject: `${message.subject}.response`, message_id: message.message_id };
  const error = { code: "storage_exhausted", message: "Nothing can be stored now" };
  return fails ? { ...answer, error } : { ...answer, ...answers[message.subject](message) };
}

// As a frame beside the tool's.
const { origin, storage } = document.documentElement.dataset;
if (origin) {
  window.addEventListener("message", (event) => {
    if (storage === "wrong" && event.source === window.parent && event.data?.forge) {
      // This frame learns from the course page what was asked, and as a frame of a wrong origin answers in its place.
      for (let at = 0; at < window.parent.length; at += 1) window.parent[at].postMessage(answerTo(event.data.forge), "*");
    } else if (event.origin === origin) {
      const answer = answerTo(event.data);
      if (answer) event.source.postMessage(answer, event.origin);
    }
  });
}
