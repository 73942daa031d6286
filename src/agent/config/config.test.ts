import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProblemsError, UsageError } from "../../base/mod.ts";
import stock from "../../bootstrap/stock/files/configs/kubelet-config.yaml" with { type: "text" };
import { loadConfig } from "./mod.ts";

const HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-agent-config-"));
  mkdirSync(join(dir, "conf.d"));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), HEAD + text);
  write(
    "kubelet.yaml",
    "maxPods: 50\nclusterDNS: [10.0.0.10]\nauthentication: {anonymous: {enabled: true}}\n",
  );
  write("conf.d/20-b.conf", "maxPods: 70\nclusterDNS: [10.0.0.11]\n");
  write("conf.d/10-a.conf", "maxPods: 60\nauthentication: {webhook: {cacheTTL: 5s}}\n");
  write("conf.d/30-c.yaml", "maxPods: 80\n");
  write("thresholds.yaml", "imageGCHighThresholdPercent: 50\nimageGCLowThresholdPercent: 80\n");
  write("refused.yaml", "volumePluginDir: /opt/volumes\nmemorySwap: {swapBehavior: NoSwap}\n");
  writeFileSync(join(dir, "stock.yaml"), stock);
});
afterAll(() => rmSync(dir, { recursive: true }));

const file = (name: string) => `--config=${join(dir, name)}`;

