/** The measuring process, in a namespace of its own: arguments are our directory and theirs. */
import { mount } from "../../../src/sys/mod.ts";
import type { BenchLine } from "../measure.ts";
import { benchCrowd, benchFullNetwork } from "./many.ts";
import { benchBridge, benchPortmap, benchStart } from "./single.ts";
import { benchSize } from "./size.ts";

const [ours, theirs] = process.argv.slice(2);
if (ours === undefined || theirs === undefined) throw new TypeError("Two directories are needed");
// Names of namespaces, locks and state of this process alone: gone with it.
mount({ source: "tmpfs", target: "/run", type: "tmpfs" });

const places = { ours, theirs, parent: ours };
const lines: BenchLine[] = [];
for (const bench of [
  benchStart,
  benchBridge,
  benchPortmap,
  benchFullNetwork,
  benchCrowd,
  benchSize,
]) {
  const started = performance.now();
  lines.push(...(await bench(places)));
  console.error(`  ${bench.name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
process.stdout.write(JSON.stringify(lines));
