// @ts-check
// How a launch in a frame finds its browser again where no cookie is kept: the platform's page keeps a secret of ours
// (1EdTech Platform Storage 0.1). Without script the same pages go on with the cookie, or in a new tab.

const EVERY = 150; // milliseconds; the platform's frame may still be loading when we first ask
const LONGEST = 1000;

/** @param {string} target @returns {Window | null} the frame that the platform named, once it is there */
function named(target) {
  try {
    return target === "_parent" ? window.parent : window.parent.frames[target];
  } catch {
    return null; // a window of another origin throws for names that it does not have
  }
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Ask the platform about its storage. Gives its answer, or null where none comes in time, or it is an error.
 *
 * What is secret goes to the platform's own origin only, and only from there an answer counts: anyone who could answer in
 * its place could bind this browser to a launch of their own. Canvas's editor has no frame of the agreed name: there
 * everyone above us is asked what they can do, which tells nothing, and who answers from the right origin is the one.
 *
 * @param {DOMStringMap} launch @param {object} message @returns {Promise<MessageEvent | null>}
 */
function ask(launch, message) {
  const origin = new URL(launch.platform).origin;
  const message_id = randomId();
  /** @type {MessageEventSource | null} */
  let volunteer = null;
  return new Promise((done) => {
    function send() {
      for (const keeper of new Set([named(launch.target), volunteer])) {
        keeper?.postMessage?.({ ...message, message_id }, origin);
      }
    }
    function again() {
      window.parent.postMessage({ subject: "lti.capabilities", message_id: `${message_id}-who` }, "*");
      send();
    }
    /** @param {MessageEvent} event */
    function hear(event) {
      if (event.origin !== origin || typeof event.data !== "object" || event.data === null) return;
      if (event.data.message_id === `${message_id}-who` && !volunteer) {
        volunteer = event.source;
        send();
      } else if (event.data.message_id === message_id && event.data.subject === `${message.subject}.response`) {
        end(event.data.error ? null : event);
      }
    }
    /** @param {MessageEvent | null} answer */
    function end(answer) {
      clearInterval(ticking);
      clearTimeout(waiting);
      window.removeEventListener("message", hear);
      done(answer);
    }
    if (window.parent === window) return done(null);
    window.addEventListener("message", hear);
    const ticking = setInterval(again, EVERY);
    const waiting = setTimeout(end, LONGEST, null);
    send();
  });
}

/** Before the platform is asked for the launch: can it keep the secret? If not, the server looks for the cookie. */
async function keep({ dataset }) {
  const answer = await ask(dataset, { subject: "lti.put_data", key: dataset.key, value: dataset.value });
  window.location.replace(answer ? dataset.next : dataset.otherwise);
}

/** The launch has come without its cookie: hand in the secret with it, and let the platform forget it. */
async function giveBack(form) {
  const { key, platform } = form.dataset;
  const answer = await ask(form.dataset, { subject: "lti.get_data", key });
  if (!answer?.data.value) return show("[data-new-tab]", "[data-opening]");
  const forget = { subject: "lti.put_data", message_id: randomId(), key, value: null };
  answer.source.postMessage(forget, new URL(platform).origin);
  form.elements.storage.value = String(answer.data.value);
  form.submit();
}

function show(wanted, instead) {
  document.querySelector(instead).hidden = true;
  document.querySelector(wanted).hidden = false;
}

const launch = document.querySelector("[data-platform]");
if (launch?.dataset.value) keep(launch);
else if (launch) giveBack(launch);
document.querySelector("[data-new-tab] [target]")?.addEventListener("click", () => {
  setTimeout(show, 0, "[data-opened]", "[data-new-tab]"); // after the click has opened the tab
});
