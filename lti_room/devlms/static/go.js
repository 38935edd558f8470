// Follows the page's link; this is how Sakai begins a launch.
const link = document.getElementById("go");
if (link instanceof HTMLAnchorElement) location.replace(link.href);
