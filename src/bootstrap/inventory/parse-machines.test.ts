import { describe, expect, test } from "bun:test";
import { formatProblem } from "../../base/mod.ts";
import { parseMachines } from "./parse-machines.ts";

const GOOD = "10.0.0.10 server.kubernetes.local server\n";

describe("parseMachines()", () => {
  test("reads the origin's file: three columns for the server, four for workers", () => {
    const { machines, problems } = parseMachines(
      "10.0.0.10 server.kubernetes.local server  \n10.0.0.11 node-0.kubernetes.local node-0 10.200.0.0/24\n",
      "machines.txt",
    );
    expect(problems).toEqual([]);
    expect(
      machines.map((m) => [m.name, m.fqdn, m.address, m.podSubnets.map((s) => s.text)]),
    ).toEqual([
      ["server", "server.kubernetes.local", "10.0.0.10", []],
      ["node-0", "node-0.kubernetes.local", "10.0.0.11", ["10.200.0.0/24"]],
    ]);
  });

  test("takes tabs, runs of blanks, comments, empty lines and a missing last line end", () => {
    const text =
      "# address fqdn name subnet\n\n  \t\n\t# more\n10.0.0.11\tnode-0.k.local  node-0\t 10.200.0.0/24";
    const { machines, problems } = parseMachines(text, "machines.txt");
    expect(problems).toEqual([]);
    expect(machines).toHaveLength(1);
    expect(machines[0]?.podSubnets[0]?.location).toEqual({
      file: "machines.txt",
      line: 5,
      column: 35,
    });
  });

  test("takes one address and one pod subnet of each family", () => {
    const text = "10.0.0.11,fd00::11 node-0.k.local node-0 10.200.0.0/24,fd00:200::/64\n";
    const { machines, problems } = parseMachines(text, "machines.txt");
    expect(problems).toEqual([]);
    expect(machines[0]?.address).toBe("10.0.0.11");
    expect(machines[0]?.addresses.map((a) => a.address.family)).toEqual([4, 6]);
    expect(machines[0]?.podSubnets.map((s) => [s.text, s.location.column])).toEqual([
      ["10.200.0.0/24", 42],
      ["fd00:200::/64", 56],
    ]);
  });

  const line = (text: string): string => `${GOOD}${text}\n`;
  test.each<[name: string, text: string, code: string, place: string, words: string]>([
    ["nothing", "", "no-machines", "1:1", "every line is empty"],
    ["only comments", "# a\n\n# b\n", "no-machines", "1:1", "every line is empty"],
    ["a NUL", "10.0.0.1 a.b a\n\u0000", "not-text", "2:1", "U+0000"],
    ["an executable", "\u007fELF\u0002\u0001\u0001\u0000", "not-text", "1:5", "U+0002"],
    ["one column", line("10.0.0.11"), "missing-column", "2:1", "found 1 of at least 3"],
    ["two columns", line("10.0.0.11 node-0.k.local"), "missing-column", "2:11", "found 2"],
    [
      "use 23: a pod subnet in the third",
      line("10.0.0.11 node-0 10.200.0.0/24"),
      "missing-column",
      "2:18",
      "FQDN or HOSTNAME is missing",
    ],
    [
      "use 23: two pod subnets in the third",
      line("10.0.0.11 node-0 10.200.0.0/24,fd00::/64"),
      "missing-column",
      "2:18",
      "FQDN or HOSTNAME is missing",
    ],
    [
      "five columns",
      line("10.0.0.11 n.k.local n 10.200.0.0/24 x"),
      "surplus-column",
      "2:37",
      'found more after that: "x"',
    ],
    ["a trailing comment", line("10.0.0.11 n.k.local n # x"), "surplus-column", "2:23", '"#"'],
    ["names first", line("n n.k.local 10.0.0.11"), "bad-address", "2:1", 'found "n"'],
    ["a large number", line("10.0.0.256 n.k.local n"), "bad-address", "2:1", '"10.0.0.256"'],
    ["a leading zero", line("10.0.0.011 n.k.local n"), "bad-address", "2:1", "10.0.0.011"],
    ["a prefix", line("10.0.0.11/24 n.k.local n"), "bad-address", "2:1", "10.0.0.11/24"],
    ["multicast", line("224.0.0.1 n.k.local n"), "bad-address", "2:1", "224.0.0.1"],
    ["no address", line("0.0.0.0 n.k.local n"), "bad-address", "2:1", "0.0.0.0"],
    [
      "two of a family",
      line("10.0.0.1,10.0.0.2 n.k.local n"),
      "bad-address",
      "2:10",
      "second IPv4",
    ],
    [
      "host bits",
      line("10.0.0.11 n.k.local n 10.200.0.1/24"),
      "bad-subnet",
      "2:23",
      "10.200.0.0/24",
    ],
    ["no length", line("10.0.0.11 n.k.local n 10.200.0.0"), "bad-subnet", "2:23", "10.200.0.0"],
    [
      "too long",
      line("10.0.0.11 n.k.local n 10.200.0.0/31"),
      "bad-subnet",
      "2:23",
      "/30 or larger",
    ],
    ["no subnet", line("10.0.0.11 n.k.local n SUBNET"), "bad-subnet", "2:23", "SUBNET"],
    [
      "two IPv4 subnets",
      line("10.0.0.11 n.k.local n 10.200.0.0/24,10.201.0.0/24"),
      "bad-subnet",
      "2:37",
      "second IPv4",
    ],
    [
      "a comma at the end",
      line("10.0.0.11 n.k.local n 10.200.0.0/24,"),
      "bad-subnet",
      "2:37",
      '""',
    ],
    [
      "security 10: the authority's files",
      line("10.0.0.11 n.k.local ca"),
      "reserved-name",
      "2:21",
      "ca.crt",
    ],
    [
      "security 10: in capitals",
      line("10.0.0.11 n.k.local Admin"),
      "reserved-name",
      "2:21",
      "admin.crt",
    ],
    ["upper case", line("10.0.0.11 n.k.local Node-0"), "bad-name", "2:21", '"Node-0"'],
    ["an underscore", line("10.0.0.11 n.k.local node_0"), "bad-name", "2:21", "node_0"],
    ["a path", line("10.0.0.11 n.k.local ../x"), "bad-name", "2:21", "../x"],
    ["an option", line("10.0.0.11 n.k.local -oProxyCommand=x"), "bad-name", "2:21", "-oProxy"],
    ["a long label", line(`10.0.0.11 n.k.local ${"n".repeat(64)}`), "bad-name", "2:21", "nnn"],
    ["a bad FQDN", line("10.0.0.11 n..local n"), "bad-fqdn", "2:11", "n..local"],
    ["a second name", line("10.0.0.11 n.k.local server"), "duplicate-name", "2:21", "server"],
    [
      "a second FQDN",
      line("10.0.0.11 SERVER.kubernetes.local n"),
      "duplicate-fqdn",
      "2:11",
      "SERVER.kubernetes.local",
    ],
    ["a second address", line("10.0.0.10 n.k.local n"), "duplicate-address", "2:1", "10.0.0.10"],
    [
      "a worker in its own pod subnet",
      line("10.200.0.7 n.k.local n 10.200.0.0/24"),
      "address-in-subnet",
      "2:1",
      "10.200.0.7",
    ],
  ])("refuses %s", (_name, text, code, place, words) => {
    const { problems } = parseMachines(text, "machines.txt");
    const errors = problems.filter((problem) => problem.severity === "error");
    expect(errors.map((problem) => problem.code)).toEqual([code]);
    const printed = errors.map(formatProblem).join("\n");
    expect(printed).toContain(`machines.txt:${place}\n`.trimEnd());
    expect(printed).toContain(words);
    expect(errors[0]?.message.endsWith(".")).toBe(false);
  });

  test("counts an IPv6 address once, however it is written", () => {
    const text = "fd00::1 a.k.local a\nfd00:0:0::0:1 b.k.local b\n";
    const { problems } = parseMachines(text, "machines.txt");
    expect(problems.map((problem) => problem.code)).toEqual(["duplicate-address"]);
  });

  test("finds every overlap through a chain of nested subnets, with both places", () => {
    const text = [
      "10.0.0.1 a.k.local a 10.200.0.0/22",
      "10.0.0.2 b.k.local b 10.200.1.0/24",
      "10.0.0.3 c.k.local c 10.200.3.0/24",
      "10.0.0.4 d.k.local d 10.200.4.0/24",
      "10.0.0.5 e.k.local e 10.200.4.0/24",
    ].join("\n");
    const { problems } = parseMachines(text, "machines.txt");
    expect(problems.map((p) => [p.code, p.locations.map((l) => l.line)])).toEqual([
      ["overlapping-subnets", [2, 1]],
      ["overlapping-subnets", [3, 1]],
      ["overlapping-subnets", [5, 4]],
    ]);
  });

  test.each([
    ["Windows line ends", "10.0.0.1 a.k.local a 10.200.0.0/24\r\n", "crlf"],
    ["a byte order mark", "\ufeff10.0.0.1 a.k.local a 10.200.0.0/24\n", "byte-order-mark"],
    ["names in the wrong order", "10.0.0.1 a a.k.local 10.200.0.0/24\n", "swapped-names"],
  ])("forgives %s with a warning", (_name, text, code) => {
    const { machines, problems } = parseMachines(text, "machines.txt");
    expect(machines[0]?.podSubnets[0]?.text).toBe("10.200.0.0/24");
    expect(problems.map((p) => [p.code, p.severity])).toEqual([[code, "warning"]]);
  });

  test("names every bad line, not only the first", () => {
    const { machines, problems } = parseMachines("x a.k a\n10.0.0.1 b.k b\ny c.k c\n", "m");
    expect(machines.map(({ name }) => name)).toEqual(["b"]);
    expect(problems.map((p) => p.locations[0]?.line)).toEqual([1, 3]);
  });

  test("never throws, whatever the bytes", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    const alphabet = "10.:/,-# \t\nab\r\u00e9\ud83d\ude00";
    for (let i = 0; i < 2000; i++) {
      const text = Array.from(
        { length: random(120) },
        () => alphabet[random(alphabet.length)],
      ).join("");
      const { machines, problems } = parseMachines(text, "m");
      expect(machines.length + problems.length).toBeGreaterThan(0);
    }
  });
});
