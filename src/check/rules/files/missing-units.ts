import type { Located } from "../../../config/mod.ts";
import type { NodeFacts, UnitFact } from "../../facts/node-facts.ts";
import { UNIT_DIRS } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { unitsOf } from "../../unit-facts.ts";

/** Keys by which a unit is not started where the other one is not there (systemd.unit(5)). */
const STRICT = ["Requires", "BindsTo", "Requisite"] as const;
/** What generators and systemd itself make, which no file need say. */
const MADE = /\.(?:mount|automount|swap|device|slice|scope|target)$|^(?:systemd-|dbus[.-])/;
/** Runtimes that no cluster directory installs. */
const OTHER_RUNTIMES = /^(?:docker|cri-docker|crio)\.(?:service|socket)$/;
const GENERATED = ["/run/systemd/generator", "/run/systemd/transient"];

/** Units that a node's unit cannot do without and that are not there: it is never started. */
export function missingUnits(node: NodeFacts): Found[] {
  const { files } = node;
  if (files === undefined) return [];
  return unitsOf(node).flatMap((fact) =>
    STRICT.flatMap((key) =>
      fact.unit
        .words("Unit", key)
        .filter(({ value }) => isMissing(value, fact, files))
        .map((word) => foundOf(key, word, { fact, node })),
    ),
  );
}

function isMissing(name: string, { unit }: UnitFact, files: NodeTree): boolean {
  // A specifier is known when the unit is loaded; without an ending it is a service.
  if (name.includes("%") || MADE.test(name)) return false;
  const full = /\.[a-z]+$/.test(name) ? name : `${name}.service`;
  if (!files.isComplete) return OTHER_RUNTIMES.test(full) && !hasUnit(files, full);
  const template = full.replace(/@.+\./, "@.");
  const isAlias = unit.words("Install", "Alias").some(({ value }) => value === full);
  return !isAlias && !hasUnit(files, full) && !hasUnit(files, template);
}

function hasUnit(files: NodeTree, name: string): boolean {
  return [...UNIT_DIRS, ...GENERATED].some(
    (dir) => files.get(`${dir}/${name}`) !== undefined || files.list(dir)?.includes(name) === true,
  );
}

function foundOf(
  key: string,
  { value, location }: Located<string>,
  { fact, node }: { fact: UnitFact; node: NodeFacts },
): Found {
  const isCertain = node.files?.isComplete === true;
  return {
    message: isCertain
      ? `${fact.name} is never started, since a unit that it requires is not there: ${key}=${value}`
      : `${fact.name} is never started where a unit is not there that nodewright does not install: ${key}=${value}`,
    locations: [location],
    severity: isCertain ? "error" : "warning",
    fix: `Remove ${value} from ${key}=, or install what brings that unit`,
    node: node.name,
  };
}
