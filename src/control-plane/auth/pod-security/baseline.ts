import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
} from "../../objects/mod.ts";
import {
  type Check,
  containersText,
  containersWhere,
  distinct,
  inContext,
  plural,
  quoted,
  setters,
  volumeSources,
} from "./check.ts";

const CAPABILITIES = [
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
];
const SYSCTLS = [
  ...["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"],
  ...["net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"],
  ...["net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time"],
  ...["net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"],
  ...["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"],
];
const SELINUX_TYPES = [
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
];

/** Text values of a list. */
export function textsAt(of: JsonObject, ...path: readonly string[]): string[] {
  return listAt(of, ...path).filter((one): one is string => typeof one === "string");
}

const appArmor: Check = (spec) => {
  const type = (of: JsonObject): string => textAt(of, "securityContext", "appArmorProfile", "type");
  const isBad = (of: JsonObject): boolean =>
    !["", "RuntimeDefault", "Localhost"].includes(type(of));
  const who = setters(spec, isBad);
  if (who === undefined) return undefined;
  const values = distinct([spec, ...containersWhere(spec, isBad)].filter(isBad).map(type));
  return {
    reason: `forbidden AppArmor profile${values.length === 1 ? "" : "s"}`,
    detail: `${who} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

/** What a container adds besides what is allowed, as both levels word it. */
export function addedCapabilities(
  spec: JsonObject,
  allowed: readonly string[],
): string | undefined {
  const added = (of: JsonObject): string[] =>
    textsAt(of, "securityContext", "capabilities", "add").filter((one) => !allowed.includes(one));
  const bad = containersWhere(spec, (one) => added(one).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoted(distinct(bad.flatMap(added)));
  return `${containersText(bad)} must not include ${names} in securityContext.capabilities.add`;
}

export const capabilitiesBaseline: Check = (spec) => {
  const detail = addedCapabilities(spec, CAPABILITIES);
  return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
};

const hostNamespaces: Check = (spec) => {
  const set = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => spec[field] === true);
  if (set.length === 0) return undefined;
  return { reason: "host namespaces", detail: set.map((field) => `${field}=true`).join(", ") };
};

export const hostPathVolumes: Check = (spec) => {
  const bad = volumeSources(spec).filter(({ source }) => source === "hostPath");
  if (bad.length === 0) return undefined;
  return {
    reason: "hostPath volumes",
    detail: plural(
      "volume",
      bad.map(({ name }) => name),
    ),
  };
};

const hostPorts: Check = (spec) => {
  const ports = (of: JsonObject): number[] =>
    objectsAt(of, "ports").flatMap((port) => numberAt(port, "hostPort") || []);
  const bad = containersWhere(spec, (one) => ports(one).length > 0);
  if (bad.length === 0) return undefined;
  const numbers = distinct(bad.flatMap(ports).map(String));
  const uses = bad.length === 1 ? "uses" : "use";
  const word = numbers.length === 1 ? "hostPort" : "hostPorts";
  return {
    reason: "hostPort",
    detail: `${containersText(bad)} ${uses} ${word} ${numbers.join(", ")}`,
  };
};

const hostProbes: Check = (spec) => {
  const handlers = [
    ...[["livenessProbe"], ["readinessProbe"], ["startupProbe"]],
    ...[
      ["lifecycle", "postStart"],
      ["lifecycle", "preStop"],
    ],
  ];
  const hosts = (of: JsonObject): string[] =>
    handlers
      .map((path) => objectAt(of, ...path))
      .flatMap((one) => [textAt(one, "httpGet", "host"), textAt(one, "tcpSocket", "host")])
      .filter((host) => host !== "");
  const bad = containersWhere(spec, (one) => hosts(one).length > 0);
  if (bad.length === 0) return undefined;
  const names = distinct(bad.map((one) => textAt(one, "name")));
  const uses = names.length === 1 ? "uses" : "use";
  const all = plural("probe or lifecycle host", distinct(bad.flatMap(hosts)));
  return {
    reason: "probe or lifecycle host",
    detail: `${plural("container", names)} ${uses} ${all}`,
  };
};

const privileged: Check = (spec) => {
  const bad = containersWhere(spec, (one) => inContext(one, "privileged") === true);
  if (bad.length === 0) return undefined;
  const detail = `${containersText(bad)} must not set securityContext.privileged=true`;
  return { reason: "privileged", detail };
};

const procMount: Check = (spec) => {
  const type = (of: JsonObject): string => textAt(of, "securityContext", "procMount");
  const bad = containersWhere(spec, (one) => !["", "Default"].includes(type(one)));
  if (bad.length === 0 || spec["hostUsers"] === false) return undefined;
  const values = quoted(distinct(bad.map(type)));
  const detail = `${containersText(bad)} must not set securityContext.procMount to ${values}`;
  return { reason: "procMount", detail };
};

const seLinux: Check = (spec) => {
  const options = (of: JsonObject): JsonObject => objectAt(of, "securityContext", "seLinuxOptions");
  const isBad = (of: JsonObject): boolean => {
    const { type = "", user = "", role = "" } = options(of);
    return typeof type !== "string" || !SELINUX_TYPES.includes(type) || user !== "" || role !== "";
  };
  const who = setters(spec, isBad);
  if (who === undefined) return undefined;
  const bad = [spec, ...containersWhere(spec, () => true)].filter(isBad).map(options);
  const types = distinct(
    bad.map((one) => textAt(one, "type")).filter((type) => !SELINUX_TYPES.includes(type)),
  );
  const parts = [
    ...(types.length === 0 ? [] : [plural("type", types)]),
    ...["user", "role"]
      .filter((field) => bad.some((one) => textAt(one, field) !== ""))
      .map((field) => `${field} may not be set`),
  ];
  return {
    reason: "seLinuxOptions",
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${parts.join("; ")}`,
  };
};

/** Who sets a seccomp profile that no level allows. */
export const badSeccomp: Check = (spec) => {
  const type = (of: JsonObject): string => textAt(of, "securityContext", "seccompProfile", "type");
  const isBad = (of: JsonObject): boolean =>
    !["", "RuntimeDefault", "Localhost"].includes(type(of));
  const who = setters(spec, isBad);
  if (who === undefined) return undefined;
  const values = quoted(distinct([spec, ...containersWhere(spec, isBad)].filter(isBad).map(type)));
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${values}`,
  };
};

const sysctls: Check = (spec) => {
  const bad = objectsAt(spec, "securityContext", "sysctls")
    .map((one) => textAt(one, "name"))
    .filter((name) => !SYSCTLS.includes(name));
  return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
};

const hostProcess: Check = (spec) => {
  const who = setters(spec, (of) => inContext(of, "windowsOptions", "hostProcess") === true);
  if (who === undefined) return undefined;
  const detail = `${who} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: "hostProcess", detail };
};

/** What a pod may not have that would lead out of its container (Pod Security Standards, baseline). */
export const BASELINE: readonly Check[] = [
  ...[appArmor, capabilitiesBaseline, hostNamespaces, hostPathVolumes, hostPorts, hostProbes],
  ...[privileged, procMount, seLinux, badSeccomp, sysctls, hostProcess],
];
