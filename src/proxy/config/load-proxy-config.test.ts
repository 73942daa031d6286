import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProblemsError, UsageError } from "../../base/mod.ts";
import { loadProxyCommand } from "./mod.ts";

let dir = "";
let file = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-proxy-config-"));
  file = join(dir, "kube-proxy.yaml");
  writeFileSync(
    file,
    "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\nclusterCIDR: 10.200.0.0/16\nclientConnection: {kubeconfig: /k}\nlogging: {verbosity: 1}\n",
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

const failure = (argv: readonly string[]): Promise<unknown> =>
  loadProxyCommand(argv).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe("loadProxyCommand()", () => {
  test("takes the name and the log from flags, and nothing else beside a file", async () => {
    const asked = await loadProxyCommand([
      `--config=${file}`,
      "--hostname-override",
      "node-7",
      "-v=4",
      "--cluster-cidr=10.9.0.0/16",
    ]);
    if (asked.run !== "proxy") throw new TypeError("not the proxy");
    expect(asked.config).toMatchObject({ hostnameOverride: "node-7", verbosity: 4 });
    expect(asked.config.localDetection).toMatchObject({ cidrs: [{ prefixLength: 16 }] });
    expect(asked.warnings.map(({ message }) => message)).toEqual([
      "The proxy ignores --cluster-cidr, since it has --config",
    ]);
  });

  test("takes the log from the file where no flag says it", async () => {
    const asked = await loadProxyCommand([`--config=${file}`, ""]);
    expect(asked).toMatchObject({ config: { verbosity: 1 }, warnings: [] });
  });

  test("is configured by flags alone where there is no file", async () => {
    const asked = await loadProxyCommand([
      "--proxy-mode=nftables",
      "--kubeconfig=/k",
      "--cluster-cidr=10.9.0.0/16",
      "--masquerade-all",
    ]);
    expect(asked).toMatchObject({ run: "proxy", config: { kubeconfig: "/k" } });
  });

  test.each([
    { argv: ["--cleanup"], run: "cleanup" },
    { argv: ["--cleanup=true", "--v=2"], run: "cleanup" },
  ] as const)("cleans up with $argv", async ({ argv, run }) => {
    expect(await loadProxyCommand(argv)).toEqual({ run });
  });

  test.each([
    { argv: [], message: "without a configuration file" },
    { argv: ["--confg=/x"], message: '"--confg"' },
    { argv: ["--config"], message: "nothing follows" },
    { argv: ["--config=/x", "serve"], message: '"serve"' },
    { argv: ["--cleanup", "true"], message: '"true"' },
    { argv: ["--write-config-to=/x"], message: "the proxy does not take it" },
  ])("refuses $argv", async ({ argv, message }) => {
    const thrown = await failure(argv);
    if (!(thrown instanceof UsageError)) throw thrown;
    expect(thrown.message).toContain(message);
  });

  test("a flag's value is held against the schema", async () => {
    const thrown = await failure([`--config=${file}`, "--v=much"]);
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems[0]?.message).toContain('Cannot parse --v: "much" is no number');
  });
});
