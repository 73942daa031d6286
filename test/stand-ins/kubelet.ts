/**
 * A program that behaves towards an installer as the kubelet is documented to: its flags, the
 * files it insists on, its ports, its exit codes, its Node. Of the runtime it asks no more than a
 * connection to start; it runs simple pods (no volumes, no environment, no probes). Only for tests.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { hostname } from "node:os";
import { type KubeletConfig, parseKubeletConfig } from "../../src/config/mod.ts";
import { KubeClient, parseKubeconfigContext, toConnection } from "../../src/kube/client/mod.ts";
import { type Flags, type FlagTable, parseFlags } from "./parts/flags.ts";
import { canDial, isCgroupV2, mustRead, swapAreas } from "./parts/host-checks.ts";
import { listenHttp, listenTls } from "./parts/http-servers.ts";
import { runNodeAgent } from "./parts/node-agent.ts";
import { runPods } from "./parts/pod-runner.ts";
import { Fatal, failureOf, log, run, VERSION } from "./parts/program.ts";

const FLAGS: FlagTable = {
  values: [
    "bootstrap-kubeconfig",
    "cert-dir",
    "cgroup-driver",
    "client-ca-file",
    "cloud-provider",
    "cluster-dns",
    "cluster-domain",
    "config",
    "config-dir",
    "container-runtime-endpoint",
    "feature-gates",
    "hostname-override",
    "image-credential-provider-bin-dir",
    "image-credential-provider-config",
    "kubeconfig",
    "log-flush-frequency",
    "logging-format",
    "max-pods",
    "node-ip",
    "node-labels",
    "pod-cidr",
    "register-with-taints",
    "resolv-conf",
    "root-dir",
    "runtime-cgroups",
    "system-reserved",
    "tls-cert-file",
    "tls-private-key-file",
    "v",
    "vmodule",
  ],
  booleans: [
    "fail-swap-on",
    "help",
    "register-node",
    "rotate-certificates",
    "seccomp-default",
    "version",
  ],
};

await run("failed to run Kubelet: ", main);

async function main(signal: AbortSignal): Promise<void> {
  const flags = readFlags();
  if (flags.has("version")) return void process.stdout.write(`Kubernetes ${VERSION}\n`);
  if (flags.has("help")) return void process.stdout.write("Usage:\n  kubelet [flags]\n");
  const path = flags.get("config");
  const text = path === undefined ? "{}" : readConfig(path);
  const config = parseConfig(text, path ?? "");
  const failure = failureOf(text);
  log("I", "server.go:525", `"Kubelet version" kubeletVersion="${VERSION}"`);
  if (failure === "start") throw new Error("the stand-in was told not to start");

  const endpoint = flags.get("container-runtime-endpoint") ?? config.containerRuntimeEndpoint.value;
  checkHost(config);
  const serving = readServing(config);
  const client = await createClient(flags.get("kubeconfig"));
  if (!(await canDial(endpoint))) {
    throw new Error(
      `validate service connection: validate CRI v1 runtime API for endpoint "${endpoint}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${endpoint.replace(/^unix:\/\//, "")}: connect: no such file or directory"`,
    );
  }
  const healthz = { host: config.healthzBindAddress.value, port: config.healthzPort.value };
  if (healthz.port !== 0) {
    await listenHttp(healthz, (at) => {
      if (!["/healthz", "/healthz/ping", "/healthz/log", "/healthz/syncloop"].includes(at)) return;
      return failure === "healthz"
        ? { code: 500, body: "told to fail" }
        : { code: 200, body: "ok" };
    });
  }
  if (serving !== undefined) {
    const at = { host: config.address.value, port: config.port.value };
    await listenTls(at, serving, (request) => apiAnswer(request, config));
  }
  log("I", "kubelet.go:2405", '"Starting kubelet main sync loop"');
  if (failure === "crash") {
    await Bun.sleep(500);
    throw new Error("the stand-in was told to crash");
  }
  const name = (flags.get("hostname-override") ?? hostname()).trim().toLowerCase();
  if (client === undefined) return await until(signal);
  const agent = runNodeAgent(client, { name, endpoint, port: config.port.value, failure }, signal);
  const pods = runPods(client, { node: name, endpoint }, signal);
  await Promise.race([agent, pods, until(signal)]);
}

function readFlags(): Flags {
  try {
    const { flags, rest } = parseFlags(process.argv.slice(2), FLAGS);
    if (rest.length > 0) throw new Fatal(`unknown command ${JSON.stringify(rest[0])}`);
    return flags;
  } catch (thrown) {
    if (thrown instanceof Fatal) throw thrown;
    throw new Fatal(`failed to parse kubelet flag: ${(thrown as Error).message}`);
  }
}

function configFailure(path: string, reason: string): string {
  return `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${reason}`;
}

function readConfig(path: string): string {
  return mustRead(path, (reason) =>
    configFailure(path, `failed to read kubelet config file "${path}", error: ${reason}`),
  );
}

/** Unknown and duplicate keys are only logged, as by the original. */
function parseConfig(text: string, path: string): KubeletConfig {
  const { value, problems } = parseKubeletConfig(text, path);
  const lenient = ["unknown-key", "duplicate-key"];
  for (const { code, message } of problems) {
    if (lenient.includes(code))
      log("W", "codec.go:82", `"Using lenient decoding" err="${message}"`);
  }
  const fatal = problems.find(
    ({ code, severity }) => severity === "error" && !lenient.includes(code),
  );
  if (fatal !== undefined) throw new Fatal(configFailure(path, fatal.message));
  if (value === undefined) throw new Fatal(configFailure(path, "kubelet config file was empty"));
  return value;
}

