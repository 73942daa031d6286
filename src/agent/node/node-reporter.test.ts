import { expect, test } from "bun:test";
import { hasRebooted } from "./node-reporter.ts";

const NODE_INFO = {
  architecture: "amd64",
  containerRuntimeVersion: "",
  kernelVersion: "",
  kubeProxyVersion: "",
  kubeletVersion: "",
  machineID: "",
  operatingSystem: "linux",
  osImage: "",
  systemUUID: "",
};

test.each([
  ["a Node without a status", undefined, false],
  ["a Node that was never written", "", false],
  ["the same boot", "b1", false],
  ["another boot", "b0", true],
])("hasRebooted(): %s", (_what, bootID, want) => {
  const status = bootID === undefined ? undefined : { nodeInfo: { ...NODE_INFO, bootID } };
  expect(hasRebooted(status, { bootId: "b1" })).toBe(want);
});
