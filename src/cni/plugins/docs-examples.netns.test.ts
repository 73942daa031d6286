import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { withNetns } from "../../netns/mod.ts";
import { createLink, listLinks, setLink } from "../../rtnl/mod.ts";
import { lacksKind } from "../../rtnl/testing/mod.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { type LabNetns, OwnExecutables, PluginLab } from "../testing/mod.ts";
import { PLUGIN_NAMES } from "./plugin-names.ts";

const ROOT = resolve(import.meta.dir, "../../..");

/** dhcp wants a server and a daemon: its own tests have them. */
const TRIED = PLUGIN_NAMES.filter((name) => name !== "dhcp");

/** What runtimes give; each example declares what it takes of it. */
const GIVEN = {
  portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }],
  mac: "02:42:c0:00:02:32",
  bandwidth: { ingressRate: 1e7, ingressBurst: 1e6, egressRate: 1e7, egressBurst: 1e6 },
};

let own: OwnExecutables;
beforeAll(() => {
  own = new OwnExecutables();
});
afterAll(() => own[Symbol.dispose]());

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
  const lan = lab.netns("lan");
  mkdirSync(join(lab.directory, "net.d"));
  for (const name of ["eth1", "dev9"]) {
    const peer = { name, netns: lan.netns };
    createLink(lab.host.conn, { kind: "veth", name, up: true, peer });
    setLink(lan.conn, name, { up: true });
  }
});
afterEach(() => lab[Symbol.dispose]());

/** The first example of a page, with its files in the lab's directory; gives its name. */
function writeExample(plugin: string): string {
  const page = readFileSync(join(ROOT, `docs/plugins/${plugin}.md`), "utf8");
  const [, text = "{}"] = /```json\n(.*?)```/s.exec(page) ?? [];
  const list: JsonObject = JSON.parse(text);
  const plugins = Array.isArray(list["plugins"]) ? list["plugins"].filter(isJsonObject) : [];
  const moved = plugins.map((one) => withDataDir(one));
  writeFileSync(
    join(lab.directory, "net.d/10.conflist"),
    JSON.stringify({ ...list, plugins: moved }),
  );
  return String(list["name"]);
}

function withDataDir(conf: JsonObject): JsonObject {
  const type = String(conf["type"]);
  const ipam = conf["ipam"];
  return {
    ...conf,
    ...(["firewall", "tuning"].includes(type) ? { dataDir: join(lab.directory, type) } : {}),
    ...(isJsonObject(ipam) && ipam["type"] === "host-local"
      ? { ipam: { ...ipam, dataDir: join(lab.directory, "networks") } }
      : {}),
  };
}

function cni(...words: readonly string[]): string {
  const argv = [join(ROOT, "dist/nodewright"), "cni", ...words];
  const child = withNetns(lab.host.netns, () =>
    Bun.spawnSync([...argv, "--cache-dir", join(lab.directory, "cache")], {
      env: {
        PATH: process.env["PATH"] ?? "",
        NETCONFPATH: join(lab.directory, "net.d"),
        CNI_PATH: own.directory,
        DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent",
      },
      stdin: "ignore",
    }),
  );
  if (child.exitCode === 0) return child.stdout.toString();
  throw new Error(`${words.join(" ")}: ${child.stdout}${child.stderr}`);
}

const linksOf = (where: LabNetns): string[] => listLinks(where.conn).map(({ name }) => name);

for (const plugin of TRIED) {
  const isWithout =
    plugin === "dummy" || plugin === "ipvlan" || plugin === "vlan" || plugin === "vrf"
      ? lacksKind(plugin, console.log)
      : false;
  test.skipIf(isWithout)(`${plugin} works as the example on its page has it`, () => {
    const network = writeExample(plugin);
    const ifName = plugin === "loopback" ? "lo" : "eth0";
    const where = [network, pod.path, "--ifname", ifName];
    const before = linksOf(lab.host);
    cni("status", network);
    const result = JSON.parse(cni("add", ...where, "--cap-args", JSON.stringify(GIVEN)));
    expect(result.interfaces.at(-1)).toBeDefined();
    expect(linksOf(pod)).toContain(ifName);
    cni("check", ...where);
    cni("del", ...where);
    cni("del", ...where);
    expect(linksOf(pod)).toEqual(["lo"]);
    cni("gc", network, "--keep-none");
    const left = linksOf(lab.host).filter((name) => !before.includes(name));
    // Bridges stay on purpose.
    expect(left.filter((name) => !/^(cni|web|fix)0$/.test(name))).toEqual([]);
    expect(cni("list", network).trim().split("\n")).toHaveLength(1);
  });
}
