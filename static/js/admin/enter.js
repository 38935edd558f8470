// The link of the command line carries the code behind #, which no server and no log ever sees. It is put into
// the form and taken out of the address; only a click sends it.

const field = document.getElementById("field-code");
const code = location.hash.slice(1);
if (code && field instanceof HTMLInputElement) {
  field.value = code;
  history.replaceState(null, "", location.pathname);
  document.querySelector("button")?.focus();
}
