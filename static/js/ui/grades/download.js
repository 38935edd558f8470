import { clockTime, dayTime, locale, t } from "../../i18n/t.js";
import { csv, minutes, sorted } from "./table.js";

const FREED_AFTER = 10_000;

/** @param {{start: number, until: number | null}} session */
export function sessionName({ start, until }) {
  if (until === null) return t("grades.session_running", { from: dayTime(start) });
  return t("grades.session_name", { from: dayTime(start), until: clockTime(until) });
}

/** Save what the table shows, for a spreadsheet. @param {import("./types").Book} book @param {import("./types").Session | null} session */
export function download(book, session) {
  const text = csv(rows(book, session));
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${t("grades.file")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), FREED_AFTER);
}

/** @param {import("./types").Book} book @param {import("./types").Session | null} session */
function rows(book, session) {
  const title = session ? sessionName(session) : t("grades.all_sessions", { n: book.sessions.length });
  const columns = session
    ? ["name", "time", "status", "points", "grade"]
    : ["name", "attended", "points", "grade"];
  const lines = sorted(book.people, locale()).map((line) => {
    const { there } = line;
    const { n, of } = line.attended;
    return [
      line.name,
      ...(there ? [minutes(there.seconds), t(`grades.status.${there.status}`)] : [`${n} / ${of}`]),
      line.points ?? "",
      t(`grades.file.${line.state}`),
    ];
  });
  return [[title], columns.map((one) => t(`grades.column.${one}`)), ...lines];
}
