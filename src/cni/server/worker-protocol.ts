/** The name that a worker is started by. */
export const WORKER_NAME = "nodewright-cni-worker";
/** The variable that says how long a worker waits for its next call, in milliseconds. */
export const IDLE_VARIABLE = "NODEWRIGHT_CNI_IDLE_MS";

/** What a worker says to its supervisor, a letter each. */
export const WORKER_WORD = {
  /** It waits for calls. */
  ready: "r",
  /** A call has waited for it. */
  busy: "b",
} as const;

/** Why a worker has ended by itself; any other end is a call's: its client went, or it crashed. */
export const WORKER_EXIT = {
  idle: 0,
  drained: 10,
  replaced: 11,
  /** It could not return to the host's network namespace. */
  lost: 12,
} as const;
