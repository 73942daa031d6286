import type { Problem } from "../../base/mod.ts";
import { finding } from "./finding.ts";
import type { PreflightInput, PreflightRule } from "./rule.ts";

/** What would fail only after something was changed, and can be seen before. */
export const foresightRules: PreflightRule = (input) => [
  ...commandRules(input),
  ...oomRule(input),
  ...kmsgRule(input),
  ...imageRules(input),
];

/** A command before a unit's start that must succeed and is not going to. */
function commandRules({ foresight, desired, settings = {} }: PreflightInput): Problem[] {
  const brought = new Set(desired.files.map((file) => file.path));
  return (settings.preCommands ?? []).flatMap(({ unit, key, argv, location }): Problem[] => {
    const line = argv.join(" ");
    const failing = foresight?.failing.find((one) => one.argv.join(" ") === line);
    if (failing === undefined || brought.has(argv[0] ?? "")) return [];
    return [
      {
        ...finding(
          "error",
          "failing-command",
          `Cannot start ${unit} on this machine: ${key}=${line} would fail: ${failing.why}`,
          `Write ${key}=-${line} where that does not matter, as with a module that is built into the kernel; otherwise install what it needs`,
        ),
        locations: [location],
      },
    ];
  });
}

function oomRule({ foresight, settings = {} }: PreflightInput): Problem[] {
  const at = settings.insistsOnOomScore;
  if (at === undefined || foresight?.mayLowerOomScore !== false) return [];
  return [
    {
      ...finding(
        "error",
        "oom-score",
        "Cannot start a pod on this machine: it may not lower an oom_score_adj (it lacks CAP_SYS_RESOURCE, as in a container), and containerd insists on it",
        `Set restrict_oom_score_adj = true in [plugins."${at.table}"]`,
      ),
      locations: [at.location],
    },
  ];
}

function kmsgRule({ foresight, desired }: PreflightInput): Problem[] {
  const isRun = desired.units.some((unit) => unit.name === "kubelet.service" && unit.run);
  if (!isRun || foresight?.hasKmsg !== false) return [];
  return [
    finding(
      "error",
      "kmsg",
      "Cannot run the kubelet on this machine: it has no /dev/kmsg",
      "Give the machine /dev/kmsg; in a container: ln -s /dev/console /dev/kmsg at its start",
    ),
  ];
}

/** Images that pods start from, that nothing brings along, and whose registry does not answer. */
function imageRules({ foresight, desired, settings = {} }: PreflightInput): Problem[] {
  const { images = [], pullsOtherwise, registries = new Map() } = settings;
  if (foresight?.images == null || pullsOtherwise === true || foresight.hasRegistryHosts) return [];
  const there = [...foresight.images, ...desired.images.map(({ reference }) => reference)];
  return images
    .filter(({ reference }) => !there.includes(reference))
    .flatMap(({ reference, what, location, without }): Problem[] => {
      const why = registries.get(registryOf(reference));
      if (why === undefined) return [];
      return [
        {
          ...finding(
            "error",
            "missing-image",
            `Cannot start a pod: the node does not have ${what} ${reference}, and ${registryOf(reference)} cannot be reached from it: ${why}`,
            `Add the image to images in nodewright.yaml, with an archive on the jumpbox: "${reference}: PATH"${without === undefined ? "" : `; or ${without}`}`,
          ),
          locations: location === undefined ? [] : [location],
        },
      ];
    });
}

/** Where an image is pulled from: `registry.k8s.io`, `127.0.0.1:5000`; Docker's own where none is named. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost && first !== "docker.io" ? first : "registry-1.docker.io";
}
