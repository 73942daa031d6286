import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import { pollUntil, systemClock } from "../../../../base/mod.ts";
import { Conn } from "../../../../netlink/mod.ts";
import {
  createNamedNetns,
  deleteNetns,
  Netns,
  netnsPath,
  withNetns,
} from "../../../../netns/mod.ts";
import { createLink, deleteLink, findLink, getLink, listLinks } from "../../../../rtnl/mod.ts";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { encodeResult } from "../../../result/encode-result.ts";
import { EMPTY_RESULT } from "../../../result/types.ts";
import type { CniCommand } from "../../../skel/plugin.ts";
import { callPlugin } from "../../../skel/run-plugin.ts";
import { hostDevice } from "./host-device.ts";

/**
 * The name of a network card that tests may move about: one of a virtual machine that is made for
 * them. The kernel brings cards back to the first namespace, so that one is the host's here.
 */
const CARD = process.env["NODEWRIGHT_SPARE_CARD"] ?? "";
if (CARD === "") console.log("skipped: NODEWRIGHT_SPARE_CARD names no card that may be moved");

const POD = `nodewright-card-${process.pid}`;
let host: Conn;
beforeEach(() => {
  if (CARD === "") return;
  host = Conn.open();
  createNamedNetns(POD)[Symbol.dispose]();
});
afterEach(() => {
  if (CARD === "") return;
  host[Symbol.dispose]();
  deleteNetns(POD);
});

async function call(command: CniCommand, conf: object, netns = netnsPath(POD)) {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "n", type: "host-device", ...conf });
  const request = {
    command,
    containerId: "c1",
    ifName: "net1",
    netns,
    args: "",
    path: [],
    stdin,
    conf: parsePluginConf(stdin),
  };
  return await callPlugin(hostDevice, request, {
    self: process.execPath,
    writeStderr: () => {},
    env: {},
    log: () => {},
    loadPlugin: async () => undefined,
  });
}
function aliasInPod(): string | undefined {
  using pod = Netns.open(netnsPath(POD));
  using conn = withNetns(pod, () => Conn.open());
  return getLink(conn, "net1").alias;
}
/** The device's directory; a virtio card is the child of its PCI device. */
const devicePath = (): string => realpathSync(`/sys/class/net/${CARD}/device`);
const pciId = (): string =>
  /([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)(?:\/virtio\d+)?$/.exec(devicePath())?.[1] ?? "";

describe.skipIf(CARD === "")("a card", () => {
  test.each([
    ["its name", () => ({ device: CARD })],
    ["its address", () => ({ hwaddr: getLink(host, CARD).address })],
    ["its path", () => ({ kernelpath: devicePath() })],
    ["its PCI device", () => ({ pciBusID: pciId() })],
    ["what the runtime says", () => ({ runtimeConfig: { deviceID: pciId() } })],
  ])("is found by %s, moved, and comes back", async (_name, make) => {
    const conf = make();
    await call("STATUS", conf);
    await call("ADD", conf);
    expect(findLink(host, CARD)).toBeUndefined();
    expect(aliasInPod()).toBe(CARD);
    // The kernel goes on to show the device, but none of its links.
    await expect(call("STATUS", conf)).rejects.toMatchObject({ code: 50 });
    await call("DEL", conf);
    expect(getLink(host, CARD).alias).toBeUndefined();
  });

  test.each([
    ["the name that it had there", false],
    ["the kernel's name where that is taken", true],
  ])("comes back by itself under %s, and gets its own with DEL", async (_name, isTaken) => {
    const conf = { pciBusID: pciId() };
    const result = await call("ADD", conf);
    const prevResult = encodeResult(result ?? EMPTY_RESULT, "1.1.0");
    if (isTaken) createLink(host, { kind: "veth", name: "net1", peer: { name: "net1-peer" } });
    const mac = result?.interfaces[0]?.mac;
    deleteNetns(POD);
    const back = await pollUntil(systemClock, { timeoutMs: 20_000, intervalMs: 50 }, async () =>
      listLinks(host).find(({ address }) => address === mac),
    );
    expect(back?.name).toMatch(isTaken ? /^dev\d+$/ : /^net1$/);
    expect(back?.isUp).toBe(false);
    await call("DEL", { ...conf, prevResult });
    expect(getLink(host, CARD).address).toBe(mac ?? "");
    deleteLink(host, "net1");
  });
});
