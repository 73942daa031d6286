import { basename, resolve } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { parseArch } from "../../artifacts/mod.ts";
import { UsageError } from "../../base/mod.ts";
import { loadClient } from "../../cni/client/mod.ts";
import { dhcpUnits, PLUGIN_NAMES, UNIT_DIRECTORY } from "../../cni/mod.ts";
import {
  type InstallReport,
  installPlugins,
  installUnits,
  removePlugins,
  removeUnits,
} from "../../cni/runtime/mod.ts";
import { serverUnits } from "../../cni/server/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";

/** `install`: this executable under the name of each of its plugins. */
export function defineInstall(root: Command, context: CliContext): void {
  root
    .command("install")
    .description("copy this executable into a directory, under the name of each plugin")
    .argument("<dir>", "the directory, such as /opt/cni/bin; it is created if missing")
    .option("--replace", "replace files of others that have these names")
    .option("--remove", "remove them; files of others stay")
    .option("--units", `with the units of the CNI server and the DHCP daemon, in ${UNIT_DIRECTORY}`)
    .action(async (directory, options) => {
      const dir = resolve(context.process.cwd, directory);
      const self = context.process.execPath;
      const wanted = options.units === true ? [...serverUnits(dir), ...dhcpUnits(dir)] : [];
      const units = { dir: UNIT_DIRECTORY, units: wanted };
      if (options.remove === true) {
        report([removePlugins({ dir, self }), removeUnits(units)], context);
        return;
      }
      refuseInterpreter(self);
      const replace = options.replace ?? false;
      const client = await loadClient(parseArch(context.process.arch) ?? "");
      const plugins = installPlugins({
        ...{ dir, self, names: PLUGIN_NAMES, replace },
        ...(client === undefined ? {} : { client }),
      });
      report([plugins, installUnits({ ...units, replace })], context);
      if (options.units === true) {
        const [server, dhcp] = ["nodewright-cni.socket", "cni-dhcp.socket"];
        context.out.note(`next: systemctl daemon-reload && systemctl enable --now ${server}`);
        context.out.note(`  and ${dhcp}, where a network uses the dhcp plugin`);
      }
    });
}

/** From source the interpreter runs: the plugins would be interpreters, too. */
function refuseInterpreter(self: string): void {
  if (!/^bun/.test(basename(self))) return;
  throw new UsageError("Cannot install plugins: this is nodewright's source, not its executable", {
    fix: "npm run build, then dist/nodewright cni install DIR",
  });
}

function report(
  [plugins, units]: readonly [InstallReport, InstallReport],
  context: CliContext,
): void {
  const { dir } = plugins;
  const names = [...plugins.names, ...units.names];
  const foreign = names.filter(({ outcome }) => outcome === "foreign").map(({ name }) => name);
  if (foreign.length > 0) context.exitCode = EXIT.FAILED;
  if (context.json) {
    context.out.json({ kind: "cni-install", dir, names });
    return;
  }
  for (const word of ["installed", "replaced", "unchanged", "removed"] as const) {
    const list = names.filter(({ outcome }) => outcome === word).map(({ name }) => name);
    if (list.length > 0) context.out.line(`${word}: ${list.join(" ")}`);
  }
  if (names.length === 0) context.out.line("nothing to do");
  if (foreign.length > 0) {
    context.out.note(`error: files of others were left as they are: ${foreign.join(" ")}`);
    context.out.note("  fix: nodewright cni install --replace DIR");
  }
}
