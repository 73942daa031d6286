import { readdirSync, readFileSync } from "node:fs";

/** The environment variable that every process of a test run inherits, so that it can be found again. */
export const RUN_MARK = "NODEWRIGHT_TEST_RUN";

/** What tests could leave on a host: lines by kind. */
export type HostState = Readonly<Record<string, readonly string[]>>;

const SYSCTLS = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/forwarding",
  "net/ipv6/conf/all/forwarding",
  "net/ipv6/conf/all/disable_ipv6",
  "net/bridge/bridge-nf-call-iptables",
  "net/bridge/bridge-nf-call-ip6tables",
];
/** Names that only this project gives. */
const OURS = /nodewright|nwlab/;

/**
 * The state of this network and mount namespace. `mark` names the processes of one run; `isShared`
 * leaves out everything that does not bear a name of this project's, because others work here.
 */
export function hostState(mark: string, isShared: boolean): HostState {
  const wanted = (line: string): boolean => !isShared || (OURS.test(line) && !isOfLiveLab(line));
  return {
    link: printed("ip", "-o", "link").filter(wanted).map(linkName),
    // Tests that name namespaces have a host of their own.
    netns: isShared ? [] : names("/run/netns"),
    mount: lines("/proc/self/mounts")
      .map((line) => line.split(" ")[1] ?? "")
      .filter((path) => OURS.test(path) && !isOfLiveLab(path))
      .filter((path) => !isShared || !path.startsWith("/run/netns/")),
    "nft table": tables().filter(wanted),
    sysctl: SYSCTLS.flatMap((name) =>
      lines(`/proc/sys/${name}`).map((text) => `${name} = ${text}`),
    ),
    process: processesOf(mark),
    // Those of labs; a fresh host has none, and sees those of others.
    directory: isShared
      ? names("/var/tmp").filter((name) => name.startsWith("nodewright-test-") && wanted(name))
      : [],
  };
}

/** The kernel takes links and namespaces away after the call that asks for it. */
const GOING_MS = 10_000;

/** What is there and was not before, or has another value, as lines for a person. */
export async function leftovers(
  before: HostState,
  now: () => HostState,
): Promise<readonly string[]> {
  const until = performance.now() + GOING_MS;
  for (;;) {
    const found = differences(before, now());
    if (found.length === 0 || performance.now() > until) return found;
    await Bun.sleep(200);
  }
}

function differences(before: HostState, after: HostState): readonly string[] {
  return Object.entries(after).flatMap(([kind, found]) =>
    found.filter((one) => !before[kind]?.includes(one)).map((one) => `${kind}: ${one}`),
  );
}

/** A lab's name has in it what its directory's name has; the file `owner` there says whose it is. */
function isOfLiveLab(line: string): boolean {
  const lower = line.toLowerCase();
  return names("/var/tmp").some((name) => {
    const label = /^nodewright-test-(\w{6})$/.exec(name)?.[1]?.toLowerCase();
    return label !== undefined && lower.includes(label) && isOwned(`/var/tmp/${name}`);
  });
}

function isOwned(directory: string): boolean {
  const owner = lines(`${directory}/owner`)[0];
  // Without the file it is about to be written.
  if (owner === undefined) return true;
  const [pid = "", started = ""] = owner.split(" ");
  const stat = lines(`/proc/${pid}/stat`)[0] ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] === started;
}

/** Of a line of `ip -o link`, which has the link's other names as well. */
function linkName(line: string): string {
  return line.split(/[:@]/)[1]?.trim() ?? "";
}

function tables(): readonly string[] {
  return printed("nft", "list", "tables");
}

function printed(...argv: string[]): readonly string[] {
  const { stdout } = Bun.spawnSync(argv, { stderr: "ignore" });
  return stdout.toString().split("\n").filter(Boolean);
}

/** Command lines of the run's processes, which have inherited its mark. */
/** The processes of a run but this one and its parent, each as its pid and its command. */
export function processesOf(mark: string): readonly string[] {
  return names("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || Number(pid) === process.ppid)
      return [];
    if (!lines(`/proc/${pid}/environ`).join("\n").includes(`${RUN_MARK}=${mark}`)) return [];
    const words = lines(`/proc/${pid}/cmdline`).join(" ").replaceAll("\0", " ").trim();
    // A zombie has none.
    return words === "" ? [] : [`${pid} ${words}`];
  });
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function lines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
