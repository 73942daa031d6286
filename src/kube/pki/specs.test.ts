import { expect, test } from "bun:test";
import { certificateSpecs, kubeconfigSpecs, RESERVED_NAMES } from "./mod.ts";
import { INVENTORY } from "./testing/cluster-directory.ts";

test("security 10: every file that is no node's has a reserved name", () => {
  const specs = [...certificateSpecs(INVENTORY), ...kubeconfigSpecs(INVENTORY)];
  const others = specs.filter(({ node }) => node === undefined).map(({ name }) => name);
  expect([...new Set(["ca", ...others])].sort()).toEqual([...RESERVED_NAMES].sort());
});
