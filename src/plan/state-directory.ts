/** Where the system itself, or people, keep what a reset must never take away. */
const NOT_STATE = /^\/(etc|usr|proc|sys|dev|home|root|boot)(\/|$)/;

/**
 * True for a directory in which a component may keep its state: an absolute path at least two deep,
 * without `.` and `..`, outside of the system's own places. A reset removes it with all that is in it.
 */
export function isStateDirectory(path: string): boolean {
  const isClean = /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(path);
  return isClean && path.split("/").length > 2 && !NOT_STATE.test(path);
}
