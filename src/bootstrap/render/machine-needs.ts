import type { PreflightSettings } from "../../node/mod.ts";
import type { DesiredUnit } from "../plan/mod.ts";
import type { Artifacts } from "./artifact-files.ts";
import type { NodeModels } from "./models.ts";

/** From this minor version on the kubelet's failCgroupV1 is true where its file says nothing. */
const FAILS_ON_CGROUP_V1_FROM = 35;

/** What the files and binaries of a node ask of its machine: judged by preflight once the machine is known. */
export function machineNeeds(
  models: NodeModels,
  units: readonly DesiredUnit[],
  artifacts: Artifacts,
): PreflightSettings {
  const binaries = artifacts.flatMap((set) =>
    set.kind !== "set"
      ? []
      : set.files.flatMap(({ name, needs }) =>
          needs?.glibc === undefined ? [] : [{ name, glibc: needs.glibc }],
        ),
  );
  const { kubelet } = models;
  const isRun = units.some((unit) => unit.name === "kubelet.service" && unit.run);
  if (kubelet === undefined || !isRun) return { binaries };
  const driver = kubelet.cgroupDriver.value;
  return {
    binaries,
    failSwapOn: kubelet.failSwapOn.value,
    failCgroupV1: kubelet.failCgroupV1.value && failsOnCgroupV1(artifacts),
    cgroupDriver: driver === "systemd" ? "systemd" : "cgroupfs",
  };
}

function failsOnCgroupV1(artifacts: Artifacts): boolean {
  const kubelet = artifacts.find((set) => set.component === "kubelet");
  const version = kubelet?.kind === "set" ? kubelet.version : "";
  const minor = /^1\.(\d+)\./.exec(version)?.[1];
  return minor !== undefined && Number(minor) >= FAILS_ON_CGROUP_V1_FROM;
}
