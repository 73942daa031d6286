/**
 * A program that behaves towards an installer as kube-proxy is documented to: its flags, the files
 * it insists on, its ports, its exit codes. It writes no rules. Only for tests.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { systemClock } from "../../src/base/mod.ts";
import { type KubeProxyConfig, parseKubeProxyConfig } from "../../src/config/mod.ts";
import {
  ENDPOINT_SLICES,
  KubeClient,
  parseKubeconfigContext,
  SERVICES,
  toConnection,
} from "../../src/kube/client/mod.ts";
import { type Flags, type FlagTable, parseFlags } from "./parts/flags.ts";
import { findProgram, mustRead } from "./parts/host-checks.ts";
import { listenHttp, parseAddressPort } from "./parts/http-servers.ts";
import { Fatal, failureOf, log, run, VERSION } from "./parts/program.ts";

const FLAGS: FlagTable = {
  values: [
    "bind-address",
    "cluster-cidr",
    "config",
    "feature-gates",
    "healthz-bind-address",
    "hostname-override",
    "kubeconfig",
    "logging-format",
    "master",
    "metrics-bind-address",
    "proxy-mode",
    "v",
    "vmodule",
    "write-config-to",
  ],
  booleans: ["cleanup", "help", "init-only", "masquerade-all", "version"],
};

await run("", main);

async function main(signal: AbortSignal): Promise<void> {
  const flags = readFlags();
  if (flags.has("version")) return void process.stdout.write(`Kubernetes ${VERSION}\n`);
  if (flags.has("help")) return void process.stdout.write("Usage:\n  kube-proxy [flags]\n");
  const path = flags.get("config");
  const text = path === undefined ? "{}" : mustRead(path, (reason) => `failed complete: ${reason}`);
  const config = parseConfig(text, path ?? "");
  const failure = failureOf(text);
  log("I", "server.go:483", `"Version info" version="${VERSION}"`);
  if (failure === "start") throw new Error("the stand-in was told not to start");
  checkMode(config.mode.value);
  checkConntrack(config);
  const client = await createClient(flags.get("kubeconfig") ?? config.kubeconfig?.value);

  const started = new Date().toISOString();
  await listenHttp(parseAddressPort(config.healthzBindAddress.value), (at) => {
    if (!["/healthz", "/livez"].includes(at)) return undefined;
    const healthy = failure !== "healthz";
    const body = {
      lastUpdated: started,
      currentTime: new Date().toISOString(),
      nodeEligible: true,
    };
    return { code: healthy ? 200 : 503, body: JSON.stringify({ ...body, healthy }) };
  });
  await listenHttp(parseAddressPort(config.metricsBindAddress.value), (at) => {
    if (at === "/healthz") return { code: 200, body: "ok" };
    if (at === "/proxyMode") return { code: 200, body: config.mode.value || "iptables" };
    return undefined;
  });
  if (failure === "crash") {
    await Bun.sleep(500);
    throw new Error("the stand-in was told to crash");
  }
  await follow(client, signal);
}

function readFlags(): Flags {
  try {
    const { flags, rest } = parseFlags(process.argv.slice(2), FLAGS);
    if (rest.length > 0)
      throw new Error(`unknown command ${JSON.stringify(rest[0])} for "kube-proxy"`);
    return flags;
  } catch (thrown) {
    throw new Fatal((thrown as Error).message);
  }
}

function parseConfig(text: string, path: string): KubeProxyConfig {
  const { value, problems } = parseKubeProxyConfig(text, path);
  const lenient = ["unknown-key", "duplicate-key"];
  const fatal = problems.find(
    ({ code, severity }) => severity === "error" && !lenient.includes(code),
  );
  if (fatal !== undefined) throw new Fatal(`failed complete: ${fatal.message}`);
  if (value === undefined) throw new Fatal("failed complete: config file is empty");
  return value;
}

/** The programs that the mode's rules are written with. */
function checkMode(mode: string): void {
  const needed = mode === "nftables" ? ["nft"] : ["iptables", "iptables-save", "iptables-restore"];
  const missing = needed.find((program) => findProgram(program) === undefined);
  if (missing !== undefined) {
    throw new Error(
      `failed to initialize ${mode || "iptables"}: exec: "${missing}": executable file not found in $PATH`,
    );
  }
}

const CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max";

/** The original sets the size of the connection table; this one only ends where that could not be. */
function checkConntrack(config: KubeProxyConfig): void {
  const perCore = config.reader.number(["conntrack", "maxPerCore"])?.value ?? 32_768;
  if (perCore <= 0 || !existsSync(CONNTRACK_MAX)) return;
  const isSetAlready =
    Number(readFileSync(CONNTRACK_MAX, "utf8")) === Math.max(perCore * cpus().length, 131_072);
  // Outside of the first network namespace the kernel lets nobody write it.
  const isWritable = (statSync(CONNTRACK_MAX).mode & 0o200) !== 0;
  if (!isSetAlready && !isWritable) throw new Error(`open ${CONNTRACK_MAX}: permission denied`);
}

async function createClient(path: string | undefined): Promise<KubeClient> {
  if (path === undefined) {
    throw new Fatal(
      "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
    );
  }
  const text = mustRead(path, (reason) => reason.replace(/^open/, "stat"));
  const context = parseKubeconfigContext(text, path);
  if (!context.ok)
    throw new Fatal(`error loading config file "${path}": ${context.error[0].message}`);
  const connection = await toConnection(context.value, path, async (file) =>
    mustRead(file, (reason) => `unable to read file: ${reason}`),
  );
  return new KubeClient(connection, { timeoutMs: 10_000 });
}

/** Lists what it would make rules of, again and again; errors are only logged, as by the original. */
async function follow(client: KubeClient, signal: AbortSignal): Promise<void> {
  let isSynced = false;
  while (!signal.aborted) {
    try {
      const { items } = await client.list(SERVICES, {}, { signal });
      await client.list(ENDPOINT_SLICES, {}, { signal });
      if (!isSynced)
        log("I", "shared_informer.go:356", `"Caches are synced" services=${items.length}`);
      isSynced = true;
    } catch (thrown) {
      if (signal.aborted) return;
      log("E", "reflector.go:200", `"Failed to watch" err=${JSON.stringify(String(thrown))}`);
    }
    await systemClock.sleep(isSynced ? 10_000 : 1_000, signal);
  }
}
