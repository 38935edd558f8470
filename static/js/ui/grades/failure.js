import { t } from "../../i18n/t.js";

const KNOWN = new Set(["offline", "timeout", "not_teaching", "not_allowed", "draft_changed", "bad_lesson"]);

/** What a request that failed says to a person. @param {string} code */
export function failureWords(code) {
  return t(`grades.failure.${KNOWN.has(code) ? code : "other"}`);
}
