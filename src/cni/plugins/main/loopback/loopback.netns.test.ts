import { afterEach, beforeEach, expect, test } from "bun:test";
import { getLink, setLink } from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  setLink(pod.conn, "lo", { up: false });
});
afterEach(() => lab[Symbol.dispose]());

const conf = { cniVersion: "1.1.0", name: "lo", type: "loopback" };
const isUp = (): boolean => getLink(pod.conn, "lo").isUp;

test("ADD takes lo up and tells of it, whatever CNI_IFNAME says; DEL takes it down", () => {
  const { stdout, result } = lab.mustCall("loopback", { command: "ADD", conf, pod });
  expect(isUp()).toBe(true);
  expect(lab.canPing(pod, "127.0.0.1")).toBe(true);
  expect(lab.canPing(pod, "::1")).toBe(true);
  expect(JSON.parse(stdout)).toEqual({
    cniVersion: "1.1.0",
    interfaces: [{ name: "lo", mac: "00:00:00:00:00:00", sandbox: pod.path }],
    ips: [
      { address: "127.0.0.1/8", interface: 0 },
      { address: "::1/128", interface: 0 },
    ],
  });
  expect(lab.mustCall("loopback", { command: "ADD", conf, pod }).result).toEqual(result);
  for (const _ of [1, 2]) lab.mustCall("loopback", { command: "DEL", conf, pod });
  expect(isUp()).toBe(false);
});

test("what the plugin before made is passed on", () => {
  const prevResult = { cniVersion: "1.1.0", ips: [{ address: "198.51.100.5/24" }] };
  const chained = { ...conf, prevResult };
  const { stdout } = lab.mustCall("loopback", { command: "ADD", conf: chained, pod });
  expect(JSON.parse(stdout)).toEqual(prevResult);
  expect(isUp()).toBe(true);
});

test("CHECK sees that lo is down", () => {
  const { stdout } = lab.mustCall("loopback", { command: "ADD", conf, pod });
  const checked = { ...conf, prevResult: JSON.parse(stdout) };
  lab.mustCall("loopback", { command: "CHECK", conf: checked, pod });
  setLink(pod.conn, "lo", { up: false });
  const { error } = lab.call("loopback", { command: "CHECK", conf: checked, pod });
  expect(error).toMatchObject({ code: 999 });
  expect(error?.msg).toContain('"lo" is down');
});

test.each(["", "/run/netns/nodewright-none", "/etc/hostname"])("DEL with %j is done", (netns) => {
  lab.mustCall("loopback", { command: "DEL", conf, netns });
});

test("the host's own lo is out of reach: CNI_NETNS must be another namespace", () => {
  for (const command of ["ADD", "DEL"] as const) {
    const { error } = lab.call("loopback", { command, conf, netns: lab.host.path });
    expect(error).toMatchObject({ code: 8 });
  }
  expect(getLink(lab.host.conn, "lo").isUp).toBe(true);
});

test("GC and STATUS have nothing to do", () => {
  lab.mustCall("loopback", { command: "STATUS", conf });
  lab.mustCall("loopback", { command: "GC", conf: { ...conf, "cni.dev/valid-attachments": [] } });
});
