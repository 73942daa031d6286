import type { LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";

/** Where this host gets Debian itself from, by its own apt sources; rejects where that is not known. */
export async function debianMirror(deps: Pick<LabDeps, "run">): Promise<string> {
  const { stdout } = await deps.run(
    ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"],
    { allowFailure: true },
  );
  const mirror = mainArchive(stdout);
  if (mirror !== undefined) return mirror;
  throw new LabError("host-unfit", "Cannot tell which Debian mirror to use: apt knows none here", {
    fix: "Name one with --mirror URL; on Debian: apt-get update",
  });
}

/** The first archive that has all of Debian, in lines of `ORIGIN URI`: not security, not somebody else's. */
export function mainArchive(lines: string): string | undefined {
  return /^Debian (https?:\/\/\S+\/debian)\/?$/m.exec(lines)?.[1];
}
