import { type JsonObject, numberAt, textAt } from "../../objects/mod.ts";
import {
  addedCapabilities,
  BASELINE,
  badSeccomp,
  capabilitiesBaseline,
  hostPathVolumes,
  textsAt,
} from "./baseline.ts";
import {
  type Check,
  containersText,
  containersWhere,
  distinct,
  inContext,
  plural,
  setters,
  volumeSources,
} from "./check.ts";

const VOLUMES = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"],
  ...["persistentVolumeClaim", "projected", "secret"],
];

const privilegeEscalation: Check = (spec) => {
  const bad = containersWhere(spec, (one) => inContext(one, "allowPrivilegeEscalation") !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Check = (spec) => {
  const keeping = containersWhere(
    spec,
    (one) => !textsAt(one, "securityContext", "capabilities", "drop").includes("ALL"),
  );
  const added = addedCapabilities(spec, ["NET_BIND_SERVICE"]);
  const details = [
    ...(keeping.length === 0
      ? []
      : [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(added === undefined ? [] : [added]),
  ];
  if (details.length === 0) return undefined;
  return { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const volumes: Check = (spec) => {
  const bad = volumeSources(spec).filter(({ source }) => !VOLUMES.includes(source));
  if (bad.length === 0) return undefined;
  const names = bad.map(({ name }) => name);
  const types = plural("restricted volume type", distinct(bad.map(({ source }) => source)));
  const uses = names.length === 1 ? "uses" : "use";
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", names)} ${uses} ${types}`,
  };
};

const nonRoot: Check = (spec) => {
  if (spec["hostUsers"] === false) return undefined;
  const reason = "runAsNonRoot != true";
  const who = setters(spec, (of) => inContext(of, "runAsNonRoot") === false);
  if (who !== undefined) {
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  if (inContext(spec, "runAsNonRoot") === true) return undefined;
  const bad = containersWhere(spec, (one) => typeof inContext(one, "runAsNonRoot") !== "boolean");
  if (bad.length === 0) return undefined;
  const detail = `pod or ${containersText(bad)} must set securityContext.runAsNonRoot=true`;
  return { reason, detail };
};

const user: Check = (spec) => {
  if (spec["hostUsers"] === false) return undefined;
  const who = setters(spec, (of) => numberAt(of, "securityContext", "runAsUser") === 0);
  if (who === undefined) return undefined;
  return { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
};

const seccomp: Check = (spec) => {
  const bad = badSeccomp(spec);
  if (bad !== undefined) return bad;
  const isSet = (of: JsonObject): boolean =>
    textAt(of, "securityContext", "seccompProfile", "type") !== "";
  if (isSet(spec)) return undefined;
  const without = containersWhere(spec, (one) => !isSet(one));
  if (without.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${containersText(without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** Baseline, and what a hardened pod has to give up besides (Pod Security Standards, restricted). */
export const RESTRICTED: readonly Check[] = [
  ...BASELINE.filter((one) => ![badSeccomp, capabilitiesBaseline, hostPathVolumes].includes(one)),
  ...[privilegeEscalation, capabilities, volumes, nonRoot, user, seccomp],
];
