import type { Cluster, Machine } from "../inventory/mod.ts";
import type { FileMaker, RenderedFile } from "./content.ts";
import {
  crictlFile,
  MASQUERADE_FILE,
  MASQUERADE_SERVICE,
  MASQUERADE_UNIT,
  MODULES_FILE,
  masqueradeRules,
  ROUTES_FILE,
  ROUTES_SERVICE,
  ROUTES_UNIT,
  sysctlFile,
  sysctlsOf,
} from "./network-files.ts";
import { UNIT_DIR } from "./places.ts";

/** What the files depend on. */
interface OwnFilesContext {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly criEndpoint: string;
  /** The routes file in pieces; undefined where the node needs none. */
  readonly routes: readonly Uint8Array[] | undefined;
  /** The units of nodewright's own plugins. */
  readonly pluginUnits: readonly { readonly name: string; readonly text: string }[];
}

const ORIGIN = "nodewright";

/**
 * What a worker needs beside the tutorial's files: kernel modules and sysctls that outlive a
 * reboot, pod routes, crictl's configuration. /etc/hosts is not among them: names are the
 * site's own, and a node works without them but for the API server's, which `check` looks at.
 */
export function ownFiles(maker: FileMaker, context: OwnFilesContext): RenderedFile[] {
  const { cluster, machine, criEndpoint, routes, pluginUnits } = context;
  const shared = (path: string, text: string): RenderedFile =>
    maker.shared(text, { path, origin: ORIGIN });
  const files = [
    shared("/etc/modules-load.d/nodewright.conf", MODULES_FILE),
    shared("/etc/sysctl.d/99-zz-nodewright.conf", sysctlFile(sysctlsOf(machine))),
    shared("/etc/crictl.yaml", crictlFile(criEndpoint)),
    ...pluginUnits.map(({ name, text }) => shared(`${UNIT_DIR}/${name}`, text)),
  ];
  if (routes !== undefined) {
    files.push(...routeFiles(maker, routes));
  }
  if (cluster.settings.masquerade === true) {
    files.push(
      maker.own(masqueradeRules(cluster, machine), { path: MASQUERADE_FILE, origin: ORIGIN }),
      shared(`${UNIT_DIR}/${MASQUERADE_UNIT}`, MASQUERADE_SERVICE),
    );
  }
  return files;
}

/** The routes file, in pieces, and the unit that sets them at boot. */
export function routeFiles(maker: FileMaker, batch: readonly Uint8Array[]): RenderedFile[] {
  return [
    maker.joined(batch, { path: ROUTES_FILE, origin: ORIGIN }),
    maker.shared(ROUTES_SERVICE, { path: `${UNIT_DIR}/${ROUTES_UNIT}`, origin: ORIGIN }),
  ];
}
