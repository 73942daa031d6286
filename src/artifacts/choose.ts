import type { Problem } from "../base/mod.ts";
import type { Arch } from "./arch.ts";
import { normalizeVersion } from "./binary/version.ts";
import { COMPONENT_SPECS, type ComponentSpec } from "./component.ts";
import { type BinaryFacts, runsOn } from "./facts.ts";
import type { ArtifactFile, Candidate, LoaderNeeds } from "./types.ts";

/** A candidate with what is known of its content. */
export interface Examined {
  readonly candidate: Candidate;
  readonly facts: BinaryFacts;
}

/** Which candidates were taken, and what is wrong with the others. */
export interface Choice {
  /** One a name, in the order of the names. */
  readonly taken: readonly Examined[];
  readonly problems: readonly Problem[];
}

/**
 * Takes for each name the first candidate that can run on the architecture. A name that has
 * only others is a problem; two that could run and differ are a warning.
 */
export function chooseFiles(
  spec: ComponentSpec,
  arch: Arch,
  examined: readonly Examined[],
): Choice {
  const taken: Examined[] = [];
  const problems: Problem[] = [];
  const byName = Map.groupBy(examined, (entry) => entry.candidate.name);
  for (const name of [...byName.keys()].sort()) {
    const all = byName.get(name) ?? [];
    const usable = all.filter((entry) => isUsable(entry, arch));
    const [first, ...rest] = usable;
    if (first !== undefined) {
      taken.push(first);
      const wrong = misnamed(spec, first);
      if (wrong !== undefined) problems.push(wrong);
      const other = rest.find((entry) => entry.candidate.sha256 !== first.candidate.sha256);
      if (other !== undefined) problems.push(ambiguous(spec, first, other));
      continue;
    }
    const [refused] = all;
    if (refused !== undefined) problems.push(unusable(spec, arch, refused));
  }
  const mixed = mixedVersions(spec, taken);
  if (mixed !== undefined) problems.push(mixed);
  return { taken, problems };
}

/** containerd and its shim speak a protocol of their own; two releases of them together are nobody's test. */
function mixedVersions(spec: ComponentSpec, taken: readonly Examined[]): Problem | undefined {
  const known = taken.flatMap(({ candidate, facts }) =>
    spec.required.includes(candidate.name) && facts.version !== undefined
      ? [{ text: `${candidate.name} ${facts.version}`, version: facts.version }]
      : [],
  );
  if (new Set(known.map(({ version }) => version)).size < 2) return undefined;
  return {
    code: "artifact-mixed-versions",
    severity: "warning",
    message: `Found files of different releases for ${spec.component}: ${known.map(({ text }) => text).join(", ")}`,
    locations: [],
    fix: "Take all of them from one release",
  };
}

/** A Go program built from another one's main package: kube-proxy under the name of kubelet. */
function misnamed(spec: ComponentSpec, entry: Examined): Problem | undefined {
  const { candidate, facts } = entry;
  const own = facts.mainPackage?.split("/").at(-1);
  const isOther =
    own !== undefined &&
    own !== candidate.name &&
    Object.values(COMPONENT_SPECS).some((other) => other.required.includes(own));
  if (!isOther) return undefined;
  return {
    code: "artifact-misnamed",
    severity: "error",
    message: `Cannot use "${candidate.origin}" as ${candidate.name} of ${spec.component}, it is built from: ${facts.mainPackage}`,
    locations: [],
    fix: `Put the real ${candidate.name} there`,
  };
}

function isUsable(entry: Examined, arch: Arch): boolean {
  return (
    runsOn(entry.facts, arch) || (entry.facts.kind === "script" && entry.candidate.mayBeScript)
  );
}

function ambiguous(spec: ComponentSpec, first: Examined, other: Examined): Problem {
  return {
    code: "artifact-ambiguous",
    severity: "warning",
    message: `Found two files for ${spec.component} with different bytes, took "${first.candidate.origin}", not: "${other.candidate.origin}"`,
    locations: [],
    fix: "Remove the one that is not wanted",
  };
}

function unusable(spec: ComponentSpec, arch: Arch, entry: Examined): Problem {
  const { candidate, facts } = entry;
  const role =
    candidate.name === spec.component ? "" : ` as ${candidate.name} of ${spec.component}`;
  const what = `"${candidate.origin}"${role}`;
  if (facts.kind === "elf" && facts.arch !== arch) {
    return {
      code: "artifact-wrong-arch",
      severity: "error",
      message: `Cannot use ${what} on ${arch}, it is built for: ${facts.arch}`,
      locations: [],
      fix: `Get the ${arch} build of it; downloads/${arch}/ is looked into before downloads/`,
    };
  }
  const isCutOff = facts.kind === "damaged";
  return {
    code: isCutOff ? "artifact-truncated" : "artifact-not-executable",
    severity: "error",
    message: `Cannot use ${what}, it is ${facts.kind === "elf" ? "a library or an object file" : facts.what}: ${candidate.sizeBytes} bytes`,
    locations: [],
    fix: "Fetch it again and compare its checksum with the publisher's",
  };
}

/** What is wrong with a set that has not all its files; undefined where it has. */
export function incomplete(spec: ComponentSpec, names: ReadonlySet<string>): Problem | undefined {
  const missing = spec.required.filter((name) => !names.has(name));
  if (missing.length === 0) return undefined;
  return {
    code: "artifact-incomplete",
    severity: "error",
    message: `Cannot install ${spec.component}, of its files there are only ${[...names].sort().join(", ")}, missing: ${missing.join(", ")}`,
    locations: [],
    fix: `Put ${missing.join(" and ")} beside them, or take ${spec.component} from another source`,
  };
}

/** The file as the node gets it. */
export function toArtifactFile(spec: ComponentSpec, entry: Examined): ArtifactFile {
  const { candidate, facts } = entry;
  const needs = loaderNeeds(facts);
  const version = facts.version ?? candidate.versionHint;
  return {
    name: candidate.name,
    installPath: `${spec.installDir}/${candidate.name}`,
    mode: 0o755,
    sha256: candidate.sha256,
    sizeBytes: candidate.sizeBytes,
    localPath: candidate.path,
    origin: candidate.origin,
    ...(version === undefined ? {} : { version: normalizeVersion(version) }),
    ...(needs === undefined ? {} : { needs }),
  };
}

function loaderNeeds(facts: BinaryFacts): LoaderNeeds | undefined {
  if (facts.interpreter === undefined) return undefined;
  return {
    interpreter: facts.interpreter,
    libraries: facts.libraries,
    ...(facts.glibc === undefined ? {} : { glibc: facts.glibc }),
  };
}
