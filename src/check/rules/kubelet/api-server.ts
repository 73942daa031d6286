import { formatAddress, parseAddress } from "../../../ip/mod.ts";
import { coversName, inspectCertificate, isIssuedBy } from "../../../x509/mod.ts";
import { apiServerOf, judgeApiServer } from "../../api-server-findings.ts";
import { fileStart } from "../../certificate-findings.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { HostDial } from "../../facts/host-facts.ts";
import type { KubeconfigFact, UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { missingFile } from "../../named-file.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { commandLocation, listed } from "../../setting.ts";

/** NW-C11 */
export const apiServerReachable = nodeRule({
  id: "NW-C11",
  severity: "error",
  title: "The kubelet's kubeconfig leads to the API server, and trusts its authority",
  stages: ["files", "machine"],
  places: [
    "units/kubelet.service: --kubeconfig; NODE.kubeconfig: server, certificate-authority-data",
    "the machine: name resolution, a TCP and TLS dial",
  ],
  symptom:
    "The node never registers: `dial tcp: lookup server.kubernetes.local: no such host`, `i/o " +
    "timeout`, `connection refused`, or `x509: certificate signed by unknown authority`.",
  why:
    "The kubeconfig names the API server, mostly by a name that /etc/hosts or a DNS server has to " +
    "know on the node, and carries the authority that its certificate is held against.",
  fix: "Add the name to /etc/hosts of the node or write the address; take the authority from the control plane.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["now"],
  uses: [
    "kubeletKubeconfig",
    "kubeletConfig",
    "kubeletUnit",
    "files",
    "host",
    "inventory",
    "renderProblems",
  ],
  check(facts) {
    const { kubeletKubeconfig, kubeletConfig, kubeletUnit, files, now, host, inventory } = facts;
    const { renderProblems } = facts;
    const unread = judgeUnit(kubeletUnit, files);
    if (unread.length > 0) return unread;
    const registers = kubeletConfig?.registerNode;
    const silent: Found[] =
      registers?.value === false
        ? [
            {
              message:
                "The kubelet does not register its Node, so that somebody else has to: registerNode: false",
              locations: [registers.location],
              severity: "warning",
              fix: "Remove registerNode",
              edits: [{ file: registers.location.file, path: ["registerNode"] }],
            },
          ]
        : [];
    if (kubeletKubeconfig === undefined) {
      if (silent.length > 0) return silent;
      return unknown("there is no kubeconfig of the kubelet that can be read");
    }
    const { context, shown } = kubeletKubeconfig;
    const claimed = claimedProblems("NW-C11", { renderProblems })
      .filter(({ code, locations: [place] }) => code === "other-authority" && place?.file === shown)
      .map(foundOf);
    const others = [...silent, ...claimed];
    if (!context.ok) return [...others, foundOf(context.error)];
    const server = apiServerOf(kubeletKubeconfig);
    if (server === undefined) return others;
    const { endpoint, host: target, location } = server;
    const staticPodPath = kubeletConfig?.staticPodPath?.value;
    return [
      ...others,
      ...judgeApiServer(kubeletKubeconfig, {
        who: "The kubelet",
        ...{ now, host, inventory, files, staticPodPath },
        hasBalancer: kubeletUnit?.distribution !== undefined,
      }),
      ...judgeDial(endpoint, target, {
        dial: host?.dials[endpoint],
        fact: kubeletKubeconfig,
        locations: [location],
      }),
    ];
  },
});

/** Whether the kubelet reads a kubeconfig at all. */
function judgeUnit(fact: UnitFact | undefined, files: NodeTree | undefined): readonly Found[] {
  if (fact === undefined || fact.unit.execStart.length === 0) return [];
  const given = unitFlags(fact.unit);
  const flag = given.findLast(({ name }) => name === "--kubeconfig");
  // The bootstrap kubeconfig is what the other one is made of when it is not there yet.
  const isBootstrapped = given.some(({ name }) => name === "--bootstrap-kubeconfig");
  if (flag?.value === undefined) {
    return [
      {
        message:
          "The kubelet is started without --kubeconfig: it runs by itself and registers no Node",
        locations: [commandLocation(fact.unit)],
        fix: "Add --kubeconfig=/var/lib/kubelet/kubeconfig to ExecStart=",
      },
    ];
  }
  if (isBootstrapped || files === undefined || !flag.value.value.startsWith("/")) return [];
  const missing = missingFile(files, { option: "--kubeconfig", path: flag.value });
  return missing === "unseen" ? [] : missing;
}

function judgeDial(
  endpoint: string,
  name: string,
  {
    dial,
    fact,
    locations,
  }: {
    readonly dial: HostDial | undefined;
    readonly fact: KubeconfigFact;
    readonly locations: Found["locations"];
  },
): readonly Found[] {
  if (dial === undefined) return [];
  if (!dial.isReached) {
    return [
      {
        message: `The API server cannot be reached from the node: ${endpoint}: ${dial.error}`,
        locations,
        fix: fixOf(dial.error, name),
      },
    ];
  }
  if (dial.certificate === null) {
    return [{ message: `What answers for the API server speaks no TLS: ${endpoint}`, locations }];
  }
  const { context, authorityPem, shown } = fact;
  const found: Found[] = [];
  const trusted = certificatesIn(authorityPem ?? "");
  const { certificate } = dial;
  const isChecked = !(context.ok && context.value.insecureSkipTlsVerify?.value === true);
  if (isChecked && trusted.length > 0 && !trusted.some((pem) => isIssuedBy(certificate, pem))) {
    found.push({
      message: `The API server's certificate is not signed by the authority of the kubeconfig: ${endpoint}`,
      locations: [...locations, fileStart(shown)],
      fix: "Embed the authority of this API server, or correct the server",
    });
  }
  const info = inspectCertificate(certificate);
  const wanted = (context.ok ? context.value.tlsServerName?.value : undefined) ?? name;
  if (isChecked && info.ok && !isNamed(info.value, wanted)) {
    found.push({
      message: `The API server's certificate is not valid for ${wanted}, but for ${listed([...info.value.dnsNames, ...info.value.addresses])}`,
      locations,
      fix: "Use a name of the certificate, or reissue it with this one",
    });
  }
  return found;
}

function isNamed(
  { dnsNames, addresses }: { dnsNames: readonly string[]; addresses: readonly string[] },
  wanted: string,
): boolean {
  const address = parseAddress(wanted);
  return address.ok
    ? addresses.includes(formatAddress(address.value))
    : coversName(dnsNames, wanted);
}

function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function fixOf(error: string, name: string): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(error)) {
    return `Add "ADDRESS ${name}" to /etc/hosts of the node, or write the address into the kubeconfig`;
  }
  return "Start the API server, open the port in its firewall, or correct the address";
}
