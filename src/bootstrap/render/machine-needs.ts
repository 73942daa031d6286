import { defaultSandboxImage } from "../../config/mod.ts";
import type { NeededImage, PreCommand, PreflightSettings } from "../../node/mod.ts";
import type { DesiredUnit } from "../../plan/mod.ts";
import { type Artifacts, versionsOf } from "./artifact-files.ts";
import type { NodeModels, PlacedText } from "./models.ts";
import { UNIT_DIR } from "./places.ts";

/** From this minor version on the kubelet's failCgroupV1 is true where its file says nothing. */
const FAILS_ON_CGROUP_V1_FROM = 35;

/** What a node's needs are read from. */
export interface NeedsInput {
  readonly models: NodeModels;
  readonly units: readonly DesiredUnit[];
  readonly artifacts: Artifacts;
  readonly texts: readonly PlacedText[];
}

/** What the files and binaries of a node ask of its machine: judged by preflight once the machine is known. */
export function machineNeeds(input: NeedsInput): PreflightSettings {
  const { models, units, artifacts } = input;
  const binaries = artifacts.flatMap((set) =>
    set.kind !== "set"
      ? []
      : set.files.flatMap(({ name, needs }) =>
          needs?.glibc === undefined ? [] : [{ name, glibc: needs.glibc }],
        ),
  );
  const common = { binaries, preCommands: preCommandsOf(input), ...runtimeNeeds(input) };
  const { kubelet } = models;
  const isRun = units.some((unit) => unit.name === "kubelet.service" && unit.run);
  if (kubelet === undefined || !isRun) return common;
  const driver = kubelet.cgroupDriver.value;
  return {
    ...common,
    failSwapOn: kubelet.failSwapOn.value,
    failCgroupV1: kubelet.failCgroupV1.value && failsOnCgroupV1(artifacts),
    cgroupDriver: driver === "systemd" ? "systemd" : "cgroupfs",
  };
}

/** Those without `-` in front: their failure keeps the unit from starting. */
function preCommandsOf({ models, units }: NeedsInput): readonly PreCommand[] {
  return units
    .filter((unit) => unit.run)
    .flatMap(({ name }) =>
      (models.units.get(`${UNIT_DIR}/${name}`)?.execStartPre ?? [])
        .filter(({ prefixes }) => !prefixes.includes("-"))
        .map(({ executable, args }) => ({
          unit: name,
          key: "ExecStartPre",
          argv: [executable.value, ...args.map(({ value }) => value)],
          location: executable.location,
        }))
        // What systemd fills in is not known here.
        .filter(({ argv }) => !argv.some((word) => /[%$]/.test(word))),
    );
}

function runtimeNeeds({ models, artifacts, texts, units }: NeedsInput): PreflightSettings {
  const config = models.containerd;
  const isRun = units.some((unit) => unit.name === "containerd.service" && unit.run);
  if (config === undefined || !isRun) return {};
  const restricts = config.restrictOomScoreAdj;
  return {
    images: sandboxImageOf(models, artifacts),
    pullsOtherwise: texts.some(
      ({ place, text }) => place.component === "containerd" && /_proxy\b|\bmirrors\b/i.test(text),
    ),
    ...(restricts.value
      ? {}
      : {
          insistsOnOomScore: {
            table: String(config.runtimePath.at(-1)),
            location: restricts.location,
          },
        }),
  };
}

function sandboxImageOf({ containerd }: NodeModels, artifacts: Artifacts): readonly NeededImage[] {
  const named = containerd?.sandboxImage;
  const version = versionsOf(artifacts)["containerd"];
  const reference =
    named?.value ?? (version === undefined ? undefined : defaultSandboxImage(version));
  if (reference === undefined) return [];
  const location = named?.location ?? containerd?.document.at(containerd.sandboxImagePath);
  return [
    { reference, what: "the sandbox image", ...(location === undefined ? {} : { location }) },
  ];
}

function failsOnCgroupV1(artifacts: Artifacts): boolean {
  const kubelet = artifacts.find((set) => set.component === "kubelet");
  const version = kubelet?.kind === "set" ? kubelet.version : "";
  const minor = /^1\.(\d+)\./.exec(version)?.[1];
  return minor !== undefined && Number(minor) >= FAILS_ON_CGROUP_V1_FROM;
}
