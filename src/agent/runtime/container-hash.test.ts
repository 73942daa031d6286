import { expect, test } from "bun:test";
import { containerHash } from "./container-hash.ts";

test("containerHash() is the kubelet's own, so that neither restarts the other's containers", () => {
  // The kubelet 1.36.2 left a container alone that carried this value.
  const container = { name: "main", image: "nodewright.local/busybox:test" };
  expect(containerHash(container)).toBe("406b287a");
  expect(containerHash({ ...container, args: ["x"] })).toBe("406b287a");
  expect(containerHash({ ...container, image: "other" })).not.toBe("406b287a");
});
