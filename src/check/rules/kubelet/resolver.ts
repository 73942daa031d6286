import { nearest, type SourceLocation } from "../../../base/mod.ts";
import type { KubeletConfig, Located } from "../../../config/mod.ts";
import { fileStart } from "../../certificate-findings.ts";
import type { NodeFile, NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { type Answer, nodeRule, unknown } from "../../rule.ts";
import { setting } from "../../setting.ts";

const UPLINK = "/run/systemd/resolve/resolv.conf";
const USUAL = ["/etc/resolv.conf", UPLINK];

interface Entry {
  readonly value: string;
  readonly location: SourceLocation;
}

/** Lines of resolv.conf(5) of one keyword: the words after it. */
function entriesOf({ shown, text = "" }: NodeFile, keyword: string): readonly Entry[] {
  return text.split("\n").flatMap((line, index): Entry[] => {
    const match = new RegExp(`^\\s*${keyword}\\s+(.*?)\\s*$`).exec(line);
    if (match === null) return [];
    const value = match[1] ?? "";
    const column = line.indexOf(value) + 1;
    return [{ value, location: { file: shown, line: index + 1, column } }];
  });
}

/** The resolver file that the kubelet hands to pods; undefined where the node's files are not known. */
function resolverOf({ resolvConf }: KubeletConfig, files: NodeTree) {
  if (resolvConf.value === "") return "off";
  const file = files.get(resolvConf.value);
  if (file !== undefined) return file;
  return files.isComplete ? "missing" : undefined;
}

/** NW-C15 */
export const resolverFile = nodeRule({
  id: "NW-C15",
  severity: "error",
  title: "The resolver file that pods get is there and does not lead back to the node itself",
  stages: ["machine"],
  places: [
    "configs/kubelet-config.yaml: resolvConf",
    "/etc/resolv.conf, /run/systemd/resolve/resolv.conf",
  ],
  symptom:
    'CoreDNS ends, again and again: `plugin/loop: Loop (127.0.0.1:53 -> :53) detected for zone "."`; ' +
    "or pods do not start: `open /run/systemd/resolve/resolv.conf: no such file or directory`.",
  why:
    "Pods with dnsPolicy Default, CoreDNS among them, get the nameservers of this file. With " +
    "systemd-resolved /etc/resolv.conf names 127.0.0.53, which inside of a pod is the pod itself.",
  fix: "resolvConf: /run/systemd/resolve/resolv.conf on nodes with systemd-resolved, /etc/resolv.conf on others.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "files"],
  check({ kubeletConfig, files }) {
    const { resolvConf } = kubeletConfig;
    const resolver = resolverOf(kubeletConfig, files);
    if (resolver === "off") return [];
    if (resolver === undefined) {
      return judgeUnseen(resolvConf);
    }
    if (resolver === "missing") {
      return [
        {
          message: `The resolver file of pods is not there (${setting("resolvConf", resolvConf)})`,
          locations: [resolvConf.location],
          ...(files.get("/etc/resolv.conf") === undefined
            ? {}
            : { fix: "Set resolvConf: /etc/resolv.conf" }),
        },
      ];
    }
    const servers = entriesOf(resolver, "nameserver");
    if (servers.length === 0) {
      return [
        {
          message: `The resolver file of pods names no nameserver: ${resolvConf.value}`,
          locations: [fileStart(resolver.shown), resolvConf.location],
          severity: "warning",
          fix: "Name the site's nameservers in it, or set resolvConf to a file that does",
        },
      ];
    }
    const hasUplink = resolvConf.value !== UPLINK && files.get(UPLINK)?.text !== undefined;
    return servers
      .filter(({ value }) => /^127\.|^::1$/.test(value))
      .map(
        ({ value, location }): Found => ({
          message: `The resolver file of pods leads to the pod itself: nameserver ${value} of ${resolvConf.value}`,
          locations: [resolvConf.location, location],
          fix: hasUplink
            ? `Set resolvConf: ${UPLINK}`
            : "Name a file with the site's own nameservers in resolvConf",
        }),
      );
  },
});

/** A file that only the machine has: its name may be a slip all the same. */
function judgeUnseen({ value: path, location }: Located<string>): Answer {
  const near = nearest(path, USUAL);
  if (near === undefined || USUAL.includes(path)) return unknown(`needs the machine: ${path}`);
  return [
    {
      message: `The resolver file of pods has a name much like the usual one: ${path}`,
      locations: [location],
      severity: "warning",
      fix: `Write ${near}, unless that file is there on every node`,
    },
  ];
}

/** resolv.conf(5): MAXNS. */
const MAX_SERVERS = 3;
/** Since 1.28: 32 domains of 2048 characters together. */
const MAX_DOMAINS = 32;
const MAX_SEARCH_CHARS = 2048;
/** NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN. */
const CLUSTER_DOMAINS = 3;

/** NW-C16 */
export const resolverLimits = nodeRule({
  id: "NW-C16",
  severity: "warning",
  title: "The resolver file that pods get has no more lines than pods can have",
  stages: ["machine"],
  places: ["the file of resolvConf: nameserver, search"],
  symptom:
    "Each pod has the event `DNSConfigForming: Nameserver limits were exceeded, some nameservers have " +
    "been omitted`, or `Search Line limits were exceeded`.",
  why:
    "A resolver reads three nameservers, and a pod has 32 search domains at most, three of which are " +
    "the cluster's. The kubelet leaves the rest out, which may be the one that knows a name.",
  fix: "Leave the nameservers that answer; NetworkManager and DHCP add to what is there.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "files"],
  check({ kubeletConfig, files }) {
    const { resolvConf } = kubeletConfig;
    const resolver = resolverOf(kubeletConfig, files);
    if (resolver === undefined) return unknown(`needs the machine: ${resolvConf.value}`);
    if (resolver === "off" || resolver === "missing") return [];
    const found: Found[] = [];
    const servers = entriesOf(resolver, "nameserver");
    const fourth = servers[MAX_SERVERS];
    if (fourth !== undefined) {
      const left = servers.slice(MAX_SERVERS).map(({ value }) => value);
      found.push({
        message: `Pods get ${MAX_SERVERS} of ${servers.length} nameservers, not: ${left.join(", ")}`,
        locations: [fourth.location, resolvConf.location],
      });
    }
    const search = entriesOf(resolver, "search").at(-1);
    const domains = search?.value.split(/\s+/) ?? [];
    const count = domains.length + CLUSTER_DOMAINS;
    if (search !== undefined && (count > MAX_DOMAINS || search.value.length > MAX_SEARCH_CHARS)) {
      found.push({
        message: `Pods cannot have all ${domains.length} search domains beside the cluster's`,
        locations: [search.location, resolvConf.location],
        fix: "Search fewer domains",
      });
    }
    return found;
  },
});
