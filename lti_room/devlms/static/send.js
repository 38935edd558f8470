// Sends the page's form, as the LMSs do between the steps of a launch.
const form = document.getElementById("send");
if (form instanceof HTMLFormElement) form.submit();
