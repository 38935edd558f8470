/** The launch came back without our cookie: send it again with the secret the platform keeps for us. */

import { get, placeOf, put } from "./platform_storage.js";
import { offerWindow } from "./window_offer.js";

const PATIENCE_MS = 2000;

async function start() {
  const place = placeOf(document.body.dataset);
  const form = document.querySelector("form");
  const secret = place && (await get(place, PATIENCE_MS));
  const field = form?.querySelector('input[name="ps_secret"]');
  if (!place || !form || !secret || !(field instanceof HTMLInputElement)) {
    offerWindow();
    return;
  }
  put(place, null, PATIENCE_MS);
  field.value = secret;
  form.submit();
}

start();
