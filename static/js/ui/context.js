/**
 * What every view needs, handed down by the page that mounts them.
 *
 * @typedef {object} App
 * @property {import("../state/store.js").Store} store
 * @property {import("./page.js").Page} page
 * @property {import("./actions.js").Actions} actions
 * @property {import("../media/devices.js").Devices} devices
 * @property {import("./live.js").Live} live
 * @property {Pick<import("../wire/api.js").Api, "get" | "send">} api
 */
import { createContext, useContext } from "../../vendor/ui.js";

export const AppContext = createContext(/** @type {App} */ (/** @type {unknown} */ (null)));

export function useApp() {
  return useContext(AppContext);
}

/** The app and the room, for views that exist only inside one. */
export function useRoom() {
  const app = useApp();
  const state = app.store.room.value;
  if (!state) throw new Error("This view needs a room.");
  return { ...app, state };
}
