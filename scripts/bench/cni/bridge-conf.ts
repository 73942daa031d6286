import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BenchSide } from "./bench-side.ts";

const ORIGIN = resolve(import.meta.dir, "../../../src/config/fixtures/hard-way/10-bridge.conf");

/** The origin's 10-bridge.conf, with the side's own directory for address files. */
export function bridgeConf(side: BenchSide, name = "bridge"): object {
  const conf = JSON.parse(readFileSync(ORIGIN, "utf8").replace("SUBNET", "10.200.0.0/24"));
  return { ...conf, name, ipam: { ...conf.ipam, dataDir: side.dataDir } };
}
