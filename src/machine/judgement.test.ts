import { expect, test } from "bun:test";
import { foreignKind, neededCommands } from "./judgement.ts";

test("foreignKind() tells another node from another runtime, and knows no others", () => {
  expect(["k3s", "kubeadm"].map(foreignKind)).toEqual(["node", "node"]);
  expect(["cri-o", "docker"].map(foreignKind)).toEqual(["runtime", "runtime"]);
  expect(["containerd", "flannel", "toString"].map(foreignKind)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  [{}, ["mount", "umount"]],
  [{ hasRoutes: true }, ["mount", "umount", "ip"]],
  [{ hasMasquerade: true, oldContainerd: "1.3.9" }, ["mount", "umount", "nft", "socat"]],
])("neededCommands() of %p", (needs, commands) => {
  const none = { hasRoutes: false, hasMasquerade: false, oldContainerd: undefined };
  expect(neededCommands({ ...none, ...needs }).map(({ command }) => command)).toEqual(commands);
});
