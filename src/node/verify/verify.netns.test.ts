import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import {
  BUSYBOX_IMAGE,
  connectNodes,
  containerdClient,
  PAUSE_IMAGE,
  TestNode,
} from "../../../test/support/containerd.ts";
import type { VerifyCheck, VerifyOptions, VerifyPeer } from "./mod.ts";

setDefaultTimeout(120_000);

const SUBNETS = { alpha: "10.240.7.0/24", beta: "10.240.8.0/24" } as const;
const HOSTS = { alpha: "10.250.0.1", beta: "10.250.0.2" } as const;
const CONF = "/etc/cni/net.d/10-bridge.conf";
let alpha: TestNode;
let beta: TestNode;

beforeAll(async () => {
  [alpha, beta] = await Promise.all([
    TestNode.start({ name: "alpha", podSubnet: SUBNETS.alpha }),
    TestNode.start({ name: "beta", podSubnet: SUBNETS.beta }),
  ]);
  await connectNodes(
    [alpha, `${HOSTS.alpha}/24`, SUBNETS.alpha],
    [beta, `${HOSTS.beta}/24`, SUBNETS.beta],
  );
});
afterAll(async () => {
  await alpha?.[Symbol.asyncDispose]();
  await beta?.[Symbol.asyncDispose]();
});

function optionsOf(node: "alpha" | "beta", more: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    node,
    runtimeEndpoint: "unix:///run/containerd/containerd.sock",
    podSubnets: [SUBNETS[node]],
    hostAddress: HOSTS[node],
    image: BUSYBOX_IMAGE,
    masquerade: true,
    resolvConf: { servers: ["10.32.0.10"], searches: ["cluster.local"], options: ["ndots:5"] },
    ...more,
  };
}

/** A verification on one node, carried on in a process inside of it. */
class Driver implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;
  readonly #options: VerifyOptions;

  constructor(node: TestNode, options: VerifyOptions) {
    this.#options = options;
    const script = `${import.meta.dir}/testing/phase-driver.ts`;
    this.#child = Bun.spawn(node.argv([process.execPath, script]), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#lines = lines(this.#child.stdout);
  }

  async phase(phase: string, more: object = {}): Promise<{ result?: unknown; error?: unknown }> {
    this.#child.stdin.write(
      `${JSON.stringify({ phase, options: { ...this.#options, ...more } })}\n`,
    );
    this.#child.stdin.flush();
    return JSON.parse((await this.#lines.next()).value ?? "{}");
  }
  async start(): Promise<VerifyPeer> {
    const { result, error } = await this.phase("startPods");
    expect(error).toBeUndefined();
    return result as VerifyPeer;
  }
  async checks(phase: string, more: object = {}): Promise<VerifyCheck[]> {
    const { result, error } = await this.phase(phase, more);
    expect(error).toBeUndefined();
    return result as VerifyCheck[];
  }
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#child.exited;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream) {
    rest += Buffer.from(chunk).toString("utf8");
    for (let at = rest.indexOf("\n"); at !== -1; at = rest.indexOf("\n")) {
      yield rest.slice(0, at);
      rest = rest.slice(at + 1);
    }
  }
}

const failed = (checks: readonly VerifyCheck[]): string[] =>
  checks.filter((each) => !each.ok).map((each) => `${each.check}: ${each.found}`);

