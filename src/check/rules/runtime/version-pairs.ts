import type { Versions } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { compareVersions, isAtLeast, parseVersion, type Version } from "../../version.ts";

const NEEDS_BOTH = "needs the versions of both the kubelet and containerd";

/** NW-A09 */
export const criVersion = nodeRule({
  id: "NW-A09",
  severity: "error",
  title: "The kubelet and containerd speak the same version of CRI",
  stages: ["files"],
  places: ["versions of the kubelet and containerd"],
  symptom:
    "The kubelet ends with `validate CRI v1 runtime API for endpoint ...: rpc error: code = " +
    "Unimplemented desc = unknown service runtime.v1.RuntimeService`; an old one with `unknown " +
    "service runtime.v1alpha2.RuntimeService`.",
  why:
    "The kubelet speaks v1 alone since 1.26, and v1alpha2 alone before 1.23. containerd has v1 since " +
    "1.6, and no v1alpha2 any more since 2.0. The same words with versions that fit mean that CRI is off (NW-A06, NW-A07).",
  fix: "Use containerd 1.6 or later for a kubelet from 1.26 on.",
  provoked: { not: "needs a kubelet, and a containerd older than any that Debian has" },
  needs: ["versions"],
  check({ versions: { kubelet, containerd } }) {
    if (kubelet === undefined || containerd === undefined) return unknown(NEEDS_BOTH);
    const pair = `kubelet ${kubelet.text}, containerd ${containerd.text}`;
    if (isAtLeast(kubelet, "1.26") && !isAtLeast(containerd, "1.6")) {
      return [
        {
          message: `The kubelet speaks CRI v1 alone and containerd does not have it: ${pair}`,
          locations: [],
        },
      ];
    }
    if (isAtLeast(kubelet, "1.23") || !isAtLeast(containerd, "2.0")) return [];
    return [
      {
        message: `The kubelet speaks CRI v1alpha2 alone and containerd has it no more: ${pair}`,
        locations: [],
        fix: "Use a kubelet from 1.26 on, or containerd 1.7",
      },
    ];
  },
});

/** Minor of a kubelet 1.x to the first releases of containerd's branches that are recommended for it. */
const RECOMMENDED: ReadonlyMap<number, readonly string[]> = new Map([
  [32, ["2.1.0", "2.0.1", "1.7.24", "1.6.36"]],
  [33, ["2.1.0", "2.0.4", "1.7.24", "1.6.36"]],
  [34, ["2.1.3", "2.0.6", "1.7.28", "1.6.39"]],
  [35, ["2.2.0", "2.1.5", "1.7.28"]],
  [36, ["2.3.0", "2.2.0"]],
]);

/** When a branch of containerd got its last patches, where that is past and settled. */
const END_OF_LIFE: ReadonlyMap<string, string> = new Map([
  ["1.5", "2023-02-28"],
  ["1.6", "2025-08-23"],
  ["1.7", "2026-09-30"],
  ["2.0", "2025-11-07"],
  ["2.1", "2026-07-03"],
]);

function isRecommended(containerd: Version, branches: readonly string[]): boolean {
  const firsts = branches.flatMap((text) => parseVersion(text) ?? []);
  const own = firsts.find(
    ({ major, minor }) => major === containerd.major && minor === containerd.minor,
  );
  if (own !== undefined) return isAtLeast(containerd, own.text);
  // Newer than every branch that there was when the table was made.
  return firsts.every((first) => compareVersions(containerd, first) > 0);
}

function untested({ kubelet, containerd }: Versions): Found[] {
  if (kubelet === undefined || containerd === undefined) return [];
  const branches = RECOMMENDED.get(kubelet.minor);
  if (branches === undefined || isRecommended(containerd, branches)) return [];
  return [
    {
      message: `containerd's maintainers have not tested this pair: containerd ${containerd.text} with kubelet ${kubelet.text}`,
      locations: [],
      fix: `Use containerd ${branches.join(", ")}, or a later release of one of these branches`,
    },
  ];
}

