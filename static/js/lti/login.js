/**
 * Inside a frame, before the redirect to the platform: does this browser keep our cookie, does the
 * platform keep our secret? With neither the launch would fail, and now is the last moment at which a
 * new window still works: most platforms take a launch's hints only once.
 */

import { placeOf, put } from "./platform_storage.js";
import { offerWindow } from "./window_offer.js";

const PATIENCE_WITH_COOKIE_MS = 400;
const PATIENCE_MS = 2000;

/** Whether a cookie like our own, which no script can see, would be kept here. */
function keepsCookies() {
  const probe = "__Host-lr-probe=1";
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
    document.cookie = `${probe}; Path=/; Max-Age=60; Secure; SameSite=None; Partitioned`;
    return document.cookie.includes(probe);
  } catch {
    return false;
  }
}

async function start() {
  const { next, storageSecret } = document.body.dataset;
  const cookies = keepsCookies();
  const place = placeOf(document.body.dataset);
  const patience = cookies ? PATIENCE_WITH_COOKIE_MS : PATIENCE_MS;
  const stored = place && storageSecret ? await put(place, storageSecret, patience) : false;
  if (next && (cookies || stored)) location.replace(next);
  else offerWindow();
}

start();
