/**
 * Variables that make a compiled Bun program run other code than its own: as bun itself, with
 * options of bun's, or under a debugger. The executable runs as root, also under sudo rules that
 * name it alone.
 */
export const RUNTIME_SWITCHES = [
  "BUN_BE_BUN",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_NOTIFY",
  "BUN_INSPECT_PRELOAD",
] as const;

/**
 * Takes the switches out of an executable, in place. The runtime reads them before any code of
 * ours could refuse them, so their names go: no variable's name has a NUL in it. Throws where a
 * name is not found, because a new runtime may have another one.
 */
export function removeSwitches(bytes: Buffer): void {
  // All are found before the first goes: BUN_INSPECT begins other names.
  const places = RUNTIME_SWITCHES.map((name) => placesOf(bytes, name));
  for (const [i, found] of places.entries()) {
    if (found.length === 0) throw new Error(`Cannot find ${RUNTIME_SWITCHES[i]} in the runtime`);
    for (const at of found) bytes[at] = 0;
  }
}

/** Where a name stands, also as the beginning of a longer one. */
function placesOf(bytes: Buffer, name: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + 1)) places.push(at);
  return places;
}