async function failure(argv: readonly string[]): Promise<unknown> {
  return await loadConfig(argv).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe("loadConfig()", () => {
  test("takes flags over drop-ins over the file over defaults", async () => {
    const argv = [file("kubelet.yaml"), `--config-dir=${join(dir, "conf.d")}`];
    const { settings, configz } = await loadConfig(argv);
    expect(settings.pods.max).toBe(70);
    expect(settings.pods.clusterDns).toEqual(["10.0.0.11"]);
    // Maps of several layers are merged.
    expect(settings.server).toMatchObject({ anonymous: true, webhook: true, tokenCacheMs: 5000 });
    expect(settings.node.leaseSeconds).toBe(40);
    expect(configz).toMatchObject({ maxPods: 70, kubeAPIQPS: 50, kind: "KubeletConfiguration" });
    const flagged = await loadConfig([
      ...argv,
      "--max-pods",
      "9",
      "--cluster_dns=10.9.9.9",
      "--cluster-dns=10.9.9.8",
    ]);
    expect(flagged.settings.pods).toMatchObject({ max: 9, clusterDns: ["10.9.9.9", "10.9.9.8"] });
  });

  test("takes the stock file as it is", async () => {
    const { settings, warnings } = await loadConfig([file("stock.yaml"), "--v=2"]);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      verbosity: 2,
      cgroups: { driver: "systemd" },
      runtime: { requestTimeoutMs: 900_000 },
      node: { failCgroupV1: false },
    });
  });

  test("refuses what the kubelet's own validation refuses, with its place", async () => {
    const thrown = await failure([file("thresholds.yaml"), "--ignore-unsupported"]);
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems.filter(({ severity }) => severity === "error")).toMatchObject([
      {
        code: "refused-value",
        message: expect.stringContaining("imageGCLowThresholdPercent"),
        locations: [{ line: 4 }, { line: 3 }],
      },
    ]);
  });

  test("names a field that it does not obey, with its place", async () => {
    const thrown = await failure([file("refused.yaml")]);
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems).toMatchObject([
      {
        code: "unsupported-field",
        message: 'Cannot obey "volumePluginDir": the agent has no FlexVolumes',
        locations: [{ line: 3, column: 1 }],
      },
    ]);
    const { warnings } = await loadConfig([file("refused.yaml"), "--ignore-unsupported"]);
    expect(warnings.map(({ severity }) => severity)).toEqual(["warning"]);
  });

  test.each([
    { argv: ["--confg=x"], message: '"--confg"', fix: "write --config" },
    {
      argv: ["--kubeconfig"],
      message: "nothing follows",
      fix: "give it a value: --kubeconfig=VALUE",
    },
    { argv: ["stray"], message: '"stray"', fix: "remove it, or join it to its flag with =" },
    // As pflag has it: one dash is for single letters.
    { argv: ["-max-pods=9"], message: '"-max-pods"', fix: "write --max-pods" },
    {
      argv: ["--register-node", "true"],
      message: '"true"',
      fix: "remove it, or join it to its flag with =",
    },
    {
      argv: ["--network-plugin=cni"],
      message: '"--network-plugin"',
      fix: expect.stringContaining("dockershim"),
    },
    { argv: ["--lock-file=/x"], message: "the agent does not take it", fix: undefined },
  ])("refuses $argv", async ({ argv, message, fix }) => {
    const thrown = await failure(argv);
    if (!(thrown instanceof UsageError)) throw thrown;
    expect(thrown.message).toContain(message);
    expect(thrown.fix).toEqual(fix);
  });

  test.each([
    ["--cgroup-driver=systemctl", "cgroupDriver"],
    ["--max-pods=many", 'Cannot parse --max-pods: "many" is no number'],
    ["--register-with-taints=a", '"a" is no taint'],
  ])("%s is held against the schema, too", async (flag, message) => {
    const thrown = await failure(["--v=2", flag]);
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems[0]?.message).toContain(message);
    expect(thrown.problems[0]?.locations[0]).toMatchObject({ file: "the command line", line: 1 });
  });

  test("a flag whose field the agent does not obey is named with its place", async () => {
    const thrown = await failure([file("kubelet.yaml"), "--volume-plugin-dir=/opt/volumes"]);
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems).toMatchObject([
      { code: "unsupported-field", locations: [{ file: "the command line", column: 2 }] },
    ]);
  });

  test("lays drop-ins of folders over the file, as a merge patch, and adds feature gates", async () => {
    const deep = join(dir, "deep.d");
    mkdirSync(join(deep, "15-more"), { recursive: true });
    const gates = "featureGates: {A: true, B: true}\n";
    writeFileSync(join(deep, "10-a.conf"), `${HEAD}maxPods: 61\nclusterDNS: [10.0.0.11]\n${gates}`);
    writeFileSync(join(deep, "15-more/b.conf"), `${HEAD}maxPods: 62\n`);
    writeFileSync(join(deep, "20-c.conf"), `${HEAD}clusterDNS: null\n`);
    const argv = [file("kubelet.yaml"), `--config-dir=${deep}`, "--ignore-unsupported"];
    const { settings, configz } = await loadConfig([...argv, "--feature-gates=B=false"]);
    expect(settings.pods).toMatchObject({ max: 62, clusterDns: [] });
    expect(configz).toMatchObject({ featureGates: { A: true, B: false } });
  });

  test("labels of several flags are one, how much is logged comes from the file, too", async () => {
    writeFileSync(join(dir, "log.yaml"), `${HEAD}logging: {verbosity: 3}\n`);
    const { settings } = await loadConfig([
      file("log.yaml"),
      "--node-labels=a=1,b",
      "--node-labels=c=2",
    ]);
    expect(settings).toMatchObject({ verbosity: 3, nodeLabels: { a: "1", b: "", c: "2" } });
  });

  test("says which file cannot be read", async () => {
    expect(String(await failure(["--config=/no/such/file"]))).toContain('"/no/such/file"');
  });

  test("takes a duration of 0s, as kubeadm writes it, for the default", async () => {
    const zeros = ["nodeStatusUpdateFrequency", "fileCheckFrequency", "cpuManagerReconcilePeriod"];
    const text = zeros.map((field) => `${field}: 0s\n`).join("");
    writeFileSync(join(dir, "zeros.yaml"), `${HEAD}${text}imageMaximumGCAge: 0s\n`);
    const { settings, configz } = await loadConfig([file("zeros.yaml")]);
    expect([settings.node.statusUpdateMs, settings.pods.staticCheckMs]).toEqual([10_000, 20_000]);
    expect([settings.placement.cpu.reconcileMs, settings.images.maximumAgeMs]).toEqual([10_000, 0]);
    const { nodeStatusUpdateFrequency, imageMaximumGCAge } = configz;
    expect([nodeStatusUpdateFrequency, imageMaximumGCAge]).toEqual(["10s", "0s"]);
  });

  test("obeys the gates that it has, and names those that it has not", async () => {
    const gates = (text: string): string[] => {
      writeFileSync(join(dir, "gates.yaml"), `${HEAD}featureGates: {${text}}\n`);
      return [file("gates.yaml")];
    };
    const { settings } = await loadConfig(gates("MemoryQoS: true"));
    expect(settings.cgroups).toMatchObject({ reservesMemory: false, throttlingFactor: 0.9 });
    const thrown = await failure(gates("MemoryQoS: true, Other: true"));
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems[0]?.message).toContain("no feature gates but");
  });
});
