/** The names of the wire protocol: `lti_room/realtime/names.py` and `PROTOCOL.md` say the same. */

export const PROTOCOL_VERSION = 1;
export const SOCKET_PATH = "/socket";
export const NAMESPACE = "/room";

/** What a browser sends. Each is answered with an acknowledgement. */
export const ClientMessage = Object.freeze({
  ACT: "act",
  ENTER: "enter",
  LEAVE: "leave",
  SYNC: "sync",
  CHAT: "chat",
  REACT: "react",
  ROSTER: "roster",
  MEDIA: "media",
  USE_THIS: "use_this",
  WINDOW: "window",
});

/** What the server sends. */
export const ServerMessage = Object.freeze({
  WELCOME: "welcome",
  SNAPSHOT: "snapshot",
  EVENT: "event",
  CHAT: "chat",
  REACTIONS: "reactions",
  ROSTER: "roster",
  SPEAKING: "speaking",
  MEDIA: "media",
  LIVE: "live",
  TICKET: "ticket",
  BYE: "bye",
});

/** The room commands a person can give: `do` of an `act` message. */
export const Act = Object.freeze({
  ASK: "ask",
  CANCEL: "cancel",
  DECLINE: "decline",
  APPROVE: "approve",
  INVITE: "invite",
  REVOKE: "revoke",
  GET_READY: "get_ready",
  MORE_TIME: "more_time",
  REJECT: "reject",
  ACCEPT: "accept",
  JOIN: "join",
  LEAVE_STAGE: "leave_stage",
  REMOVE: "remove",
  SWITCH: "switch",
  MUTE: "mute",
  RAISE_HAND: "raise_hand",
  LOWER_HAND: "lower_hand",
  SET_ACCESS: "set_access",
  SET_TITLE: "set_title",
  SET_SCHEDULE: "set_schedule",
  ALLOW_LEAVING: "allow_leaving",
  GIVE_ROLE: "give_role",
  GIVE_GRANT: "give_grant",
  REMOVE_FROM_ROOM: "remove_from_room",
  READMIT: "readmit",
  END_SESSION: "end_session",
});

export const REACTIONS = Object.freeze([
  "clap",
  "heart",
  "laugh",
  "wow",
  "thumbs_up",
  "idea",
  "party",
  "confused",
]);
