import { InvalidArgumentError } from "@commander-js/extra-typings";
import { hasErrors, type Problem, ProblemsError, UsageError } from "../base/mod.ts";
import {
  CLUSTER_FILES,
  type Cluster,
  loadCluster,
  type Machine,
} from "../bootstrap/inventory/mod.ts";
import { formatAddress, parseAddress } from "../ip/mod.ts";
import { ensurePki, type PkiEntry, type PkiInventory, type PkiOutcome } from "../kube/pki/mod.ts";
import { EXPIRY_WARNING_DAYS } from "../x509/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { integerOption } from "./option-parsers.ts";
import { printProblems } from "./output/print-problems.ts";

/** The origin's, for a directory without a control-plane machine. */
const DEFAULT_SERVER = "https://server.kubernetes.local:6443";
/** As the origin's certificates: nothing on its nodes renews them. */
const DEFAULT_DAYS = 3653;
/** Until the year 4764: a certificate cannot name a year of five digits (RFC 5280 4.1.2.5). */
const MAX_DAYS = 1_000_000;

/** `nodewright pki [DIR]`: CA, certificates and kubeconfigs where missing; shows expiry; renews. */
export const define: DefineCommand = (command, context) => {
  command
    .argument("[dir]", "the directory; default: the cluster directory")
    .option(
      "--server <url>",
      `the API server in new kubeconfigs (default: https://FQDN:6443 of the first machine without a pod subnet)`,
      parseServer,
    )
    .option(
      "--renew [names...]",
      "reissue these (ca, admin, a node, kube-proxy ...); without names all that have a fault or expire soon",
    )
    .option(
      "--check",
      `write nothing; exit with ${EXIT.CHECKS_FOUND_ERRORS} where a file is missing, has a fault, or expires within ${EXPIRY_WARNING_DAYS} days`,
    )
    .option(
      "--days <n>",
      "how long new certificates are valid",
      integerOption(1, MAX_DAYS),
      DEFAULT_DAYS,
    )
    .option(
      "--service-address <ip>",
      "the address of the kubernetes Service, for the API server's certificate",
      parseIp,
      "10.32.0.1",
    )
    .action(async (dir, options) => {
      if (dir !== undefined) context.useDirectory(dir);
      const directory = context.clusterDir;
      const cluster = await loadCluster(directory);
      refuseBadInventory(cluster);
      const warnings = cluster.problems.filter(isOfInventory);
      if (!context.json) printProblems(warnings, context);
      const isReadOnly = options.check === true;
      if (isReadOnly && options.renew !== undefined) {
        throw new UsageError("Cannot use --check and --renew together", {
          fix: "Leave out --check to reissue",
        });
      }
      const url = options.server ?? defaultServer(cluster);
      const outcome = await ensurePki(
        directory,
        {
          inventory: toInventory(cluster, url, options.serviceAddress),
          server: { url, isExplicit: options.server !== undefined },
          renew: toRenew(options.renew),
          isReadOnly,
          days: options.days,
          now: new Date(),
        },
        context.signal,
      );
      const unknown = outcome.problems.find((problem) => problem.code === "unknown-name");
      if (unknown !== undefined) {
        throw new UsageError(
          unknown.message,
          unknown.fix === undefined ? {} : { fix: unknown.fix },
        );
      }
      const shortened = isReadOnly ? [] : shortenedBy(outcome, options.days);
      report({ ...outcome, problems: [...outcome.problems, ...shortened] }, context);
      const isExpiring = outcome.entries.some(
        ({ daysLeft }) => daysLeft !== undefined && daysLeft < EXPIRY_WARNING_DAYS,
      );
      if (hasErrors(outcome.problems) || (isReadOnly && isExpiring))
        context.exitCode = EXIT.CHECKS_FOUND_ERRORS;
    });
};

/** Only the inventory counts here: a mistake in a template is no reason to go without certificates. */
function refuseBadInventory(cluster: Cluster): void {
  const problems = cluster.problems.filter(isOfInventory);
  if (hasErrors(problems)) {
    throw new ProblemsError(`Cannot use the cluster directory ${cluster.dir}`, problems);
  }
}

