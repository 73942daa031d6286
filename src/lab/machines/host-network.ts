import { readFile } from "node:fs/promises";
import { bridgePorts, linkMac } from "./host-links.ts";
import { createNat, removeNat } from "./host-nat.ts";
import type { Lab, LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { bridgeMac, bridgeName, labMark } from "./names.ts";

type Deps = Pick<LabDeps, "run">;

/** Pref of our routing rules: before main (32766), after local (0). */
const RULE_PREF = "5200";
const BRIDGED_TO_IPTABLES = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/**
 * Makes the lab's part of the host's network, or what is missing of it: the bridge with the
 * host's address (`ip link`, `ip address`), a rule that keeps the machines off the host's other
 * networks (`ip rule`), or with NAT a masquerading table instead (`nft`), and an accept rule
 * where the host's firewall would drop what passes between the machines (`iptables`).
 */
export async function createHostNetwork(deps: Deps, lab: Lab): Promise<void> {
  await createBridge(deps, lab);
  await removeRules(deps, lab.bridge);
  if (lab.nat) await createNat(deps, lab);
  else await deps.run(["ip", "rule", "add", "pref", RULE_PREF, "iif", lab.bridge, "prohibit"]);
  await acceptForwarded(deps, lab);
}

/** Takes away all that createHostNetwork made; what is missing is no error. */
export async function removeHostNetwork(deps: Deps, labName: string): Promise<void> {
  const bridge = bridgeName(labName);
  await removeAcceptRules(deps, labName);
  await removeRules(deps, bridge);
  await removeNat(deps, bridge);
  if (linkMac(bridge) !== bridgeMac(labName)) return;
  // The kernel takes a dead machine's link away in its own time; deleting it here is at once.
  for (const { name } of bridgePorts(bridge)) {
    await deps.run(["ip", "link", "delete", name], optional);
  }
  await deps.run(["ip", "link", "delete", bridge]);
}

const optional = { allowFailure: true } as const;

async function createBridge(deps: Deps, lab: Lab): Promise<void> {
  const mac = linkMac(lab.bridge);
  if (mac !== undefined && mac !== bridgeMac(lab.name)) {
    throw new LabError("conflict", `Cannot make the bridge "${lab.bridge}": a link has that name`, {
      fix: "Choose another name for the lab with --name",
    });
  }
  if (mac === undefined) {
    const link = ["ip", "link", "add", "name", lab.bridge, "address", bridgeMac(lab.name)];
    await deps.run([...link, "type", "bridge"]);
  }
  const prefix = `${lab.jumpboxAddress}/${lab.subnet.split("/")[1] ?? "24"}`;
  await deps.run(["ip", "address", "replace", prefix, "dev", lab.bridge]);
  await deps.run(["ip", "link", "set", lab.bridge, "up"]);
}

async function removeRules(deps: Deps, bridge: string): Promise<void> {
  const rule = ["ip", "rule", "delete", "pref", RULE_PREF, "iif", bridge];
  for (let left = 10; left > 0 && (await deps.run(rule, optional)).exitCode === 0; left--);
}

/** The accept rules of a lab, as arguments after `iptables -I FORWARD` or `-D FORWARD`. */
function acceptRules(lab: { name: string; bridge: string; nat: boolean }): string[][] {
  const mark = ["-m", "comment", "--comment", labMark(lab.name), "-j", "ACCEPT"];
  const between = ["-i", lab.bridge, "-o", lab.bridge, ...mark];
  const out = ["-i", lab.bridge, ...mark];
  const back = ["-o", lab.bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...mark];
  return lab.nat ? [between, out, back] : [between];
}

/** Docker and others set the policy of FORWARD to DROP; with br_netfilter that covers bridges too. */
async function acceptForwarded(deps: Deps, lab: Lab): Promise<void> {
  const bridged = await readFile(BRIDGED_TO_IPTABLES, "utf8").catch(() => "0");
  if (bridged.trim() !== "1" && !lab.nat) return;
  const forward = await deps.run(["iptables", "-S", "FORWARD"], optional).catch(() => undefined);
  const passes = forward === undefined || forward.stdout.trim() === "-P FORWARD ACCEPT";
  if (passes) return;
  await removeAcceptRules(deps, lab.name);
  for (const rule of acceptRules(lab)) await deps.run(["iptables", "-I", "FORWARD", ...rule]);
}

async function removeAcceptRules(deps: Deps, labName: string): Promise<void> {
  // Reading creates nothing, deleting only what is there: a host without iptables rules stays so.
  const forward = await deps.run(["iptables", "-S", "FORWARD"], optional).catch(() => undefined);
  const mark = labMark(labName);
  const marked = (forward?.stdout ?? "")
    .split("\n")
    .some((line) => line.includes(`--comment "${mark}"`) || line.includes(`--comment ${mark} `));
  if (!marked) return;
  for (const rule of acceptRules({ name: labName, bridge: bridgeName(labName), nat: true })) {
    const argv = ["iptables", "-D", "FORWARD", ...rule];
    for (let left = 10; left > 0 && (await deps.run(argv, optional)).exitCode === 0; left--);
  }
}