describe("verify on two nodes", () => {
  test("finds a good network good, and leaves nothing behind", async () => {
    await using a = new Driver(alpha, optionsOf("alpha"));
    await using b = new Driver(beta, optionsOf("beta"));
    const peers = [await a.start(), await b.start()];
    expect(peers[0]?.pods.map((pod) => pod.addresses[0]?.replace(/\d+$/, ""))).toEqual([
      "10.240.7.",
      "10.240.7.",
    ]);

    const local = await a.checks("checkLocal");
    expect(failed(local)).toEqual([]);
    const found = new Map(local.map((each) => [each.check, each.found]));
    expect(found.get("hostname")).toBe("nodewright-verify-a");
    expect(found.get("resolv-conf")).toBe(
      "nameserver 10.32.0.10; search cluster.local; options ndots:5",
    );
    // ipMasq acts on what leaves the host, not on what is addressed to it.
    const own = peers[0]?.pods[0]?.addresses[0];
    expect(found.get("pod-to-host")).toBe(`the host sees the pod as ${own}`);

    for (const [driver, peer, host] of [
      [a, "beta", HOSTS.alpha],
      [b, "alpha", HOSTS.beta],
    ] as const) {
      const checks = await driver.checks("checkPeers", { peers });
      expect(failed(checks)).toEqual([]);
      expect(checks.map((each) => `${each.check} ${each.peer}`)).toEqual([
        `pod-to-peer-pod ${peer}`,
        `pod-to-peer-pod ${peer}`,
        `pod-to-peer-host ${peer}`,
      ]);
      for (const each of checks) expect(each.found).toContain(`sees ${host}`);
    }
    for (const driver of [a, b]) {
      const removed = await driver.checks("removePods");
      expect(removed).toMatchObject([{ check: "removed", ok: true }]);
    }
    const files = "find /var/lib/cni -type f -name '10.*'; ls /var/log/pods /run/netns 2>/dev/null";
    expect((await alpha.run(["sh", "-c", files])).stdout.trim()).not.toMatch(
      /nodewright|cni-|10\.240/,
    );
    expect(await alpha.must(["ip", "-o", "link"])).not.toContain("veth");
    expect(await alpha.must(["iptables", "-t", "nat", "-S"])).not.toContain("10.240.7");
  });

  test("takes up what an interrupted run has left", async () => {
    const first = new Driver(alpha, optionsOf("alpha"));
    await first.start();
    await first.kill();
    await using second = new Driver(alpha, optionsOf("alpha"));
    // Another process may go on with the pods; only the listener is new.
    expect(failed(await second.checks("checkLocal"))).toEqual([]);
    await second.start();
    using cri = containerdClient(alpha);
    expect((await cri.runtime.listPodSandbox({})).items).toHaveLength(2);
    await second.checks("removePods");
    expect((await cri.runtime.listPodSandbox({})).items).toHaveLength(0);
    expect(await second.phase("checkLocal")).toMatchObject({
      error: { kind: "verify", message: "Cannot go on verifying: the test pods are gone" },
    });
  });

  test("takes over pods that somebody else has made, and leaves them", async () => {
    await using maker = new Driver(alpha, optionsOf("alpha"));
    await maker.start();
    using cri = containerdClient(alpha);
    const podUids = (await cri.runtime.listPodSandbox({})).items.map((i) => i.metadata?.uid ?? "");
    await using taker = new Driver(alpha, optionsOf("alpha", { podUids, resolvConf: undefined }));
    await taker.start();
    const checks = await taker.checks("checkLocal");
    expect(failed(checks)).toEqual([]);
    // What the maker asked the runtime for, not the host's own file.
    expect(checks.find((each) => each.check === "resolv-conf")?.found).toContain("10.32.0.10");
    expect(await taker.checks("removePods")).toEqual([]);
    expect((await cri.runtime.listPodSandbox({})).items).toHaveLength(2);
    await maker.checks("removePods");
  });
});

