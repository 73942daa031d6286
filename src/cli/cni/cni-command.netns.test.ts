import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type LabNetns, OwnExecutables, PluginLab } from "../../cni/testing/mod.ts";
import { withNetns } from "../../netns/mod.ts";
import { createLink, findLink, listLinks } from "../../rtnl/mod.ts";

const PROGRAM = resolve(import.meta.dir, "../../../cmd/nodewright.ts");

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
  write("10-net.conflist", network("net"));
  write("99-loopback.conf", { cniVersion: "1.1.0", name: "lo", type: "loopback" });
});
afterEach(() => lab[Symbol.dispose]());

const conf = (name: string): string => join(lab.directory, name);

function write(name: string, content: object | string): void {
  writeFileSync(conf(name), typeof content === "string" ? content : JSON.stringify(content));
}

/** A bridge and, behind it, a plugin that looks at what came before it. */
function network(name: string, more: object = {}): object {
  return {
    cniVersion: "1.1.0",
    name,
    plugins: [
      {
        type: "bridge",
        bridge: "br0",
        isGateway: true,
        ipam: {
          type: "host-local",
          dataDir: join(lab.directory, "networks"),
          ranges: [[{ subnet: "198.51.100.0/24" }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      {
        type: "tuning",
        sysctl: { "net.ipv4.conf.IFNAME.arp_filter": "1" },
        dataDir: conf("tuning"),
      },
    ],
    ...more,
  };
}

/** Runs `nodewright cni` in the lab's host namespace. */
function cni(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const argv = [process.execPath, PROGRAM, "cni", ...words];
  const child = withNetns(lab.host.netns, () =>
    Bun.spawnSync(argv, {
      env: {
        PATH: process.env["PATH"] ?? "",
        NETCONFPATH: lab.directory,
        CNI_PATH: own.directory,
        ...env,
      },
      cwd: lab.directory,
      stdin: "ignore",
      timeout: 60_000,
    }),
  );
  return {
    exitCode: child.exitCode,
    stdout: child.stdout.toString(),
    stderr: child.stderr.toString(),
  };
}
const cached = (...words: string[]): readonly string[] => [...words, "--cache-dir", conf("cache")];

function mustCni(words: readonly string[], env?: Readonly<Record<string, string>>): string {
  const { exitCode, stdout, stderr } = cni(words, env);
  if (exitCode !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

const reservations = (): string[] => {
  const dir = join(lab.directory, "networks/net");
  return existsSync(dir) ? readdirSync(dir).filter((name) => /^198/.test(name)) : [];
};

test("cni 18: what a plugin that succeeds says on stderr is shown, and nothing of it obeyed", () => {
  const program = `#!/bin/sh
printf 'of %s \\033[2J\\n' "$CNI_COMMAND" >&2
[ "$CNI_COMMAND" != ADD ] || echo '{"cniVersion": "1.1.0", "ips": []}'
`;
  writeFileSync(conf("talks"), program, { mode: 0o755 });
  write("10-net.conflist", { cniVersion: "1.1.0", name: "net", plugins: [{ type: "talks" }] });
  for (const verb of ["add", "check", "status", "del"]) {
    const words = verb === "status" ? ["status", "net"] : cached(verb, "net", pod.path);
    const { exitCode, stderr } = cni(words, { CNI_PATH: lab.directory });
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringContaining(`talks: of ${verb.toUpperCase()}`),
    ]);
    expect(stderr).not.toContain("\u001b");
  }
});

describe("nodewright cni", () => {
  test("add, check, list, cache, del: a pod's network comes, is told of, and goes", () => {
    const result = JSON.parse(mustCni(cached("add", "net", pod.path)));
    expect(result).toMatchObject({
      cniVersion: "1.1.0",
      interfaces: [{ name: "br0" }, {}, { name: "eth0", sandbox: pod.path }],
      ips: [{ address: "198.51.100.2/24", gateway: "198.51.100.1", interface: 2 }],
    });
    expect(lab.canPing(pod, "198.51.100.1")).toBe(true);
    mustCni(cached("check", "net", pod.name));
    const { holdings } = JSON.parse(mustCni(cached("list", "--json")));
    expect(holdings).toMatchObject([
      {
        network: "net",
        address: "198.51.100.2",
        ifName: "eth0",
        netns: pod.path,
        isCached: true,
        isOfThisBoot: true,
        hasNetns: true,
      },
    ]);
    expect(mustCni(cached("cache"))).toMatch(/net +cnitool-[0-9a-f]{20} +eth0 +bridge tuning +198/);
    mustCni(cached("del", "net", pod.name));
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(reservations()).toEqual([]);
    expect(mustCni(cached("cache")).split("\n")).toHaveLength(2);
    // Again, and when the namespace has gone: nothing is there, and that is what was wanted.
    mustCni(cached("del", "net", pod.name));
    mustCni(cached("del", "net", "/run/netns/never-was"));
  });

  test("CHECK tells what is wrong, with the plugin's own code", () => {
    mustCni(cached("add", "net", pod.path));
    lab.run(pod, ["ip", "address", "flush", "dev", "eth0"]);
    const { exitCode, stdout } = cni(cached("check", "net", pod.path, "--json"));
    expect(exitCode).toBe(1);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ kind: "cni", code: 999 });
    expect(error.message).toContain("198.51.100.2/24");
  });

  test("DEL goes by the network as it was at ADD, whatever its file says now", () => {
    mustCni(cached("add", "net", pod.path), { CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=a" });
    write("10-net.conflist", "{");
    expect(cni(cached("status", "net")).exitCode).toBe(1);
    mustCni(cached("del", "net", pod.path));
    expect(reservations()).toEqual([]);
  });

  test("a failed ADD is taken back with --rollback, and left to a DEL without", () => {
    const { plugins } = network("x") as { plugins: object[] };
    write("10-net.conflist", network("net", { plugins: [...plugins, { type: "none" }] }));
    const missing = cni(cached("add", "net", pod.path));
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain(`failed to find plugin "none" in path ["${own.directory}"]`);
    // Found before the others have done anything.
    expect(reservations()).toEqual([]);
    const bad = [...plugins, { type: "tuning", sysctl: { "kernel.x": "1" } }];
    write("10-net.conflist", network("net", { plugins: bad }));
    expect(cni(cached("add", "net", pod.path)).exitCode).toBe(1);
    expect(reservations()).toHaveLength(1);
    write("10-net.conflist", network("net"));
    mustCni(cached("del", "net", pod.path));
    expect(reservations()).toEqual([]);
    write("10-net.conflist", network("net", { plugins: bad }));
    expect(cni(cached("add", "net", pod.path, "--rollback")).exitCode).toBe(1);
    expect(reservations()).toEqual([]);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
  });

  test("an interface that is there already is no matter of a rollback", () => {
    createLink(pod.conn, { kind: "bridge", name: "eth0" });
    const { exitCode, stderr } = cni(cached("add", "net", pod.path, "--rollback"));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Cannot attach "${pod.path}": it has "eth0" already`);
    expect(findLink(pod.conn, "eth0")).toBeDefined();
    expect(cni(cached("trace", "net", pod.path)).exitCode).toBe(1);
    expect(findLink(pod.conn, "eth0")).toBeDefined();
  });

  test("GC releases what is not valid: by the cache, and what is only reserved", () => {
    const other = lab.netns("other");
    mustCni(cached("add", "net", pod.path));
    mustCni(cached("add", "net", other.path, "--container-id", "c2"));
    const lost = join(lab.directory, "networks/net/198.51.100.77");
    writeFileSync(lost, "lost\r\neth0");
    utimesSync(lost, 1, 1);
    expect(mustCni(cached("list"))).toMatch(
      /198.51.100.77 +lost .*from before this boot; no cache/,
    );
    const nothingSaid = cni(cached("gc", "net"));
    expect(nothingSaid.exitCode).toBe(2);
    expect(reservations()).toHaveLength(3);
    mustCni(cached("gc", "net", "--keep", "c2/eth0"));
    expect(reservations()).toEqual(["198.51.100.3"]);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
    expect(findLink(other.conn, "eth0")).toBeDefined();
    mustCni(cached("gc", "net", "--keep-live"));
    expect(reservations()).toHaveLength(1);
    mustCni(cached("gc", "net", "--keep-none"));
    expect(reservations()).toEqual([]);
    expect(listLinks(lab.host.conn).map(({ name }) => name)).toEqual(["lo", "br0"]);
  });

  test("status and version ask the plugins", () => {
    expect(cni(cached("status", "net")).exitCode).toBe(0);
    const { plugins } = JSON.parse(mustCni(cached("version", "net", "--json")));
    expect(plugins).toMatchObject([
      { type: "bridge", isSupported: true, path: join(own.directory, "bridge") },
      { type: "tuning", isSupported: true },
    ]);
  });

  test("a network that is not there is told with those that are", () => {
    write("00-bad.conf", "{");
    const { exitCode, stderr } = cni(cached("add", "nett", pod.path));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Cannot find the network "nett" in "${lab.directory}"`);
    expect(stderr).toContain("00-bad.conf:1:2");
    expect(stderr).toContain('fix: write "net"');
  });
});

describe("nodewright cni trace", () => {
  test("tells every call, a plugin's own one too, and what the kernel had otherwise", () => {
    const html = conf("trace.html");
    const report = JSON.parse(mustCni(cached("trace", "net", "--json", "--html", html)));
    expect(report.files).toMatchObject([
      { verdict: "chosen", isRuntimeDefault: true },
      { verdict: "another network", isRuntimeDefault: false },
    ]);
    const [bridge, tuning] = report.add.calls;
    const [, name] = /^\/run\/netns\/(.*)$/.exec(report.netns.path) ?? [];
    expect(bridge).toMatchObject({
      type: "bridge",
      exitCode: 0,
      path: join(own.directory, "bridge"),
    });
    expect(bridge.variables).toMatchObject({ CNI_COMMAND: "ADD", CNI_PATH: own.directory });
    expect(bridge.delegates).toMatchObject([
      { type: "host-local", command: "ADD", exitCode: 0, variables: { CNI_PATH: own.directory } },
    ]);
    const added = bridge.changes.map(
      (one: { where: string; text: string }) => `${one.where} ${one.text}`,
    );
    expect(added).toContain("host 198.51.100.1/24 dev br0");
    expect(added).toContain("pod 198.51.100.2/24 dev eth0");
    expect(added).toContain("pod default via 198.51.100.1 dev eth0");
    expect(bridge.commands).toContain("ip link add br0 type bridge");
    expect(tuning).toMatchObject({ delegates: [], exitCode: 0 });
    expect(tuning.commands).toEqual([
      `ip netns exec ${name} sysctl -w net.ipv4.conf.eth0.arp_filter=1`,
    ]);
    expect(tuning.changes).toMatchObject([
      {
        change: "changed",
        where: "pod",
        subject: "sysctl",
        text: "ipv4.conf.eth0.arp_filter = 1",
        before: "ipv4.conf.eth0.arp_filter = 0",
      },
    ]);
    expect(JSON.parse(tuning.stdin).prevResult.ips).toHaveLength(1);
    expect(report.del.calls.map((one: { type: string }) => one.type)).toEqual(["tuning", "bridge"]);
    expect(report.result.ips[0].address).toBe("198.51.100.2/24");
    const left = report.leftovers.filter((one: { subject: string }) => one.subject === "link");
    expect(left).toMatchObject([
      { change: "added", where: "host", text: expect.stringMatching(/^br0 \(bridge\)/) },
    ]);
    expect(report.picture.lines).toMatchObject([{ kind: "veth pair" }, { kind: "port" }]);
    // The namespace was the trace's own.
    expect(existsSync(report.netns.path)).toBe(false);
    const page = readFileSync(html, "utf8");
    for (const text of ["198.51.100.2/24", "br0", "veth pair", "host-local", "<svg"]) {
      expect(page).toContain(text);
    }
    expect(page).not.toMatch(/<script|https?:|src=|@import/);
  });

  test("--lang ko: the report and the page are Korean, the data is what it is", () => {
    const html = conf("trace.html");
    const text = mustCni(cached("trace", "net", pod.path, "--html", html, "--lang", "ko"));
    for (const word of [
      "네트워크 네임스페이스",
      "컨테이너 시작",
      "호스트 링크",
      "직접 입력한다면",
    ]) {
      expect(text).toContain(word);
    }
    expect(text).toContain("ip link add br0 type bridge");
    const page = readFileSync(html, "utf8");
    expect(page).toContain('<html lang="ko">');
    expect(page).toContain("파드가 네트워크를 얻는 과정");
    expect(mustCni(cached("trace", "net", pod.path), { LANG: "ko_KR.UTF-8" })).toContain("결과");
  });

  test("a failure is a report too, and leaves nothing", () => {
    write(
      "10-net.conflist",
      network("net", {
        plugins: [
          ...(network("x") as { plugins: object[] }).plugins,
          { type: "tuning", sysctl: { "kernel.<b>": "1" } },
        ],
      }),
    );
    const html = conf("trace.html");
    const { exitCode, stdout } = cni(
      cached("trace", "net", pod.path, "--html", html, "--no-delegates"),
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/ADD failed with code \d+/);
    expect(readFileSync(html, "utf8")).toContain("kernel.&lt;b&gt;");
    expect(reservations()).toEqual([]);
    expect(findLink(pod.conn, "eth0")).toBeUndefined();
  });
});
