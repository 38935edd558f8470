import { html } from "../../../vendor/ui.js";

/** The mark: a lecture hall from above, a bar for the stage and two rows of seats. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 36 26" aria-hidden="true">
    <rect x="11" y="20" width="14" height="5" rx="2.5" />
    <circle cx="10" cy="15" r="2.5" /><circle cx="18" cy="11" r="2.5" /><circle cx="26" cy="15" r="2.5" />
    <g class="mark-far">
      <circle cx="2.6" cy="11.5" r="2.6" /><circle cx="9" cy="5" r="2.6" /><circle cx="18" cy="2.6" r="2.6" />
      <circle cx="27" cy="5" r="2.6" /><circle cx="33.4" cy="11.5" r="2.6" />
    </g>
  </svg>`;
}

const ROWS = [3, 5, 7, 9];
const SEATS = ROWS.flatMap((count, row) =>
  Array.from({ length: count }, (_, at) => {
    const radius = 22 + row * 18;
    const angle = Math.PI * (at / (count - 1));
    return { x: 90 - Math.cos(angle) * radius, y: 86 - Math.sin(angle) * radius * 0.92 };
  }),
);

/** The same hall, larger: `lit` of its seats are taken. @param {{lit?: number}} props */
export function Hall({ lit = SEATS.length }) {
  return html`<svg class="hall" viewBox="0 0 180 96" aria-hidden="true">
    <rect x="76" y="81" width="28" height="10" rx="5" />
    ${SEATS.map(({ x, y }, at) => html`<circle class=${at < lit ? "" : "hall-free"} cx=${x} cy=${y} r="5" />`)}
  </svg>`;
}
