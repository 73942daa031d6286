// SPDY/3.1 draft, section 2.6: the numbers of the framing layer.

/** The version in every control frame (3.1 writes 3, too). */
export const SPDY_VERSION = 3;

/** The flag of the last frame that its sender sends on a stream. */
export const FLAG_FIN = 0x01;

/** Types of control frames. */
export const CONTROL = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  HEADERS: 8,
  WINDOW_UPDATE: 9,
} as const;

/** Status of RST_STREAM: the sender no longer wants the stream. */
export const RST_CANCEL = 5;
/** Status of RST_STREAM: the receiver does not take the stream. */
export const RST_REFUSED_STREAM = 3;