function checkHost(config: KubeletConfig): void {
  const swap = swapAreas();
  if (config.failSwapOn.value && swap.length > 0) {
    throw new Error(
      `running with swap on is not supported, please disable swap or set --fail-swap-on flag to false. /proc/swaps contained: [${swap.join(" ")}]`,
    );
  }
  if (config.failCgroupV1.value && !isCgroupV2()) {
    throw new Error(
      "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release",
    );
  }
}

interface Serving {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

/** The original makes a self-signed certificate where none is configured; this one then does not serve. */
function readServing(config: KubeletConfig): Serving | undefined {
  const caFile = config.clientCAFile?.value;
  const ca =
    caFile === undefined
      ? undefined
      : mustRead(
          caFile,
          (reason) =>
            `failed to construct kubelet dependencies: unable to load client CA file ${caFile}: ${reason}`,
        );
  if (ca !== undefined && !ca.includes("BEGIN CERTIFICATE")) {
    throw new Fatal(
      `failed to construct kubelet dependencies: unable to load client CA file ${caFile ?? ""}: data does not contain any valid RSA or ECDSA certificates`,
    );
  }
  const certFile = config.tlsCertFile?.value;
  const keyFile = config.tlsPrivateKeyFile?.value;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const failed = (reason: string): string => `failed to initialize kubelet server TLS: ${reason}`;
  const cert = mustRead(certFile, failed);
  const key = mustRead(keyFile, failed);
  let matches = false;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new Fatal(failed("tls: failed to find any PEM data in certificate or key input"));
  }
  if (!matches) throw new Fatal(failed("tls: private key does not match public key"));
  return { cert, key, ca };
}

/** Undefined without a kubeconfig: the original then runs without an API server. */
async function createClient(path: string | undefined): Promise<KubeClient | undefined> {
  if (path === undefined) return undefined;
  const invalid = (reason: string): string =>
    `failed to run Kubelet: invalid kubeconfig: ${reason}`;
  const text = mustRead(path, (reason) => invalid(reason.replace(/^open/, "stat")));
  const context = parseKubeconfigContext(text, path);
  if (!context.ok) throw new Fatal(invalid(context.error[0].message));
  const connection = await toConnection(context.value, path, async (file) =>
    mustRead(file, (reason) => invalid(`unable to read file: ${reason}`)),
  );
  return new KubeClient(connection, { timeoutMs: 10_000 });
}

function apiAnswer(
  path: string,
  config: KubeletConfig,
): { readonly code: number; readonly body: string } | undefined {
  if (path === "/healthz") return { code: 200, body: "ok" };
  if (path === "/pods")
    return { code: 200, body: '{"kind":"PodList","apiVersion":"v1","items":[]}' };
  if (path === "/configz") {
    return { code: 200, body: JSON.stringify({ kubeletconfig: config.document.value }) };
  }
  return undefined;
}

/** Waits for the signal. */
function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
