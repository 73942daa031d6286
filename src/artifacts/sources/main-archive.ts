/** Asks apt which archives this machine's own sources name: lines of `ORIGIN URI`. Reads only. */
export const LIST_ARCHIVES = [
  "apt-get",
  "indextargets",
  "--format",
  "$(ORIGIN) $(REPO_URI)",
  "Created-By: Packages",
] as const;

/** The first archive that has all of Debian, in what LIST_ARCHIVES prints: not security, not somebody else's. */
export function mainArchive(lines: string): string | undefined {
  return /^Debian (https?:\/\/\S+\/debian)\/?$/m.exec(lines)?.[1];
}
