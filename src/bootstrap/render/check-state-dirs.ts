import type { Problem } from "../../base/mod.ts";
import { isStateDirectory } from "../../plan/mod.ts";
import type { NodeModels } from "./models.ts";

/** A reset removes containerd's directories with all that is in them: a node refuses some places. */
export function checkStateDirs({ containerd }: NodeModels): Problem[] {
  if (containerd === undefined) return [];
  return (["root", "state"] as const).flatMap((key): Problem[] => {
    const { value, location } = containerd[key];
    if (isStateDirectory(value)) return [];
    return [
      {
        code: "wrong-value",
        severity: "error",
        message: `Cannot have containerd's ${key} directory there: "${value}"`,
        locations: [location],
        fix: `Name a directory of its own, such as ${key === "root" ? "/var/lib/containerd" : "/run/containerd"}; the system's places and people's homes are refused, for reset removes it`,
      },
    ];
  });
}
