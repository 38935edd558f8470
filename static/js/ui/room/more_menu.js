import { t } from "../../i18n/t.js";
import { isStaff, mayLeaveStage, ownSeat } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { modeItems } from "./mode_menu.js";

/**
 * What a narrow toolbar has no room for.
 *
 * @param {ReturnType<typeof import("../context.js").useRoom>} room
 * @returns {import("../parts/menu.js").Item[]}
 */
export function moreItems(room) {
  const { state, page, actions } = room;
  const show = (/** @type {import("../page.js").DialogName} */ name) => () => {
    page.dialog.value = name;
  };
  const leavesStage = ownSeat(state) && mayLeaveStage(state) && page.size.value === "phone";
  return [
    ...(isStaff(state) ? modeItems(room) : []),
    ...(leavesStage
      ? [
          {
            key: "leave_stage",
            icon: "stage-leave",
            label: t("act.leave_stage"),
            run: () => actions.act(Act.LEAVE_STAGE),
          },
        ]
      : []),
    isStaff(state) && page.teaches
      ? { key: "grades", icon: "grades", label: t("grades.title"), run: show("grades") }
      : { key: "grades", icon: "grades", label: t("grades.mine"), run: show("my_attendance") },
    { key: "settings", icon: "settings", label: t("act.settings"), run: show("settings") },
    ...(page.isPhone
      ? []
      : [{ key: "keys", icon: "keyboard", label: t("act.shortcuts"), run: show("keys") }]),
    ...(page.isFramed
      ? [{ key: "window", icon: "open", label: t("act.open_window"), run: () => actions.openWindow() }]
      : []),
    { key: "leave", icon: "door", label: t("act.leave"), destructive: true, run: () => actions.leave() },
  ];
}
