// The admin's page around a registration: goes on when the tool says that it is done.
// Moodle and Sakai listen for this one subject only.
const frame = document.getElementById("registration");

window.addEventListener("message", ({ data, source }) => {
  if (!(frame instanceof HTMLIFrameElement) || source !== frame.contentWindow) return;
  if (data?.subject === "org.imsglobal.lti.close") window.location.assign(frame.dataset.done ?? "");
});
