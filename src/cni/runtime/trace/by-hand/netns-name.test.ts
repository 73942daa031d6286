import { expect, test } from "bun:test";
import { netnsName, netnsPrefix } from "./netns-name.ts";

test.each([
  ["/run/netns/pod", "pod"],
  ["/var/run/netns/cni-1", "cni-1"],
  ["/run/netns/", undefined],
  ["/run/netns/a/b", undefined],
  ["/proc/12/ns/net", undefined],
])("netnsName() of %p is %p", (path, name) => {
  expect(netnsName(path)).toBe(name);
});

test("netnsPrefix() enters a namespace without a name by its path", () => {
  expect(netnsPrefix("/run/netns/pod").ip).toEqual(["ip", "-n", "pod"]);
  expect(netnsPrefix("/proc/12/ns/net").ip).toEqual(["nsenter", "--net=/proc/12/ns/net", "ip"]);
});
