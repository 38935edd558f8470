/**
 * Before the redirect to the platform, inside a frame or in a window we opened: does this browser keep our
 * cookie, does the platform keep our secret? With neither the launch would fail, and now is the last moment
 * at which a new window still works: most platforms take a launch's hints only once.
 */

import { tellAncestors } from "./ancestors.js";
import { placeOf, put } from "./platform_storage.js";
import { showWayOut } from "./way_out.js";

const PATIENCE_WITH_COOKIE_MS = 1000;
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

/** @param {boolean} cookies whether it is only for the case that our cookie gets lost on its way */
async function isStored(cookies) {
  const data = document.body.dataset;
  const place = placeOf(data);
  if (!place || !data.storageSecret || (cookies && !place.target)) return false;
  return put(place, data.storageSecret, cookies ? PATIENCE_WITH_COOKIE_MS : PATIENCE_MS);
}

async function start() {
  const { next, state, known } = document.body.dataset;
  const cookies = keepsCookies();
  const [stored] = await Promise.all([isStored(cookies), tellAncestors(state, known)]);
  if (next && (cookies || stored)) location.replace(next);
  else showWayOut();
}

start();
