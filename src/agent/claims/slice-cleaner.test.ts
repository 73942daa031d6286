import { expect, test } from "bun:test";
import { createLogger, systemClock } from "../../base/mod.ts";
import type { PluginInfo } from "../plugin-watcher/mod.ts";
import { SliceCleaner } from "./slice-cleaner.ts";

const GPU: PluginInfo = { name: "gpu", endpoint: "/a", versions: [] };
const log = createLogger({
  program: "t",
  write: () => {},
  verbosity: 0,
  processId: 1,
  now: () => 0,
});

/** Sleeps end when they are let go. */
function setup(failures = 0) {
  const wiped: string[] = [];
  const sleepers: (() => void)[] = [];
  let left = failures;
  const cleaner = new SliceCleaner(
    { register: () => {}, deregister: () => {} },
    {
      ...{ log, signal: new AbortController().signal },
      clock: {
        ...systemClock,
        sleep: (ms) => {
          wiped.push(`sleep ${ms}`);
          return new Promise<void>((resolve) => sleepers.push(resolve));
        },
      },
      wipe: async (driver) => {
        if (left-- > 0) throw new Error("no");
        wiped.push(driver ?? "all");
      },
    },
  );
  return { cleaner, wiped, letGo: () => sleepers.splice(0).map((resolve) => resolve()) };
}

test("at the start everything goes, tried again until it has", async () => {
  const { cleaner, wiped, letGo } = setup(1);
  cleaner.wipeAll();
  await Bun.sleep(1);
  letGo();
  await cleaner.settled();
  expect(wiped).toEqual(["sleep 5000", "all"]);
});

test("what a driver has published goes half a minute after it, unless it is back", async () => {
  const { cleaner, wiped, letGo } = setup();
  await cleaner.register(GPU);
  cleaner.deregister(GPU);
  await cleaner.register(GPU);
  letGo();
  await cleaner.settled();
  expect(wiped).toEqual(["sleep 30000"]);
  // The newer one comes before the older one goes.
  await cleaner.register({ ...GPU, endpoint: "/b" });
  cleaner.deregister(GPU);
  expect(wiped).toEqual(["sleep 30000"]);
  cleaner.deregister({ ...GPU, endpoint: "/b" });
  letGo();
  await cleaner.settled();
  expect(wiped).toEqual(["sleep 30000", "sleep 30000", "gpu"]);
});
