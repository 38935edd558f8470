// The answer goes back to the LMS by itself; the button is for a browser that does not run this.

for (const form of document.querySelectorAll("form")) form.submit();
