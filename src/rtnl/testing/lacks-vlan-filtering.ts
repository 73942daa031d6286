import { hasVlanFiltering } from "../mod.ts";

/** True where this kernel's bridges do not filter VLANs, which is then said. */
export function lacksVlanFiltering(log: (line: string) => void): boolean {
  const isMissing = !hasVlanFiltering();
  if (isMissing) log("skipped: this kernel's bridges filter no VLANs");
  return isMissing;
}
