import { useEffect } from "../../../vendor/ui.js";
import { serverTime } from "../../state/select.js";
import { useRoom } from "../context.js";

const LONGEST_TIMER = 2 ** 31 - 1;

/** Says once that the planned end is reached; nothing else happens then. */
export function PlannedEnd() {
  const { state, actions } = useRoom();
  const { end } = state.room.schedule;
  useEffect(() => {
    if (end === null) return undefined;
    const wait = (end - serverTime(state, Date.now())) * 1000;
    if (wait <= 0 || wait > LONGEST_TIMER) return undefined;
    const tell = () =>
      actions.store.tell({ as: "confirm", tone: "amber", key: "schedule.over", speak: "polite" });
    const timer = setTimeout(tell, wait);
    return () => clearTimeout(timer);
  }, [end]);
  return null;
}