describe("verify names the cause", () => {
  const sh = (node: TestNode, script: string): Promise<string> => node.must(["sh", "-c", script]);

  test.each([
    {
      name: "FORWARD policy DROP on the other node",
      breakIt: () => sh(beta, "iptables -P FORWARD DROP"),
      mend: () => sh(beta, "iptables -P FORWARD ACCEPT"),
      phase: "checkPeers",
      check: "pod-to-peer-pod",
      cause: "on beta: the firewall drops what is forwarded: iptables -P FORWARD DROP",
      fix: "forward chain",
    },
    {
      name: "ip_forward off on this node",
      breakIt: () => sh(alpha, "echo 0 >/proc/sys/net/ipv4/ip_forward"),
      mend: () => sh(alpha, "echo 1 >/proc/sys/net/ipv4/ip_forward"),
      phase: "checkPeers",
      check: "pod-to-peer-host",
      cause: "ip_forward is off",
      fix: "net.ipv4.ip_forward=1",
    },
    {
      name: "FORWARD policy DROP in iptables",
      breakIt: () => sh(alpha, "iptables -P FORWARD DROP"),
      mend: () => sh(alpha, "iptables -P FORWARD ACCEPT"),
      phase: "checkPeers",
      check: "pod-to-peer-pod",
      cause: "iptables -P FORWARD DROP",
      fix: "forward chain",
    },
    {
      name: "a forward chain of nftables that drops",
      breakIt: () =>
        sh(
          alpha,
          "nft add table inet fw; nft 'add chain inet fw filter-all { type filter hook forward priority 0; policy drop; }'",
        ),
      mend: () => sh(alpha, "nft delete table inet fw"),
      phase: "checkPeers",
      check: "pod-to-peer-pod",
      cause: "nft chain inet fw filter-all policy drop",
      fix: "forward chain",
    },
    {
      name: "no route to the other node's pods",
      breakIt: () => sh(alpha, `ip route del ${SUBNETS.beta}`),
      mend: () => sh(alpha, `ip route add ${SUBNETS.beta} via ${HOSTS.beta}`),
      phase: "checkPeers",
      check: "pod-to-peer-pod",
      cause: "no route to the pods of beta",
      fix: `ip route add PEER_POD_SUBNET via ${HOSTS.beta}`,
    },
    {
      name: "INPUT policy DROP",
      breakIt: () => sh(alpha, "iptables -P INPUT DROP; iptables -I INPUT -i lo -j ACCEPT"),
      mend: () => sh(alpha, "iptables -P INPUT ACCEPT; iptables -F INPUT"),
      phase: "checkLocal",
      check: "pod-to-host",
      cause: "iptables -P INPUT DROP",
      fix: "input chain",
    },
    {
      name: "a bridge without the gateway's address",
      breakIt: () => sh(alpha, "ip address flush dev cni0"),
      mend: () => sh(alpha, "ip address add 10.240.7.1/24 brd + dev cni0"),
      phase: "checkLocal",
      check: "gateway",
      cause: "cni0 does not have the gateway's address",
      fix: "ip address show cni0",
    },
  ])("$name", async ({ breakIt, mend, phase, check, cause, fix }) => {
    await using a = new Driver(alpha, optionsOf("alpha"));
    await using b = new Driver(beta, optionsOf("beta"));
    const early = await a.start();
    // Broken before the other node looks at itself, as a fault that exists from the beginning.
    // (ip_forward is the exception: the bridge plugin itself turns it on for every pod.)
    await breakIt();
    try {
      const peers = [early, await b.start()];
      const checks = await a.checks(phase, { peers });
      const found = checks.find((each) => each.check === check && !each.ok);
      expect(found?.cause).toContain(cause);
      expect(found?.fix).toContain(fix);
    } finally {
      await mend();
      await a.checks("removePods");
      await b.checks("removePods");
    }
  });

  test.each([
    {
      name: "a CNI configuration with another node's subnet",
      conf: (text: string) => text.replace(SUBNETS.alpha, SUBNETS.beta),
      message: `${CONF} has the subnet ${SUBNETS.beta}, this node's is ${SUBNETS.alpha}`,
    },
    {
      name: "a CNI plugin that is not there",
      conf: (text: string) => text.replace('"type":"bridge"', '"type":"brigde"'),
      message: "brigde",
    },
    {
      name: "no CNI configuration",
      conf: () => undefined,
      message: "there is no CNI configuration in /etc/cni/net.d",
    },
  ])("where no pod can be started: $name", async ({ conf, message }) => {
    using cri = containerdClient(alpha);
    const path = alpha.path(CONF);
    const good = await Bun.file(path).text();
    // containerd takes changes up when it hears of them: its status tells when it has.
    const takenUp = async (text: string | undefined): Promise<void> => {
      for (let i = 0; i < 200; i++) {
        const { info, status } = await cri.runtime.status({ verbose: true });
        const ready = status?.conditions.find((each) => each.type === "NetworkReady")?.status;
        const loaded = (info["cniconfig"] ?? "").replaceAll('\\"', '"');
        const signs = text?.match(/"subnet":"[^"]+"|"type":"br[^"]+"/g);
        if (signs?.every((sign) => loaded.includes(sign)) ?? ready === false) return;
        await Bun.sleep(50);
      }
      throw new Error("containerd does not take the configuration up");
    };
    const put = async (text: string | undefined): Promise<void> => {
      if (text === undefined) await alpha.must(["rm", CONF]);
      else {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
      }
      await takenUp(text);
    };
    await put(conf(good));
    try {
      await using a = new Driver(alpha, optionsOf("alpha"));
      const { error } = await a.phase("startPods");
      expect(error).toMatchObject({
        kind: "verify",
        fix: expect.stringContaining("nodewright apply"),
      });
      expect(JSON.stringify(error)).toContain(message);
    } finally {
      await put(good);
    }
    // Once it is mended, the next run takes up what the runtime could not take down.
    await using a = new Driver(alpha, optionsOf("alpha"));
    await a.start();
    expect((await cri.runtime.listPodSandbox({})).items).toHaveLength(2);
    await a.checks("removePods");
  });

  test("where an image is missing, before anything is started", async () => {
    await using a = new Driver(alpha, optionsOf("alpha", { image: "nodewright.local/none:1" }));
    expect(await a.phase("startPods")).toMatchObject({
      error: {
        message:
          "Cannot start a pod: the node does not have the test image nodewright.local/none:1",
        fix: expect.stringContaining("nodewright cri import"),
      },
    });
  });

  test("where the runtime's own sandbox image is missing", async () => {
    await alpha.must(["ctr", "-n", "k8s.io", "images", "rm", "--sync", PAUSE_IMAGE]);
    using cri = containerdClient(alpha);
    const untilKnown = async (known: boolean): Promise<void> => {
      const request = { image: { image: PAUSE_IMAGE } };
      for (let i = 0; i < 200; i++) {
        if (((await cri.image.imageStatus(request)).image !== undefined) === known) return;
        await Bun.sleep(50);
      }
      throw new Error("containerd does not notice the image");
    };
    await untilKnown(false);
    try {
      await using a = new Driver(alpha, optionsOf("alpha"));
      const { error } = await a.phase("startPods");
      expect(JSON.stringify(error)).toContain(PAUSE_IMAGE);
      expect(error).toMatchObject({
        message: expect.stringContaining("sandbox image"),
        fix: expect.stringContaining("nodewright cri import"),
      });
    } finally {
      await alpha.importImages();
      await untilKnown(true);
    }
  });

  test("options that cannot be read are refused by name", async () => {
    await using a = new Driver(alpha, optionsOf("alpha"));
    expect(await a.phase("startPods", { podSubnets: [] })).toMatchObject({
      error: { kind: "verify", message: expect.stringContaining("podSubnets") },
    });
    await using b = new Driver(alpha, optionsOf("alpha"));
    expect(await b.phase("dance")).toMatchObject({
      error: { message: 'Cannot verify: there is no phase "dance"' },
    });
  });
});
