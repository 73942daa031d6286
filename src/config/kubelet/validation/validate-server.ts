import { nearest } from "../../../base/mod.ts";
import { NAMESPACED_SYSCTLS, TLS_CIPHER_SUITES } from "./kubelet-values.ts";
import type { Validation } from "./validation.ts";

/** Name and prefix of a label or taint key. */
const QUALIFIED =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;

/** Registration, leases, control groups, sysctls. */
export function validateNode(v: Validation): void {
  const lease = v.reader.number(["nodeLeaseDurationSeconds"]);
  if (lease?.value === 0) {
    v.refuse("nodeLeaseDurationSeconds must be above 0", [lease.location]);
  }
  const systemCgroups = v.reader.textOrDefault(["systemCgroups"]);
  if (systemCgroups !== undefined && v.reader.textOrDefault(["cgroupRoot"]) === undefined) {
    v.refuse("systemCgroups needs cgroupRoot, which is not set", [systemCgroups.location]);
  }
  const quota = v.duration("cpuCFSQuotaPeriod");
  if (quota !== undefined && quota.value !== 100) {
    v.refuseWithout("CustomCPUCFSQuotaPeriod", "cpuCFSQuotaPeriod");
    if (v.isGateOn("CustomCPUCFSQuotaPeriod") && (quota.value < 1 || quota.value > 1000)) {
      v.refuse(`cpuCFSQuotaPeriod must be from 1ms to 1s: ${quota.text}`, [quota.location]);
    }
  }
  validateTaints(v);
  const ids = v.reader.number(["userNamespaces", "idsPerPod"]);
  if (ids !== undefined && ids.value % 65_536 !== 0) {
    v.refuse(`userNamespaces.idsPerPod must be a multiple of 65536: ${ids.value}`, [ids.location]);
  }
  for (const { value, location } of v.reader.texts(["allowedUnsafeSysctls"])) {
    const name = value.replaceAll("/", ".");
    if (NAMESPACED_SYSCTLS.some((known) => name.startsWith(known))) continue;
    v.refuse(
      `allowedUnsafeSysctls has a sysctl that pods cannot have of their own: ${value}`,
      [location],
      {
        fix: "Remove it and set it on the machine",
      },
    );
  }
}

function validateTaints(v: Validation): void {
  for (let i = 0; i < v.reader.length(["registerWithTaints"]); i++) {
    const key = v.reader.text(["registerWithTaints", i, "key"]);
    const value = v.reader.text(["registerWithTaints", i, "value"]);
    const added = v.reader.text(["registerWithTaints", i, "timeAdded"]);
    if (key !== undefined && key.value !== "" && !QUALIFIED.test(key.value)) {
      v.refuse(`A taint's key must be a name such as example.com/team: "${key.value}"`, [
        key.location,
      ]);
    }
    if (value !== undefined && !LABEL_VALUE.test(value.value)) {
      v.refuse(
        `A taint's value has letters, digits, "-", "_" and ".", 63 at most: "${value.value}"`,
        [value.location],
      );
    }
    if (added !== undefined) {
      v.refuse("A taint may not say when it was added: timeAdded", [added.location], {
        fix: "Remove timeAdded",
        remove: ["registerWithTaints", i, "timeAdded"],
      });
    }
  }
}

/** The kubelet's own server. */
export function validateServer(v: Validation): void {
  const { port } = v.config;
  if (port.value === 0) v.refuse("port must be from 1 to 65535: 0", [port.location]);
  for (const { value, location } of v.reader.texts(["tlsCipherSuites"])) {
    if (TLS_CIPHER_SUITES.has(value)) continue;
    const near = nearest(value, TLS_CIPHER_SUITES);
    v.refuse(`The kubelet knows no such cipher suite: ${value}`, [location], {
      ...(near === undefined ? {} : { fix: `Write ${near}` }),
    });
  }
  const hidden = v.reader.textOrDefault(["showHiddenMetricsForVersion"]);
  if (hidden !== undefined && !/^\d+\.\d+$/.test(hidden.value)) {
    v.refuse(
      `showHiddenMetricsForVersion must be the minor version before the kubelet's, such as 1.35: "${hidden.value}"`,
      [hidden.location],
    );
  }
}
