/** What `/api/grades` answers. Times are seconds since the epoch. */

export type Status = "present" | "late" | "left_early" | "absent" | "excused";
export type LineState = "none" | "left_out" | "draft" | "waiting" | "sent" | "failed";

export interface Span {
  start: number;
  until: number;
}

/** One person in one session. `automatic` is what the record says, `status` what counts. */
export interface Standing {
  status: Status;
  automatic: Status;
  seconds: number;
  share: number;
  first: number | null;
  last: number | null;
}

export interface Session {
  id: string;
  start: number;
  until: number | null;
  lesson: Span;
  lesson_chosen: boolean;
  counts: boolean;
  counts_chosen: boolean;
  summary: Record<Status, number>;
}

export interface Line {
  id: string;
  name: string;
  points: number | null;
  state: LineState;
  sendable: boolean;
  /** Of the course, and in no session so far. */
  never_came: boolean;
  code: string | null;
  retry_at: number | null;
  sent_points: number | null;
  sent_maximum: number | null;
  sent_at: number | null;
  /** At how many of the sessions that count, are over and were not excused. */
  attended: { n: number; of: number };
  /** In the session that is shown; null: all are. */
  there: Standing | null;
}

export interface Rules {
  late_minutes: number;
  early_minutes: number;
  present_percent: number;
  scoring: "threshold" | "proportional";
}

/** Learners of the course who never opened the room, as far as the LMS tells who is in it. */
export interface NeverCame {
  n: number;
  /** For how many `zeros` decides if they are sent 0. */
  undecided: number;
  zeros: boolean;
  asking: boolean;
  error: string | null;
  complete: boolean;
}

export interface Book {
  now: number;
  may_send: boolean;
  graded: boolean;
  points: number;
  send_by_itself: boolean;
  rules: Rules;
  gradebook: { platform: string; name: string; obstacle: string | null; made: boolean };
  draft: string;
  /** The session whose people are told; null: all. */
  session: string | null;
  to_send: number;
  never_came: NeverCame;
  pause: { code: string; until: number } | null;
  sessions: Session[];
  people: Line[];
}

export type OwnSession = Omit<Session, "summary"> & Standing;
