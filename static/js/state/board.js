/**
 * What is being told to this person just now: notices that stay until settled, confirmations that go by
 * themselves, and the words for screen readers. Pure; the page keeps the time.
 *
 * @typedef {import("./types").Moment} Moment
 * @typedef {Moment & {number: number}} Told
 * @typedef {{number: number, notices: Told[], confirmations: Told[], polite: Told | null, assertive: Told | null}} Board
 */

const CONFIRMATIONS_KEPT = 3;

/** @type {Readonly<Board>} */
export const EMPTY_BOARD = Object.freeze({
  number: 0,
  notices: [],
  confirmations: [],
  polite: null,
  assertive: null,
});

/**
 * @param {Board} board
 * @param {Moment} moment
 * @returns {Board}
 */
export function tell(board, moment) {
  const told = { ...moment, number: board.number + 1 };
  const settled = moment.topic ? settle(board, moment.topic) : board;
  return {
    ...settled,
    number: told.number,
    notices: moment.as === "notice" ? [...settled.notices, told] : settled.notices,
    confirmations:
      moment.as === "confirm"
        ? [...settled.confirmations, told].slice(-CONFIRMATIONS_KEPT)
        : settled.confirmations,
    ...(moment.speak ? { [moment.speak]: told } : {}),
  };
}

/** What was told of this topic is past: it needs no answer, and waits in no queue. @param {Board} board @param {string} topic @returns {Board} */
export function settle(board, topic) {
  const others = (/** @type {Told[]} */ list) => list.filter((one) => one.topic !== topic);
  return { ...board, notices: others(board.notices), confirmations: others(board.confirmations) };
}

/** @param {Board} board @param {number} number @returns {Board} */
export function dismiss(board, number) {
  const others = (/** @type {Told[]} */ list) => list.filter((one) => one.number !== number);
  return { ...board, notices: others(board.notices), confirmations: others(board.confirmations) };
}