function isOfInventory(problem: Problem): boolean {
  const own = [CLUSTER_FILES.machines, CLUSTER_FILES.settings];
  return problem.locations.some(({ file }) => own.some((name) => file.endsWith(name)));
}

function toInventory(cluster: Cluster, url: string, serviceAddress: string): PkiInventory {
  const toMachine = ({ name, fqdn, addresses }: Machine) => ({
    name,
    fqdn,
    addresses: addresses.map((entry) => formatAddress(entry.address)),
  });
  return {
    workers: cluster.workers.map(toMachine),
    controlPlane: cluster.machines
      .filter((machine) => !cluster.workers.includes(machine))
      .map(toMachine),
    serverHost: new URL(url).hostname.replace(/^\[|\]$/g, ""),
    serviceAddress,
    clusterDomain: "cluster.local",
  };
}

function defaultServer(cluster: Cluster): string {
  const server = cluster.machines.find((machine) => !cluster.workers.includes(machine));
  return server === undefined ? DEFAULT_SERVER : `https://${server.fqdn}:6443`;
}

/** Nothing outlives the CA: new certificates that end before the days asked for, in one warning. */
function shortenedBy({ entries, written }: PkiOutcome, days: number): readonly Problem[] {
  const ca = entries.find(({ file }) => file === "ca.crt");
  const short = entries.filter(
    ({ file, daysLeft }) =>
      file.endsWith(".crt") &&
      file !== "ca.crt" &&
      written.includes(file) &&
      daysLeft !== undefined &&
      daysLeft < days - 1,
  );
  if (ca?.daysLeft === undefined || short.length === 0) return [];
  return [
    {
      code: "shortened",
      severity: "warning",
      message: `Valid for ${ca.daysLeft} days instead of ${days}, until the CA expires: ${short.map(({ file }) => file).join(", ")}`,
      locations: [{ file: "ca.crt", line: 1, column: 1 }],
      fix: `Reissue the CA first: nodewright pki --renew ca --days ${days}`,
    },
  ];
}

function toRenew(option: string[] | boolean | undefined): ReadonlySet<string> | "faulty" {
  if (option === undefined || option === false) return new Set();
  return option === true ? "faulty" : new Set(option);
}

function report(outcome: PkiOutcome, context: CliContext): void {
  if (context.json) {
    context.out.json({ kind: "pki", ...outcome, directory: context.clusterDir });
    return;
  }
  context.out.table(["FILE", "FOR", "EXPIRES", "DAYS", "STATE"], outcome.entries.map(cellsOf));
  for (const { file, kept, dropped } of outcome.names) {
    if (kept.length > 0)
      context.out.note(`${file} keeps the names that were added: ${kept.join(", ")}`);
    if (dropped.length === 0) continue;
    context.out.note(
      `${file} loses names, since the old certificate is not signed by ca.crt for its key: ${dropped.join(", ")}`,
    );
  }
  printProblems(outcome.problems, context);
  if (outcome.entries.some((entry) => entry.action === "renewed")) {
    context.out.note(
      "Next: nodewright apply takes renewed files to the nodes; take those of the control plane there yourself",
    );
  }
}

function cellsOf({ file, certificate, daysLeft, action }: PkiEntry): string[] {
  return [
    file,
    certificate === undefined
      ? "unreadable"
      : [certificate.commonName ?? "no common name", ...certificate.organizations].join(", "),
    certificate?.notAfter.toISOString().slice(0, 10) ?? "-",
    daysLeft === undefined ? "-" : String(daysLeft),
    daysLeft !== undefined && daysLeft < 0 ? "expired" : action,
  ];
}

function parseServer(text: string): string {
  // URL() drops line feeds and tabs, which would end the kubeconfig's line.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const isOneWord = !/[\s\u0000-\u001f\u007f"'\\]/.test(text);
  const url = isOneWord && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" && url.hostname !== "" && url.search === "") {
    return text.replace(/\/$/, "");
  }
  throw new InvalidArgumentError("Expected https://HOST:PORT.");
}

function parseIp(text: string): string {
  const address = parseAddress(text);
  if (address.ok) return formatAddress(address.value);
  throw new InvalidArgumentError(`${address.error[0]?.toUpperCase()}${address.error.slice(1)}.`);
}
