import { expect, test } from "bun:test";
import { parseMachines } from "../inventory/mod.ts";
import { kubeletServers } from "./kubelet-servers.ts";

const { machines } = parseMachines(
  `192.0.2.10 server.example.com server
192.0.2.11 a.example.com a 10.200.0.0/24
192.0.2.12 b.example.com b 10.200.1.0/24
2001:db8::13 c.example.com c 10.200.2.0/24
192.0.2.14 d.example.com d 10.200.3.0/24
`,
  "machines.txt",
);

test.each([
  ["a", ["https://192.0.2.12:10250", "https://[2001:db8::13]:10250"]],
  ["c", ["https://192.0.2.14:10250", "https://192.0.2.11:10250"]],
  ["d", ["https://192.0.2.11:10250", "https://192.0.2.12:10250"]],
  ["server", ["https://192.0.2.11:10250", "https://192.0.2.12:10250"]],
])("kubeletServers() of %s", (node, servers) => {
  expect(kubeletServers(machines, node)).toEqual(servers);
});

test("kubeletServers() of the only worker: none", () => {
  expect(kubeletServers(machines.slice(0, 2), "a")).toEqual([]);
});
