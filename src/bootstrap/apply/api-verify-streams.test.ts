import { expect, test } from "bun:test";
import { causeOf } from "./api-verify-streams.ts";

test.each([
  [
    'Get "https://10.240.0.10:10250/containerLogs/x": dial tcp 10.240.0.10:10250: connect: connection refused',
    "does not reach",
  ],
  ["dial tcp 10.240.0.10:10250: i/o timeout", "does not reach"],
  ["dial tcp: lookup node-0 on 127.0.0.53:53: no such host", "does not know the node's name"],
  [
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "does not trust the kubelet's certificate",
  ],
  ["Unauthorized", "does not let the API server in"],
  [
    "Forbidden (user=kubernetes, verb=get, resource=nodes, subresource=proxy)",
    "does not let the API server in",
  ],
] as const)("causeOf(%s) names the part at fault", (message, cause) => {
  const found = causeOf(message);
  expect(found.cause).toContain(cause);
  expect(found.fix).not.toBe("");
});

test("causeOf() of other words blames nobody", () => {
  expect(causeOf("the container is gone")).toEqual({});
});
