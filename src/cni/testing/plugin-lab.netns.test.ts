import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { getLink } from "../../rtnl/mod.ts";
import { PluginLab } from "./mod.ts";

const conf = { cniVersion: "1.1.0", name: "lo", type: "loopback" };

test("call() runs a plugin for a pod and gives its result", () => {
  using lab = new PluginLab();
  const pod = lab.netns("pod");
  lab.run(pod, ["ip", "link", "set", "lo", "down"]);
  const { result, exitCode } = lab.mustCall("loopback", { command: "ADD", conf, pod });
  expect(exitCode).toBe(0);
  expect(result?.interfaces).toMatchObject([{ name: "lo", sandbox: pod.path }]);
  expect(getLink(pod.conn, "lo").isUp).toBe(true);
  expect(lab.canPing(pod, "127.0.0.1")).toBe(true);
  lab.mustCall("loopback", { command: "DEL", conf, pod });
  expect(getLink(pod.conn, "lo").isUp).toBe(false);
  expect(lab.isSilent(pod, "127.0.0.1")).toBe(true);
});

test("call() gives the error that a plugin printed; mustCall() throws it", () => {
  using lab = new PluginLab();
  const call = { command: "ADD", conf, netns: "/none" } as const;
  expect(lab.call("loopback", call)).toMatchObject({ exitCode: 1, error: { code: 8 } });
  expect(() => lab.mustCall("loopback", call)).toThrow(/loopback ADD: .*CNI_NETNS/s);
});

test("plugins run in the lab's host namespace", () => {
  using lab = new PluginLab();
  const call = { command: "ADD", conf, pod: lab.host } as const;
  expect(lab.call("loopback", call)).toMatchObject({ exitCode: 1, error: { code: 8 } });
});

test("nothing is left of a lab", () => {
  const lab = new PluginLab();
  const { directory } = lab;
  const paths = [lab.host.path, lab.netns("pod").path];
  expect([directory, ...paths].every(existsSync)).toBe(true);
  lab[Symbol.dispose]();
  expect([directory, ...paths].some(existsSync)).toBe(false);
});