/** A distribution mends its packages itself, whatever upstream does. */
function isPackaged({ text }: Version): boolean {
  return /[~+](?:ds|dfsg|deb|really)|ubuntu|\.(?:el|fc)\d/.test(text);
}

function withoutPatches(containerd: Version, now: Date): Found[] {
  const end = END_OF_LIFE.get(`${containerd.major}.${containerd.minor}`);
  if (end === undefined || isPackaged(containerd) || now < new Date(`${end}T23:59:59Z`)) return [];
  return [
    {
      message: `containerd ${containerd.text} is of a branch that has had no patches since ${end}`,
      locations: [],
      fix: "Use a branch that is maintained, a step of NW-A11 at a time",
    },
  ];
}

function preRelease(component: string, version: Version): Found[] {
  if (version.preRelease === undefined) return [];
  return [
    {
      message: `${component} ${version.text} is a pre-release`,
      locations: [],
      fix: `Use a release of ${component}`,
    },
  ];
}

/** NW-A10 */
export const testedPair = nodeRule({
  id: "NW-A10",
  severity: "warning",
  title: "containerd is a maintained release that is tested with this kubelet",
  stages: ["files"],
  places: ["versions of the kubelet and containerd"],
  symptom: "Mistakes that nobody else has, and security holes that nobody closes.",
  why:
    "containerd's RELEASES.md recommends releases for each Kubernetes minor: 1.36: 2.3.0+, 2.2.0+; " +
    "1.35: 2.2.0+, 2.1.5+, 1.7.28+; 1.34: 2.1.3+, 2.0.6+, 1.7.28+, 1.6.39+; 1.33: 2.1.0+, 2.0.4+, 1.7.24+, " +
    "1.6.36+; 1.32: 2.1.0+, 2.0.1+, 1.7.24+, 1.6.36+. The end of a branch is " +
    "not held against a distribution's package, which has the distribution's patches.",
  fix: "Use a recommended release of a branch that is maintained.",
  provoked: { not: "nothing is seen before something fails" },
  needs: ["versions", "now"],
  check({ versions, now }) {
    const { containerd, kubelet } = versions;
    if (containerd === undefined) return unknown("the version of containerd is not known");
    const found = [
      ...untested(versions),
      ...withoutPatches(containerd, now),
      ...preRelease("containerd", containerd),
    ];
    if (found.length > 0) return found;
    if (kubelet === undefined) return unknown(NEEDS_BOTH);
    if (RECOMMENDED.has(kubelet.minor)) return [];
    return unknown(`what is recommended for kubelet ${kubelet.text} is not known here`);
  },
});

/** Branches of containerd in order; a step goes from one to the next, or from one LTS to the next. */
const BRANCHES = ["1.6", "1.7", "2.0", "2.1", "2.2", "2.3"];
const LONG_TERM = ["1.6", "1.7", "2.3"];

const branchOf = ({ major, minor }: Version): string => `${major}.${minor}`;

/** The branches that one step leads to. */
function nextOf(branch: string): readonly string[] {
  const next = BRANCHES[BRANCHES.indexOf(branch) + 1];
  const longTerm = LONG_TERM[LONG_TERM.indexOf(branch) + 1];
  const isLongTerm = LONG_TERM.includes(branch);
  return [next, isLongTerm ? longTerm : undefined].filter((one) => one !== undefined);
}

/** The branches to go over, as few as can be; undefined where the way is not known. */
function between(from: string, to: string): readonly string[] | undefined {
  if (!BRANCHES.includes(from)) return undefined;
  let ways: readonly (readonly string[])[] = [[from]];
  while (ways.length > 0) {
    const there = ways.find((way) => way.at(-1) === to);
    if (there !== undefined) return there.slice(1, -1);
    ways = ways.flatMap((way) => nextOf(way.at(-1) ?? "").map((branch) => [...way, branch]));
  }
  return undefined;
}

