/** meta/v1 Time of milliseconds since the epoch: whole seconds, in UTC. */
export function apiTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** A Time or MicroTime in milliseconds since the epoch; 0 where there is none. */
export function timeMs(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text) || 0;
}
