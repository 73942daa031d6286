import { nearest, type Problem } from "../../base/mod.ts";

/** What a flag's value is; `field` flags set a field of the configuration. */
interface FlagSpec {
  readonly kind: "text" | "boolean" | "integer" | "list" | "map";
  /** The field of KubeletConfiguration that the flag overrides. */
  readonly field?: readonly string[];
  /** Known to the kubelet, without any effect here or there. */
  readonly ignored?: true;
}

const text = (field?: string): FlagSpec => ({ kind: "text", ...(field && { field: [field] }) });
const list = (field: string): FlagSpec => ({ kind: "list", field: [field] });
const integer = (field: string): FlagSpec => ({ kind: "integer", field: [field] });
const boolean = (field?: string): FlagSpec => ({
  kind: "boolean",
  ...(field && { field: [field] }),
});
const ignored: FlagSpec = { kind: "text", ignored: true };

/** The flags of the kubelet that the agent takes, by their names. */
export const FLAGS: Readonly<Record<string, FlagSpec>> = {
  config: text(),
  "config-dir": text(),
  kubeconfig: text(),
  "bootstrap-kubeconfig": text(),
  "cert-dir": text(),
  "root-dir": text(),
  "hostname-override": text(),
  "node-ip": text(),
  "node-labels": { kind: "map" },
  "ignore-unsupported": boolean(),
  v: { kind: "integer" },
  "pod-infra-container-image": ignored,
  "runtime-cgroups": ignored,
  "container-runtime": ignored,
  address: text("address"),
  port: integer("port"),
  "healthz-port": integer("healthzPort"),
  "healthz-bind-address": text("healthzBindAddress"),
  "container-runtime-endpoint": text("containerRuntimeEndpoint"),
  "image-service-endpoint": text("imageServiceEndpoint"),
  "pod-manifest-path": text("staticPodPath"),
  "register-node": boolean("registerNode"),
  "cgroup-driver": text("cgroupDriver"),
  "cgroup-root": text("cgroupRoot"),
  "cluster-dns": list("clusterDNS"),
  "cluster-domain": text("clusterDomain"),
  "resolv-conf": text("resolvConf"),
  "max-pods": integer("maxPods"),
  "pod-cidr": text("podCIDR"),
  "fail-swap-on": boolean("failSwapOn"),
  "provider-id": text("providerID"),
  "tls-cert-file": text("tlsCertFile"),
  "tls-private-key-file": text("tlsPrivateKeyFile"),
  "rotate-certificates": boolean("rotateCertificates"),
  "rotate-server-certificates": boolean("serverTLSBootstrap"),
  "seccomp-default": boolean("seccompDefault"),
  "client-ca-file": { kind: "text", field: ["authentication", "x509", "clientCAFile"] },
  "authorization-mode": { kind: "text", field: ["authorization", "mode"] },
  "anonymous-auth": { kind: "boolean", field: ["authentication", "anonymous", "enabled"] },
  "system-reserved": { kind: "map", field: ["systemReserved"] },
  "kube-reserved": { kind: "map", field: ["kubeReserved"] },
};

/** Every flag with what its value is, a line each. */
export function flagHelp(): string {
  const lines = Object.entries(FLAGS).map(([name, { kind, field, ignored: isIgnored }]) => {
    const what = isIgnored === true ? "without effect" : field && `as ${field.join(".")}`;
    return `  --${name} ${kind}`.padEnd(44) + (what ?? "");
  });
  return [...lines].sort().join("\n");
}

/** Where a process that was given a command line reports its places. */
export const FLAGS_FILE = "the command line";

export type FlagValue = string | number | boolean | readonly string[] | Record<string, string>;

/** A command line: flags by name, the last one counts. */
export interface ParsedFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  readonly problems: readonly Problem[];
}

/** Reads `--name=value`, `--name value`, and `--name` for booleans; one dash is as good as two. */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const values = new Map<string, FlagValue>();
  const problems: Problem[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const match = /^--?([a-zA-Z][\w-]*)(?:=([\s\S]*))?$/.exec(word);
    const name = match?.[1] ?? word;
    const spec = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (spec === undefined) {
      problems.push(unknownFlag(word, name));
      continue;
    }
    const given = match?.[2] ?? (spec.kind === "boolean" ? "true" : argv[++at]);
    const value = given === undefined ? undefined : convert(spec, given, values.get(name));
    if (value === undefined) problems.push(badValue(name, spec, given));
    else values.set(name, value);
  }
  return { values, problems };
}

function convert(
  spec: FlagSpec,
  given: string,
  before: FlagValue | undefined,
): FlagValue | undefined {
  switch (spec.kind) {
    case "text":
      return given;
    case "boolean":
      return /^(?:true|t|1)$/i.test(given)
        ? true
        : /^(?:false|f|0)$/i.test(given)
          ? false
          : undefined;
    case "integer":
      return /^-?\d+$/.test(given) ? Number(given) : undefined;
    case "list":
      return given === "" ? [] : given.split(",");
    case "map":
      return toMap(given, before);
  }
}

function toMap(given: string, before: FlagValue | undefined): FlagValue | undefined {
  const map: Record<string, string> = {};
  if (typeof before === "object" && !Array.isArray(before)) Object.assign(map, before);
  for (const pair of given.split(",").filter((one) => one !== "")) {
    const equals = pair.indexOf("=");
    if (equals <= 0) return undefined;
    map[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim();
  }
  return map;
}

function unknownFlag(word: string, name: string): Problem {
  const near = nearest(name, Object.keys(FLAGS));
  return {
    code: "unknown-flag",
    severity: "error",
    message: `Cannot use the flag "${word.replace(/=.*/s, "")}": the agent does not know it`,
    locations: [],
    ...(near === undefined ? {} : { fix: `write --${near}` }),
  };
}

function badValue(name: string, spec: FlagSpec, given: string | undefined): Problem {
  const expected = {
    text: "a value",
    boolean: "true or false",
    integer: "a whole number",
    list: "words separated by commas",
    map: "KEY=VALUE pairs separated by commas",
  }[spec.kind];
  const got = given === undefined ? "nothing follows" : `"${given}"`;
  return {
    code: "bad-flag",
    severity: "error",
    message: `Cannot use the flag "--${name}": ${got}`,
    locations: [],
    fix: `give it ${expected}`,
  };
}
