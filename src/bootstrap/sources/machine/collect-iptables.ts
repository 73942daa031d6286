import { realpathSync } from "node:fs";
import type { HostFacts } from "../../../check/mod.ts";

/** Where systems, installers and other distributions of Kubernetes put an iptables of their own. */
const PLACES = [
  "/usr/sbin/iptables",
  "/sbin/iptables",
  "/usr/bin/iptables",
  "/usr/local/sbin/iptables",
  "/usr/local/bin/iptables",
  "/opt/bin/iptables",
  "/var/lib/rancher/k3s/data/current/bin/aux/iptables",
];

/** Every iptables of the machine, each once, with what it says of itself. */
export async function collectIptables(
  words: (argv: readonly string[]) => Promise<string | null>,
  places: readonly string[] = PLACES,
): Promise<HostFacts["iptablesBinaries"]> {
  const paths = new Set(places.flatMap((path) => resolved(path) ?? []));
  const found = await Promise.all(
    [...paths].map(async (path) => {
      // The name of a multi-call binary has to stay, or it takes itself for another command.
      const place = places.find((candidate) => resolved(candidate) === path) ?? path;
      const match = /v(\d[\w.]*)(?:\s+\((\w+)\))?/.exec((await words([place, "--version"])) ?? "");
      if (match === null) return [];
      const backend = match[2] === "nf_tables" ? ("nf_tables" as const) : ("legacy" as const);
      return [{ path: place, version: match[1] ?? "", backend }];
    }),
  );
  return found.flat();
}

function resolved(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
