import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { staticIpam } from "../../ipam/static/static.ts";
import { addWithoutLink } from "./host-device.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-host-device-"));
  writeFileSync(join(dir, "static"), "");
});
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  {
    ipam: { type: "static", addresses: [{ address: "10.9.0.2/24" }, { address: "fd00::2/64" }] },
    ips: [0, 0],
  },
  { ipam: undefined, ips: [] },
])(
  "cni 15: a device without a link is an interface of the result, and of each of its $ips",
  async (one) => {
    const stdin = JSON.stringify({
      cniVersion: "1.1.0",
      name: "n",
      type: "host-device",
      ipam: one.ipam,
    });
    const request = {
      command: "ADD" as const,
      containerId: "c1",
      ifName: "net1",
      netns: "/run/netns/pod",
      args: "",
      path: [dir],
      stdin,
      conf: parsePluginConf(stdin),
    };
    const result = await addWithoutLink(request, {
      // An IPAM plugin that is this same file is called in the process.
      self: join(dir, "static"),
      writeStderr: () => {},
      env: {},
      log: () => {},
      loadPlugin: async (name) => (name === "static" ? staticIpam : undefined),
    });
    expect(result.interfaces).toEqual([{ name: "net1", sandbox: "/run/netns/pod" }]);
    expect(result.ips.map((ip) => ip.interface)).toEqual([...one.ips]);
  },
);
