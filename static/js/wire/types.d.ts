/** The payloads of PROTOCOL.md as types. Times are seconds since the epoch, by the server's clock. */

export type Role = "host" | "moderator" | "attendee";
export type Access = "everyone" | "request" | "invite";
export type Place = "viewer" | "requested" | "invited" | "on_stage";
export type Source = "microphone" | "camera" | "screen";
export type Audience = "everyone" | "staff" | "me";
export type Grant = "join_stage" | "present" | "read_backchannel";
export type Move =
  | "ask"
  | "cancel"
  | "decline"
  | "approve"
  | "invite"
  | "accept"
  | "reject"
  | "revoke"
  | "expire"
  | "join"
  | "leave"
  | "remove"
  | "release"
  | "depart";

export type Person = { id: string; name: string; role: Role };
export type Named = { id: string; name: string };
export type Timed = { id: string; name: string; at: number };
export type OnStage = Person & {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
  since: number;
  away_until: number | null;
};
export type OwnInvitation = { by: string | null; by_name: string; until: number; getting_ready: boolean };
export type Invitation = OwnInvitation & Named;
export type Session = { id: string; started_at: number };
export type RoomFacts = {
  id: string;
  title: string;
  course: string;
  access: Access;
  leaving_allowed: boolean;
  schedule: Schedule;
  seats: number;
  session: Session | null;
};
export type Me = Person & {
  place: Place;
  grants: Grant[];
  entered: boolean;
  invitation: OwnInvitation | null;
  requested_at: number | null;
};
export type Roster = { people: Person[]; total: number; viewers: number; complete: boolean };
export type ChatMessage = { seq: string; from: string; name: string; text: string; at: number };
export type ChatRemoval = { seq: string; removed: true };
export type Live = { connection: string | null; kind: "tab" | "window"; window?: true };
export type Versions = { everyone: number; me: number; staff?: number };

export type Snapshot = {
  protocol: number;
  version: number;
  versions: Versions;
  now: number;
  room: RoomFacts;
  me: Me;
  stage: OnStage[];
  screens?: Named[];
  requests?: Timed[];
  invitations?: Invitation[];
  removed?: Named[];
  hands: Timed[];
  roles: Record<string, Role>;
  roster: Roster;
  chat: ChatMessage[];
  live: Live;
  connection: string;
  speaking: string[];
  process: string;
};

export type Missed = {
  missed: RoomEvent[];
  chat: ChatMessage[];
  versions: Versions;
  live: Live;
  roster: Roster;
  process: string;
};

/** Seconds since the epoch; everybody may come in from `opens_at` on. */
export type Schedule = { start: number | null; end: number | null; opens_at: number | null };

type Envelope = {
  v: number;
  prev: number | null;
  audience: Audience;
  at: number;
  people?: Record<string, string>;
};
type By = { by: string | null };
type Of = { participant: string };

export type RoomEvent = Envelope &
  (
    | { type: "room_opened"; title: string; course: string; access: Access; seats: number }
    | { type: "session_started"; session: string }
    | ({ type: "session_ended" } & By)
    | ({ type: "access_set"; access: Access } & By)
    | ({ type: "title_set"; title: string } & By)
    | ({ type: "schedule_set"; start: number | null; end: number | null; early: number } & By)
    | ({ type: "leaving_allowed"; allowed: boolean } & By)
    | StageMoved
    | ({ type: "invitation_extended"; until: number; getting_ready: boolean } & Of)
    | ({ type: "source_switched"; source: Source; on: boolean } & Of & By)
    | ({ type: "hand_raised" } & Of)
    | ({ type: "hand_lowered" } & Of & By)
    | ({ type: "role_given"; role: Role | null; becomes?: Role | null } & Of & By)
    | ({ type: "grant_given"; grant: Grant; given: boolean } & Of & By)
    | ({ type: "removed_from_room" } & Of & By)
    | ({ type: "readmitted" } & Of & By)
    | ({ type: "connection_lost"; until: number } & Of)
    | ({ type: "connection_back" } & Of)
  );

export type StageMoved = {
  type: "stage_moved";
  move: Move;
  until: number | null;
  role: Role | null;
  microphone: boolean;
  camera: boolean;
} & Of &
  By;

export type Reaction = { emoji: string; count: number; names: string[] };
export type RosterChange = {
  joined: Person[];
  left: string[];
  viewers: number;
  people: number;
  complete?: boolean;
};
export type RosterPage = { people: Person[]; total: number; page: number };
export type Bye = { code: string; message: string };

/** What the client hands to the state, one thing at a time. */
export type Message =
  | { kind: "snapshot"; snapshot: Snapshot; receivedAt: number }
  | { kind: "missed"; missed: Missed }
  | { kind: "event"; event: RoomEvent }
  | { kind: "chat"; chat: ChatMessage | ChatRemoval }
  | { kind: "reactions"; reactions: Reaction[] }
  | { kind: "roster"; change: RosterChange }
  | { kind: "speaking"; participants: string[] }
  | { kind: "media"; message: Record<string, unknown> & { do: string } }
  | { kind: "live"; live: Live }
  | { kind: "bye"; bye: Bye };

/** A refused or failed request. `code` is stable; the rest are the details of that code. */
export type Failure = { code: string; message: string; by?: string; move?: Move; seats?: number };
export type Ack = { ok: true; [field: string]: unknown } | { ok: false; error: Failure };