/** NW-A11 */
export const upgradeStep = nodeRule({
  id: "NW-A11",
  severity: "error",
  title: "containerd is upgraded one minor version at a time, or from one LTS to the next",
  stages: ["files", "machine"],
  places: ["version of containerd that runs now, and that of the new files"],
  symptom:
    "containerd does not read its own metadata or configuration any more, or removed settings are " +
    "gone without a warning; going back after that is no better.",
  why:
    "The maintainers test and support the step to the next minor (2.0 to 2.1) and from one long-term " +
    "release to the next (1.7 to 2.3), nothing else. What is deprecated goes right after an LTS, " +
    "and only the versions between would have said so. Older versions do not promise to read what newer ones wrote.",
  fix: "Take the steps between, each on all nodes, and look at `ctr deprecations list` before each.",
  provoked: { not: "most such steps work; which do not depends on what the node has stored" },
  needs: ["versions", "previous"],
  check({ versions, previous }) {
    const running = previous.runtime === undefined ? undefined : previous.runtime.version;
    const from =
      previous.versions?.containerd ?? (running === undefined ? undefined : parseVersion(running));
    const to = versions.containerd;
    if (from === undefined || to === undefined) {
      return unknown("the version of containerd, now or then, is not known");
    }
    const step = `${from.text} to ${to.text}`;
    if (branchOf(from) === branchOf(to)) return [];
    if (compareVersions(to, from) < 0) {
      return [
        {
          severity: "warning",
          message: `containerd goes back by a minor version, which is not supported: ${step}`,
          locations: [],
          fix: "Stay with the version that runs, or empty the node first (nodewright reset)",
        },
      ];
    }
    const over = between(branchOf(from), branchOf(to));
    if (over === undefined) return unknown(`the steps from containerd ${step} are not known here`);
    if (over.length === 0) return [];
    return [
      {
        message: `containerd is upgraded over several minor versions at once: ${step}`,
        locations: [],
        fix: `Go over ${over.join(", ")} first`,
      },
    ];
  },
});

/** The runc that a branch of containerd is tested with. */
const RUNC_OF: ReadonlyMap<string, string> = new Map([
  ["2.0", "1.3.6"],
  ["2.1", "1.3.6"],
  ["2.2", "1.3.6"],
  ["2.3", "1.4.3"],
]);

/** NW-A12 */
export const runcVersion = nodeRule({
  id: "NW-A12",
  severity: "warning",
  title: "runc is at least the release that containerd is tested with",
  stages: ["files"],
  places: ["versions of runc and containerd"],
  symptom:
    "Single pods fail: `adding pid ... to cgroups: no such file or directory`, `unknown version`, or " +
    "with user namespaces `runc create failed`.",
  why:
    "containerd's own tests run with one runc: 1.3.6 for 2.0 to 2.2, 1.4.3 for 2.3. Pods with user " +
    "namespaces need 1.2. What the kubelet and an older runc know about control groups may differ.",
  fix: "Use that runc or a newer one; it needs no other change.",
  provoked: {
    not: "the failures of an older runc come with features that the test images do not use",
  },
  needs: ["versions"],
  check({ versions: { runc, containerd } }) {
    if (runc === undefined) return unknown("the version of runc is not known");
    const early = preRelease("runc", runc);
    if (containerd === undefined) {
      return early.length > 0 ? early : unknown("the version of containerd is not known");
    }
    const tested = RUNC_OF.get(branchOf(containerd));
    if (tested === undefined || isAtLeast(runc, tested)) return early;
    return [
      ...early,
      {
        message: `runc is older than what containerd ${containerd.text} is tested with: ${runc.text}, not ${tested}`,
        locations: [],
        fix: `Use runc ${tested} or later`,
      },
    ];
  },
});
