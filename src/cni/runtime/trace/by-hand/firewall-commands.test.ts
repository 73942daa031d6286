import { describe, expect, test } from "bun:test";
import { parseIptablesSave, parseRuleset } from "../read-firewall.ts";
import { firewallCommands } from "./firewall-commands.ts";

const RULESET = `table inet cni {
\tset ports { # handle 4
\t\ttype inet_service
\t\telements = { 80,
\t\t\t     443 }
\t}
\tchain checks { # handle 2
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\tip saddr 10.0.0.2 ip daddr != 10.0.0.0/24 masquerade comment "a; b" # handle 7
\t}
}
`;

const commands = (before: string, after: string): readonly string[] =>
  firewallCommands(parseRuleset(before), parseRuleset(after)).map((words) => words.join("|"));

describe("firewallCommands() of nft", () => {
  test("makes a table, its chains and sets before its rules", () => {
    expect(commands("", RULESET)).toEqual([
      "nft|add|table|inet|cni",
      "nft|add|set|inet|cni|ports|{ type inet_service; elements = { 80, 443 }; }",
      "nft|add|chain|inet|cni|checks|{ type nat hook postrouting priority srcnat; policy accept; }",
      'nft|add|rule|inet|cni|checks|ip saddr 10.0.0.2 ip daddr != 10.0.0.0/24 masquerade comment "a; b"',
    ]);
  });

  test("deletes a rule by its handle, and nothing inside of a table that goes", () => {
    const without = RULESET.replace(/.*handle 7\n/, "");
    expect(commands(RULESET, without)).toEqual(["nft|delete|rule|inet|cni|checks|handle|7"]);
    expect(commands(RULESET, "")).toEqual(["nft|delete|table|inet|cni"]);
  });

  test("inserts rules that stand before those that were there, in their order", () => {
    const chain = (rules: readonly string[]) =>
      `table ip t {\n\tchain c { # handle 1\n${rules.map((one) => `\t\t${one}\n`).join("")}\t}\n}\n`;
    expect(commands(chain(["accept"]), chain(["drop", "return", "accept", "reject"]))).toEqual([
      "nft|add|rule|ip|t|c|reject",
      "nft|insert|rule|ip|t|c|return",
      "nft|insert|rule|ip|t|c|drop",
    ]);
  });

  test("says nothing of what is as it was, whatever its handle", () => {
    expect(commands(RULESET, RULESET.replace("handle 7", "handle 9"))).toEqual([]);
  });
});

test("firewallCommands() of iptables makes and deletes chains and rules, word by word", () => {
  const before = parseIptablesSave("*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n", "iptables");
  const after = parseIptablesSave(
    `*nat
:POSTROUTING ACCEPT [0:0]
:CNI-1 - [0:0]
-A POSTROUTING -s 10.0.0.2/32 -m comment --comment "name: \\"net\\" $(x)" -j CNI-1
COMMIT
`,
    "iptables",
  );
  const rule = 'POSTROUTING|-s|10.0.0.2/32|-m|comment|--comment|name: "net" $(x)|-j|CNI-1';
  expect(firewallCommands(before, after).map((words) => words.join("|"))).toEqual([
    "iptables|-t|nat|-N|CNI-1",
    `iptables|-t|nat|-A|${rule}`,
  ]);
  expect(firewallCommands(after, before).map((words) => words.join("|"))).toEqual([
    `iptables|-t|nat|-D|${rule}`,
    "iptables|-t|nat|-X|CNI-1",
  ]);
});
