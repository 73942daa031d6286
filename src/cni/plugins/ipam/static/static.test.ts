import { describe, expect, test } from "bun:test";
import { formatAddress, formatInterfaceAddress } from "../../../../ip/mod.ts";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { toCniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { CniCommand } from "../../../skel/plugin.ts";
import { callPlugin } from "../../../skel/run-plugin.ts";
import { staticIpam } from "./static.ts";

interface Call {
  readonly ipam?: object;
  /** Keys beside `ipam`. */
  readonly conf?: object;
  readonly args?: string;
}

const ADDRESSES = [
  { address: "10.9.0.5/24", gateway: "10.9.0.1" },
  { address: "fd00:9::5/64" },
] as const;

function call(command: CniCommand, { ipam = { addresses: ADDRESSES }, conf, args = "" }: Call) {
  const stdin = JSON.stringify({
    cniVersion: "1.1.0",
    name: "net",
    type: "bridge",
    ipam: { type: "static", ...ipam },
    ...conf,
  });
  const request = {
    command,
    containerId: "c1",
    ifName: "eth0",
    netns: "/run/netns/nodewright-none",
    args,
    path: [],
    conf: parsePluginConf(stdin),
    stdin,
  };
  const host = {
    self: "/none",
    env: {},
    writeStderr: () => {},
    log: () => {},
    loadPlugin: async () => undefined,
  };
  return callPlugin(staticIpam, request, host);
}

async function add(request: Call): Promise<CniResult> {
  const result = await call("ADD", request);
  if (result === undefined) throw new Error("ADD gave no result");
  return result;
}

/** `ADDRESS/LENGTH` and, where there is one, `via GATEWAY`. */
const shown = ({ ips }: CniResult): string[] =>
  ips.map(({ address, gateway }) =>
    [
      formatInterfaceAddress(address),
      ...(gateway === undefined ? [] : [`via ${formatAddress(gateway)}`]),
    ].join(" "),
  );

async function error(command: CniCommand, request: Call) {
  try {
    await call(command, request);
  } catch (thrown) {
    return toCniError(thrown);
  }
  throw new Error(`${command} did not fail`);
}

const CONFIGURED = ["10.9.0.5/24 via 10.9.0.1", "fd00:9::5/64"];
const asked = (...ips: string[]): object => ({ runtimeConfig: { ips } });
const askedByArgs = (...ips: string[]): object => ({ args: { cni: { ips } } });

describe("ADD", () => {
  test("gives addresses, routes and dns as they are configured", async () => {
    const routes = [{ dst: "0.0.0.0/0" }, { dst: "10.0.0.0/8", gw: "10.9.0.2", mtu: 1400 }];
    const dns = { nameservers: ["10.9.0.1"], domain: "d", search: ["s"], options: ["o"] };
    const result = await add({ ipam: { addresses: ADDRESSES, routes, dns } });
    expect(shown(result)).toEqual(CONFIGURED);
    expect(result.routes).toMatchObject([{}, { mtu: 1400 }]);
    expect(result.dns).toEqual(dns);
    expect(result.interfaces).toEqual([]);
  });

  test.each<[string, Call, readonly string[]]>([
    ["CNI_ARGS add", { args: "IP=10.8.0.7/24" }, [...CONFIGURED, "10.8.0.7/24"]],
    [
      "GATEWAY goes with the address whose net it is in",
      { args: "IP=10.8.0.7/24,10.7.0.7/24,fd00:8::7/64;GATEWAY=10.7.0.1,fd00:8::1" },
      [...CONFIGURED, "10.8.0.7/24", "10.7.0.7/24 via 10.7.0.1", "fd00:8::7/64 via fd00:8::1"],
    ],
    [
      "args.cni.ips replace the configuration's and those of CNI_ARGS",
      { args: "IP=10.8.0.7/24", conf: askedByArgs("10.6.0.7/24") },
      ["10.6.0.7/24"],
    ],
    [
      "the capability ips replaces all",
      {
        args: "IP=10.8.0.7/24",
        conf: { ...askedByArgs("10.6.0.7/24"), ...asked("10.5.0.7/24", "fd00:5::7/64") },
      },
      ["10.5.0.7/24", "fd00:5::7/64"],
    ],
    ["an empty capability asks for nothing", { conf: asked() }, CONFIGURED],
    ["no addresses at all are an empty list", { ipam: {} }, []],
    ["a MAC of CNI_ARGS is for another plugin", { args: "MAC=02:00:00:00:00:01" }, CONFIGURED],
    ["unknown CNI_ARGS with IgnoreUnknown", { args: "IgnoreUnknown=1;X=1" }, CONFIGURED],
  ])("%s", async (_name, request, expected) => {
    expect(shown(await add(request))).toEqual([...expected]);
  });

  test.each<[string, Call, number, string]>([
    [
      "an address without a length",
      { ipam: { addresses: [{ address: "10.9.0.5" }] } },
      7,
      "LENGTH",
    ],
    ["a missing address", { ipam: { addresses: [{}] } }, 7, "ipam.addresses[0].address"],
    [
      "a gateway that is none",
      { ipam: { addresses: [{ address: "10.9.0.5/24", gateway: "x" }] } },
      7,
      "ipam.addresses[0].gateway",
    ],
    ["a route that is none", { ipam: { routes: [{ dst: "x" }] } }, 7, "dst"],
    ["addresses that are no list", { ipam: { addresses: "10.9.0.5/24" } }, 7, "ipam.addresses"],
    ["an IP of CNI_ARGS without a length", { args: "IP=10.8.0.7" }, 4, "IP of CNI_ARGS"],
    ["a GATEWAY that is none", { args: "GATEWAY=x" }, 4, "GATEWAY of CNI_ARGS"],
    ["an unknown key of CNI_ARGS", { args: "X=1" }, 4, '"X"'],
    ["a capability that is no address", { conf: asked("10.9.0.5") }, 7, "runtimeConfig.ips"],
  ])("refuses %s, STATUS too where it sees it", async (_name, request, code, text) => {
    for (const command of ["ADD", "STATUS"] as const) {
      const found = await error(command, request);
      expect([found.code, found.message.includes(text)]).toEqual([code, true]);
    }
  });
});

describe("CHECK", () => {
  const prevResult = (...addresses: string[]): object => ({
    prevResult: { cniVersion: "1.1.0", ips: addresses.map((address) => ({ address })) },
  });

  test("passes where every address is in prevResult, whatever else is", async () => {
    const conf = prevResult("10.1.1.1/32", "fd00:9::5/64", "10.9.0.5/24");
    await call("CHECK", { conf });
  });

  test("fails for an address that ADD has not given", async () => {
    const found = await error("CHECK", { conf: prevResult("10.9.0.5/24") });
    expect(found.code).toBe(999);
    expect(found.message).toContain("fd00:9::5/64 is not in prevResult");
  });
});

test("DEL and GC have nothing to do, with any configuration", async () => {
  const wrong = { ipam: { addresses: 7 } };
  await call("DEL", wrong);
  await call("GC", { ...wrong, conf: { "cni.dev/valid-attachments": [] } });
});

test.each(["0.1.0", "0.2.0"])(
  "cni 14: two addresses of one family are refused at %s, one of each is not",
  async (cniVersion) => {
    const addresses = [{ address: "10.9.0.5/24" }, { address: "10.9.0.6/24" }];
    const refused = add({ ipam: { addresses }, conf: { cniVersion } });
    await expect(refused).rejects.toMatchObject({ code: 7 });
    await expect(refused).rejects.toThrow("has a place for one IPv4 address, not 2");
    expect(shown(await add({ conf: { cniVersion } }))).toHaveLength(2);
  },
);
