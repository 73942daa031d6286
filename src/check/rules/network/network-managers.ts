import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { usedNetworks } from "./used-network.ts";

const NM_DIR = "/etc/NetworkManager/conf.d";
const NETWORKD_DIR = "/etc/systemd/network";

/** NW-D21 */
export const networkManagers = nodeRule({
  id: "NW-D21",
  severity: "warning",
  title: "What configures the machine's links leaves the bridge and the pods' links alone",
  stages: ["machine"],
  places: [`${NM_DIR}/*.conf: unmanaged-devices`, `${NETWORKD_DIR}/*.network: Match`],
  symptom:
    "Routes or addresses of cni0 vanish minutes after they were set, or when a link is reloaded.",
  why:
    "NetworkManager takes links that appear under its care unless told otherwise; nm-cloud-setup adds " +
    "rules and routes of its own; systemd-networkd configures whatever a [Match] fits.",
  fix: `Write ${NM_DIR}/cni.conf: [keyfile], unmanaged-devices=interface-name:cni*;interface-name:veth*, and disable nm-cloud-setup.`,
  provoked: {
    not: "nothing manages links on the machines of the lab: systemd-networkd does not run",
  },
  needs: ["host", "files"],
  uses: ["networks", "containerdConfig"],
  check({ host, files, networks = [], containerdConfig }) {
    const managers = host.networkManagers;
    if (managers === null) return unknown("which services configure links is not known");
    const [used] = usedNetworks(networks, containerdConfig);
    const bridge =
      used?.plugins.find(({ type }) => type?.value === "bridge")?.bridge?.value ?? "cni0";
    const found: Found[] = [];
    if (managers.includes("nm-cloud-setup")) {
      found.push({
        message: "nm-cloud-setup is active: it adds rules that take pods' packets to other routes",
        locations: [],
        fix: "systemctl disable --now nm-cloud-setup.service nm-cloud-setup.timer",
      });
    }
    if (managers.includes("NetworkManager")) {
      const missing = [bridge, "veth0"].filter((link) => !isUnmanaged(files, link));
      if (missing.length > 0) {
        const links = missing.map((link) => (link === "veth0" ? "veth*" : link)).join(" and ");
        found.push({
          message: `NetworkManager is active and may take ${links}: no unmanaged-devices names them`,
          locations: [],
        });
      }
    }
    if (managers.includes("systemd-networkd")) found.push(...matchesOf(files, bridge));
    return found;
  },
});

/** Whether a file of NetworkManager's takes the link out of its care. */
function isUnmanaged(files: NodeTree, link: string): boolean {
  return textsOf(files, NM_DIR, ".conf").some(({ text }) =>
    [...text.matchAll(/^[ \t]*unmanaged-devices[ \t]*\+?=(.*)$/gm)].some(([, value = ""]) =>
      value.split(/[;,]/).some((spec) => {
        const pattern = spec.trim().replace(/^interface-name:/, "");
        return pattern !== "" && new Bun.Glob(pattern).match(link);
      }),
    ),
  );
}

/** Files of networkd whose [Match] fits the bridge or a pod's link. */
function matchesOf(files: NodeTree, bridge: string): Found[] {
  return textsOf(files, NETWORKD_DIR, ".network").flatMap(({ path, text }): Found[] => {
    const lines = text.split("\n");
    return lines.flatMap((line, index): Found[] => {
      const names = /^\s*Name\s*=(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
      const isUnmanagedFile = /^[ \t]*Unmanaged[ \t]*=[ \t]*(yes|true|1|on)[ \t\r]*$/m.test(text);
      const fits = [bridge, "veth0123"].filter((link) =>
        names.some((name) => !name.startsWith("!") && new Bun.Glob(name).match(link)),
      );
      if (fits.length === 0 || isUnmanagedFile) return [];
      const message = `systemd-networkd would configure ${fits.join(" and ").replace("veth0123", "veth*")}: Name=${names.join(" ")}`;
      return [
        {
          message,
          locations: [{ file: path, line: index + 1, column: 1 }],
          fix: "Name the machine's own links in [Match]",
        },
      ];
    });
  });
}

function textsOf(files: NodeTree, dir: string, ending: string) {
  return (files.list(dir) ?? [])
    .filter((name) => name.endsWith(ending))
    .flatMap((name) => {
      const file = files.get(`${dir}/${name}`);
      return file?.text === undefined ? [] : [{ path: file.shown, text: file.text }];
    });
}
