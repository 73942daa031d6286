/** `NW-A01` for `nw-a1`, `A01` and the like; undefined where it is no rule's id. */
export function ruleId(word: string): string | undefined {
  const match = /^(?:NW-?)?([A-Z])-?(\d{1,2})$/i.exec(word);
  if (match === null) return undefined;
  return `NW-${match[1]?.toUpperCase()}${match[2]?.padStart(2, "0")}`;
}
