// The pages on which an LMS is connected. All of them can be read without this file.

const CLOSE = ["org.imsglobal.lti.close", "lti.close"];

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? "");
      for (const told of document.querySelectorAll("[data-copied]")) told.setAttribute("hidden", "");
      button.parentElement?.querySelector("[data-copied]")?.removeAttribute("hidden");
    } catch {
      // Not allowed inside this LMS: the text can be selected by hand.
    }
  });
}

const lms = window.opener ?? (window.parent === window ? null : window.parent);
const back = document.querySelector("button[data-close]");
if (lms && back instanceof HTMLButtonElement) {
  const alone = document.querySelector("[data-alone]");
  back.hidden = false;
  alone?.setAttribute("hidden", "");
  back.addEventListener(
    "click",
    () => {
      // The messages hold nothing, and an LMS's page may lie on any of its hosts: hence "*".
      for (const subject of CLOSE) lms.postMessage({ subject }, "*");
      back.hidden = true;
      alone?.removeAttribute("hidden");
    },
    { once: true },
  );
}
