import { describe, expect, test } from "bun:test";
import type { ListedChain } from "../../nft/mod.ts";
import { nftForwardDrops, parseIptablesSave, parseIptablesVersion } from "./parse-firewall.ts";
import { countCpus, parseMeminfo, parseOsRelease } from "./parse-os.ts";
import { parseFstabSwaps, parseSwaps } from "./parse-swap.ts";
import { parseTcpTable } from "./parse-tcp.ts";

describe("parseOsRelease()", () => {
  test.each([
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
      { id: "debian", idLike: [], versionId: "12", name: "Debian GNU/Linux 12 (bookworm)" },
    ],
    [
      "# comment\nNAME='Some OS'\nID=some\nID_LIKE=\"rhel fedora\"\nVERSION_ID=9.4",
      { id: "some", idLike: ["rhel", "fedora"], versionId: "9.4", name: "Some OS" },
    ],
    ['PRETTY_NAME="A \\"B\\" \\$C"', { id: "", idLike: [], versionId: "", name: 'A "B" $C' }],
    ["", { id: "", idLike: [], versionId: "", name: "" }],
  ])("reads %j", (text, want) => expect(parseOsRelease(text)).toEqual(want));
});

describe("parseMeminfo()", () => {
  test.each([
    ["MemTotal:       2048 kB\nMemFree: 100 kB\nMemAvailable:    1024 kB\n", [2097152, 1048576]],
    ["MemTotal:       2048 kB\nMemFree:          1 kB\n", [2097152, 1024]],
    ["MemTotal: what", null],
    ["", null],
  ])("reads %j", (text, want) => {
    const got = parseMeminfo(text);
    expect(got === null ? null : [got.totalBytes, got.availableBytes]).toEqual(want);
  });
});

describe("countCpus()", () => {
  test.each([
    ["0", 1],
    ["0-1\n", 2],
    ["0-3,6,8-9", 7],
    ["", null],
    ["all", null],
  ])("%j is %p", (list, want) => expect(countCpus(list)).toBe(want));
});

describe("swap", () => {
  test("parseSwaps() reads /proc/swaps", () => {
    const text =
      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
      "/dev/dm-1                               partition\t999420\t\t12\t\t-2\n" +
      "/swap\\040file                           file\t\t1024\t\t0\t\t-3\n" +
      "/a\\011tab\\134 file 4 0 -4\n";
    expect(parseSwaps(text)).toEqual([
      { path: "/dev/dm-1", type: "partition", sizeBytes: 999420 * 1024, usedBytes: 12288 },
      { path: "/swap file", type: "file", sizeBytes: 1048576, usedBytes: 0 },
      { path: "/a\ttab\\", type: "file", sizeBytes: 4096, usedBytes: 0 },
    ]);
    expect(parseSwaps("")).toEqual([]);
  });

  test("parseFstabSwaps() finds what takes effect at boot", () => {
    const text = [
      "# swap was on /dev/vda5",
      "UUID=1 / ext4 defaults 0 1",
      "#UUID=2 none swap sw 0 0",
      "  UUID=3 none swap sw 0 0",
      "/swap.img\tnone\tswap\tsw,noauto 0 0",
      "/dev/zram0 none swap",
    ].join("\n");
    expect(parseFstabSwaps(text, "/etc/fstab")).toEqual([
      { file: "/etc/fstab", line: 4, what: "UUID=3" },
      { file: "/etc/fstab", line: 6, what: "/dev/zram0" },
    ]);
  });
});

describe("parseTcpTable()", () => {
  const head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  const row = (local: string, state: string, inode: number) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  0  0 ${inode} 1 0\n`;
  test("reads sockets that listen, of both families", () => {
    const text =
      head +
      row("0100007F:2808", "0A", 11) +
      row("00000000:280A", "0A", 12) +
      row("0100007F:1F90", "01", 13) +
      row("00000000000000000000000000000000:0016", "0A", 14) +
      row("0000000000000000FFFF00000100007F:0050", "0A", 15);
    expect(parseTcpTable(text)).toEqual([
      { port: 10248, address: "127.0.0.1", inode: "11" },
      { port: 10250, address: "0.0.0.0", inode: "12" },
      { port: 22, address: "::", inode: "14" },
      { port: 80, address: "::ffff:7f00:1", inode: "15" },
    ]);
  });
  test("passes over what is no such line", () => {
    expect(parseTcpTable(`${head}\nnonsense\n   0: XYZ:1 0:0 0A 0 0 0 0 0 1\n`)).toEqual([]);
  });
});

describe("firewall", () => {
  test.each([
    ["iptables v1.8.9 (nf_tables)\n", { version: "1.8.9", backend: "nf_tables" }],
    ["iptables v1.8.7 (legacy)\n", { version: "1.8.7", backend: "legacy" }],
    ["iptables v1.4.21\n", { version: "1.4.21", backend: "unknown" }],
    ["", null],
  ] as const)("parseIptablesVersion(%j)", (text, want) =>
    expect(parseIptablesVersion(text)).toEqual(want),
  );

  test("parseIptablesSave() finds the policy and other software's chains", () => {
    const text = [
      "*nat",
      ":PREROUTING ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      ":KUBE-SERVICES - [0:0]",
      ":KUBE-SEP-ABC - [0:0]",
      ":CNI-1234 - [0:0]",
      "-A POSTROUTING -s 10.0.0.0/24 -j CNI-1234",
      "COMMIT",
      "*filter",
      ":INPUT ACCEPT [1:2]",
      ":FORWARD DROP [3:4]",
      ":DOCKER-USER - [0:0]",
      "COMMIT",
    ].join("\n");
    expect(parseIptablesSave(text)).toEqual({
      forwardPolicy: "DROP",
      chains: { "KUBE-": 2, "CNI-": 1, DOCKER: 1 },
    });
    expect(parseIptablesSave("")).toEqual({ forwardPolicy: null, chains: {} });
  });

  test("nftForwardDrops() finds chains that drop forwarded packets", () => {
    const chain = (
      [family, table, name]: readonly ["inet" | "ip", string, string],
      hook: "input" | "forward",
      policy: "accept" | "drop",
    ): ListedChain => ({
      ...{ family, table, chain: name, handle: 1n },
      base: { type: "filter", hook, priority: 0, policy },
    });
    const chains = [
      chain(["inet", "filter", "input"], "input", "drop"),
      chain(["inet", "filter", "forward"], "forward", "drop"),
      chain(["ip", "nat", "forward"], "forward", "accept"),
      { family: "inet", table: "filter", chain: "plain", handle: 2n } as const,
    ];
    expect(nftForwardDrops(chains)).toEqual(["inet filter forward"]);
  });
});
