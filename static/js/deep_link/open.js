// The ticket of the redirect goes from the fragment, which the browser remembers, into a form, which it does not.

for (const form of document.querySelectorAll("form")) {
  const field = form.elements.namedItem("ticket");
  if (field instanceof HTMLInputElement) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.submit();
  }
}
