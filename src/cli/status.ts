import { basename, dirname } from "node:path";
import type { NodeStatus } from "../node/mod.ts";
import { daysUntil, EXPIRY_WARNING_DAYS } from "../x509/mod.ts";
import { askNodes } from "./ask-nodes.ts";
import type { DefineCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";

/** More files of a directory with the same drift are one line. */
const MOST_LINES_ALIKE = 3;

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node...]", "only these nodes")
    .option(
      "--exit-code",
      "exit with 1 where a node is not as it was applied, or a certificate has expired",
    )
    .action(async (names, options) => {
      const now = new Date();
      for await (const { node, answer: status } of askNodes(context, names, "status")) {
        if (options.exitCode === true && !isAsApplied(status, now)) context.exitCode = EXIT.FAILED;
        if (context.json) context.out.json({ kind: "status", node, ...status });
        else for (const line of describeStatus(node, status, now)) context.out.line(line);
      }
    });
};

/** Nothing has drifted, stopped, expired, been interrupted or rolled back since the last good apply. */
export function isAsApplied(status: NodeStatus, now: Date): boolean {
  const { current, interrupted, failed, stopped, routes, drift, certificates } = status;
  if (current === undefined || interrupted !== undefined || failed !== undefined) return false;
  if (certificates.some(({ notAfterMs }) => notAfterMs <= now.getTime())) return false;
  return stopped.length + routes.length + drift.length === 0;
}

/** The lines of one node. */
export function describeStatus(node: string, status: NodeStatus, now: Date): string[] {
  const { current, interrupted, failed, stopped, units, drift, routes, versions } = status;
  const names = [...Object.keys(units), ...Object.keys(versions)];
  const width = Math.max(0, ...names.map((name) => name.length)) + 2;
  const generation =
    current === undefined
      ? "not made by nodewright yet"
      : `generation ${current.id} of ${new Date(current.startedAtMs).toISOString()}`;
  return [
    `${node}: ${generation}`,
    ...(current?.allowedRules === undefined
      ? []
      : [`  applied in spite of: ${current.allowedRules.join(", ")}`]),
    ...(interrupted === undefined
      ? []
      : [`  interrupted: generation ${interrupted.id}; run nodewright apply ${node}`]),
    ...(failed === undefined
      ? []
      : [
          `  the last apply (generation ${failed.id}) failed and was rolled back${failed.error === undefined ? "" : `: ${failed.error}`}`,
        ]),
    ...Object.entries(units).map(
      ([unit, state]) =>
        `  ${unit.padEnd(width)}${state.activeState} (${state.subState}), ${state.unitFileState === "" ? "not there" : state.unitFileState}${stopped.includes(unit) ? " -- should run" : ""}`,
    ),
    ...Object.entries(versions).map(([name, version]) => `  ${name.padEnd(width)}${version}`),
    ...(drift.length + routes.length === 0 && current !== undefined ? ["  no drift"] : []),
    ...routes.map(
      ({ destination, via, found }) =>
        `  drift: route ${destination} via ${via}: ${found === null ? "missing" : `now via ${found}`}`,
    ),
    ...describeDrift(drift).map((line) => `  drift: ${line}`),
    ...describeExpiry(status.certificates, now).map((line) => `  ${line}`),
  ];
}

/** The certificates that have expired or soon will, or one line with the end of the first. */
function describeExpiry(certificates: NodeStatus["certificates"], now: Date): string[] {
  const inOrder = certificates.toSorted((a, b) => a.notAfterMs - b.notAfterMs);
  const daysOf = (notAfterMs: number): number => daysUntil(new Date(notAfterMs), now);
  const soon = inOrder.filter(({ notAfterMs }) => daysOf(notAfterMs) < EXPIRY_WARNING_DAYS);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const [first] = inOrder;
  if (first === undefined) return [];
  if (soon.length === 0) return [`certificates are valid until ${day(first.notAfterMs)}`];
  return soon.map(({ path, subject, notAfterMs }) => {
    const days = daysOf(notAfterMs);
    const when =
      notAfterMs <= now.getTime()
        ? `expired on ${day(notAfterMs)}`
        : `expires on ${day(notAfterMs)}, in ${days === 1 ? "1 day" : `${days} days`}`;
    return `certificate: ${path}: ${JSON.stringify(subject)} ${when}`;
  });
}

/** A line for each drift. The plugins are links to one file: what befalls it is said once. */
export function describeDrift(drift: NodeStatus["drift"]): string[] {
  const alike = Map.groupBy(drift, ({ path, what }) => `${dirname(path)}: ${what}`);
  return [...alike].flatMap(([line, files]) => {
    if (files.length <= MOST_LINES_ALIKE) return files.map(({ path, what }) => `${path}: ${what}`);
    return [`${line} (${files.map(({ path }) => basename(path)).join(", ")})`];
  });
}
