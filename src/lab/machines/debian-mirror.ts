import { LIST_ARCHIVES, mainArchive } from "../../artifacts/mod.ts";
import type { LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";

/** Where this host gets Debian itself from, by its own apt sources; rejects where that is not known. */
export async function debianMirror(deps: Pick<LabDeps, "run">): Promise<string> {
  const { stdout } = await deps.run(LIST_ARCHIVES, { allowFailure: true });
  const mirror = mainArchive(stdout);
  if (mirror !== undefined) return mirror;
  throw new LabError("host-unfit", "Cannot choose a Debian mirror: apt knows none here", {
    fix: "Name one with --mirror URL; on Debian: apt-get update",
  });
}
