/**
 * `bun scripts/test/fresh-host.ts COMMAND...` runs a command on a host that is as one just
 * installed: network and mount namespaces of its own, nothing forwarded, bridges without iptables,
 * no nft table, IPv6 off where NODEWRIGHT_TEST_IPV6=off. Fails where the command leaves something.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { hostState, leftovers, RUN_MARK } from "./host-state.ts";

const INSIDE = "--inside";
/** How a fresh Debian has them; a new namespace takes some from its host. */
const FRESH = {
  "net/ipv4/ip_forward": "0",
  "net/ipv6/conf/all/forwarding": "0",
  "net/bridge/bridge-nf-call-iptables": "0",
  "net/bridge/bridge-nf-call-ip6tables": "0",
  "net/bridge/bridge-nf-call-arptables": "0",
};
/** What another run, or whoever works on this machine, has there is not a fresh host's. */
const OWN_DIRS = ["/run/netns", "/var/lib/cni"];
const WITHOUT_IPV6 = {
  "net/ipv6/conf/all/disable_ipv6": "1",
  "net/ipv6/conf/default/disable_ipv6": "1",
};

const command = process.argv.slice(2);
process.exit(command[0] === INSIDE ? await inside(command.slice(1)) : outside(command));

function outside(argv: readonly string[]): number {
  const self = [process.execPath, import.meta.path, INSIDE, ...argv];
  return run(["unshare", "--net", "--mount", "--propagation", "private", ...self], {
    [RUN_MARK]: crypto.randomUUID(),
    // Packages are fetched from where there is a network.
    NODEWRIGHT_TEST_NETWORK: `/proc/${process.pid}/ns/net`,
  });
}

async function inside(argv: readonly string[]): Promise<number> {
  for (const dir of OWN_DIRS) {
    mkdirSync(dir, { recursive: true });
    must(["mount", "-t", "tmpfs", "fresh", dir]);
  }
  must(["ip", "link", "set", "lo", "up"]);
  for (const [name, value] of Object.entries({
    ...FRESH,
    ...(process.env["NODEWRIGHT_TEST_IPV6"] === "off" ? WITHOUT_IPV6 : {}),
  })) {
    write(`/proc/sys/${name}`, value);
  }
  const mark = process.env[RUN_MARK] ?? "";
  const before = hostState(mark, false);
  const exitCode = run(argv);
  const left = await leftovers(before, () => hostState(mark, false));
  for (const line of left) console.error(`left behind: ${line}`);
  return exitCode === 0 && left.length > 0 ? 1 : exitCode;
}

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const child = Bun.spawnSync([...argv], {
    stdio: ["inherit", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  return child.exitCode ?? 1;
}

function must(argv: readonly string[]): void {
  if (run(argv) !== 0) throw new Error(`Cannot make a fresh host: ${argv.join(" ")}`);
}

/** A kernel without IPv6 or bridges has no such file. */
function write(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch {}
}
