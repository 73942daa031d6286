import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createLink, setLink } from "../../../../rtnl/mod.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  createLink(lab.host.conn, { kind: "veth", name: "up0", up: true, peer: { name: "up1" } });
});
afterEach(() => lab[Symbol.dispose]());

const conf = { cniVersion: "1.1.0", name: "net", type: "macvlan", master: "up0" };
const refused = (keys: object) =>
  lab.call("macvlan", { command: "ADD", conf: { ...conf, ...keys }, pod }).error;

/** Another pod's link, so that the master is in use. */
function attach(keys: object): void {
  lab.mustCall("macvlan", { command: "ADD", conf: { ...conf, ...keys }, pod: lab.netns("other") });
}

describe("cni 20: ADD says why the kernel makes no macvlan", () => {
  test("the master is a port of a bridge", () => {
    lab.run(lab.host, ["ip", "link", "add", "br0", "type", "bridge"]);
    lab.run(lab.host, ["ip", "link", "set", "up0", "master", "br0"]);
    const error = refused({});
    expect(error).toMatchObject({
      code: 7,
      msg: 'Cannot make a macvlan: "up0" is a port of "br0"',
    });
    expect(error?.details).toContain('Set "master" to "br0"');
  });

  test("the master is lo", () => {
    expect(refused({ master: "lo" })).toMatchObject({
      code: 7,
      msg: 'Cannot make a macvlan: "lo" is a loopback interface',
    });
  });

  test.each([
    ["passthru", "passthru"],
    ["bridge", "passthru"],
    ["passthru", "bridge"],
  ])("one of mode %s has the master, another of mode %s is asked for", (first, second) => {
    attach({ mode: first });
    const error = refused({ mode: second });
    expect(error?.code).toBe(7);
    expect(error?.msg).toContain('"up0" is in use by a macvlan of mode passthru');
  });

  test("the MAC is used", () => {
    attach({ mac: "02:00:00:00:00:aa" });
    expect(refused({ mac: "02:00:00:00:00:aa" })).toMatchObject({
      code: 7,
      msg: 'Cannot use the MAC 02:00:00:00:00:aa: "up0" or another macvlan on it has it',
    });
  });

  test("the MAC is a multicast address", () => {
    expect(refused({ mac: "01:00:5e:00:00:01" })).toMatchObject({
      code: 7,
      msg: "Cannot make a macvlan: 01:00:5e:00:00:01 is not the MAC of one interface",
    });
  });
});

test("cni 20: STATUS is error 51 while the master is down", () => {
  const status = () => lab.call("macvlan", { command: "STATUS", conf });
  expect(status().exitCode).toBe(0);
  setLink(lab.host.conn, "up0", { up: false });
  expect(status().error).toMatchObject({
    code: 51,
    msg: 'Cannot reach anything over "up0": the link is down',
  });
});
