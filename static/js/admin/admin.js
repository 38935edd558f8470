// Small conveniences of the admin pages; all of them work without this file.

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement) || !navigator.clipboard) continue;
  const { copy = "", copied = "" } = button.dataset;
  const label = button.firstChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(copy);
      if (label) label.nodeValue = copied;
    } catch {
      // Not allowed here: the text can be selected by hand.
    }
  });
}
