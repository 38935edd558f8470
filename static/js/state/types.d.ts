import type {
  ChatMessage,
  Invitation,
  Live,
  Me,
  Named,
  OnStage,
  Reaction,
  Role,
  RoomFacts,
  Roster,
  Timed,
} from "../wire/types";

/** A line of the room itself between the messages. */
export type ChatLine = { seq: string; line: "joined_stage"; name: string; at: number };
export type ChatEntry = ChatMessage | ChatLine;

/** The room as this page knows it. Shapes and names of the wire; every list is replaced, never changed. */
export type RoomState = {
  room: RoomFacts;
  me: Me;
  stage: OnStage[];
  screens: Named[];
  requests: Timed[];
  invitations: Invitation[];
  removed: Named[];
  hands: Timed[];
  roles: Record<string, Role>;
  roster: Roster;
  chat: ChatEntry[];
  live: Live;
  connection: string;
  speaking: string[];
  /** Server clock minus own clock, in seconds. */
  clockAhead: number;
  names: Record<string, string>;
};

/** A sentence of the catalogue with what fills it. */
export type Sentence = { key: string; args?: Record<string, string | number> };

/** Something worth telling this person, once. */
export type Moment = Sentence & {
  /** `confirm` goes by itself, `notice` stays until answered or settled, `none` is only spoken. */
  as: "confirm" | "notice" | "none";
  tone?: "tint" | "surface" | "amber";
  /** Who it is about: shown with their picture. */
  person?: Named;
  action?: { label: string; run: string; target?: string };
  /** A notice of one topic replaces the one before; `settles` clears a topic. */
  topic?: string;
  speak?: "polite" | "assertive";
};

export type Reactions = Reaction[];
